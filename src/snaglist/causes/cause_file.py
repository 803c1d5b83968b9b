"""Reading one TOML file of causes, and saying where it is at fault."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from snaglist.causes.conditions import NAMES, check, words_of
from snaglist.causes.pieces import PIECES
from snaglist.causes.texts import parsed
from snaglist.domain.errors import CatalogueFault

WHO = ("coordinator", "td", "it", "target_admin")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_ID = 60
_USUAL_RANK = 50
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


class Example(msgspec.Struct, frozen=True):
    """A record of this cause, and the piece that it must show."""

    event: dict[str, Any]
    piece: str | None


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One known cause, as its file tells it."""

    id: str
    family: str
    title: str
    meaning: str
    fix: str
    who: str
    transient: bool = False
    split: str = ""
    rank: int = _USUAL_RANK
    when: tuple[dict[str, Any], ...] = ()
    examples: tuple[Example, ...] = ()


class Words(msgspec.Struct):
    """The vocabularies: words, what a failure can be about, and what can be wrong with it."""

    words: dict[str, list[str]]
    subjects: dict[str, list[str]]
    problems: dict[str, list[str]]


class CauseFile:
    """One TOML file of causes, being read."""

    def __init__(self, name: str, text: str, words: Words, shipped: Mapping[str, Cause]) -> None:
        self._name = name
        self._lines = text.splitlines()
        self._words = words
        self._shipped = shipped
        try:
            self._content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"\(at line (\d+)", str(error))
            line = int(place[1]) if place else len(self._lines)
            raise CatalogueFault(name, line, f"this is not TOML: {error}") from None

    def causes(self) -> Iterator[Cause]:
        for member in self._content:
            if member not in ("cause", "words", "subjects", "problems"):
                raise self._fault(1, member, f"there is no table named {member}")
        self._take_words()
        found = self._content.get("cause", [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise self._fault(1, "cause", "causes are written as [[cause]]")
        seen = set()
        for place, member in enumerate(found):
            line = self._line_of("[[cause]]", place)
            cause = self._cause(member, line)
            if cause.id in seen:
                raise self._fault(line, "id", f"the cause {cause.id} stands here twice")
            seen.add(cause.id)
            yield cause

    def _take_words(self) -> None:
        for table in ("words", "subjects", "problems"):
            own = self._content.get(table, {})
            known: dict[str, list[str]] = getattr(self._words, table)
            for name, listed in own.items() if isinstance(own, dict) else []:
                if not isinstance(listed, list) or not all(
                    isinstance(one, str) and one.strip() for one in listed
                ):
                    raise self._fault(1, name, f"{table}.{name} is a list of words")
                known[name] = [*known.get(name, []), *listed]

    def _cause(self, given: Mapping[str, Any], line: int) -> Cause:
        known = {
            "id",
            "title",
            "meaning",
            "fix",
            "who",
            "transient",
            "split",
            "rank",
            "when",
            "example",
        }
        for name in given:
            if name not in known:
                raise self._fault(line, name, f"a cause has no member {name}")
        number = given.get("id")
        if not isinstance(number, str) or not _ID.fullmatch(number) or len(number) > _LONGEST_ID:
            raise self._fault(line, "id", "a cause needs an id such as project-not-in-target")
        base = self._shipped.get(number)
        texts = {
            name: self._text(given, name, getattr(base, name, None), line)
            for name in ("title", "meaning", "fix", "who")
        }
        if texts["who"] not in WHO:
            raise self._fault(line, "who", f"who is one of {', '.join(WHO)}")
        split = given.get("split", base.split if base else "")
        if split and split not in PIECES:
            raise self._fault(line, "split", f"split is one of {', '.join(PIECES)}")
        for placeholder in _PLACEHOLDER.findall(texts["title"]):
            if placeholder != "piece" and placeholder not in PIECES:
                raise self._fault(line, "title", f"the title names no piece with {{{placeholder}}}")
        return Cause(
            id=number,
            family=self._name.removesuffix(".toml"),
            **texts,
            transient=self._typed(
                given, "transient", bool, base.transient if base else False, line
            ),
            split=split,
            rank=self._typed(given, "rank", int, base.rank if base else _USUAL_RANK, line),
            when=self._blocks(given, line) or (base.when if base else ()),
            examples=self._examples(given, line),
        )

    def _text(self, given: Mapping[str, Any], name: str, usual: str | None, line: int) -> str:
        value = given.get(name, usual)
        if not isinstance(value, str) or not value.strip() or len(value) > 1000:
            raise self._fault(line, name, f"a cause needs {name}, a text of 1 to 1000 characters")
        return " ".join(value.split())

    def _typed(self, given: Mapping[str, Any], name: str, kind: type, usual: Any, line: int) -> Any:
        value = given.get(name, usual)
        if type(value) is not kind:
            raise self._fault(
                line, name, f"{name} is {'true or false' if kind is bool else 'a number'}"
            )
        return value

    def _blocks(self, given: Mapping[str, Any], line: int) -> tuple[dict[str, Any], ...]:
        blocks = given.get("when", [])
        if not isinstance(blocks, list) or not all(isinstance(one, dict) for one in blocks):
            raise self._fault(line, "when", "what to match is written as [[cause.when]]")
        if not blocks and given["id"] not in self._shipped:
            raise self._fault(line, "id", "a cause needs at least one [[cause.when]]")
        for place, block in enumerate(blocks):
            at = self._line_of("[[cause.when]]", place, line)
            self._check_block(block, at)
        return tuple(blocks)

    def _check_block(self, block: Mapping[str, Any], line: int) -> None:
        if not block:
            raise self._fault(line, "", "this block would match every record")
        for name, wanted in block.items():
            if name not in NAMES:
                raise self._fault(
                    line,
                    name,
                    f"there is no condition {name}; there are {', '.join(sorted(NAMES))}",
                )
            try:
                if name == "says":
                    texts = words_of(block)
                elif name in ("unless", "exception"):
                    if not isinstance(wanted, str) or not wanted.strip():
                        raise ValueError(f"{name} is a text, with | between alternatives")
                    texts = [wanted]
                else:
                    texts = []
                    check(name, wanted)
                    table = {"subject": self._words.subjects, "problem": self._words.problems}.get(
                        name
                    )
                    for one in wanted.split("|") if table is not None else []:
                        if one.strip() not in (table or {}) and one.strip() != "*":
                            raise ValueError(f"there is no {name} {one.strip()}")
            except ValueError as error:
                raise self._fault(line, name, str(error)) from None
            self._check_words(texts, name, line)

    def _check_words(self, texts: Iterable[str], name: str, line: int) -> None:
        for text in texts:
            for part in text.split("|"):
                part = part.strip()
                if part.startswith("@") and not any(
                    part[1:].rpartition(":")[2] in table
                    for table in (self._words.words, self._words.problems, self._words.subjects)
                ):
                    raise self._fault(line, name, f"there are no words named {part}")
                if not any(letter.isalnum() for letter in part):
                    raise self._fault(line, name, f"{name} has an alternative without a letter")

    def _examples(self, given: Mapping[str, Any], line: int) -> tuple[Example, ...]:
        listed = given.get("example", [])
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise self._fault(line, "example", "examples are written as [[cause.example]]")
        return tuple(self._example(member, line) for member in listed)

    def _example(self, member: Mapping[str, Any], line: int) -> Example:
        """One example: the members of a record, or `json`, as TOML cannot say null."""
        piece = member.get("piece")
        if piece is not None and not isinstance(piece, str):
            raise self._fault(line, "piece", "the piece of an example is a text")
        event = {name: value for name, value in member.items() if name not in ("piece", "json")}
        if "json" in member:
            event = parsed(str(member["json"]))
        if not isinstance(event, dict) or not event:
            raise self._fault(line, "example", "an example is a record: error and details, or json")
        return Example(event, piece)

    def _line_of(self, header: str, place: int, behind: int = 0) -> int:
        """The line of the nth such header behind a line; lines are counted from 1."""
        for number, line in enumerate(self._lines[behind:], behind + 1):
            if line.strip() == header:
                if place == 0:
                    return number
                place -= 1
        return max(behind, 1)

    def _fault(self, line: int, member: str, reason: str) -> CatalogueFault:
        for number, text in enumerate(self._lines[line - 1 :], line):
            if member and re.match(
                rf"\s*(?:{re.escape(member)}\s*=|\[+(?:[\w]+\.)*{re.escape(member)}\]+)", text
            ):
                return CatalogueFault(self._name, number, reason)
            if number > line and text.strip() == "[[cause]]":
                break
        return CatalogueFault(self._name, line, reason)
