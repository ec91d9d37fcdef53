"""What the proxy's own answers say of what it has."""

from __future__ import annotations

import pytest

from agent.drain.routes import Proxy


def _answering(monkeypatch: pytest.MonkeyPatch, status: int, body: bytes = b"") -> Proxy:
    monkeypatch.setattr(Proxy, "_get", lambda *_: (status, body))
    return Proxy()


def test_no_answer_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine's proxy has what it has all the same: the file stays until it tells."""
    with pytest.raises(OSError, match="does not answer"):
        _answering(monkeypatch, 0).servers("t", "s")


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b'{"serverStatus": {"http://10.0.1.2:3000": "UP"}}', {"http://10.0.1.2:3000": "UP"}),
        (404, b'{"message": "service not found: s@docker"}', {}),
        (404, b"404 page not found\n", None),
        (503, b"no available server\n", None),
    ],
)
def test_a_proxy_without_the_service_is_none_that_does_not_tell(
    status: int, body: bytes, told: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it has no service of that name, the labels lead nowhere."""
    assert _answering(monkeypatch, status, body).servers("t", "s") == told
