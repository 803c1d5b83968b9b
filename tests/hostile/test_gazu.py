"""gazu as its users have it, pointed at the desk: it works, and a refusal says what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import gazu
import pytest

from support.desks import SEED, DeskProcess

PATH = "import/shotgun/errors"


@pytest.fixture(params=["", "/api", "/api/"], ids=["bare", "api", "api-slash"])
def pointed(request: pytest.FixtureRequest, victim: DeskProcess) -> Iterator[DeskProcess]:
    """A desk to which gazu is pointed, with `/api` behind it or without."""
    gazu.client.set_host(victim.url + request.param)
    gazu.client.set_tokens({"access_token": victim.token})
    yield victim
    gazu.client.default_client.session.close()


@pytest.mark.usefixtures("pointed")
def test_gazu_posts_lists_and_deletes() -> None:
    record = gazu.client.post(PATH, SEED)

    assert record["event_data"] == SEED
    assert record in gazu.client.get(PATH)
    assert gazu.client.get(f"{PATH}/{record['id']}") == record
    gazu.client.delete(f"{PATH}/{record['id']}")
    assert record not in gazu.client.get(PATH)


@pytest.mark.usefixtures("pointed")
def test_gazu_finds_the_host_up_at_once() -> None:
    began = time.monotonic()

    assert gazu.client.host_is_up()
    assert time.monotonic() - began < 2
    assert gazu.client.get_api_version()


REFUSALS: dict[str, Callable[[], object]] = {
    "is a number; it must be a string": lambda: gazu.client.post(PATH, {"error": 1}),
    "There is no such record": lambda: gazu.client.get(f"{PATH}/1"),
    "more than 200 levels": lambda: gazu.client.post(PATH, deep(201)),
    "over 1048576 bytes": lambda: gazu.client.post(PATH, {"error": "x" * (1 << 20)}),
    "is not allowed here": lambda: gazu.client.put(PATH, {}),
    "limit is not a number": lambda: gazu.client.get(f"{PATH}?limit=many"),
}


def deep(levels: int) -> dict[str, object]:
    """An object with so many levels."""
    found: dict[str, object] = {}
    for _ in range(levels - 1):
        found = {"a": found}
    return found


@pytest.mark.usefixtures("pointed")
@pytest.mark.parametrize("sentence", REFUSALS)
def test_a_refusal_is_raised(sentence: str) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - gazu's errors share no base
        REFUSALS[sentence]()

    assert type(raised.value).__module__.startswith("gazu")


@pytest.mark.usefixtures("pointed")
@pytest.mark.parametrize("sentence", [next(iter(REFUSALS)), "more than 200 levels"])
def test_what_gazu_raises_shows_the_sentence_of_the_desk(sentence: str) -> None:
    with pytest.raises(gazu.exception.ParameterException, match=sentence):
        REFUSALS[sentence]()


@pytest.mark.usefixtures("pointed")
def test_a_wrong_token_is_raised() -> None:
    gazu.client.set_tokens({"access_token": "nobody"})

    with pytest.raises(gazu.exception.NotAuthenticatedException):
        gazu.client.post(PATH, SEED)
