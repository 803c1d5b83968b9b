"""What a secret looks like: by the names of members, and by its form inside of a text.

The client has the same (`snaglist_client/redaction.py`), since it goes without the desk's code; a
test holds the two together.
"""

from __future__ import annotations

from snaglist.domain.access import SECRET_PATTERN

WORDS = frozenset(
    """
    password passwords passwd passphrase passcode pwd secret secrets token tokens jwt
    credential credentials cookie cookies authorization signature
    apikey accesskey privatekey scriptkey secretkey authkey sessionkey
    accesstoken authtoken sessiontoken refreshtoken
    """.split()
)
"""A key is secret when one of its words is one of these."""

WORD_PAIRS = frozenset(
    (word, "key")
    for word in "api access private script secret auth session shotgrid shotgun".split()
)
"""A key is secret, too, when two of its words in a row are one of these."""

PATTERNS: tuple[tuple[str, str], ...] = (
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
        "-----",
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
    (
        "curl",
        r"(?i)\bcurl\b.{0,200}?\s(?:-u|--user)[= ]?['\"]?[^\s:'\"]{1,60}:(?P<secret>[^\s'\"]+)",
    ),
    ("snag_", rf"(?P<secret>{SECRET_PATTERN.pattern})"),
)
"""What a secret looks like anywhere inside a string; the group `secret` is what is taken out.

Before each, the words of which one must be in the string, in lower case, for it to be tried.
"""
