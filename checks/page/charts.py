"""Inline SVG that follows the width of the page: every x is a percentage of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.page.elements import el

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from xml.etree import ElementTree as ET

_BAR_HEIGHT = 14
_DOT_HEIGHT = 22


@dataclass(frozen=True)
class Row:
    """A line of a chart: what, its picture, its value in words."""

    label: str
    picture: ET.Element
    value: str


def chart(title: str, note: str, rows: Iterable[Row]) -> ET.Element:
    """A card with a title, a note that explains the marks, and rows below each other."""
    cells = [
        cell
        for row in rows
        for cell in (
            el("div", row.label, class_="label"),
            row.picture,
            el("div", row.value, class_="value"),
        )
    ]
    return el(
        "section",
        el("h2", title),
        el("p", note, class_="note"),
        el("div", cells, class_="rows"),
        class_="card",
    )


def bar(share: float, limit: float | None, label: str) -> ET.Element:
    """A bar from 0 to 1 in its track, with a tick at the limit; red from there on."""
    tone = "bad" if limit is not None and share >= limit else "plain"
    return _svg(
        label,
        _BAR_HEIGHT,
        [
            _rect(0, 1, "track"),
            _rect(0, share, tone) if share > 0 else None,
            _tick(limit) if limit is not None and limit <= 1 else None,
        ],
    )


def span(start: float, size: float, well: bool, label: str) -> ET.Element:
    """A piece of a track, from 0 to 1; red when it did not end well."""
    piece = _rect(start, max(size, 0.004), "plain" if well else "bad")
    return _svg(label, _BAR_HEIGHT, [_rect(0, 1, "track"), piece])


def stacked(parts: Sequence[tuple[str, float]], label: str) -> ET.Element:
    """Parts of a whole beside each other; the first of each pair is its tone."""
    whole = sum(size for _, size in parts) or 1.0
    shapes, start = [], 0.0
    for tone, size in parts:
        if size:
            shapes.append(_rect(start, size / whole, tone))
        start += size / whole
    return _svg(label, _BAR_HEIGHT, shapes)


def dots(shares: Iterable[float], limit: float, label: str) -> ET.Element:
    """A dot a sample along a line, with a tick at the limit; red from there on."""
    shapes = [
        el("line", x1="0", x2="100%", y1="50%", y2="50%", class_="axis"),
        _tick(limit),
        *(
            el(
                "circle",
                cx=_percent(share),
                cy="50%",
                r="5",
                class_="bad" if share >= limit else "plain",
            )
            for share in shares
        ),
    ]
    return _svg(label, _DOT_HEIGHT, shapes)


def _svg(label: str, height: int, shapes: Iterable[ET.Element | None]) -> ET.Element:
    return el(
        "svg",
        el("title", label),
        shapes,
        width="100%",
        height=str(height),
        role="img",
        class_="picture",
    )


def _rect(start: float, size: float, tone: str) -> ET.Element:
    width = _percent(min(size, 1 - start))
    return el("rect", x=_percent(start), y="0", width=width, height="100%", rx="3", class_=tone)


def _tick(at: float) -> ET.Element:
    return el("line", x1=_percent(at), x2=_percent(at), y1="0", y2="100%", class_="limit")


def _percent(share: float) -> str:
    return f"{min(max(share, 0.0), 1.0) * 100:.2f}%"
