"""Single POSTs beside the bare no-op, in turns: many clients, and one."""

from __future__ import annotations

import contextlib
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence

from bench.bodies import Bodies
from bench.loads import Load, median_p50, median_p99, median_rate, wrk
from bench.report import Table
from bench.stand import ENGINES, NOOP_TOKEN, Stand

CLIENTS = (1, 8, 64, 256)
LEAST_SHARE = 0.25
MOST_SYNCS = 3
Rounds = dict[tuple[str, int], list[Load]]
Target = Callable[[Bodies, int, int], Load]


def measure_post(stand: Stand) -> Table:
    """Durable POSTs as a share of the no-op's rate; the target counts at 64 clients."""
    table = Table(
        "post: one record per request, durable before the 201",
        f"Medians of {stand.scale.rounds} rounds in turns; every acknowledged record was found.",
    )
    for bodies in (stand.seed, stand.corpus):
        rounds = _in_turns(stand, bodies, CLIENTS)
        for clients in CLIENTS:
            noop = rounds["no-op", clients]
            table.add(f"{bodies.name}, {clients} clients, no-op", _figures(noop))
            for engine in ENGINES:
                loads = rounds[engine, clients]
                share = _paired_share(loads, noop)
                counts = clients == 64
                table.add(
                    f"{bodies.name}, {clients} clients, {engine}",
                    f"{_figures(loads)}  = {share:.3f} x no-op",
                    f">= {LEAST_SHARE} x" if counts else "",
                    share >= LEAST_SHARE if counts else None,
                )
    return table


def measure_one_client(stand: Stand) -> Table:
    """One client's p50 beside the no-op's p50 and the time of a sync."""
    table = Table("one: one client waits for its record", "p50; the sync is measured in each round")
    for bodies in (stand.seed, stand.corpus):
        _measure_one_client(table, stand, bodies)
    return table


def _measure_one_client(table: Table, stand: Stand, bodies: Bodies) -> None:
    syncs = [stand.sync_milliseconds()]
    rounds = _in_turns(stand, bodies, (1,), lambda: syncs.append(stand.sync_milliseconds()))
    sync = statistics.median(syncs)
    noop = median_p50(rounds["no-op", 1])
    most = noop + MOST_SYNCS * sync
    table.add(f"{bodies.name}, fdatasync of an appended page", f"{sync:.3f} ms")
    table.add(f"{bodies.name}, no-op", f"{noop:.3f} ms")
    for engine in ENGINES:
        p50 = median_p50(rounds[engine, 1])
        figure = f"{p50:.3f} ms = no-op + {(p50 - noop) / sync:.1f} syncs"
        table.add(f"{bodies.name}, {engine}", figure, f"<= {most:.3f} ms", p50 <= most)


def _in_turns(
    stand: Stand,
    bodies: Bodies,
    clients: Sequence[int],
    between: Callable[[], object] = lambda: None,
) -> Rounds:
    """Loads on the no-op and on a desk of each engine, one after the other, round by round."""
    rounds: Rounds = defaultdict(list)
    scale = stand.scale
    with contextlib.ExitStack() as stack:
        noop = stack.enter_context(stand.noop())
        targets: dict[str, Target] = {
            "no-op": lambda bodies, clients, seconds: wrk(
                noop, NOOP_TOKEN, bodies, clients, seconds
            )
        }
        for engine in ENGINES:
            targets[engine] = stack.enter_context(stand.desk(engine)).load
        for load in targets.values():
            load(bodies, 64, scale.warm_up)
        for _ in range(scale.rounds):
            for many in clients:
                for name, load in targets.items():
                    rounds[name, many].append(load(bodies, many, scale.seconds))
            between()
    return rounds


def _paired_share(loads: Sequence[Load], noop: Sequence[Load]) -> float:
    """The median of each round's own ratio."""
    return statistics.median(
        load.rate / other.rate for load, other in zip(loads, noop, strict=True)
    )


def _figures(loads: Sequence[Load]) -> str:
    latency = f"p50 {median_p50(loads):.2f}  p99 {median_p99(loads):.2f} ms"
    return f"{median_rate(loads):>7,.0f}/s  {latency}"
