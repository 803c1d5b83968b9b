"""Text that is shown and searched: bounded, on one line, harmless; and the words in it."""

from __future__ import annotations

import re
import unicodedata

_UNSHOWN = re.compile(
    r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ud800-\udfff]+"
)
_RUNS = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
    r"|[^\W\d_]+|\d+"
)
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_WHOLE = re.compile(r"[^\W_]\w*")
_LONGEST_WORD = 40
_ELLIPSIS = "…"


def one_line(text: str, most: int) -> str:
    """The text on one line, without control, format or lone surrogate characters.

    White space becomes one space; over `most` characters it ends in `…`.
    """
    if len(text) <= most and text.isprintable():
        return text.strip()
    plain = _UNSHOWN.sub(" ", text[: 4 * most]).strip()
    return plain if len(plain) <= most else plain[: most - 1] + _ELLIPSIS


def words_of(text: str, most: int = 64) -> list[str]:
    """The words by which this text is found, each once, at most `most` of them.

    Lower case, accents aside, any script. `SQ010_SH0560` is found as `sq010_sh0560`, `sh0560`
    and `0560`; a run of Chinese, Japanese or Korean from each of its characters on.
    """
    found: dict[str, None] = {}
    for match in _WHOLE.finditer(folded(text)):
        whole = match[0][:_LONGEST_WORD]
        found[whole] = None
        for part in whole.split("_"):
            if part:
                found[part] = None
        for run in _RUNS.findall(whole):
            if _WIDE.match(run):
                found.update((run[start:], None) for start in range(len(run)))
            elif run != whole:
                found[run] = None
        if len(found) >= most:
            break
    return list(found)[:most]


def wholes_of(text: str) -> list[str]:
    """The words as they stand in a text, each once, folded; what is looked for begins with them."""
    return list(dict.fromkeys(one[:_LONGEST_WORD] for one in _WHOLE.findall(folded(text))))


def folded(text: str) -> str:
    """The text as words are compared: lower case, compatibility forms and accents aside."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(one for one in decomposed if not unicodedata.combining(one))
    return unicodedata.normalize("NFC", kept)
