"""The knobs of the app's Redis, and where it answers."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.testclient import TestClient

from localcloud.errors import LocalCloudError
from localcloud.redis import HOST, Trouble, address, routes
from localcloud.settings import Instance


@dataclass
class Store:
    """A Redis that only remembers its trouble."""

    trouble: Trouble = Trouble.NONE
    runs: bool = True

    def set_trouble(self, trouble: Trouble) -> None:
        """Remember it."""
        if not self.runs:
            raise LocalCloudError("the Redis does not run")
        self.trouble = trouble


def _client(store: Store) -> TestClient:
    return TestClient(Starlette(routes=list(routes(lambda: store))))


def test_a_trouble_is_set_and_told() -> None:
    """And ends by `none`."""
    store = Store()
    client = _client(store)
    for trouble in ("down", "password", "frozen", "none"):
        answer = client.patch("/", json={"trouble": trouble})
        assert (answer.status_code, answer.json()) == (200, {"trouble": trouble})
        assert store.trouble == trouble
        assert client.get("/").json() == {"trouble": trouble}


def test_a_trouble_that_is_none_is_refused() -> None:
    """With those there are; an unknown property too."""
    store = Store()
    refused = _client(store).patch("/", json={"trouble": "sick"})
    assert refused.status_code == 422
    assert "'none', 'down', 'password' or 'frozen'" in refused.json()["error"]["message"]
    assert _client(store).patch("/", json={"trouble": "down", "x": 1}).status_code == 422
    assert store.trouble is Trouble.NONE


def test_a_redis_that_does_not_run_is_told() -> None:
    """As an error of the double's, not a broken connection."""
    answer = _client(Store(runs=False)).patch("/", json={"trouble": "down"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        500,
        "the Redis does not run",
    )


def test_it_answers_at_an_address_of_the_instance() -> None:
    """Which no server and no database has: their last octets end at 254."""
    assert (HOST, address(Instance(block=32))) == ("redis.localcloud.test", "127.32.255.255")
