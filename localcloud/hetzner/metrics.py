"""Time series about servers and load balancers.

The numbers are made up, and the same each time: of what is off there is none. What they stand for
can be had inside a server.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.http import JSON, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

SERVER_SERIES = {
    "cpu": ("cpu",),
    "disk": (
        "disk.0.iops.read",
        "disk.0.iops.write",
        "disk.0.bandwidth.read",
        "disk.0.bandwidth.write",
    ),
    "network": (
        "network.0.pps.in",
        "network.0.pps.out",
        "network.0.bandwidth.in",
        "network.0.bandwidth.out",
    ),
}
BALANCER_SERIES = {
    "open_connections": ("open_connections",),
    "connections_per_second": ("connections_per_second",),
    "requests_per_second": ("requests_per_second",),
    "bandwidth": ("bandwidth.in", "bandwidth.out"),
}
_USUAL_SAMPLES, _MOST_SAMPLES = 200, 500


def answer(request: Request, known: Mapping[str, tuple[str, ...]], *, on: bool) -> Response:
    """The series a request asks for; raises InvalidInputError."""
    kinds = [kind for text in request.query_params.getlist("type") for kind in text.split(",")]
    wrong = [kind for kind in kinds if kind not in known]
    if wrong or not kinds:
        raise InvalidInputError.field("type", f"has to be of {', '.join(known)}")
    start, end = _moment(request, "start"), _moment(request, "end")
    if end <= start:
        raise InvalidInputError.field("end", "has to be after start")
    step = _step(request, (end - start).total_seconds())
    moments = _moments(start, end, step) if on else []
    series = {
        name: {"values": [[moment, _number(name, moment)] for moment in moments]}
        for kind in kinds
        for name in known[kind]
    }
    return Answer({"metrics": _metrics(start, end, step, series)})


def _metrics(start: dt.datetime, end: dt.datetime, step: float, series: JSON) -> JSON:
    ends = {"start": start.isoformat(), "end": end.isoformat()}
    return {**ends, "step": step, "time_series": series}


def _moment(request: Request, name: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(request.query_params[name].replace(" ", "+"))
    except (KeyError, ValueError):
        raise InvalidInputError.field(name, "has to be a moment in ISO 8601") from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _step(request: Request, seconds: float) -> float:
    text = request.query_params.get("step")
    try:
        wish = float(text) if text else math.ceil(seconds / _USUAL_SAMPLES)
    except ValueError:
        raise InvalidInputError.field("step", "has to be a number of seconds") from None
    return max(wish, math.ceil(seconds / _MOST_SAMPLES), 1.0)


def _moments(start: dt.datetime, end: dt.datetime, step: float) -> list[float]:
    first, last = start.timestamp(), end.timestamp()
    return [first + number * step for number in range(math.floor((last - first) / step))]


def _number(name: str, moment: float) -> str:
    """A little wave of a height of its own for each series."""
    height = sum(name.encode()) % 40 + 1
    return f"{height * (1.5 + math.sin(moment / 600)):.4f}"
