"""One failure of one item, and how it looks as a record: a details body or a mirrored event."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from bench.strangers.catalogue import Cause, Text
from bench.strangers.studio import World
from bench.strangers.values import Item, Values, core_forms

_REASON_LENGTH = 140
_ATTRIBUTES = {
    "Task": ("sg_status_list", "task_assignees", "content"),
    "Version": ("sg_uploaded_movie", "description"),
    "Note": ("content", "subject"),
}
_WITHOUT_SHOW = {"HumanUser", "Step", "Status", "Group", "Department"}


@dataclass(frozen=True)
class Fix:
    """One repair of a cause: its label, and what it sets in texts and in the item."""

    label: str
    given: dict[str, object]
    show: tuple[int, str] | None = None
    on: str | None = None


@dataclass(frozen=True)
class Draft:
    """A failure of an item, told by a text: all but the moment at which it is recorded."""

    cause: Cause
    fix: Fix
    text: Text
    wrapping: Text | None
    item: Item
    seed: str
    as_event: bool

    @property
    def part(self) -> str:
        """The field that an event changed; nothing for a details body."""
        if not self.as_event:
            return ""
        choices = _ATTRIBUTES.get(self.item.type, ("code", "sg_status_list", "description"))
        return random.Random(f"{self.seed}:part").choice(choices)

    def record(self, world: World, at: datetime, attempt: int) -> dict[str, object]:
        """The request body of this failure at a moment."""
        values = Values(world, self.item, at, self.seed, self.fix.given)
        error, extra = _told(self.text, values)
        if self.wrapping is not None and error is not None:
            values.given |= core_forms(error)
            error, around = _told(self.wrapping, values)
            extra = {**extra, **around}
        if self.as_event:
            return self._event(values, error)
        return {"error": error, "details": self._details(values, error, extra, attempt)}

    def _details(
        self, values: Values, error: str | None, extra: dict[str, object], attempt: int
    ) -> dict[str, object]:
        chance = random.Random(f"{self.seed}:details")
        show_id, show = self.item.show
        project: object = {"type": "Project", "id": show_id, "name": show}
        if self.item.type in _WITHOUT_SHOW:
            project = None
        details: dict[str, object] = {
            "shotgun_id": self.item.id,
            "entity_type": self.item.type,
            "name": self.item.name,
            "project": project,
            "reason": (error or "").split("\n", 1)[0][:_REASON_LENGTH],
            "occurred_at": values["iso"],
            "source_host": values["worker"],
        }
        if chance.random() < 0.6:
            details["url"] = f"https://{values.world.site}/detail/{self.item.type}/{self.item.id}"
        if attempt > 1 or chance.random() < 0.2:
            details["attempt"] = attempt
        return details | extra

    def _event(self, values: Values, error: str | None) -> dict[str, object]:
        chance = random.Random(f"{self.seed}:event")
        kind, part = self.item.type, self.part
        show_id, show = self.item.show
        user_id, user, _ = chance.choice(values.world.people)
        event: dict[str, object] = {
            "type": "EventLogEntry",
            "id": chance.randint(2_000_000, 9_000_000),
            "event_type": f"Shotgun_{kind}_Change",
            "attribute_name": part,
            "created_at": values["iso"],
            "entity": {"type": kind, "id": self.item.id, "name": self.item.name},
            "meta": {
                "entity_id": self.item.id,
                "entity_type": kind,
                "type": "attribute_change",
                "attribute_name": part,
                "field_data_type": "status_list" if part == "sg_status_list" else "text",
                "old_value": None,
                "new_value": values.given.get("status") if part == "sg_status_list" else None,
            },
            "project": {"type": "Project", "id": show_id, "name": show},
            "session_uuid": values["uuid9"],
            "user": {"id": user_id, "name": user, "type": "HumanUser"},
        }
        if error is not None:
            event["error"] = error
        return event


def _told(text: Text, values: Values) -> tuple[str | None, dict[str, object]]:
    details = {key: values.fill(value) for key, value in text.details.items()}
    return (None if text.error is None else str(values.fill(text.error))), details
