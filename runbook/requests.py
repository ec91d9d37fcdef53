"""D4: how many requests a service has had, how fast they were, and which were slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checks.logs import parse_line, requests_command
from checks.traffic import Request, Volume, volume
from common import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from common.target import ServiceTarget
    from runbook.logs import Source


def collect(service: ServiceTarget, sources: Sequence[Source], seconds: int) -> Volume:
    """The requests that the service's containers have logged in the last seconds."""
    lines = (line for source in sources for line in _completed(source, seconds))
    return volume(service, (parse_line(replica, text) for replica, text in lines), seconds)


def lines(service: ServiceTarget, found: Volume, slow_ms: float, top: int) -> Iterator[str]:
    """Yield the summary and the slowest requests, for people."""
    span = duration.spoken(found.seconds)
    yield f"{service.name}, last {span}: {found.count} requests ({found.per_second:.2g} a second)"
    yield f"  besides      {found.probes} health probes"
    if found.count:
        yield f"  by status    {_counted(found.by_status())}"
        yield f"  by replica   {_counted(found.by_replica())}"
        ranks = (f"p{rank} {value:.0f} ms" for rank, value in found.percentiles().items())
        yield f"  percentiles  {', '.join(ranks)}"
    slow = found.slow(slow_ms)
    yield f"  slow         {len(slow)} took more than {slow_ms:g} ms"
    for one in slow[:top]:
        yield f"    {_told(one)}"


def as_json(service: ServiceTarget, found: Volume, slow_ms: float, top: int) -> dict[str, Any]:
    """The same as a JSON object."""
    slow = found.slow(slow_ms)
    return {
        "service": service.name,
        "seconds": found.seconds,
        "requests": found.count,
        "per_second": round(found.per_second, 4),
        "probes": found.probes,
        "by_status": found.by_status(),
        "by_replica": found.by_replica(),
        "percentiles_ms": {f"p{rank}": value for rank, value in found.percentiles().items()},
        "slow_ms": slow_ms,
        "slow": len(slow),
        "slowest": [vars(one) for one in slow[:top]],
    }


def _completed(source: Source, seconds: int) -> Iterator[tuple[str, str]]:
    for line in source.client.stream(requests_command(source.container.id, f"{seconds}s")):
        yield source.replica, line


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _told(one: Request) -> str:
    status = one.status or "no status"
    return (
        f"{one.milliseconds:.0f} ms  {one.method} {one.path}  {status}  {one.replica}  {one.time}"
    )
