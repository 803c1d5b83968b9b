"""Two servers on one PostgreSQL: what one recorded, the other shows, and a token opens both."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from support.desks import SEED, DeskProcess


def test_two_servers_share_records_keys_and_tokens(
    postgres_store: str, new_desk: Callable[..., DeskProcess]
) -> None:
    one, other = new_desk(postgres_store), new_desk(postgres_store)
    headers = {"Idempotency-Key": "night"}

    with one.client() as here, other.client(one.token) as there:
        first = here.post("/import/shotgun/errors", json=SEED, headers=headers)
        again = there.post("/import/shotgun/errors", json=SEED, headers=headers)
        listed = there.get("/import/shotgun/errors").json()
        deleted = there.delete(first.headers["location"])

        assert first.json() == again.json()
        assert listed == [first.json()]
        assert deleted.status_code == 204
        assert here.get("/import/shotgun/errors").json() == []
    assert not (other.folder / "snaglist-admin-token").exists()


def test_workers_of_two_servers_never_hold_one_item(
    postgres_store: str, new_desk: Callable[..., DeskProcess]
) -> None:
    one, other = new_desk(postgres_store), new_desk(postgres_store)
    had: list[str] = []
    lost: list[str] = []

    def work(desk: DeskProcess) -> None:
        worker = {"id": str(uuid.uuid4()), "name": "w"}
        with desk.client(one.token) as client:
            while leases := client.post(
                "/api/v1/leases", json={"worker": worker, "limit": 3}
            ).json()["leases"]:
                had.extend(lease["item"]["id"] for lease in leases)
                outcomes = [
                    {"lease_id": lease["lease_id"], "outcome": "came_over"} for lease in leases
                ]
                results = client.post("/api/v1/outcomes", json=outcomes).json()["results"]
                lost.extend(one["status"] for one in results if one["status"] != "taken")

    with one.client() as client:
        batch = [
            {"event_data": {"error": "no", "details": {"shotgun_id": n, "entity_type": "Shot"}}}
            for n in range(300)
        ]
        assert client.post("/api/v1/records", json=batch).is_success
        order = client.post("/api/v1/retries", json={"probe": False}).json()
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(work, [one, other] * 8))
        ended = client.get(f"/api/v1/retries/{order['id']}").json()

    assert lost == []
    assert len(had) == len(set(had)) == 300
    assert (ended["status"], ended["came_over"]) == ("done", 300)
    assert one.run("doctor", "--deep").returncode == 0
