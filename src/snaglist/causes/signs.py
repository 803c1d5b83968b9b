"""The patterns by which pieces of evidence are found in a text. All are bounded."""

from __future__ import annotations

import re

OPEN = r"['\"«»“”„`‘’「『\[]"  # the quotes of several languages
SHUT = r"['\"«»“”`‘’」』\]]"
INSIDE = r"[^'\"«»“”„`」』\n]"

STATUS = re.compile(r"(?<![\w.#-])([45]\d\d)(?![\w-])")
STATUS_BEFORE = re.compile(
    r"(?:http(?:/\d(?:\.\d)?)?|status|code|error|response|got an?|returned|answered|occurred"
    r"|fault|rest|title|h1)"
    r"[\s:=\[('\"<>]{0,4}$"
)
STATUS_BEHIND = re.compile(
    r":? (?:Client |Server )?(?:Error|[A-Z][a-z]+(?:[ -][A-Z][a-z]+){0,3})\b"
    r"| ?\(|, message| [a-z]+_[a-z]+"
)
HOST = re.compile(
    r"""
    [a-z]{2,5}://(?:[^/\s@'"]{1,100}@)?([A-Za-z0-9._-]{1,200})
    | host=['"]([^'"]{1,200})['"]
    | (?:ProtocolError[ ]for|connect(?:ing)?[ ]to|to[ ]host|resolve[ ](?:host)?(?:name)?:?
        |reach(?:ing)?|\bhost:?|getaddrinfo|for|from|server[ ]at)[ ]['"(]?
      ((?!\d+\.\d+[ )'"]|\d+\.\d+$)[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+){1,6})
      (?::\d+)?(?![\w(])
    """,
    re.VERBOSE,
)
ENDPOINT = re.compile(r"(?:[a-z]{2,5}://[^/\s'\"]{1,200})?(/[\w./%-]{2,300})")
CHANGING = re.compile(r"/(?:[0-9a-f-]{8,}|\d+)(?=/|$)")

KEY = re.compile(
    r"""
    KeyError(?::[ ]?|\()['"]?([^'"\n)]{1,120})
    | \bLookupError:[ ]['"]?(\S{1,60}?)['"]?$
    | ^(?:\s*UNHANDLED[ ])?['"]([^'"\n]{1,60})['"]\s*$
    | ^(\d{1,10})$
    | (?:undefined|null)[ ]\(reading[ ]['"](\w{1,60})['"]\)
    | [Kk]ey[ ]['"]([^'"\n]{1,60})['"][ ](?:was|is)?[ ]?(?:not[ ](?:present|found)|missing)
    | key[ ]not[ ]found:[ ]:?"?(\w{1,60})
    """,
    re.VERBOSE | re.MULTILINE,
)
CONSTRAINT = re.compile(
    rf"""
    (?i:constraint|contrainte(?:[ ]unique|[ ]de[ ]\w+)?|restricci[oó]n(?:[ ]de[ ]unicidad)?
      |vincolo|restri[cç][aã]o|ограничени[еяю](?:[ ]уникальности)?|制約|约束)
      (?:\s?{OPEN}\s?(?:check|unique|not[ ]null)\s?{SHUT})?\s?{OPEN}\s?(\w{{1,63}})\s?{SHUT}
    | {OPEN}\s?((?:\w{{1,50}}\.)?
        (?:\w{{1,50}}(?:_key|_uc|_uniq|_fkey|_pkey|_idx|_check)|(?:ix|uq|fk|pk|ck)_\w{{1,58}}))\s?{SHUT}
    | (?:UNIQUE|NOT[ ]NULL)[ ]constraint[ ]failed:[ ](\w{{1,63}}\.\w{{1,63}}|\w{{1,50}}_\w{{1,12}})
    | for[ ]key[ ]'(?:\w{{1,63}}\.)?(\w{{1,63}})'
    """,
    re.VERBOSE,
)
COLUMN = re.compile(
    rf"""
    (?i:column|spalte|colonne|columna|colonna|coluna|столбце|列|字段|カラム)\s?{OPEN}\s?(?:\w{{1,63}}\.)?(\w{{1,63}})\s?{SHUT}
    | NOT[ ]NULL[ ]constraint[ ]failed:[ ]\w{{1,63}}\.(\w{{1,63}})
    """,
    re.VERBOSE,
)
RELATION = re.compile(
    rf"""
    (?i:relation|table|tabelle|relaci[oó]n|relazione|rela[cç][aã]o|tabla|отношени[ияе]|таблиц[аеы]|リレーション|关系|表)\s?{OPEN}\s?(\w{{1,63}})\s?{SHUT}
    | constraint[ ]failed:[ ](\w{{1,63}})\.\w
    """,
    re.VERBOSE,
)
SQL_TABLE = re.compile(
    r'\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|FROM)\s+["`]?(?:\w{1,63}["`]?\.)?["`]?(\w{1,63})',
    re.IGNORECASE,
)
LIMIT = re.compile(
    r"""
    (?:character[ ]varying|varying|varchar|caract[eè]res?[ ]variables?|zeichen)\s?\((\d{1,5})\)
    | (?i:at[ ]most|max(?:imum|imal|\.)?(?:[ ]of|[ ]length|[ ]longueur)?(?:[ ]is|:)?|than
        |limit(?:[ ]of|[ ]is)?:?)[ ](\d{1,5})[ ]?(?i:char|zeichen|caract|letters|bytes|文字|字符)
    """,
    re.VERBOSE,
)
FIELD = re.compile(
    r"""
    \b([A-Z]\w{1,40})\.((?:sg_|custom_)?[a-z]\w{1,80})\b(?!\.\w|\()
    | \b(sg_\w{1,80}|customfield_\d{1,9})\b
    | ^(\w{1,60}(?:\.\w{1,60}){0,4})\n[ ]+(?:[Ff]ield[ ]required|(?:Input|String)[ ]should|[Vv]alue)
    | (?i:field|champ|feld|campo)[ ]['"](\w{1,60})['"]
    """,
    re.VERBOSE | re.MULTILINE,
)
IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
NULL = re.compile(r"['\"](\w{1,60})['\"]\s?(?:=>|:)\s?(?:None|null|nil)\b")
LINK_TYPE = re.compile(r"""['"]link_type['"]\s?(?:=>|:)\s?['"](\w{1,20})""")
TITLE = re.compile(r"<title[^>]{0,100}>\s*([^<]{1,200})", re.IGNORECASE)
HEADING = re.compile(r"<h1[^>]{0,100}>\s*([^<]{1,200})", re.IGNORECASE)
EXCEPTION = re.compile(
    r"""
    (?:^|(?<=[\s(\[{.:<'"])) (?:[a-z_]\w{0,40}\.){0,8} ([A-Z]\w{0,60}
      (?:Error|Exception|Fault|Failure|Failed|Violation|Timeout|Refused|Disconnected|Detected|Operations
        |NotFound|Expired|Denied|Truncation|OutOfRange|Overflow|Mismatch|Exceeded|Unavailable|Pending
        |Locked|Missing|Unauthorized|Invalid|Conflict))\b
    """,
    re.VERBOSE | re.MULTILINE,
)
REGEX = re.compile(r"\^[\[(\\]|[\])][*+]\$?")
CODE = re.compile(r"\b[A-Za-z]{2,30}(?:_[A-Za-z]{2,30}){1,5}\b|\b(?:[A-Z]{1,6}[a-z]{1,20}){2,8}\b")
CODE_WORDS = frozenset(
    """
    unknown missing not no invalid denied forbidden expired revoked exists exist required limit
    exceeded locked unsupported conflict duplicate failed refused timeout unavailable pending
    mismatch taken full killed rejected archived disabled deleted quota unauthorized found large
    unmapped parse unreachable
    """.split()
)
"""An error's code is read word by word when one of them is one of these: `unknown_assignee`."""
CODE_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
ADDRESS = re.compile(r"[a-z]{2,5}://[^\s'\"<>)]+|(?<!\w)/[\w./%-]{2,}|<[^<>]{0,200}>")
WORD = re.compile(r"[^\W\d_]{3,}")
VAGUE_WORDS = frozenset(
    """
    the for was and not are has with from that this see why url code true false null none error
    errors failed failure fail internal server servererror client http status response message
    exception gazu servererrorexception requests exceptions httperror erreur interne serveur
    interner serverfehler interno servidor del fehler request returned answered
    shotgunentryimportfailed entryimportfailed entry entries dropped target sent import
    importing push pushing sync details detail more information reason unknown something went
    wrong unexpected occurred please try again later contact administrator log logs exit nginx
    apache gunicorn html head title body encountered condition which prevented fulfilling either
    overloaded answer answered post get put patch delete httpx aiohttp httpstatuserror
    clientresponseerror there application unable complete your unhandled
    """.split()
)
"""Words that say no more than that something failed."""
