"""How well a grouping fits the truth: purity, exact groups and fragmentation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple


class Truth(NamedTuple):
    """What is true of one record: the kind of its cause, and the one thing that repairs it."""

    cause: str
    fix: str


class Score(NamedTuple):
    """A grouping's figures; `purity` to `fga` are shares, 1.0 is ideal for `spread` too.

    `purity` and `fix_purity`: records whose group is mostly of their cause, of their fix.
    `ga`: records in a group that holds exactly one cause, or exactly one fix.
    `fga`: F1 of such exact groups, among those made and among those wanted.
    `spread`: groups made for each fix that there is.
    """

    groups: int
    purity: float
    fix_purity: float
    ga: float
    fga: float
    spread: float


def score(truths: Sequence[Truth], groups: Sequence[str]) -> Score:
    """The figures of a grouping, one group's name for each record in the order of the truths."""
    made: dict[str, set[int]] = defaultdict(set)
    causes: dict[str, set[int]] = defaultdict(set)
    fixes: dict[Truth, set[int]] = defaultdict(set)
    for place, (truth, group) in enumerate(zip(truths, groups, strict=True)):
        made[group].add(place)
        causes[truth.cause].add(place)
        fixes[truth].add(place)
    exact_causes = {frozenset(members): cause for cause, members in causes.items()}
    exact_fixes = {frozenset(members): truth for truth, members in fixes.items()}
    fixes_of = Counter(truth.cause for truth in fixes)
    pure = fix_pure = exact_records = exact_groups = 0
    found: dict[str, float] = defaultdict(float)
    for members in made.values():
        pure += max(Counter(truths[place].cause for place in members).values())
        fix_pure += max(Counter(truths[place] for place in members).values())
        whole = frozenset(members)
        if whole in exact_causes:
            found[exact_causes[whole]] = 1.0
        elif whole in exact_fixes:
            cause = exact_fixes[whole].cause
            found[cause] += 1 / fixes_of[cause]
        else:
            continue
        exact_records += len(members)
        exact_groups += 1
    precision = exact_groups / len(made)
    recall = sum(min(1.0, share) for share in found.values()) / len(causes)
    both = precision + recall
    total = len(truths)
    return Score(
        groups=len(made),
        purity=pure / total,
        fix_purity=fix_pure / total,
        ga=exact_records / total,
        fga=2 * precision * recall / both if both else 0.0,
        spread=len(made) / len(fixes),
    )
