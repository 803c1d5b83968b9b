"""Taking secrets out before anything touches the disk: by the names of members, and by pattern.

The desk does the same again, with the words of its own settings.
"""

from __future__ import annotations

import re

MARK = "[redacted]"

_WORDS = frozenset(
    """
    password passwords passwd passphrase passcode pwd secret secrets token tokens jwt
    credential credentials cookie cookies authorization signature
    apikey accesskey privatekey scriptkey secretkey authkey sessionkey
    accesstoken authtoken sessiontoken refreshtoken
    """.split()
)
_BEFORE_KEY = frozenset("api access private script secret auth session shotgrid shotgun".split())
_SEPARATORS = re.compile(r"[^0-9A-Za-z]+")
_CAMEL_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_PATTERNS = tuple(
    (tuple(clues.split()), re.compile(pattern))
    for clues, pattern in (
        ("bearer", r"(?i)\bbearer\s+(?P<secret>[a-z0-9._~+/-]{16,}=*)"),
        (
            "authorization",
            r"(?i)\bauthorization['\"]?\s*[:=]\s*['\"]?(?:(?:basic|bearer|token)\s+)?"
            r"(?P<secret>[^\s'\",;}]{8,})",
        ),
        (
            "eyj",
            r"(?<![A-Za-z0-9_-])"
            r"(?P<secret>eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*)",
        ),
        (
            "-----begin",
            r"(?s)(?P<secret>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
            r".*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z))",
        ),
        ("://", r"://(?P<secret>[^/?#\s'\"<>]+)@"),
        (
            "signature credential token secret password api_key apikey key-pair-id sig=",
            r"(?i)[?&;][\w.-]{0,40}(?:signature|credential|security-token|token|secret|password"
            r"|api_?key|key-pair-id|(?<=[?&;])sig)=(?P<secret>[^&;#\s'\"<>]+)",
        ),
        (
            "password passwd pwd secret api_key apikey script_key scriptkey token",
            r"(?i)(?<![a-z])(?:password|passwd|pwd|secret|api_?key|script_?key|access_?token"
            r"|auth_?token|session_?token|refresh_?token)"
            r"(?:=|\s*=\s*[rbuf]?['\"]|['\"]\s*[:=]\s*[rbuf]?['\"])(?P<secret>[^\s'\"&,;)}]+)",
        ),
        (
            "shotgrid_key shotgrid-key shotgun_key shotgun-key",
            r"(?i)\b(?:shotgrid|shotgun)[_-]key['\"]?\s*[:=]\s*[rbuf]?['\"]?"
            r"(?P<secret>[^\s'\"&,;)}]+)",
        ),
        ("token", r"(?i)(?<![a-z])token\s?=\s?(?P<secret>(?=\S*[0-9])[^\s'\"&,;)}]{12,})"),
        (
            "password passwd pwd passphrase api_key apikey script_key",
            r"(?i)(?<![a-z])(?:password|passwd|pwd|passphrase|api_?key|script_?key)\s*:\s*"
            r"(?P<secret>(?=[^\s'\",;)}]*[0-9!@#$%^&*])[^\s'\",;)}]{6,})",
        ),
        ("token", r"(?i)\\*['\"]token\\*['\"]\s*:\s*\\*['\"](?P<secret>[^\s'\"\\]{12,})"),
        (
            "password passwd pwd secret",
            r"(?i)(?<![a-z])(?:password|passwd|pwd|secret)['\"]?\s*[:=]\s*['\"](?P<secret>[^'\"]+)",
        ),
        (
            "password passwd secret token",
            r"(?i)--(?:password|passwd|secret|token)[= ]['\"]?(?P<secret>[^\s'\"]+)",
        ),
        ("cookie", r"(?i)\bcookie2?['\"]?\s*:\s*['\"]?(?P<secret>[^'\"\r\n]{8,})"),
        (
            "access_key secret_key private_key client_secret",
            r"(?i)(?:secret_access_key|secret_key|private_key|client_secret)['\"]?\s*[:=]\s*['\"]?"
            r"(?P<secret>[^\s'\"&,;)}]+)",
        ),
        (
            "password passwd secret token",
            r"(?i)<(?P<tag>[\w:.-]*(?:password|passwd|secret|token))>(?P<secret>[^<]+)</(?P=tag)>",
        ),
        ("snag_", r"(?P<secret>snag_[0-9A-Za-z]{49})"),
    )
)
_CLUES = tuple(sorted({clue for clues, _ in _PATTERNS for clue in clues} - {"://"}))
_SHORTEST = len("://x@")
_MOST_REMEMBERED = 4096
_LONGEST_REMEMBERED = 64
_judged: dict[str, bool] = {}


def is_secret_name(name: str) -> bool:
    """Whether a member of this name holds a secret; `author` and `primary_key` do not."""
    known = _judged.get(name)
    if known is None:
        known = _judge(name)
        if len(name) <= _LONGEST_REMEMBERED:
            if len(_judged) >= _MOST_REMEMBERED:
                _judged.clear()
            _judged[name] = known
    return known


def may_hold_secret(text: str) -> bool:
    """Whether a close look at this text is worth its time; cheap, and never wrong when it says no.

    Of a JSON text it tells so of every string in it.
    """
    low = text.lower()
    for clue in _CLUES:
        if clue in low:
            return True
    return "@" in low and "://" in low


def redacted(text: str) -> str:
    """The text with every secret that is known by its form replaced by `[redacted]`."""
    if len(text) < _SHORTEST or not may_hold_secret(text):
        return text
    low = text.lower()
    for clues, pattern in _PATTERNS:
        if any(clue in low for clue in clues):
            text = pattern.sub(_without_secret, text)
    return text


def _without_secret(match: re.Match[str]) -> str:
    start, end = match.span("secret")
    whole, begin = match[0], match.start()
    return whole[: start - begin] + MARK + whole[end - begin :]


def _judge(name: str) -> bool:
    parts = _SEPARATORS.split(name)
    words = [word.lower() for part in parts for word in (_CAMEL_WORDS.findall(part) or [part])]
    words += [part.lower() for part in parts]
    pairs = zip(words, words[1:])
    return not _WORDS.isdisjoint(words) or any(
        second == "key" and first in _BEFORE_KEY for first, second in pairs
    )
