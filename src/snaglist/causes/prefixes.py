"""What loggers write in front of a message: times, levels, names of loggers, what was worked on."""

from __future__ import annotations

import re

_LONGEST = 400
_DATES = frozenset(
    "Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
)

PREFIX = re.compile(
    r"""
    (?:
        \s+ | [|>*-][ ]
      | \d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?
        (?:[ ]?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?:?(?=[\s\[|,]|$)
      | \d\d:\d\d:\d\d(?:[.,]\d{1,6})?(?=[\s\]|])
      | (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)?,?[ ]?
        (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ ]{1,2}\d{1,2}[ ]\d\d:\d\d:\d\d
        (?:[ ]\d{4})?(?:[ ][\w.-]{1,60}(?=[ ][\w./-]{1,60}(?:\[\d{1,8}\])?:))?
      | \[(?:[\d:.,\ TZ+/-]{1,40} | [A-Z]{1,8} | [a-z][\w.:/-]{0,40}(?:[ ]?\#?\d{1,8})?
          | \w{1,30}-\d{1,8} | MainThread | [\w,.\#]{1,60}[ ]@[ ]0x[0-9a-f]{1,16})\](?=[\s:\[]) :?
      | \[\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^\]\n]{0,60}\]
      | \([A-Z][A-Za-z]{2,25}[ /\#]{1,2}\d{1,12}\)(?=[ ])
      | [^\n'"({]{1,120}?[ ](?:ERROR|CRITICAL|FATAL)(?:[ ]\w{1,20}=\S{1,60}){1,4}[ ][|:—-][ ]
      | \#\#\[(?:error|warning)\] | ::(?:error|warning)[^:\n]{0,120}::
      | \{\w{1,60}\.\w{1,4}:\d{1,6}\}(?=[ ])
      | (?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|CRITICAL)[ ]{1,3}-[ ]
      | [a-z_]\w{0,40}(?:::\w{1,60}){1,6}(?:\{[^{}\n]{0,200}\})?
        (?::\w{1,40}(?:\{[^{}\n]{0,200}\})?){0,6}:[ ]
      | [EWIF]\d{4}[ ]\d\d:\d\d:\d\d\.\d{1,9}[ ]+\d{1,8}[ ][\w./-]{1,60}:\d{1,6}\]
      | (?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL|CRITICAL)[ ]{1,8}\|(?=[ ])
      | [\w.]{1,80}:[\w<>.]{1,60}:\d{1,6}[ ]-[ ]
      | [a-z][a-z0-9_-]{0,40}-\d{1,4}[ ]{1,20}\|(?=[ ])
      | <\d{1,3}>
      | [\w./-]{1,60}\[\d{1,8}\]:?(?=[ ])
      | (?:DEBUG|INFO|WARNING|ERROR|CRITICAL):[a-zA-Z_][\w.]{0,80}:(?=\S)
      | (?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL|CRITICAL|SEVERE|ERR|E|W|F)
        (?:[:|\]]|(?=[ ]{1,8}[\w\[]))
      | (?:LOG|FEHLER|ERREUR|UNHANDLED)(?::|(?=[ ]))
      | [a-z_]\w{0,30}(?:\.[a-z_]\w{0,40}){1,6}(?:[: ]\d{1,6})?:(?=[ ])
      | [a-z][\w-]{1,30}@[\w-]{1,30}(?=[ ])
      | (?:[A-Za-z]\w{1,15}[ ]){0,3}[A-Z][A-Za-z]{2,25}\d{0,3}[/#]\d{1,12}:(?=[ ])
    )+
    """,
    re.VERBOSE,
)


def without_prefix(line: str) -> str:
    """The line without what a logger wrote in front; the line itself if nothing else is in it."""
    if line[1:2].islower() and line[:1].isupper() and line[:3] not in _DATES:
        return line  # begins like a sentence or the name of an exception
    match = PREFIX.match(line, 0, _LONGEST)
    if match is None or match.end() >= len(line) or match[0].isspace():
        return line
    return line[match.end() :]
