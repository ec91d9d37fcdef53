"""HTML by elements: what is a text can never become markup."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable

Child = ET.Element | str | None


def el(tag: str, *children: Child | Iterable[Child], **attributes: str) -> ET.Element:
    """An element; `class_` stands for class, `aria_label` for aria-label, None for no child."""
    made = ET.Element(tag, {_name(key): value for key, value in attributes.items()})
    for child in _flat(children):
        _append(made, child)
    return made


def document(title: str, style: str, *body: Child | Iterable[Child]) -> str:
    """A whole page."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        el("style", style),
    )
    html = el("html", head, el("body", *body), lang="en")
    text = ET.tostring(html, encoding="unicode", method="html")
    return f"<!doctype html>\n{text}\n"


def coded(text: str) -> list[Child]:
    """A text whose parts between backticks are code."""
    parts = text.split("`")
    return [el("code", part) if number % 2 else part for number, part in enumerate(parts)]


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _flat(children: Iterable[Child | Iterable[Child]]) -> Iterable[ET.Element | str]:
    for child in children:
        if isinstance(child, (ET.Element, str)):
            yield child
        elif child is not None:
            yield from (one for one in child if one is not None)


def _append(parent: ET.Element, child: ET.Element | str) -> None:
    if isinstance(child, ET.Element):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + child
    else:
        parent.text = (parent.text or "") + child
