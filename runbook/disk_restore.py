"""B1: a server's disk put back from a backup or a snapshot, under the same id and addresses."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from clients.hetzner.models import BACKUP, Image
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clients.hetzner import Hetzner
    from common.target import ServerTarget

_REBUILD_SECONDS = 1800.0


def choose(images: Sequence[Image], server: ServerTarget, wanted: int | None) -> Image:
    """The image to restore from: the one named, else the newest backup of the server.

    Raises:
        OperatorError: when there is none, or it cannot be used.
    """
    if wanted is not None:
        found = [image for image in images if image.id == wanted]
        if not found:
            raise OperatorError(f"no backup or snapshot has the id {wanted}; see `snapshot list`")
        if not found[0].is_usable:
            raise OperatorError(f"image {wanted} is {found[0].status}, not available")
        return found[0]
    backups = [one for one in images if one.type == BACKUP and one.is_of(server.id)]
    usable = [one for one in backups if one.is_usable]
    if not usable:
        raise OperatorError(
            f"{server.name} has no backup; `runbook snapshot list` shows what there is, "
            "and --snapshot ID takes one"
        )
    return usable[-1]


def rebuild(hetzner: Hetzner, server: ServerTarget, image: Image) -> None:
    """Wipe the disk and put the image there; the protection is back afterwards, come what may.

    Raises:
        HetznerError: when the API refuses, or the rebuild failed.
        WaitTimeoutError: when it does not end in time.
    """
    with unprotected(hetzner, server):
        path = f"servers/{server.id}/actions/rebuild"
        hetzner.act(path, {"image": image.id}, bound=_REBUILD_SECONDS)


@contextlib.contextmanager
def unprotected(hetzner: Hetzner, server: ServerTarget, *, back: bool = True) -> Iterator[None]:
    """Lift a server's protection for a moment, knowingly; `back`: put it there again."""
    found = hetzner.server(server.id)
    if found is None:
        raise OperatorError(f"the Hetzner API knows no server with id {server.id}")
    if not found.protection.rebuild:
        yield
        return
    _protect(hetzner, server, on=False)
    try:
        yield
    finally:
        if back:
            _protect(hetzner, server, on=True)


def _protect(hetzner: Hetzner, server: ServerTarget, *, on: bool) -> None:
    body = {"delete": on, "rebuild": on}
    hetzner.act(f"servers/{server.id}/actions/change_protection", body)
