"""B1: snapshots of a server, and the images it can be restored from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clients.hetzner.models import SNAPSHOT, Image
from common.duration import spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clients.hetzner import Hetzner
    from common.target import ServerTarget, Target

_CREATE_SECONDS = 3600.0
"""A snapshot takes as long as the disk is full."""


def create(hetzner: Hetzner, target: Target, server: ServerTarget, name: str | None) -> Image:
    """Keep the disk of a server as a snapshot, and wait until it can be used.

    Raises:
        HetznerError: when the API refuses, or the snapshot failed.
        WaitTimeoutError: when it does not end in time.
    """
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    body = {
        "type": SNAPSHOT,
        "description": name or f"{server.name} {made}",
        "labels": {"app": "nutri", "stack": target.stack},
    }
    path = f"servers/{server.id}/actions/create_image"
    number = hetzner.act(path, body, bound=_CREATE_SECONDS)["image"]["id"]
    return Image.model_validate(hetzner.get(f"images/{number}")["image"])


def of(hetzner: Hetzner, target: Target) -> list[Image]:
    """The snapshots and backups of a stack's servers, also of earlier ones; oldest first.

    Raises:
        HetznerError: when the API does not tell.
    """
    ids = {server.id for server in target.servers}
    return [
        image
        for image in hetzner.images()
        if any(map(image.is_of, ids)) or image.labels.get("stack") == target.stack
    ]


def lines(images: Sequence[Image], now: datetime) -> list[str]:
    """One line an image, the newest first."""
    rows = [
        (
            str(image.id),
            image.type,
            f"{image.created:%Y-%m-%d %H:%M}",
            f"{spoken((now - image.created).total_seconds())} old",
            f"{image.image_size:.1f} GB" if image.image_size else image.status,
            image.created_from.name or "?" if image.created_from else "?",
            image.description,
        )
        for image in reversed(images)
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
