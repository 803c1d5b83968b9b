"""The values that a failure is about: what other wordings of it name, too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from snaglist.causes.signs import CODE_WORDS
from snaglist.causes.wording import GLUE

_QUOTED = re.compile(
    r"(?<![^\W_])'([^'\n]{1,80})'(?!\w)|\"([^\"\n]{1,80})\"|`([^`\n]{1,80})`"
    r"|[«»][\s«]?([^«»\n]{1,80}?)[\s»]?[»«]|[“„]([^“”„\n]{1,80})[”“]|「([^」\n]{1,80})」|『([^』\n]{1,80})』"
    r"|\[([A-Za-z_][\w.-]{1,60})\]"
)
_ASSIGNED = re.compile(
    r"\b([A-Za-z_]\w{1,30})\s?(?:=\s?['\"]?|:\s?(?=['\"])['\"])([A-Za-z][\w./:@-]{1,60})"
)
_BARE = re.compile(
    r"(?<![\w/\\.@:<-])(?:[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+){1,6}|[a-z]+(?:[A-Z][a-z0-9]+)+)"
    r"(?![\w/\\@<>(\[-]|\.\w|:\d)"
)
_DOTTED = re.compile(
    r"(?<=[^\W\d_] )[a-z][a-z0-9-]{0,40}(?:[./:][a-z0-9_-]{0,20}[a-z][a-z0-9_-]{0,20}){1,6}"
    r"(?![\w/\\@<>(\[-]|:\d)"
)
_NOUN = re.compile(
    r"\b(?:bucket|queue|topic|index|table|role|plugin|template|scope|client|vhost|database|schema"
    r"|volume|share|realm|tenant|profile|channel|feature|module|package|image|container|node|host"
    r"|server|cluster|region|zone|font|locale|currency|codec|workspace|branch|stream|partition"
    r"|collection|policy|flag|setting|parameter|option|variable|mount|filesystem|drive|pool|extension"
    r"|function|trigger|view|tablespace|key|certificate|repository|depot|format|colou?rspace"
    r"|licen[cs]e|permission|country|language|layer|farm)s?(?:[ ](?:named|called|is|of))?[ ]"
    r"([A-Za-z][\w./:-]{0,60}[./:_-][\w-]{1,40}|[A-Z]{2,5}\b|[a-z]+\d+|/[\w-]+(?:/[\w-]+)?(?=[\s,.;:)]|$))"
    r"(?![\w/(\[])"
)
_TEAM = re.compile(
    r"\b(?:team|department|group|site|studio|vendor|tenant|account|plan|preset|profile|pipeline|pool)"
    r"[ ]([A-Z][\w&-]*(?:[ ](?:&[ ])?[A-Z][\w&-]*){0,3})"
)
"""`team Client K`: a name with capitals behind what it names."""

_MACHINE = re.compile(r"\bon (?:node |host |machine |worker )?([a-z]{2,20}-\d{1,4})\b(?![./])")
"""`on gpu-02`: the machine that has to be repaired."""

_CALLED = re.compile(
    r"\b(?:[Cc]olou?r ?space|preset|pool|add-?on|bundle|storage|locale|font|LUT|look|template|layer"
    r"|format|channel|codec|plug-?in|profile|site|machine|slate|label|licence|license|share) "
    r"(['\"])([^'\"\n]{2,60})\1"
)
"""`Color space 'ARRI LogC4'`: a value in quotes behind what it is."""

_ARN = re.compile(
    r"\b(arn:aws[\w-]{0,10}:[\w-]{2,20}:[\w-]{0,20}:\d{0,12}:[\w-]{2,20}[/:][\w./-]{3,80}\w)"
)
"""What Amazon calls a thing of its own, a key or a role."""

_SHARE = re.compile(
    r"(?<![\w:/\\])((?://|\\\\)[a-z][\w.-]{1,40}[/\\][A-Za-z][\w$-]{0,40})", re.ASCII
)
"""`//fs2/projects`: a share of a file server."""

_ROLE = re.compile(
    r"\b(?:bucket|queue|topic|index|table|role|plugin|template|scope|vhost|tenant|channel|feature|locale)"
    r"[ ]([a-z]{3,20})(?=[ ](?:is|was|has|does|could|cannot|must|ist|wurde|est|existiert)\b)"
)
"""`bucket plates-eu`, `role editor does not`: a thing's name right behind what it is."""

_VARIES = re.compile(
    r"\d{4}|_v?\d{2,}|[A-Z]{2,}\d{3}|\d{1,2}:\d{2}|^\W*\d+(?![A-Za-z])|[0-9a-f]{8}|\d_v\d|[\\{}<>@=…]|://|^[./~]|\s{2}"
)
_SHAPED = re.compile(r"[A-Za-z0-9][_.:/-][A-Za-z0-9]|[a-z][A-Z]|[a-z]\d|\d[a-z]")
_PROGRAM = re.compile(r"\.(?:py|js|ts|c|cc|cpp|h|java|go|rb|php|so|dll|exe|html?|json)$")
_CLASS = re.compile(r"[./][A-Z]\w*[a-z]\w*$|^[A-Z]+[a-z]\w*[A-Z]\w*$")
_RECEIVED = re.compile(
    r"(?i:got|gave|given|received|found|sent|was|value|input|literal|string|to float"
    r"|reçu|recibid[oa]|erhalten|data|format|instead of|not)[:\s]{0,2}$"
)
_NO_VALUES = frozenset(
    """
    id uuid name code message msg error errors detail details reason type level status time ts trace
    job request url path file line char column created_at request_id trace_id entity title content
    description subject error_code occurred_at entity_type event_type attribute_name comment body
    text response_text stderr stdout log traceback severity logger success timestamp instance
    """.split()
)
_POINTERS = frozenset(
    "instancepath pointer datapath jsonpath schemapath field param parameter property".split()
)
"""Members of an answer that name the field at fault, also as a JSON pointer."""

_EVERYWHERE = GLUE | frozenset(
    """
    project_id task_type_id task_status_id entity_id task_id person_id user_id sg_id shotgun_id
    entity_type task_type task_status api_key read-only non-unique utf-8 self-signed re-run
    built-in e-mail bit_rate pix_fmt http/1 i.e e.g and/or n/a nonetype node:internal
    get split strip items lower
    append list text number float string integer int str dict bool boolean date array hash
    multi_entity connection_aborted debug_error_string created_time error_description
    """.split()
)
_MEMBER = re.compile(r"\s?(?::|=>)\s")
_ATTRIBUTE = re.compile(r"(?:attribute|import name|no member named) ['\"](\w{2,60})['\"]")
_CODE_WORDS = CODE_WORDS | frozenset(
    "insufficient restriction exception error errors block violation failure fault denial".split()
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONGEST_WORDS = 3
_LONGEST_CALLED = 6
_MOST_MEMBERS = 40

_HOSTS, _WEAK, _PLAIN, _STRONG, _HELD = 0, 1, 2, 5, 7
_NUMBERED = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_MOST_OF_A_NAME = 8
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{2,5})?", re.IGNORECASE)
_DOMAIN = re.compile(
    r"\.(?:com|net|org|io|lan|local|internal|example|studio|dev|cloud|fr|de|jp|cn|es|uk|intra|corp)"
    r"(?::\d+)?$",
    re.IGNORECASE,
)


class Anchors(NamedTuple):
    """The one identifier that tells a failure by itself, "" for none, and all values it names."""

    strongest: str
    values: list[str]
    weak: list[str]
    hosts: list[str]


def anchors_of(
    whole: str,
    text: str,
    own: Iterable[str],
    details: Mapping[str, Any],
    bodies: Iterable[Mapping[str, Any]],
) -> Anchors:
    """What a text names that is not the entity's own, the strongest first.

    `text` is the whole one without its places: addresses, paths, times and ids.
    """
    ranked: dict[str, int] = {}
    owned = [one.lower() for one in own if len(one) > 1]

    def take(value: str, rank: int, *, called: bool = False) -> None:
        value = value.strip(" .,:;'\"`«»")
        low = value.lower()
        most = _LONGEST_CALLED if called else _LONGEST_WORDS
        if len(value) < 2 or len(value.split()) > most or low in _EVERYWHERE:
            return
        if _VARIES.search(value) or _PROGRAM.search(value) or _CLASS.search(value):
            return
        if rank < _HELD and not called and is_numbered(value):
            return
        if is_code(value) or any(one == low or one.startswith(f"{low} ") for one in owned):
            return
        if _DOMAIN.search(value) is not None and _HOST.fullmatch(value):
            if rank <= 0:
                return
            rank = _HOSTS
        elif _SHAPED.search(value) is not None and " " not in value:
            rank += 3
        ranked[low] = max(rank, ranked.get(low, 0))

    for match in _ATTRIBUTE.finditer(text):
        take(match[1], _HELD)
    for match in _QUOTED.finditer(text):
        if _MEMBER.match(text, match.end()) or text[match.end() - 2] == ".":
            continue
        if _RECEIVED.search(text, max(0, match.start() - 12), match.start()) is None:
            take(next(group for group in match.groups() if group), 3)
    for match in _ASSIGNED.finditer(text):
        if match[1].lower() not in _NO_VALUES:
            take(match[2], 2)
    for match in _BARE.finditer(text):
        take(match[0], 2)
    for match in _NOUN.finditer(text):
        take(match[1].lstrip("/"), 2)
    for match in _ROLE.finditer(text):
        take(match[1], 2)
    for match in _ARN.finditer(whole):
        ranked[match[1].lower()] = _STRONG
    for match in _CALLED.finditer(text):
        take(match[2], _PLAIN, called=True)
    for match in _SHARE.finditer(whole):
        take(match[1].replace("\\", "/").lstrip("/"), 2)
    for match in _MACHINE.finditer(text):
        ranked[match[1]] = max(_HOSTS, ranked.get(match[1], _HOSTS))
    for match in _TEAM.finditer(text):
        take(match[1], 2)
    for match in _DOTTED.finditer(text):
        take(match[0], -2)
    for name, value in list(details.items())[:_MOST_MEMBERS]:
        if type(value) is str and name not in _NO_VALUES and 1 < len(value) < 60 and value in text:
            take(value, _HELD)
    for body in bodies:
        for name, value in members_of(body):
            if name.lower() in _POINTERS:
                take(value.strip("/").rpartition("/")[2], _HELD)
            elif name.lower() not in _NO_VALUES:
                take(value, 2)
    order = sorted(ranked, key=lambda value: (-ranked[value], -len(value), value))
    strongest = next((value for value in order if ranked[value] >= _STRONG), "")
    return Anchors(
        strongest,
        [value for value in order if ranked[value] >= _PLAIN],
        [value for value in order if ranked[value] == _WEAK],
        [value for value in order if ranked[value] == _HOSTS],
    )


def members_of(body: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, str]]:
    """The short texts of an answered object, two levels deep, by their members' names."""
    for name, value in list(body.items())[:_MOST_MEMBERS]:
        if type(value) is str and len(value) < 60:
            yield name, value
        elif isinstance(value, Mapping) and depth < 2:
            yield from members_of(value, depth + 1)


def is_numbered(value: str) -> bool:
    """Whether this looks like the name of one of many: `owl_v003`, `seq30_x`."""
    return _NUMBERED.search(value) is not None and len(_LETTER.findall(value)) < _MOST_OF_A_NAME


def is_code(value: str) -> bool:
    """Whether this is an error's code, which tells the problem: `insufficient_scope`."""
    if " " in value:
        return False
    words = [word.lower() for word in _PARTS.findall(value)]
    return not _CODE_WORDS.isdisjoint(words) or (value.isupper() and "_" in value)
