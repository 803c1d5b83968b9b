"""Reading tracebacks: their frames, their exceptions, and which of several tells the cause."""

from __future__ import annotations

import re
from typing import NamedTuple

_WRAPPER = re.compile(
    r"(?:Push|Import|Export|Sync|Synchroni[sz]ation|Task|Job|Process|Processing|Handler|Worker"
    r"|Entity|Event|Retry"
    r"|Pipeline|Migration|Transfer|Operation|Unexpected|Unhandled|Internal|Bridge|Batch|Run|Publish|Record|Entry)*"
    r"(?:Failed|Error|Exception|Failure|Aborted)"
)
GENERIC = frozenset(
    """
    Exception BaseException RuntimeError Error ImportError ImportFailed ImporterError SyncError
    SyncFailed TaskError JobError CommandError CalledProcessError RetryError MaxRetriesExceeded
    ShotgunEntryImportFailed EntryImportFailed ImportFailure PipelineError WorkerError
    UnhandledException HandlerError EventProcessingError ExceptionGroup SystemExit
    """.split()
)
"""Exceptions that only wrap another: their own name tells nothing."""

_FRAME = re.compile(
    r'^[ |+]*File "([^"\n]{1,400})", line (\d{1,7})(?:, in ([^\n]{1,160}))?'
    r"\n?([ |+]{2,}(?!File \")[^\n]{1,300})?",
    re.MULTILINE,
)
_SCRIPT_FRAME = re.compile(
    r"^\s{1,12}at (?:async )?([\w.$<>\[\] ]{1,80}) \(?([^()\n]{1,300}?):\d+", re.MULTILINE
)
_RAISED = re.compile(
    r"""
    ^[ |+]*((?:\w{1,60}\.){0,8}[A-Z_]\w{1,80})
    (?: :[ \t]?([^\n]*(?:\n(?![ |+]*(?:Traceback|File|During|The[ ]above)\b)[^\n]*){0,60})
      | [ \t]*$ )
    """,
    re.MULTILINE | re.VERBOSE,
)
_LINKS = re.compile(
    r"During handling of the above exception, another exception occurred:"
    r"|The above exception was the (direct cause) of the following exception:"
)
_REFERENCE = re.compile(r"\b[A-Z]\w+[ /]?#?\d+|[\W\d_]+")
_ENTITY = re.compile(r"\b[A-Z]\w+[ /]?#?\d+")
_FEWEST_LETTERS = 9
_CARETS = re.compile(r"^[ |+]*[\^~]+[ \t^~]*$\n?", re.MULTILINE)
_MOST_FRAMES = 200


class Frame(NamedTuple):
    """One line of a stack: the file's own name, the function, and the source line if printed."""

    file: str
    function: str
    source: str

    @property
    def where(self) -> str:
        """`shot.py:extract_frame_range`: no line numbers, they move with every release."""
        return f"{self.file}:{self.function}" if self.function else self.file


class Raised(NamedTuple):
    """One exception of a traceback, the frames that led to it, outermost first, and its place.

    `from_cause` says that it was raised `from` the one before.
    """

    type: str
    message: str
    frames: tuple[Frame, ...]
    from_cause: bool = False

    @property
    def name(self) -> str:
        """The type without its module."""
        return self.type.rpartition(".")[2]

    @property
    def line(self) -> str:
        return f"{self.type}: {self.message}" if self.type else self.message

    @property
    def only_wraps(self) -> bool:
        """Whether this exception says nothing of its own: a bare name, or `PushFailed: Shot 5`."""
        if self.name in GENERIC:
            return len(_REFERENCE.sub("", self.message)) < 2 * _FEWEST_LETTERS
        little = len(_REFERENCE.sub("", self.message)) < _FEWEST_LETTERS
        return little and is_wrapper(self.name)

    @property
    def only_names_the_work(self) -> bool:
        """Whether the message says what was being done, and to what, and no more."""
        if _NOT_DONE.search(self.message):
            return True
        said = _LETTERS.findall(_ENTITY.sub(" ", self.message).lower())
        return set(said) <= _WORK


_NOT_DONE = re.compile(
    r"\A\W*(?:(?:could not|cannot|failed to|unable to) \w+ )?[A-Z]\w+[ /]?#?\d+\b[^:\n]{0,80}?"
    r"(?: (?:was|were|is|has been|could|can|did)?(?: ?not) (?:be )?\w+| failed)?\W*\Z"
)
"""`Shot 5 of Owl was not written`: what was worked on, and that it was in vain."""

_LETTERS = re.compile(r"[^\W\d_]+")
_WORK = frozenset(
    """
    could can cannot couldn t not be unable to failed failure fails error errors while when during
    import imported importing sync syncing push pushing process processing handle handling job task
    entity record event item step of the a an in for with at asset shot sequence episode scene
    version note project person humanuser playlist unexpected aborted aborting skipped skipping
    """.split()
)
"""What an exception says that only tells what was being done."""


def is_wrapper(name: str) -> bool:
    """Whether an exception of this name says no more than what was being done: `PushFailed`."""
    name = name.rpartition(".")[2]
    return name in GENERIC or _WRAPPER.fullmatch(name) is not None


def looks_like_trace(text: str) -> bool:
    """Whether this text holds a Python traceback or a part of one, or a JavaScript stack."""
    return "Traceback (most" in text or '", line ' in text or "\n    at " in text


def raised_in(text: str) -> list[Raised]:
    """The exceptions of a traceback in the order in which they are printed."""
    parts = _LINKS.split(_CARETS.sub("", text))[:41]
    found = []
    for block, link in zip(parts[::2], [None, *parts[1::2]], strict=False):
        if raised := _raised(block):
            found.append(raised._replace(from_cause=link is not None))
    return found


def telling(raised: list[Raised]) -> Raised | None:
    """The exception that tells: the last that is more than a wrapper around another."""
    for place, one in reversed(list(enumerate(raised))):
        if not one.only_wraps and not (place and one.only_names_the_work):
            return one
    return max(raised, key=lambda one: len(one.message), default=None)


def told_by(raised: list[Raised]) -> str:
    """The lines that tell: of the telling exception, and of the one that it was raised from."""
    one = telling(raised)
    if one is None:
        return ""
    place = raised.index(one)
    if one.from_cause and place and not raised[place - 1].only_wraps:
        return f"{one.line}\n{raised[place - 1].line}"
    return one.line


_NEVER_AWAITED = ("Task exception was never retrieved", "Exception in callback", "Future exception")
"""How asyncio begins, whatever went wrong."""


def before_trace(text: str) -> str:
    """What a logger wrote in front of the traceback."""
    start = text.find("Traceback (most")
    before = text[:start].strip() if start > 0 else ""
    return "" if before.startswith(_NEVER_AWAITED) else before


def _raised(block: str) -> Raised | None:
    frames = [
        Frame(_own_name(file), (function or "").strip(), (source or "").strip())
        for file, _, function, source in _FRAME.findall(block)[-_MOST_FRAMES:]
    ]
    if not frames and "\n    at " in block:
        return _scripted(block)
    ends = [match.end() for match in _FRAME.finditer(block)]
    start = ends[-1] if ends else block.find("Traceback (most")
    rest = block[max(start, 0) :]
    if (last := _RAISED.search(rest)) is not None:
        return Raised(last[1], (last[2] or "").strip(), tuple(frames))
    if frames:
        return Raised("", rest.strip(), tuple(frames))
    return None


def _scripted(block: str) -> Raised:
    head = block.partition("\n    at ")[0].strip()
    kind, colon, message = head.rpartition("\n")[2].partition(": ")
    frames = tuple(
        Frame(_own_name(file), function.strip(), "")
        for function, file in _SCRIPT_FRAME.findall(block)[:_MOST_FRAMES]
    )
    if not colon or " " in kind.strip():
        kind, message = "", head
    return Raised(kind.removeprefix("Uncaught ").strip(), message, frames[::-1])


def _own_name(path: str) -> str:
    return re.split(r"[\\/]", path)[-1]
