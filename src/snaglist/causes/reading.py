"""What a record says, each piece worked out when it is first asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from snaglist.causes import traces
from snaglist.causes.condensing import SQL, condensed, is_plain
from snaglist.causes.lazily import lazily
from snaglist.causes.lexicon import Lexicon, plain
from snaglist.causes.payloads import Payload, survey
from snaglist.causes.texts import details_of, texts_of

_LONGEST_LOOK = 9_000
_LONGEST_KEY = 64
_SQL_TABLE = re.compile(
    r'\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|FROM)\s+"?(?:\w{1,63}"?\.)?"?(\w{1,63})',
    re.IGNORECASE,
)

_STATUS_IN_TEXT = re.compile(
    r"(?i:\bHTTP(?:/\d(?:\.\d)?)?(?:[ _-]?(?:error|status|code|response))*|\bstatus(?:[ _-]?code)?"
    r"|\bresponse(?: code)?|\bgot an?|\bcode|\breturned|\berror|\bfault|<title>|<h1>)[\s:=\[('\"<]{0,4}([45]\d\d)\b"
    r"|\b([45]\d\d):? (?:Client |Server )?(?:Error|[A-Z][a-z]+(?:[ -][A-Z][a-z]+){0,3})\b"
    r"|(?<![\w.:/#-])(4(?:0[0-9]|1[0-8]|2[0-9])|50[0-4])(?= [A-Z(])"
)
_HOST = re.compile(
    r"https?://(?:[^/\s@'\"]{1,100}@)?([A-Za-z0-9._-]{1,200})|host=['\"]([^'\"]{1,200})['\"]"
    r"|(?:ProtocolError for|connect(?:ing)? to|resolve host(?:name)?:?|reach(?:ing)?|host) "
    r"['\"]?([a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+){1,6})",
)
_ENDPOINT = re.compile(r"(?:https?://[^/\s'\"]{1,200})?(/[\w./%-]{2,300})")
_SOURCE_HOSTS = ("shotgrid", "shotgunstudio", "autodesk", "flowproduction")
_MEDIA_HOSTS = (
    "amazonaws",
    "cloudfront",
    "sg-media",
    "blob.core",
    "storage.googleapis",
    "wasabi",
    "minio",
    "s3.",
    "backblaze",
    "r2.cloudflare",
)
_TARGET_HOSTS = ("kitsu", "zou", "cgwire", "jira", "atlassian", "ayon", "ftrack")

_KEY = re.compile(
    r"KeyError(?:: ?|\()['\"]?(?:u')?([^'\"\n)]{1,120})|^(?:\s*UNHANDLED )?['\"]([^'\"\n]{1,60})['\"]\s*$|^(\d{1,10})$"
    r"|(?:undefined|null) \(reading ['\"](\w{1,60})['\"]\)|key not found: :?\"?(\w{1,60})",
    re.MULTILINE,
)
_OPEN, _SHUT = r"['\"«»“”„`‘’「『]\s?", r"\s?['\"«»“”„`‘’」』]"
_CONSTRAINT = re.compile(
    rf"(?i:constraint|contrainte(?: unique| de \w+)?|restricci[oó]n(?: de unicidad)?|制約|约束)\s?{_OPEN}(\w{{1,63}}){_SHUT}"
    rf"|{_OPEN}(\w{{1,50}}(?:_key|_uc|_uniq|_fkey|_pkey|_idx|_check)|(?:ix|uq|fk|pk|ck)_\w{{1,58}}){_SHUT}"
    r"|(?:UNIQUE|NOT NULL) constraint failed: (\w{1,63}\.\w{1,63})"
)
_COLUMN = re.compile(
    rf"(?i:column|spalte|colonne|columna|列|字段|カラム)\s?{_OPEN}(?:\w{{1,63}}\.)?(\w{{1,63}}){_SHUT}"
    r"|NOT NULL constraint failed: \w{1,63}\.(\w{1,63})"
)
_RELATION = re.compile(
    rf"(?i:relation|table|tabelle|relaci[oó]n|tabla|リレーション|关系|表)\s?{_OPEN}(\w{{1,63}}){_SHUT}"
    r"|constraint failed: (\w{1,63})\.\w"
)
_LIMIT = re.compile(
    r"(?:(?:character varying|varying|varchar|caract[eè]res? variables?|zeichen)\s?\((\d{1,5})\))"
    r"|(?i:at most|max(?:imum|imal|\.)?(?: of| length| longueur)?(?: is|:)?|than|longer than|limit(?: of| is)?:?) (\d{1,5}) ?(?i:char|zeichen|caract|letters|bytes|文字|字符)"
)
_FIELD = re.compile(r"\b([A-Z]\w{1,40})\.((?:sg_|custom_)?[a-z]\w{1,80})\b|\b(sg_\w{1,80})\b")
_NULL_IN_TEXT = re.compile(r"['\"](\w{1,60})['\"]\s?(?:=>|:)\s?(?:None|null|nil)\b")
_TITLE = re.compile(r"<title[^>]{0,100}>\s*([^<]{1,200})", re.IGNORECASE)
_H1 = re.compile(r"<h1[^>]{0,100}>\s*([^<]{1,200})", re.IGNORECASE)
_EXCEPTION = re.compile(
    r"(?:^|[\s(\[{.:<'\"])((?:[a-z_]\w{0,40}\.){0,8}[A-Z]\w{0,60}"
    r"(?:Error|Exception|Fault|Failure|Failed|Violation|Timeout|Refused|Disconnected|Warning|Detected|Operations"
    r"|NotFound|Expired|Denied|Truncation|OutOfRange|Overflow|Mismatch|Interrupt|Exceeded|Unavailable))\b"
)
_LINK_TYPE = re.compile(r"""['"]link_type['"]\s?(?:=>|:)\s?['"](\w{1,20})""")


class Reading:
    """One record, looked at through one lexicon. Never raises on any JSON value."""

    def __init__(self, event: Mapping[str, Any], lexicon: Lexicon) -> None:
        self.event = event
        self.lexicon = lexicon
        self.details = details_of(event)

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

    @lazily
    def texts(self) -> list[str]:
        return texts_of(self.event, self.details)

    @lazily
    def told(self) -> list[str]:
        """The texts without statements, frames, payloads and names: what the failure says."""
        name = self.name
        told = []
        room = _LONGEST_LOOK
        named = len(name) > 3
        for text in self.texts:
            if not is_plain(text):
                text = condensed(text)
            if named and name in text:
                text = text.replace(name, "…")
            told.append(text[:room])
            room -= len(text)
            if room <= 0:
                break
        return told

    @lazily
    def speech(self) -> str:
        return "\n".join(self.told)

    @lazily
    def hits(self) -> list[tuple[int, int, int]]:
        return self.lexicon.hits(self.plain)

    @lazily
    def plain(self) -> bytes:
        return plain(self.speech)

    @lazily
    def full(self) -> str:
        """All texts as they came, for looking at their statements and payloads."""
        return "\n".join(self.texts)

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
            for match in _EXCEPTION.finditer(text[:3000]):
                found.setdefault(match[1].rpartition(".")[2])
        return list(found)[:8]

    @lazily
    def frames(self) -> tuple[traces.Frame, ...]:
        """The frames that led to the telling exception, outermost first."""
        for text in self.texts:
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
        if not self.look & self.lexicon.bit_of["#number"]:
            return noted
        match = _STATUS_IN_TEXT.search(self.speech)
        return int(match[1] or match[2] or match[3]) if match else noted

    @lazily
    def host(self) -> str:
        """The host that was spoken to, as the text names it, in lower case."""
        match = _HOST.search(self.speech)
        return (match[1] or match[2] or match[3]).lower() if match else ""

    @lazily
    def endpoint(self) -> str:
        """The path that was asked for, with the changing parts left out."""
        value = self.member("endpoint", "path", "request_path", "route")
        text = value if isinstance(value, str) else self.speech
        for match in _ENDPOINT.finditer(text[:3000]):
            path = match[1]
            if "/api" in path or "/data/" in path or "/import/" in path or text is value:
                return re.sub(r"/(?:[0-9a-f-]{8,}|\d+)(?=/|$)", "/…", path.rstrip("/."))[:120]
        return ""

    @lazily
    def side(self) -> str:
        """Who was spoken to: `source`, `media`, `target`, or "" when nothing says."""
        host = self.host
        if host:
            if any(part in host for part in _MEDIA_HOSTS):
                return "media"
            if any(part in host for part in _SOURCE_HOSTS):
                return "source"
            if any(part in host for part in _TARGET_HOSTS) or "/api/" in self.speech:
                return "target"
        return self._side_by_words()

    def _side_by_words(self) -> str:
        look = self.look
        for side in ("media", "target", "source"):
            if look & self.lexicon.bit_of.get(f"{side}-side", 0):
                return side
        for side in ("media", "source", "target"):
            if look & self.lexicon.bit_of.get(f"{side}-side-perhaps", 0):
                return side
        return ""

    @lazily
    def look(self) -> int:
        """The bits of all terms that the texts hold, and of what else rules are chosen by."""
        bits = self.lexicon.bit_of
        look = self.lexicon.look(self.hits)
        details = self.details
        if "http_status" in details or "status_code" in details or "status" in details:
            look |= bits["#status"]
        absent, denied, _, link_type = self.payload
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
        for text in self.texts:
            if "None" in text or "null" in text:
                look |= bits["#absent"]
            if traces.looks_like_trace(text):
                look |= bits["#frame"]
        return look

    @lazily
    def constraint(self) -> str:
        return _first(_CONSTRAINT.search(self.full))

    @lazily
    def column(self) -> str:
        return _first(_COLUMN.search(self.full))

    @lazily
    def relation(self) -> str:
        """The table, from the message or the statement."""
        found = _first(_RELATION.search(self.speech))
        if (
            not found
            and (match := SQL.search(self.full))
            and (table := _SQL_TABLE.search(self.full, match.end(), match.end() + 2000))
        ):
            found = table[1]
        return found

    @lazily
    def limit(self) -> str:
        return _first(_LIMIT.search(self.speech))

    @lazily
    def key(self) -> str:
        """What a KeyError, or its bare text, says is missing."""
        for text in self.told:
            if match := _KEY.search(text):
                return _first(match).strip()
        return ""

    @lazily
    def field(self) -> str:
        """The field that the text names, as `Shot.sg_turnover` or `sg_cut_in`; else ""."""
        for match in _FIELD.finditer(self.speech):
            if match[1]:
                if match[1].endswith(("Error", "Exception", "Fault")):
                    continue
                return f"{match[1]}.{match[2]}"
            return match[3]
        key = self.key
        return key if key and _IDENTIFIER.fullmatch(key) else ""

    @lazily
    def title(self) -> str:
        """The title of an HTML page that was answered, or its first heading."""
        match = _TITLE.search(self.full) or _H1.search(self.full)
        return " ".join(match[1].split()) if match else ""

    @lazily
    def dropped(self) -> bool:
        """Whether the target answered without what was sent."""
        sent, returned = self.member("sent"), self.member("returned")
        return type(sent) is int and type(returned) is int and sent > returned

    @lazily
    def payload(self) -> Payload:
        return survey(self.details)

    @lazily
    def absent(self) -> frozenset[str]:
        """The members of the payload that are null, wherever it stands in the record."""
        found = set(self.payload.absent)
        for text in self.texts:
            if "None" in text or "null" in text or "nil" in text:
                found.update(_NULL_IN_TEXT.findall(text))
        return frozenset(found)

    @lazily
    def link_type(self) -> str:
        """How the record's file is linked: `local`, `upload`, `web`."""
        if self.payload.link_type:
            return _short(self.payload.link_type)
        match = _LINK_TYPE.search(self.full)
        return match[1] if match else ""

    @lazily
    def subject(self) -> tuple[str, str]:
        """What is wrong with what, such as (`missing`, `project`); empty texts when unsaid."""
        return self.lexicon.subject(self.hits)


_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


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
