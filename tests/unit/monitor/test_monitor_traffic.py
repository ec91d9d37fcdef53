"""The monitor against real servers on loopback, whole and broken."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from common.errors import OperatorError
from runbook.monitor import Connection, Monitor, MonitorNotPossibleError, Only, text, watching
from tests.unit.monitor.conftest import Site
from tests.unit.targets import make_target

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable

    from common.target import Target
    from runbook.monitor import Report
    from tests.unit.monitor.conftest import Serving

_RATE = 50.0
_PATIENCE = 20.0  # seconds; a loaded machine sends fewer requests than the rate says
_USUAL = {Connection.FRESH, Connection.KEPT, Connection.HELD}
_LONG = ("/slow", "/stream")


async def _until(monitor: Monitor, requests: int, *, seconds: float = 0.0) -> None:
    """Wait for so many more samples, and so long at least."""
    began = time.monotonic()
    wanted = monitor.report().requests + requests
    while time.monotonic() < began + _PATIENCE:
        if monitor.report().requests >= wanted and time.monotonic() >= began + seconds:
            return
        await asyncio.sleep(0.05)


async def _until_told(monitor: Monitor, told: Callable[[Report], bool]) -> None:
    """Wait for something in the report; the test says what it misses."""
    deadline = time.monotonic() + _PATIENCE
    for report in iter(monitor.report, None):
        if told(report) or time.monotonic() > deadline:
            return
        await asyncio.sleep(0.05)


@pytest.fixture
def watch(serving: Serving) -> Callable[..., Report]:
    """Monitor a site for a second or so, and some hundred requests."""

    def run(site: Site, *, timeout: float = 10.0, seconds: float = 1.2) -> Report:
        async def session() -> Report:
            async with serving(site) as target:
                service = target.services[0]
                async with Monitor(target, service, rate=_RATE, timeout=timeout) as monitor:
                    await _until(monitor, 60, seconds=seconds / 2)
                    monitor.mark("half")
                    await _until(monitor, 60, seconds=seconds / 2)
                return monitor.report()

        return asyncio.run(session())

    return run


def test_a_good_service_fails_nothing(watch: Callable[..., Report]) -> None:
    """All requests are answered, over all kinds of connection, by the version that is there."""
    site = Site()
    found = watch(site)
    assert found.failed == 0
    assert found.requests >= 100
    assert {one.connection for one in found.samples} == _USUAL
    assert set(found.versions) == {"good-1"}
    assert set(found.containers) == {"c1"}
    assert found.connects == {
        Connection.FRESH: sum(one.connection is Connection.FRESH for one in found.samples),
        Connection.KEPT: (found.connects or {})[Connection.KEPT],
        Connection.HELD: 1,
        **dict.fromkeys(set(Connection) - _USUAL, 0),
    }
    assert (found.connects or {})[Connection.KEPT] < 20
    assert site.hosts == {f"host: {found.url.removeprefix('http://')}"}


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        ("drop", {"disconnected", "reset"}),
        ("cut", {"disconnected", "reset"}),
        ("error", {"HTTP 502"}),
    ],
)
def test_a_dropped_request_is_seen(
    fault: str, kinds: set[str], watch: Callable[..., Report]
) -> None:
    """Each fault has its kind, and is counted."""
    found = watch(Site(fault=fault))
    assert found.failed > 0
    assert set(found.kinds) <= kinds
    assert found.requests > found.failed


def test_a_kept_connection_found_closed_is_no_failure(watch: Callable[..., Report]) -> None:
    """A server may close an idle one as a request comes; every client sends that again."""
    found = watch(Site(requests_a_connection=5))
    assert found.failed == 0
    assert found.reconnected > 0


def test_a_slow_answer_shows_in_the_percentiles(watch: Callable[..., Report]) -> None:
    """The median stays, the 99th percentile tells."""
    found = watch(Site(fault="slow", broken_until=75))
    everything = [one for one in found.samples if one.latency >= 0.3]
    assert found.failed == 0
    assert 5 <= len(everything) < found.requests
    after = found.phases[-1] if found.phases[-1].percentiles()[99] > 290 else found.phases[0]
    assert after.percentiles()[99] >= 300


def test_an_answer_that_takes_too_long_has_failed(watch: Callable[..., Report]) -> None:
    """The timeout is the monitor's own, and its kind is told."""
    found = watch(Site(fault="slow", slow_seconds=5, broken_until=65), timeout=0.3)
    assert found.kinds.keys() == {"timeout"}


def test_slow_answers_do_not_slow_the_requests(watch: Callable[..., Report]) -> None:
    """The loop is open: while nothing is answered, requests go out as before."""
    found = watch(Site(fault="slow", slow_seconds=0.5, broken_until=10_000))
    asked = [one for one in found.samples if one.connection is not Connection.HELD]
    slow = next(one for one in asked if one.latency >= 0.5)
    assert sum(slow.sent < one.sent < slow.ended for one in asked) > 10


@pytest.fixture
def watch_long(serving: Serving) -> Callable[[Site], Report]:
    """Monitor a site whose service names a slow and a streaming path."""

    def run(site: Site) -> Report:
        async def session() -> Report:
            async with serving(site) as target:
                paths = dict(zip(("slow_path", "stream_path"), _LONG, strict=True))
                service = target.services[0].model_copy(update=paths)
                named = target.model_copy(update={"services": (service,)})
                async with Monitor(named, service, rate=_RATE) as monitor:
                    await asyncio.sleep(1.5)
                return monitor.report()

        return asyncio.run(session())

    return run


def test_a_slow_and_a_streamed_request_go_alongside(watch_long: Callable[..., Report]) -> None:
    """Each on a connection of its own."""
    found = watch_long(Site(paths=("/health", "/health/live", *_LONG), long_paths=_LONG))
    assert found.failed == 0
    assert {one.path for one in found.samples if one.connection.is_long} == set(_LONG)


def test_a_long_request_that_is_cut_off_is_seen(watch_long: Callable[..., Report]) -> None:
    """It may be the only one that fails."""
    site = Site(paths=("/health", *_LONG), long_paths=_LONG, drops_long=True)
    found = watch_long(site)
    assert found.failed > 0
    assert {one.connection for one in found.failures} <= {Connection.SLOW, Connection.STREAM}


def test_long_paths_that_are_not_there_are_left_out(watch_long: Callable[..., Report]) -> None:
    """A service that names one which it does not have yet is watched without it."""
    assert {one.connection for one in watch_long(Site()).samples} == _USUAL


@pytest.fixture
def watch_more(serving: Serving) -> Callable[..., Report]:
    """Monitor a site whose service takes changes, files and websockets."""

    def run(site: Site, until: Callable[[Report], bool] | None = None, **paths: str) -> Report:
        async def watch() -> Report:
            async with serving(site) as target:
                service = target.services[0].model_copy(update=paths)
                whole = target.model_copy(update={"services": (service,)})
                async with Monitor(whole, service, rate=100) as monitor:
                    await asyncio.sleep(1.2)
                    if until:
                        await _until_told(monitor, until)
                return monitor.report()

        return asyncio.run(watch())

    return run


def test_what_counts_once_is_well(watch_more: Callable[..., Report]) -> None:
    """Each POST has a key of its own."""
    site = Site()
    found = watch_more(site, post_path="/counted")
    asked = [one for one in found.samples if one.connection is Connection.POST]
    assert len(asked) == len(site.counts) > 10
    assert found.failed == 0


@pytest.mark.parametrize(
    ("counts_as", "kind"), [((1, 2), "counted 2 times"), ((1, 0), "never counted")]
)
def test_what_counts_twice_or_never_is_a_failure(
    counts_as: tuple[int, ...], kind: str, watch_more: Callable[..., Report]
) -> None:
    """Though each was answered with 200: a retry of the proxy's, or an answer before its time."""
    found = watch_more(Site(counts_as=counts_as), post_path="/counted")
    assert set(found.kinds) == {kind}
    assert found.by_kind["post"].failed == found.failed > 5


def test_an_upload_goes_alongside(
    watch_more: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit by bit; when it is cut off, that is a failure."""
    monkeypatch.setattr("runbook.monitor.requester._PIECES", 3)
    paths = (*Site().paths, "/files")
    found = watch_more(Site(paths=paths), upload_path="/files")
    assert found.failed == 0
    assert found.by_kind["upload"].percentiles()[50] > 500
    cut = Site(paths=paths, long_paths=("/files",), drops_long=True, slow_seconds=0)
    assert watch_more(cut, upload_path="/files").by_kind["upload"].failed > 0


def test_a_websocket_that_is_ended_is_opened_anew(watch_more: Callable[..., Report]) -> None:
    """Counted apart: a deploy has to end it some time."""
    site = Site(hangs_up_sockets=True)
    found = watch_more(site, lambda now: now.closed >= 3, socket_path="/socket")
    assert found.failed == 0
    assert found.closed >= 3
    opened = (found.connects or {})[Connection.WEBSOCKET]
    assert opened - found.closed in {0, 1}  # the one that is open, where one is at the end


def test_a_websocket_that_cannot_be_opened_is_a_failure(watch_more: Callable[..., Report]) -> None:
    """It could, before; one that never was there is left out."""
    found = watch_more(Site(hangs_up_sockets=True, sockets_at_most=2), socket_path="/socket")
    assert found.by_kind["websocket"].failed == found.failed > 0
    assert "websocket" not in watch_more(Site(), socket_path="/nowhere").by_kind


def test_one_request_instead_of_the_usual(serving: Serving) -> None:
    """Its first answer is the right one, whatever it is; 404 here."""
    site = Site()

    async def watch() -> Report:
        async with (
            serving(site) as target,
            Monitor(target, target.services[0], rate=100, only=Only("POST", "/login")) as monitor,
        ):
            await asyncio.sleep(0.5)
            site.paths = (*site.paths, "/login")
            await asyncio.sleep(0.5)
        return monitor.report()

    found = asyncio.run(watch())
    assert {(one.method, one.path) for one in found.samples} == {("POST", "/login")}
    assert found.kinds.keys() == {"HTTP 200"}


def test_a_busy_machine_leaves_requests_out(serving: Serving) -> None:
    """What is overdue by more than a second is not sent in a flood, and that is told."""

    async def session() -> Report:
        async with serving(Site()) as target:
            async with Monitor(target, target.services[0], rate=_RATE) as monitor:
                await asyncio.sleep(0.2)
                time.sleep(1.5)  # noqa: ASYNC251 - nothing of this process runs meanwhile
                await asyncio.sleep(0.5)
            return monitor.report()

    found = asyncio.run(session())
    assert 10 <= found.left_out <= _RATE * found.seconds
    assert found.as_json()["left_out"] == found.left_out
    assert found.failed == 0
    assert "were left out" in "\n".join(text.lines(found))


def test_a_draining_answer_is_told_apart(watch: Callable[..., Report]) -> None:
    """503 with the word "draining" on the health path is the app's own doing."""
    found = watch(Site(draining=True))
    assert found.failed == 0
    assert found.draining > 5


def test_a_path_that_is_not_there_is_left_out(watch: Callable[..., Report]) -> None:
    """A service without `/` and `/version` is asked for its health alone."""
    found = watch(Site(paths=("/health", "/health/live")))
    assert found.failed == 0
    assert {one.path for one in found.samples} == {"/health", "/health/live"}


def test_a_service_that_is_gone_meanwhile(serving: Serving) -> None:
    """Refused connections are failures from the moment on, and a gap is seen."""

    async def session() -> Report:
        async with serving(Site(requests_a_connection=1)) as target:
            monitor = Monitor(target, target.services[0], rate=_RATE)
            await monitor.__aenter__()
            await _until(monitor, 30, seconds=0.5)
        await _until(monitor, 30, seconds=0.5)
        await monitor.__aexit__()
        return monitor.report()

    found = asyncio.run(session())
    assert found.kinds["refused"] > 5
    assert found.longest_gap.seconds > 0.4


def test_nothing_to_compare_with_is_a_clear_error() -> None:
    """A service that is down at the start is named, and no traffic is sent to it."""
    target = make_target(9)

    async def session() -> None:
        async with Monitor(target, target.services[0]):
            raise AssertionError("it must not start")

    with pytest.raises(MonitorNotPossibleError, match=r"not well to begin with \(refused\)"):
        asyncio.run(session())


def test_only_services_of_the_stack() -> None:
    """No other place can be asked."""
    target = make_target(9)
    other = target.services[0].model_copy(update={"url": "https://example.org"})
    with pytest.raises(OperatorError, match="is no service of stack test"):
        Monitor(target, other)


def test_the_monitor_for_code_without_asyncio(
    site_in_a_thread: Callable[[Site], contextlib.AbstractContextManager[Target]],
) -> None:
    """`watching` runs it beside the block, which can mark what it does."""
    with site_in_a_thread(Site()) as target:
        with watching(target, target.services[0], rate=_RATE) as monitor:
            asyncio.run(_until(monitor, 15, seconds=0.5))
            monitor.mark("starts")
            asyncio.run(_until(monitor, 15, seconds=0.5))
            monitor.mark("ended")
            asyncio.run(_until(monitor, 15, seconds=0.5))
        found = monitor.report()
    assert found.failed == 0
    assert [phase.name for phase in found.phases] == ["before", "during", "after"]
    assert all(phase.samples for phase in found.phases)


def test_watching_raises_what_keeps_it_from_starting() -> None:
    """The error comes out in the caller's own thread."""
    target = make_target(9)
    with pytest.raises(MonitorNotPossibleError), watching(target, target.services[0]):
        raise AssertionError("it must not start")
