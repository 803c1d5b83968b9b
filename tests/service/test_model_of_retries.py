"""Leases beside a model of them: whatever workers, people and the clock do, in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from conftest import open_database
from snaglist.domain.edits import Resolve
from snaglist.domain.errors import LeaseLost, WrongState
from snaglist.domain.retry import MemberState, Outcome
from snaglist.domain.standing import Status
from snaglist.service.leasing import Lease
from snaglist.service.outcomes import Report, Taken
from support.workshop import Workshop

ENTITIES = st.integers(0, 7)
WORKERS = st.sampled_from(["w1", "w2", "w3"])
STEPS = 30


class Leases(RuleBasedStateMachine):
    """What each lease has come to, by its id: None while it is held, else its outcome, or lost."""

    new_store: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self._open = open_database(self.new_store())
        self.shop = Workshop(self._open.__enter__())
        self.held: dict[str, Lease] = {}
        self.ended: dict[str, tuple[Lease, str]] = {}
        self.orders: list[Any] = []

    def teardown(self) -> None:
        assert self.shop.differences() == []
        self._open.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        self.shop.fails(*range(8))

    @rule(entity=ENTITIES, cause=st.sampled_from("ab"))
    def fails(self, entity: int, cause: str) -> None:
        self.shop.fails(entity, fingerprint=f"1/{cause}")

    @rule(entity=ENTITIES)
    def comes_over(self, entity: int) -> None:
        self.shop.imports(entity)
        self._lose(lambda lease: lease.item.entity_id == str(entity))

    @rule(entity=ENTITIES)
    def is_resolved(self, entity: int) -> None:
        try:
            self.shop.edits(entity, Resolve(reason="by_hand"))
        except WrongState:
            return
        self._lose(lambda lease: lease.item.entity_id == str(entity))

    @rule(probe=st.booleans(), attempts=st.integers(1, 2))
    def is_ordered(self, probe: bool, attempts: int) -> None:
        self.orders.append(self.shop.orders(is_probing=probe, attempts=attempts))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), edit=st.sampled_from(["pause", "resume", "resume", "abort"]))
    def is_steered(self, data: st.DataObject, edit: Any) -> None:
        order = data.draw(st.sampled_from(self.orders))
        try:
            self.shop.edits_retry(order, edit)
        except WrongState:
            return

    @rule(worker=WORKERS, limit=st.integers(1, 4))
    def is_leased(self, worker: str, limit: int) -> None:
        for lease in self.shop.leases(limit, 60, worker=self.shop.worker(worker)):
            assert lease.item.id not in {one.item.id for one in self.held.values()}
            self.held[lease.member.lease_id or ""] = lease

    @precondition(lambda self: self.held)
    @rule(data=st.data(), outcome=st.sampled_from(list(Outcome)), cause=st.sampled_from("ab"))
    def is_reported(self, data: st.DataObject, outcome: Outcome, cause: str) -> None:
        lease_id = data.draw(st.sampled_from(sorted(self.held)))
        lease = self.held.pop(lease_id)
        report = self._report(lease, outcome, cause)
        assert self.shop.reports(report, report) == [Taken.TAKEN, Taken.REPEATED]
        self.ended[lease_id] = (lease, outcome.value)

    @precondition(lambda self: self.ended)
    @rule(data=st.data(), outcome=st.sampled_from(list(Outcome)))
    def is_reported_again(self, data: st.DataObject, outcome: Outcome) -> None:
        lease, came_to = self.ended[data.draw(st.sampled_from(sorted(self.ended)))]
        failures = [item.failures for item in self.shop.items()]
        (result,) = self.shop.reports(self._report(lease, outcome, "c"))
        if outcome.value == came_to:
            assert result is Taken.REPEATED
        else:
            assert isinstance(result, LeaseLost)
        assert [item.failures for item in self.shop.items()] == failures

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def is_renewed(self, data: st.DataObject) -> None:
        lease = self.held[data.draw(st.sampled_from(sorted(self.held)))]
        worker = next(
            name
            for name in ("w1", "w2", "w3")
            if self.shop.worker(name).id == lease.member.worker_id
        )
        assert self.shop.renews(lease, seconds=5, worker=worker) != [None]
        other = {"w1": "w2", "w2": "w3", "w3": "w1"}[worker]
        assert self.shop.renews(lease, worker=other) == [None]

    @rule()
    def time_passes(self) -> None:
        self.shop.ticks(3_600)
        self._lose(lambda _: True)

    @invariant()
    def what_is_held_is_retrying_and_all_adds_up(self) -> None:
        retrying = {item.id for item in self.shop.items() if item.status is Status.RETRYING}
        assert retrying == {lease.item.id for lease in self.held.values()}
        for order in self.orders:
            now = self.shop.retry(order)
            parts = now.waiting + now.leased + now.came_over + now.failed + now.skipped
            assert parts == now.total == len(self.shop.members(order))
            assert (now.ended_at is None) == bool(now.waiting + now.leased)
        leased = [
            member.lease_id
            for order in self.orders
            for member in self.shop.members(order, MemberState.LEASED)
        ]
        assert sorted(filter(None, leased)) == sorted(self.held)

    def _report(self, lease: Lease, outcome: Outcome, cause: str) -> Report:
        match outcome:
            case Outcome.CAME_OVER:
                return self.shop.came_over(lease)
            case Outcome.FAILED:
                return self.shop.failed(lease, f"1/{cause}")
            case Outcome.RETURNED:
                return self.shop.returned(lease)

    def _lose(self, is_meant: Callable[[Lease], bool]) -> None:
        for lease_id in [one for one, lease in self.held.items() if is_meant(lease)]:
            self.ended[lease_id] = (self.held.pop(lease_id), "lost")


def test_leases_are_as_the_model_says(new_store: Callable[[], str], engine_name: str) -> None:
    Leases.new_store = staticmethod(new_store)
    examples = 12 if engine_name == "sqlite" else 4
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Leases,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
