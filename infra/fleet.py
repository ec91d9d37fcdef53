"""The servers of the platform: the first carries Coolify, further ones carry replicas alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.host import Host

if TYPE_CHECKING:
    from infra.settings import Settings


class Fleet:
    """All servers, in order.

    Attributes:
        first: the one with Coolify; it outlives every change of the number.
        hosts: every one.
    """

    def __init__(self, name: str, settings: Settings, server_type: str) -> None:
        self.first = Host(name, settings, server_type)
        self.hosts = (self.first,)
