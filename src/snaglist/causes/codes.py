"""What an error calls itself: its code, or the name of its exception when that says something."""

from __future__ import annotations

import re

from snaglist.causes.traces import GENERIC, is_wrapper
from snaglist.causes.wording import GLUE, telling

_CODE = re.compile(
    r"(?:^|[\[(:'\"\s]|code[:= ]{1,3}|error[:= ]{1,3})"
    r"([A-Z]{2,12}-?\d{3,6}(?=[\]):,]|$)|[A-Z]{2,20}(?:_[A-Z]{2,20}){1,5}(?![\w=.-])|"
    r"[a-z]{3,20}(?:_[a-z]{2,20}){0,3}_(?:exception|error|failed|exceeded|denied|restriction|missing"
    r"|invalid|unavailable|expired|mismatch|conflict|scope|violation)\b(?![=.]))",
    re.MULTILINE,
)
_SAYS_LITTLE = frozenset(
    """
    import failed error errors exception validation internal server bad request invalid not found
    unknown http sync push bridge entity general generic status code common client api response data
    unprocessable conflict forbidden unauthorized service unavailable gateway timeout
    """.split()
)
_SETTING = frozenset("key token url path host secret home dir port user password id env".split())
_CLASS = re.compile(
    r"(?:^|(?<=[\s(\[{.:<'\"]))(?:[a-z_]\w{0,40}\.){0,8}([A-Z][A-Za-z]{5,60})(?=[:(]|$)"
)
_BROAD = re.compile(
    r"(?:Client|HTTP|Http|Requests?|Response|Operational|Integrity|Programming|Database|Data|API|Api"
    r"|Parameter|Connection|Validation|Server|Runtime|Type|Value|Key|Index|Attribute|OS|IO"
    r"|Permission|Assertion|Lookup|Import|Internal|Transport|Query|Command|Service|Protocol|SSL|SQL"
    r"|Proxy|Timeout|System|Network|Socket|Remote|Route|NotFound|NotAllowed|Authentication"
    r"|Authorization|Axios|Completion|Execution|Illegal|State|Argument|NullPointer|Null|Reference"
    r"|File|Stream|Json|JSON|XML|Decode|Encode|Parser?|Config|Configuration|Inactive|Rpc|Status|Max"
    r"|Retry|New|Read|Connect|Called|Process|Human|User|Custom|Entity|Shotgun|Download|Upload)*"
    r"(?:Error|Exception|Fault|Failure|Failed|Warning|User)"
)
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_FEWEST_HUMPS = 2
_FEWEST_WORDS = 1
_KINDS = frozenset(["error", "exception", "fault", "failure", "failed", "warning"])


def code_in(text: str) -> str:
    """The error's code, in lower case: `depth_limit`, `ora-00942`; "" for one that says little."""
    for match in _CODE.finditer(text[:2000]):
        code = match[1].lower()
        words = set(re.split(r"[_-]", code))
        if not words <= _SAYS_LITTLE and words.isdisjoint(_SETTING):
            return code
    return ""


def class_in(text: str) -> str:
    """The exception's own name when it tells what went wrong, as `HostKeyChanged` does."""
    if len(telling("\n".join(text.strip().splitlines()[1:5]))) > _FEWEST_WORDS:
        return ""
    for match in _CLASS.finditer(text[:1000]):
        name = match[1]
        if name in GENERIC or is_wrapper(name) or _BROAD.fullmatch(name):
            continue
        humps = [hump.lower() for hump in _HUMP.findall(name)]
        own = [hump for hump in humps if hump not in GLUE and hump not in _KINDS]
        if len(own) >= _FEWEST_HUMPS:
            return name
    return ""
