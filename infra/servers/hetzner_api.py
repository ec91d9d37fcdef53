"""Hetzner's API, for the few things that hooks of the program do themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from clients.hetzner import Hetzner


def reach(endpoint: str, token: str) -> AbstractContextManager[Hetzner]:
    """Return a client; imported late, since most runs of the program need none."""
    from clients.hetzner import reach as connect  # noqa: PLC0415
    from common.target import HetznerTarget  # noqa: PLC0415 - see above

    return connect(HetznerTarget.model_validate({"endpoint": endpoint, "token": token}))
