"""A drill as a picture: one self-contained page, a bar a phase, against its goal."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from common.duration import spoken

if TYPE_CHECKING:
    from runbook.drills.report import Drill, Phase

_WIDTH, _LABELS, _ROW = 640, 190, 26
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1c2733;background:#fff}
h1{font-size:1.3rem}svg{width:100%;height:auto}
text{font:12px system-ui,sans-serif;fill:currentColor}
.bar{fill:#2f6f9f}.tick{stroke:#8a97a3;stroke-opacity:.35}td,th{padding:.15rem .9rem .15rem 0;
text-align:left}.bad{color:#a3262a;font-weight:600}.good{color:#1c7040;font-weight:600}
@media(prefers-color-scheme:dark){body{background:#12181e;color:#dbe3ea}.bar{fill:#5aa2d6}
.bad{color:#ff8a8d}.good{color:#6fd39b}}
"""


def page(drill: Drill) -> str:
    """The page."""
    well = not drill.exit_code
    title = f"Drill {drill.name} of {drill.stack}"
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{value:g}</td></tr>"
        for name, value in sorted(drill.measures.items())
    )
    error = f"<p class=bad>{escape(drill.error)}</p>" if drill.error else ""
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>"
        f"<p>{drill.started:%Y-%m-%d %H:%M} UTC, {spoken(drill.seconds)}: "
        f"<span class={'good' if well else 'bad'}>{drill.outcome.value}</span></p>{error}"
        f"{chart(drill)}<table>{rows}</table></html>\n"
    )


def chart(drill: Drill) -> str:
    """The phases as bars over time."""
    total = max(drill.seconds, 0.001)
    height = _ROW * (len(drill.phases) + 1)
    bars = "".join(_bar(phase, number, total) for number, phase in enumerate(drill.phases))
    ticks = "".join(_tick(part / 4, total, height) for part in range(5))
    return (
        f"<svg viewBox='0 0 {_LABELS + _WIDTH + 70} {height}' role=img "
        f"aria-label='phases over time'>{ticks}{bars}</svg>"
    )


def _bar(phase: Phase, number: int, total: float) -> str:
    left = _LABELS + _WIDTH * phase.at / total
    width = max(2.0, _WIDTH * phase.seconds / total)
    top = number * _ROW
    told = f"{phase.name}: {phase.seconds:.1f} s" + (f", {phase.note}" if phase.note else "")
    return (
        f"<g><title>{escape(told)}</title>"
        f"<text x='0' y='{top + 16}'>{escape(phase.name)}</text>"
        f"<rect class=bar x='{left:.1f}' y='{top + 4}' width='{width:.1f}' height='16' rx='2'/>"
        f"<text x='{left + width + 5:.1f}' y='{top + 16}'>{phase.seconds:.0f} s</text></g>"
    )


def _tick(share: float, total: float, height: int) -> str:
    x = _LABELS + _WIDTH * share
    return (
        f"<line class=tick x1='{x:.0f}' x2='{x:.0f}' y1='0' y2='{height - 14}'/>"
        f"<text x='{x:.0f}' y='{height - 2}' text-anchor='middle'>{spoken(total * share)}</text>"
    )
