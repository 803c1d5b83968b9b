"""What a secret looks like: by the names of members, and by its form inside of a text.

Desk and client have the same, word by word, since the client goes without the desk's code; a test
holds the two together.
"""

from __future__ import annotations

WORDS = frozenset(
    """
    password passwords pgpassword passwd passphrase passcode pwd secret secrets token tokens jwt
    credential credentials cookie cookies authorization signature
    apikey accesskey privatekey scriptkey secretkey authkey sessionkey
    accesstoken authtoken sessiontoken refreshtoken sessionid
    """.split()
)
"""A key is secret when one of its words is one of these."""

WORD_PAIRS = frozenset(
    (word, "key")
    for word in "api access private script secret auth session shotgrid shotgun".split()
)
"""A key is secret, too, when two of its words in a row are one of these."""

_NAMES = (
    r"(?<![a-z])(?:[a-z]{0,5}password|passwd|passphrase|secret|api[_-]?key|script[_-]?key|access[_-]?token"
    r"|auth[_-]?token|session[_-]?token|refresh[_-]?token|secret_access_key|secret_key|private_key"
    r"|client_secret|(?:shotgrid|shotgun)[_-]key"
    r"|pwd(?!\\*['\"]?\s*[:=]\s*\\*['\"]?(?:[/\\~]|[a-z]:)))"  # but a folder is none
)
_NAMES_CLUES = "passw pwd passphrase secret _key -key apikey scriptkey token"
_IS = r"\\*['\"]?\s*[:=]\s*"
"""Behind a name: the quote that ends it, perhaps escaped, and a colon or an equals sign."""

PATTERNS: tuple[tuple[str, str], ...] = (
    ("bearer", r"(?i)\bbearer\s+(?P<secret>[a-z0-9._~+/-]{16,}=*)"),
    (
        "authorization",
        r"(?i)\bauthorization['\"]?\s*[:=]\s*['\"]?"
        r"(?:(?:basic|bearer|token)\s+|(?=[^\s'\",;}]{0,200}[0-9]))(?P<secret>[^\s'\",;}]{8,})",
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
    # password = "…", 'api_key': '…', and the same in a text that is quoted in another
    (
        _NAMES_CLUES,
        rf"(?i){_NAMES}{_IS}[rbuf]?\\*['\"](?P<secret>(?:[^'\"\\]|\\(?!\\{{0,4}}['\"]))+)",
    ),
    (
        _NAMES_CLUES,
        rf"(?i){_NAMES}=(?!(?:none|null|true|false)\b)(?P<secret>[^\s'\"&,;)}}\\]+)",
    ),
    # password: hunter2, but not "password: required"
    (
        _NAMES_CLUES,
        rf"(?i){_NAMES}{_IS}(?P<secret>(?=[^\s'\",;)}}\\]{{0,200}}[0-9!@#$%^&*])[^\s'\",;)}}\\]{{6,}})",
    ),
    ("token", r"(?i)(?<![a-z])token\s?=\s?(?P<secret>(?=\S{0,200}[0-9])[^\s'\"&,;)}]{12,})"),
    ("token", r"(?i)\\*['\"]token\\*['\"]\s*:\s*\\*['\"](?P<secret>[^\s'\"\\]{12,})"),
    (
        "token",
        r"(?i)(?<![a-z])token\s*:\s*\\*['\"](?P<secret>(?=[^'\"\\]{0,200}[0-9])[a-z0-9+/=.-]{20,})",
    ),
    # --password …, and as a list of arguments: ['--password', '…']
    (
        "passw secret token -key apikey",
        r"(?i)--[\w-]{0,30}(?:password|passwd|secret|token|api-?key|script-?key)"
        r"(?:=|['\"],\s*[rbuf]?| (?=\S{0,200}[0-9!@#$%^&*'\"]))['\"]?(?P<secret>[^\s'\"]+)",
    ),
    ("cookie", r"(?i)\bcookie2?['\"]?\s*:\s*['\"]?(?P<secret>[^'\"\r\n]{8,})"),
    ("sessionid session_id", rf"(?i)session_?id{_IS}\\*['\"]?(?P<secret>[\w-]{{16,}})"),
    (
        "-token -session x-api-key",
        r"(?i)\bx-(?:api-key|[a-z-]{0,30}token|(?:shotgun|shotgrid)-session)"
        rf"{_IS}\\*['\"]?(?P<secret>[^\s'\",;)}}\\]{{8,}})",
    ),
    # gazu.log_in("ana@studio", "…"), Shotgun(URL, "script", "…"): what a traceback shows of them
    ("log_in(", r"\blog_in\([^,()]{1,200},\s*['\"](?P<secret>[^'\"]+)"),
    (
        "shotgun(",
        r"(?<!\w)Shotgun\([^,()]{1,200},\s*['\"][^'\"]{0,100}['\"],\s*['\"](?P<secret>[^'\"]+)",
    ),
    (
        "passw secret token",
        r"(?i)<(?P<tag>[\w:.-]*(?:password|passwd|secret|token))>(?P<secret>[^<]+)</(?P=tag)>",
    ),
    (
        "curl",
        r"(?i)\bcurl\b.{0,200}?\s(?:-u|--user)[= ]?['\"]?[^\s:'\"]{1,60}:(?P<secret>[^\s'\"]+)",
    ),
    ("snag_", r"(?P<secret>snag_[0-9A-Za-z]{49})"),
)
"""What a secret looks like anywhere inside a string; the group `secret` is what is taken out.

Before each, the words of which one must be in the string, in lower case, for it to be tried.
"""
