"""What a record says, each piece worked out when it is first asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from snaglist.causes import signs, traces
from snaglist.causes.condensing import SQL, is_plain, spoken, spoken_plainly, unpacked
from snaglist.causes.lazily import lazily
from snaglist.causes.lexicon import Lexicon, plain
from snaglist.causes.payloads import survey
from snaglist.causes.sides import side_by_words, side_of
from snaglist.causes.texts import details_of, texts_of

_NO_THINGS = re.compile(
    r"`[a-z_]{2,40}`(?= not found)|(?<![\w-])[a-z]{1,30}(?:-[a-z]{1,30}){1,4}-\d{1,6}\b"
)
"""What only names: an index `persons`, a bundle owl-production-14."""

_LONGEST_LOOK = 9_000
_LONGEST_KEY = 64
_LONGEST_VAGUE = 1_500
_LONGEST_BEFORE = 24
_SHORTEST_NAME = 3
_NO_ENTITIES = (
    "Error",
    "Exception",
    "Fault",
    "Failed",
    "Trojan",
    "Client",
    "Model",
    "Win",
    "Image",
)
_NO_FIELDS = frozenset(
    ["py", "js", "mov", "mp4", "exr", "com", "errors", "exceptions", "get", "json"]
)


class Reading:
    """One record, looked at through one lexicon. Never raises on any JSON value."""

    def __init__(self, event: Mapping[str, Any], lexicon: Lexicon) -> None:
        self.event = event
        self.lexicon = lexicon
        self.details = details_of(event)
        self.payload = survey(self.details)
        self.texts = texts_of(event, self.details)
        self.opened: list[str] = []
        """The texts out of their wrappings: JSON, a repr, written-out escapes."""
        told = []
        for text in self.texts:
            if is_plain(text):
                self.opened.append(text)
                told.append(spoken_plainly(text))
            else:
                opened = unpacked(text)
                self.opened.append(opened)
                told.append(spoken(opened))
        self.told = _bounded(told)
        """The texts without statements, frames and payloads: what the failure says."""
        self.speech = "\n".join(self.told)
        self.plain, self.hits = self._listen()
        """The texts as phrases are looked for in them, and every phrase that was found there."""

    def member(self, *names: str) -> Any:
        """The first of these members that is there and not null, in details or beside them."""
        details, event = self.details, self.event
        for name in names:
            value = details.get(name)
            if value is None and details is not event:
                value = event.get(name)
            if value is not None:
                return value
        return None

    def _listen(self) -> tuple[bytes, list[tuple[int, int, int]]]:
        lexicon = self.lexicon
        speech = self.speech
        for name in (self.name, self.project):  # a show may be called "Timeout"
            if len(name) > _SHORTEST_NAME and name in speech:
                speech = speech.replace(name, "…")
        if "-" in speech or "`" in speech:
            speech = _NO_THINGS.sub("…", speech)
        text = plain(speech)
        hits = lexicon.hits(text)
        if self.payload.affirmed or lexicon.holds_code(hits, text):
            codes = self._codes(speech)
            if codes:
                added, behind = plain(codes), len(text)
                hits += [
                    (number, start + behind, end + behind)
                    for number, start, end in lexicon.hits(added)
                ]
                text += added
        return text, hits

    def _codes(self, speech: str) -> str:
        """The words of error codes such as `unknown_assignee` or `ParentPending`, spaced.

        A member that is true is such a code, too: `OOMKilled`.
        """
        found = []
        for code in (*signs.CODE.findall(speech), *self.payload.affirmed):
            words = [word.lower() for word in signs.CODE_PARTS.findall(code)]
            if not signs.CODE_WORDS.isdisjoint(words):
                found.append(" ".join(words))
        return "\n" + "\n".join(found) if found else ""

    @lazily
    def full(self) -> str:
        """All texts with their statements and payloads."""
        return "\n".join(self.opened)

    @lazily
    def everything(self) -> str:
        """The texts and the statement that a member of its own holds."""
        statement = self.member("statement", "sql", "query")
        return f"{self.full}\n{statement[:2000]}" if type(statement) is str else self.full

    @lazily
    def request(self) -> str:
        """What was asked for, when a member of its own says so: `PUT https://…`."""
        value = self.member(
            "request", "request_url", "api_url", "endpoint", "media_url", "file_url", "download_url"
        )
        if isinstance(value, Mapping):
            value = value.get("url") or value.get("path")
        if value is None:
            value = self.details.get("url")
            if isinstance(value, str) and "/detail/" in value:  # a page about the entity
                return ""
        return value[:400] if type(value) is str else ""

    # Who and what it is about

    @lazily
    def name(self) -> str:
        value = self.details.get("name")
        return value if type(value) is str and len(value) < 200 else ""

    @lazily
    def meta(self) -> Mapping[str, Any]:
        value = self.member("meta")
        return value if isinstance(value, Mapping) else {}

    @lazily
    def event_type(self) -> str:
        return _short(self.event.get("event_type") or self.details.get("event_type"))

    @lazily
    def entity_type(self) -> str:
        """The type of the entity that failed, as the source names it; "" when nothing says."""
        entity = self.member("entity")
        value = self.details.get("entity_type")
        if value is None and isinstance(entity, Mapping):
            value = entity.get("type")
        if value is None:
            value = self.meta.get("entity_type")
        if value is None and self.event_type:
            value = self.event_type.partition("_")[2].partition("_")[0]
        return _short(value)

    @lazily
    def attribute(self) -> str:
        """The field that the event changed."""
        return _short(self.member("attribute_name") or self.meta.get("attribute_name"))

    @lazily
    def project(self) -> str:
        """The project's name, or its id after a `#`, or "" when nothing says."""
        value = self.details.get("project")
        if type(value) is dict and type(value.get("name")) is str:
            return _short(value["name"])
        value = self.member("project", "project_name")
        if isinstance(value, Mapping):
            name = value.get("name") or value.get("code")
            return (
                _short(name) if name else (f"#{_short(value.get('id'))}" if "id" in value else "")
            )
        if isinstance(value, bool) or value is None:
            value = self.meta.get("project")
            return _short(value.get("name")) if isinstance(value, Mapping) else ""
        return f"#{value}" if isinstance(value, int) else _short(value)

    # What the failure says

    @lazily
    def exceptions(self) -> list[str]:
        """The own names of all exceptions that the texts name, the telling one first."""
        found: dict[str, None] = {}
        for text in self.told:
            for match in signs.EXCEPTION.finditer(text[:3000]):
                found.setdefault(match[1])
        return list(found)[:8]

    @lazily
    def frames(self) -> tuple[traces.Frame, ...]:
        """The frames that led to the telling exception, outermost first."""
        for text in self.opened:
            if traces.looks_like_trace(text):
                one = traces.telling(traces.raised_in(text))
                if one is not None and one.frames:
                    return one.frames
        return ()

    @lazily
    def status(self) -> int:
        """The HTTP status that tells, 0 for none: one that the text names before a mere 200."""
        value = self.member(
            "http_status", "status_code", "http_code", "response_status", "status", "code"
        )
        noted = 0
        if isinstance(value, str) and value[:3].isdigit() and len(value) < 40:
            value = int(value[:3]) if value[:3].isascii() else 0
        if type(value) is int and 100 <= value <= 599:
            noted = value
        if noted >= 400:
            return noted
        response = self.member("response")
        if isinstance(response, Mapping):
            inner = response.get("status") or response.get("status_code")
            if type(inner) is int and 400 <= inner <= 599:
                return inner
        if self.look & self.lexicon.bit_of["#number"]:
            speech = self.speech
            for match in signs.STATUS.finditer(speech):
                start = match.start()
                before = speech[max(0, start - _LONGEST_BEFORE) : start].lower()
                if signs.STATUS_BEFORE.search(before) or signs.STATUS_BEHIND.match(
                    speech, match.end()
                ):
                    return int(match[1])
        return noted

    @lazily
    def host(self) -> str:
        """The host that was spoken to, as the text names it, in lower case."""
        match = signs.HOST.search(self.speech) or signs.HOST.search(self.request)
        return (match[1] or match[2] or match[3]).lower().rstrip(".") if match else ""

    @lazily
    def endpoint(self) -> str:
        """The path that was asked for, with the changing parts left out."""
        for text in (self.request, self.speech):
            for match in signs.ENDPOINT.finditer(text[:3000]):
                path = match[1]
                if "/api" in path or "/data/" in path or "/import/" in path or "/rest/" in path:
                    return signs.CHANGING.sub("/…", path.rstrip("/."))[:120]
        return ""

    @lazily
    def side(self) -> str:
        """Who was spoken to: `source`, `media`, `target`, or "" when nothing says."""
        return side_of(self.host, self.speech) or side_by_words(self.look, self.lexicon)

    @lazily
    def look(self) -> int:
        """The bits of all terms that the texts hold, and of what else rules are chosen by."""
        bits = self.lexicon.bit_of
        look = self.lexicon.look(self.hits)
        details = self.details
        if "http_status" in details or "status_code" in details or "status" in details:
            look |= bits["#status"]
        if "sent" in details:
            look |= bits["#dropped"]
        absent, denied, _, _, link_type = self.payload
        if absent:
            look |= bits["#absent"]
        if denied:
            look |= bits["#denied"]
        if link_type:
            look |= bits["#link"]
        if not self.texts:
            look |= bits["#silent"]
        elif len(self.told[0]) < _LONGEST_KEY:
            look |= bits["#key"]
        if self.event_type:
            look |= bits["#event"]
        for text in self.opened:
            if "None" in text or "null" in text:
                look |= bits["#absent"]
            if traces.looks_like_trace(text):
                look |= bits["#frame"]
        return look

    @lazily
    def constraint(self) -> str:
        return _first(signs.CONSTRAINT.search(self.full))

    @lazily
    def column(self) -> str:
        return _first(signs.COLUMN.search(self.full))

    @lazily
    def relation(self) -> str:
        """The table, from the message or the statement."""
        found = _first(signs.RELATION.search(self.speech))
        if (
            not found
            and (match := SQL.search(self.full))
            and (table := signs.SQL_TABLE.search(self.full, match.end(), match.end() + 2000))
        ):
            found = table[1]
        return found

    @lazily
    def limit(self) -> str:
        return _first(signs.LIMIT.search(self.speech))

    @lazily
    def key(self) -> str:
        """What a KeyError, or its bare text, says is missing."""
        for text in self.told:
            if match := signs.KEY.search(text):
                return _first(match).strip()
        return ""

    @lazily
    def field(self) -> str:
        """The field that the text names, as `Shot.sg_turnover` or `sg_cut_in`; else ""."""
        for match in signs.FIELD.finditer(self.speech):
            if match[1]:
                if not match[1].endswith(_NO_ENTITIES) and match[2] not in _NO_FIELDS:
                    return f"{match[1]}.{match[2]}"
            else:
                return match[3] or match[4] or match[5]
        key = self.key
        return key if key and signs.IDENTIFIER.fullmatch(key) else ""

    @lazily
    def vague(self) -> bool:
        """Whether the texts say no more than that something failed."""
        words = signs.WORD.findall(signs.ADDRESS.sub(" ", self.speech[:_LONGEST_VAGUE]).lower())
        return len(self.speech) < _LONGEST_VAGUE and len(set(words) - signs.VAGUE_WORDS) <= 1

    @lazily
    def shows_regex(self) -> bool:
        return signs.REGEX.search(self.speech) is not None

    @lazily
    def title(self) -> str:
        """The title of an HTML page that was answered, or its first heading."""
        match = signs.TITLE.search(self.full) or signs.HEADING.search(self.full)
        return " ".join(match[1].split()) if match else ""

    @lazily
    def dropped(self) -> bool:
        """Whether the target answered without what was sent."""
        sent, returned = self.member("sent"), self.member("returned")
        return type(sent) is int and type(returned) is int and sent > returned

    @lazily
    def absent(self) -> frozenset[str]:
        """The members of the payload that are null, wherever it stands in the record."""
        found = set(self.payload.absent)
        for text in self.opened:
            if "None" in text or "null" in text or "nil" in text:
                found.update(signs.NULL.findall(text))
        return frozenset(found)

    @lazily
    def link_type(self) -> str:
        """How the record's file is linked: `local`, `upload`, `web`."""
        if self.payload.link_type:
            return _short(self.payload.link_type)
        match = signs.LINK_TYPE.search(self.full)
        return match[1] if match else ""

    @lazily
    def subject(self) -> tuple[str, str]:
        """What is wrong with what, such as (`missing`, `project`); empty texts when unsaid."""
        return self.lexicon.subject(self.hits, self.plain)


def _bounded(texts: list[str]) -> list[str]:
    """The texts up to a length in all that one look can bear."""
    room = _LONGEST_LOOK
    for place, text in enumerate(texts):
        if len(text) > room:
            return [*texts[:place], text[:room]]
        room -= len(text)
    return texts


def _short(value: Any) -> str:
    """A member's text for a name, or "": bounded, and of a text or number only."""
    if type(value) is str:
        return value[:200].strip()
    if type(value) is int or type(value) is float:
        return str(value)[:40] if -(10**30) < value < 10**30 else ""
    return ""


def _first(match: re.Match[str] | None) -> str:
    """The first group that took part in the match."""
    if match is None:
        return ""
    return next((group for group in match.groups() if group), "")
