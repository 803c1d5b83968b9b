"""What became of the things that runs tried, kept in the transaction that records it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from snaglist.domain.identity import ItemKey
from snaglist.domain.run import Kind, Run, RunStatus, TryOutcome, run_id_of
from snaglist.domain.words import one_line
from snaglist.storage import runs as store
from snaglist.storage.connection import Connection
from snaglist.storage.runs import Try

_LONGEST_NAME = 200
_SECOND = len("2026-11-23T10:53:05")


class Tried(msgspec.Struct, frozen=True, gc=False):
    """That a run tried a thing; `digest` is the digest of its key.

    `of_part` is the part that this tells of, "" for all parts, None for none of them.
    """

    run: str
    key: ItemKey
    digest: str
    outcome: TryOutcome
    attempted_at: str
    who: str
    of_part: str | None = None


def note_tries(connection: Connection, tried: Sequence[Tried], at: str) -> None:
    """Count what runs tried, each thing once, by its newest attempt; and that they are alive.

    A label that no run has makes one. A mirror has no end, so nothing of it is counted.
    """
    runs = _runs(connection, tried, at)
    newest: dict[tuple[str, str], Try] = {}
    parts: set[tuple[str, str, str]] = set()
    for one in sorted(tried, key=lambda one: one.attempted_at):
        run = runs[run_id_of(one.run)]
        if run.kind is Kind.RUN and not run.is_settled:
            newest[run.id, one.digest] = Try(
                run.id,
                one.digest,
                one.outcome,
                one.attempted_at,
                one.key.project or run.project,
                one.key.entity_type if one.key.entity_id else "",
                bool(one.key.part),
            )
            if one.of_part is not None:
                parts.add((run.id, one.key.entity_type, one.of_part))
    if newest:
        _count(connection, list(newest.values()))
    store.put_parts(connection, parts)


def _runs(connection: Connection, tried: Sequence[Tried], at: str) -> dict[str, Run]:
    """The runs of these tries, by id, after they were heard of."""
    firsts: dict[str, Tried] = {}
    for one in sorted(tried, key=lambda one: one.attempted_at, reverse=True):
        firsts[run_id_of(one.run)] = one
    runs = store.runs_by_id(connection, sorted(firsts))
    made = [_made_by(firsts[run_id], at) for run_id in sorted(firsts.keys() - runs.keys())]
    heard: list[Run] = []
    for run_id, run in sorted(runs.items()):
        began_at = run.began_at
        if not run.is_told:
            began_at = min(began_at, firsts[run_id].attempted_at)
        after = replace(run.heard(at), began_at=began_at)
        is_news = after.beat_at[:_SECOND] != run.beat_at[:_SECOND]
        if is_news or after.status is not run.status or began_at != run.began_at:
            heard.append(after)
    if made:
        store.insert_runs(connection, made)
    if heard:
        store.update_runs(connection, heard)
    return runs | {run.id: run for run in (*made, *heard)}


def _made_by(first: Tried, at: str) -> Run:
    """The run that nobody announced, as its first try tells of it."""
    return Run(
        id=run_id_of(first.run),
        label=first.run,
        name=one_line(first.run, _LONGEST_NAME),
        kind=Kind.RUN,
        source=first.key.source,
        target=first.key.target,
        project="",
        host="",
        who=first.who,
        status=RunStatus.RUNNING,
        began_at=first.attempted_at,
        beat_at=at,
    )


def _count(connection: Connection, tries: Sequence[Try]) -> None:
    known = store.tries_of(connection, tries)
    changes: dict[tuple[str, str, str, bool, str], int] = defaultdict(int)
    news: list[Try] = []
    for one in tries:
        before = known.get((one.run_id, one.thing))
        if before is not None:
            if one.attempted_at < before.attempted_at or one == before:
                continue
            changes[_place(before)] -= 1
        changes[_place(one)] += 1
        news.append(one)
    if news:
        store.put_tries(connection, news)
        store.add_run_counts(connection, changes)


def _place(one: Try) -> tuple[str, str, str, bool, str]:
    return (one.run_id, one.project, one.entity_type, one.is_part, one.outcome.value)
