"""Pieces that only the text names: a status, a module, a program, a codec, who holds a lock…"""

from __future__ import annotations

import re

from snaglist.causes.signs import INSIDE, OPEN, SHUT

QUOTED = re.compile(rf"{OPEN}\s?({INSIDE}{{1,80}}?)\s?{SHUT}")
BRACKETED = re.compile(r"\[(\w+(?:\.\w+)?)\]")
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,60}(?:\.[\w-]{1,60}){1,4}")
SUBSCRIPT = re.compile(r"\[['\"](\w{1,60})['\"]\]")

STATUS_ASSIGNED = re.compile(
    r"(?i:status(?:_list|_code|_name|_short_name)?)"
    r"(?:\s?=\s?['\"]?([\w-]{1,40})|:\s?['\"]([\w-]{1,40})['\"])"
)
STATUS = re.compile(
    rf"""
    (?i:status(?:es|_list)?|statut|estado|ステータス|状态)
      {INSIDE}{{0,40}}?{OPEN}\s?({INSIDE}{{1,40}}?)\s?{SHUT}
    | (?i:status|statut|estado)[ ]([a-z0-9_-]{{2,12}})[ ]
      (?=(?:is|was|does|has|not|n'|ist|no|wurde)\b)
    """,
    re.VERBOSE,
)
TASK_TYPE = re.compile(
    rf"""
    (?i:task[ _]?type(?!_?ids?\b)|pipeline[ ]step|\bstep(?!\w{{2}})|type[ ]de[ ]t[âa]che
      |aufgabentyp|tipo[ ]de[ ]tarea|タスクタイプ|任务类型)s?:?[ ]?
    (?:(?:(?:is|was)[ ])?(?:named|called)[ ]
      |(?:is[ ]|was[ ])?(?:not[ ]\w+|unknown|missing|introuvable|nicht[ ]\w+|null|none):[ ])?\#?
    (?:{OPEN}\s?|(?![ ]?(?:is|was|are|were|does|could|has|had|not|for|of|in|with|null|None|missing
      |unknown|found|nicht|ist|introuvable|inconnue?|unbekannt|n'\w+)\b))(?=\S)
    ([^'\"«»“”「」\n,;()]{{1,60}}?)\s?
    (?:{SHUT}|[,;(.]|$|(?=[ ](?:not|is|does|was|could|has|do|in|for|n'|nicht|ist|no|introuv|inconnu
      |unbek|unknown|missing)\b))
    """,
    re.VERBOSE,
)
PROJECT = re.compile(
    rf"(?i:project|projet|projekt|proyecto|production|プロジェクト|项目|show)(?: name| code)?"
    rf"\W{{0,2}}\s?{OPEN}\s?({INSIDE}{{1,80}}?)\s?{SHUT}"
)
PERSON = re.compile(
    rf"(?i:user|person|assignee|personne|utilisateur|benutzer|usuario|ユーザー?|用户)s?:? "
    rf"{OPEN}\s?({INSIDE}{{1,60}}?)\s?{SHUT}"
)
PERSON_ID = re.compile(r"(?i:\b(?:shotgrid|shotgun|sg|fpt|user|person)[ _]?id|#)\W{0,3}(\d{1,9})\b")
SCRIPT = re.compile(
    rf"(?i:script|api user|api key|user)\b{INSIDE}{{0,25}}{OPEN}({INSIDE}{{1,60}}){SHUT}"
)
CAPITAL_FIELD = re.compile(r"\b[Tt]he ([A-Z]\w*(?: [A-Z]\w*)*) field\b")
PATTERN_FIELD = re.compile(
    r"""
    \b(\w{1,40})\n[ ]{1,8}(?:string|String|value|Value)
    | \b(\w{1,40}):[ ]['"]?(?:string|String|value|Value)\b[^\n]{0,80}?(?:match|pattern|contains)
    """,
    re.VERBOSE,
)

MODULE = re.compile(
    rf"(?i:no module named|cannot import name|cannot find module|kein modul namens"
    rf"|aucun module nomm[ée])\s{OPEN}?([\w.@/-]{{1,80}})|\b(lib[\w.+-]{{1,40}}\.so[\w.]*)"
)
_PROGRAMS = "ffmpeg|ffprobe|exiftool|oiiotool|imagemagick|convert|magick|rvio|blender"
TOOL = re.compile(
    rf"(?:^|[\s:'\"/])({_PROGRAMS}|\w{{2,20}})['\"]?:? (?:command )?not found"
    rf"|['\"/\\]({_PROGRAMS})(?:\.exe)?['\"]|\b({_PROGRAMS})\b"
)
WORKER = re.compile(r"(?:^|\s)([a-z][a-z0-9]*(?:-[a-z0-9]+){1,4}|[a-z]+\d+): (?:/\S+: |\w+: )")
PROCESS = re.compile(
    r"(?i:killed process) \d+,? \(([^)\n]{1,60})\)|\btask=([\w.-]{1,40})"
    r"|(?i:container) ['\"]?([a-z]\w*(?:-[a-z]+)*)"
)
CODE = re.compile(r'File "[^"\n]{1,300}", line \d')
MOUNT = re.compile(
    r"['\"« ](/[\w.-]{1,60}(?:/[^/'\"\s…]{1,60})?)(?=/…|[/'\"\s])"
    r"|(\\\\{1,4}[\w.-]{1,60}\\{1,2}[\w$.-]{1,60})|\b([A-Za-z]:)[\\/]"
)
CODEC = re.compile(
    r"""
    \bVideo:[ ](\w{2,20})
    | (?i:(?:unsupported|unknown|unbekannter)[ ]?codec:?)[ ]['"]?(\w{2,20})
    | (?i:codec)[ ]['"(]([\w-]{2,20})['")]
    | (?i:decoder)[ ]\((?:codec[ ])?(\w{2,20})\)
    | (?i:decoder[ ](?:found[ ])?for):?[ ](?:codec[ ])?['"]?(\w{2,20})
    | (?i:codec)[ ](\w{2,20})[ ](?:is|kann|n'est)
    """,
    re.VERBOSE,
)
TRANSITION = re.compile(
    rf"""
    (?i:from|von|de)\s{OPEN}({INSIDE}{{1,40}}?){SHUT}\s
    (?i:to|nach|zu|auf|à|vers|a)\s{OPEN}({INSIDE}{{1,40}}?){SHUT}
    | \b([A-Z][\w ]{{1,25}}?)[ ]?(?:->|→|⇒)[ ]?([A-Z][\w ]{{1,25}}?)(?=[\s.,;:)'\"]|$)
    """,
    re.VERBOSE,
)
REQUIRED = re.compile(
    r"\b(customfield_\d+)|['\"]?(\w{2,40})['\"]?: ['\"]?[\w ,.]{0,60}?(?i:required)"
    r"|(?i:field) ['\"](\w{1,40})['\"]"
)
LACKING = re.compile(
    r"""
    ['"](\w{2,40})['"]\s?:\s?\[?['"](?:Missing[ ]data|This[ ]field|[Ff]ield[ ]required|[Rr]equired)
    | ['"](\w{2,40})['"][ ]is[ ](?:a[ ])?(?:required|missing)
    | (?i:required|obligatoire|obligatorio|pflichtfeld|missing|absent)[^:\n]{0,40}:[ ]
      ['"]?(\w{2,40})
    """,
    re.VERBOSE,
)
WEBHOOK = re.compile(
    r"(?i:webhook|hook) ['\"]?(?!signature|secret|delivery|is|was|has)(\w[\w.-]{1,60})"
)
CLIENT = re.compile(
    r"(?i:client|bot|token|api key|key|user|script)(?:[ _](?i:name|id))?\W{1,4}"
    r"(?!revoked|token|has|was|is|expired|invalid|for|of|key|error|not)(\w[\w.@-]{2,60})"
)
_BY = (
    r"(?i:(?:locked|checked out|held|edited|opened|in use) by"
    r"|gesperrt von|verrouillé par|bloquead[oa] por)"
)
HOLDER_ID = re.compile(
    rf"{_BY} ['\"]?[^#(\n]{{0,60}}?['\"]? ?\(?(?:HumanUser |user |id |#){{1,2}}(\d{{1,9}})\b"
)
HOLDER = re.compile(
    rf"{_BY} ['\"]?([^'\"\n(]{{1,60}}?)['\"]?(?= (?:and|since|until|und|et|y) |[(.,;]|$)"
)
ENUM = re.compile(
    r"(?i:enum|for field|for|of field|field) ['\"]?(?!the|a|this|enum)(\w{2,60})['\"]?:? ?['\"«]?"
)
TYPE_NAME = re.compile(
    r"(?i:\b(?:type|entity|event|entität|entité|entidad|attribute_change for"
    r"|importer for|mapper for|handler for))\W{1,3}"
    rf"{OPEN}?(?!\w*(?:Error|Exception)\b)"
    r"((?:Custom(?:NonProject)?Entity|[A-Z][a-z]+(?=[A-Z]))\w+|[A-Z][a-z]{2,30}\d{0,3})\b"
)
SQL_UPDATE = re.compile(
    r"\bUPDATE\s+[`\"]?(\w{1,63})[`\"]?\s+SET\s+[`\"]?(\w{1,63})", re.IGNORECASE
)


def first(match: re.Match[str] | None) -> str:
    """The first group that took part in a match, or ""."""
    if match is None:
        return ""
    return next((group.strip() for group in match.groups() if group), "")
