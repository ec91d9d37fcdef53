"""M1: the maintenance page and its banner are what the config says, on each server and outside."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from checks.check import Check, public
from checks.snapshot import sections
from checks.verdict import Verdict, green, red, unknown
from common.maintenance import HEADER, PATH, Mode, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from checks.observer import Observer
    from checks.web import Answer
    from common.maintenance import Maintenance
    from common.target import MaintenanceTarget, ServiceTarget, Target

_OK = 200
_UNAVAILABLE = 503
_OUTSIDE = "outside"
_MARK = HEADER.lower()
_REMEDY = "`pulumi up` brings each server to what the config says"

# Through the server's own proxy: from outside a balancer might choose another server.
_SCRIPT = r"""set -eu
section() { printf '@@ %s\n' "$1"; }
ask() {
  curl -sk -m 5 -o /dev/null -D - --resolve "$HOST:443:127.0.0.1" "https://$HOST$1" |
    tr -d '\r' || true
}
section page; ask "$PAGE"
section banner; ask "$BANNER"
section left; ls -d /data/coolify/proxy/dynamic/nutri-maintenance.yaml /opt/nutri/maintenance \
  /etc/systemd/system/nutri-maintenance.service 2>/dev/null || true
"""


@dataclass(frozen=True)
class Head:
    """Status and headers of one answer; no status stands for no answer."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """The mode the page's own server tells; empty for anybody else's answer."""
        return self.headers.get(_MARK, "")

    @property
    def is_page(self) -> bool:
        """Whether this is the maintenance page, told to robots and apps as it should be."""
        retry = self.headers.get("retry-after", "")
        return self.status == _UNAVAILABLE and self.mark == Mode.ON and retry.isdigit()

    def __str__(self) -> str:
        """As in 'HTTP 200'."""
        return f"HTTP {self.status}" if self.status else "nothing"


@dataclass(frozen=True)
class Seen:
    """What one place shows of one service."""

    place: str
    page: Head
    banner: Head
    told: Mapping[str, Any] | None = None
    """The banner's content; None where only its head was looked at."""
    left: tuple[str, ...] = ()
    """Files of a maintenance page on the server."""


def stands_in(service: ServiceTarget, answers: Iterable[Answer], target: Target) -> Verdict | None:
    """Green where the page stands in for a service as the config wants; None everywhere else."""
    now = target.maintenance.now
    if not now.covers(service.name):
        return None
    if not all(Head(one.status, one.headers).is_page for one in answers):
        return None
    return green(f"the maintenance page stands in for it, as the config wants: {now.span()}")


def collect_maintenance(observer: Observer, service: ServiceTarget) -> tuple[Seen, ...]:
    """What outside and each server's own proxy show."""
    page = observer.web.get(service.url + service.live_path)
    banner = observer.web.get(service.url + PATH)
    heads = [Head(one.status, one.headers) for one in (page, banner)]
    host = service.url.removeprefix("https://")
    values = {"HOST": host, "PAGE": service.live_path, "BANNER": PATH}
    script = "".join(f"{key}={shlex.quote(value)}\n" for key, value in values.items()) + _SCRIPT
    inside = [
        parse(server.name, observer.ssh(server).run(script).stdout)
        for server in observer.target.servers
    ]
    return (Seen(_OUTSIDE, heads[0], heads[1], told=banner.fields), *inside)


def parse(place: str, output: str) -> Seen:
    """What the script printed on a server."""
    parts = sections(output)
    return Seen(
        place,
        _head(parts["page"]),
        _head(parts["banner"]),
        left=tuple(parts["left"].split()),
    )


def judge_maintenance(service: ServiceTarget, found: Sequence[Seen], target: Target) -> Verdict:
    """Green when page and banner are there, or not there, as the config says."""
    now = target.maintenance.now
    faults = [f"{one.place} {fault}" for one in found for fault in _faults(service, one, now)]
    if faults:
        return red("; ".join(faults), _REMEDY)
    answering = [one.place for one in found if one.page.status is not None]
    if not answering:
        return unknown(
            f"no answer by HTTPS: {', '.join(one.place for one in found)}",
            "see `runbook check health containers`",
        )
    places = f"asked: {', '.join(answering)}"
    if now.covers(service.name):
        return green(f"the page is shown, {now.span()} ({places})")
    if now.concerns(service.name):
        return green(f"announced: {now.span()}, the banner is shown ({places})")
    return green(f"neither page nor banner, as the config says ({places})")


def _faults(service: ServiceTarget, one: Seen, now: Maintenance) -> Iterable[str]:
    if now.covers(service.name):
        if not one.page.is_page:
            yield f"answers {one.page} instead of the maintenance page"
    elif one.page.mark:
        yield f"shows the maintenance page, though the config has maintenance {now.mode}"
    if now.concerns(service.name):
        yield from _banner_faults(one, now)
    elif one.banner.mark:
        yield "still shows the maintenance banner"
    if now.is_off and one.left:
        yield f"has something left of a maintenance page: {', '.join(one.left)}"


def _banner_faults(one: Seen, now: Maintenance) -> Iterable[str]:
    if one.banner.status != _OK or one.banner.mark != now.mode:
        yield f"answers {one.banner} at {PATH} instead of the banner"
    elif one.told is not None and one.told != now.banner():
        yield f"tells of another maintenance at {PATH}: {one.told.get('start')}"


def collect_now(_observer: Observer, _subject: MaintenanceTarget) -> datetime:
    """This machine's clock; `clock` compares it with the servers'."""
    return datetime.now(UTC)


def judge_overrun(subject: MaintenanceTarget, at: datetime, _target: Target) -> Verdict:
    """Green unless the announced end has passed."""
    now = subject.now
    if now.is_off or now.end is None:
        return green("no maintenance is announced or under way")
    if at <= now.end:
        return green(f"{now.mode}: {now.span()}")
    return red(
        f"maintenance is {now.mode}, and its end has passed: {moment(now.end)}",
        "`runbook maintenance end`; or a later end is announced (docs/maintenance.md)",
    )


def _subject(target: Target) -> Mapping[str, MaintenanceTarget]:
    return {"maintenance": target.maintenance}


def _head(text: str) -> Head:
    lines = text.strip().splitlines()
    words = lines[0].split() if lines else []
    if len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004 - "HTTP/2 200"
        return Head()
    pairs = (line.partition(":") for line in lines[1:])
    return Head(int(words[1]), {name.strip().lower(): value.strip() for name, _, value in pairs})


MAINTENANCE = Check(
    "maintenance",
    "M1",
    "page and banner as configured",
    public,
    collect_maintenance,
    judge_maintenance,
)
OVERRUN = Check(
    "overrun",
    "M1",
    "maintenance ends in time",
    _subject,
    collect_now,
    judge_overrun,
    proves_change=False,
)
