"""Pieces that only the text names: a module, a program, a codec, a mount, who holds a lock…"""

from __future__ import annotations

import re

from snaglist.causes.signs import INSIDE, OPEN, SHUT

MODULE = re.compile(
    rf"(?i:no module named|cannot import name|cannot find module|kein modul namens|aucun module nomm[ée])\s{OPEN}?([\w.@/-]{{1,80}})"
    r"|\b(lib[\w.+-]{1,40}\.so[\w.]*)"
)
TOOL = re.compile(
    r"(?:^|[\s:'\"/])(ffmpeg|ffprobe|exiftool|oiiotool|imagemagick|convert|magick|rvio|blender|\w{2,20})['\"]?:? (?:command )?not found"
    r"|['\"/\\](ffmpeg|ffprobe|exiftool|oiiotool|magick|rvio|blender)(?:\.exe)?['\"]"
    r"|\b(ffmpeg|ffprobe|exiftool|oiiotool|imagemagick|rvio|blender)\b"
)
WORKER = re.compile(r"(?:^|\s)([a-z][a-z0-9]*(?:-[a-z0-9]+){1,4}|[a-z]+\d+): (?:/\S+: |\w+: )")
PROCESS = re.compile(
    r"(?i:killed process) \d+,? \(([^)\n]{1,60})\)|\btask=([\w.-]{1,40})|(?i:container) ['\"]?([a-z][\w]*(?:-[a-z]+)*)"
)
MOUNT = re.compile(
    r"['\"« ](?P<posix>/(?:net|mnt|srv|Volumes|media|data|prod|projects?|nfs|share|shares|opt|home|var|shows)/[^/'\"\s]{1,60}|/[\w.-]{1,40}/[\w.-]{1,40})(?=[/'\"\s])"
    r"|(\\\\{1,4}[\w.-]{1,60}\\{1,2}[\w$.-]{1,60})|\b([A-Za-z]:)[\\/]"
)
CODEC = re.compile(
    r"\bVideo: (\w{2,20})|(?i:(?:unsupported|unknown|unbekannter) ?codec:?) ['\"]?(\w{2,20})|(?i:codec) ['\"(]([\w-]{2,20})['\")]"
    r"|(?i:decoder) \((?:codec )?(\w{2,20})\)|(?i:decoder (?:found )?for):? (?:codec )?['\"]?(\w{2,20})|(?i:codec) (\w{2,20}) (?:is|kann|n'est)"
)
TRANSITION = re.compile(
    rf"(?i:from|von|de)\s{OPEN}({INSIDE}{{1,40}}?){SHUT}\s(?i:to|nach|zu|auf|à|vers|a)\s{OPEN}({INSIDE}{{1,40}}?){SHUT}"
    r"|\b([A-Z][\w ]{1,25}?) ?(?:->|→|⇒) ?([A-Z][\w ]{1,25}?)(?=[\s.,;:)'\"]|$)"
)
REQUIRED = re.compile(r"\b(customfield_\d+)|['\"]?(\w{2,40})['\"]?: ['\"]?[\w ,.]{0,60}?(?i:is required|required)|(?i:field) ['\"](\w{1,40})['\"]")
WEBHOOK = re.compile(r"(?i:webhook|hook) ['\"]?(?!signature|secret|delivery|is|was|has)([\w][\w.-]{1,60})")
CLIENT = re.compile(
    r"(?i:client|bot|token|api key|key|user|script)(?:[ _](?i:name|id))?\W{1,4}(?!revoked|token|has|was|is|expired|invalid|for|of|key|error|not)([\w][\w.@-]{2,60})"
)
_BY = r"(?i:(?:locked|checked out|held|edited|opened|in use) by|gesperrt von|verrouillé par|bloquead[oa] por)"
HOLDER_ID = re.compile(rf"{_BY} ['\"]?[^#(\n]{{0,60}}?['\"]? ?\(?(?:HumanUser |user |id |#){{1,2}}(\d{{1,9}})\b")
HOLDER_NAME = re.compile(rf"{_BY} ['\"]?([^'\"\n(]{{1,60}}?)['\"]?(?= (?:and|since|until|und|et|y) |[(.,;]|$)")
ENUM = re.compile(r"(?i:enum|for field|for|of field|field) ['\"]?(?!the|a|this|enum)(\w{2,60})['\"]?:? ?['\"«]?")
TYPE_NAME = re.compile(
    rf"(?i:type|entity|event|entität|entité|entidad)\W{{0,3}}{OPEN}?((?:Custom(?:NonProject)?Entity|[A-Z][a-z]+(?=[A-Z]))\w+|[A-Z][a-z]{{2,30}})\b"
)
WRITTEN = re.compile(r"(?i:column|spalte|colonne|columna)\s?['\"«»`](\w{1,63})")
SQL_UPDATE = re.compile(r"\bUPDATE\s+[`\"]?(\w{1,63})[`\"]?\s+SET\s+[`\"]?(\w{1,63})", re.IGNORECASE)


def first(match: re.Match[str] | None) -> str:
    """The first group that took part in a match, or ""."""
    if match is None:
        return ""
    return next((group.strip() for group in match.groups() if group), "")
