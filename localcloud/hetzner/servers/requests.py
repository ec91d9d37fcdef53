"""Bodies of requests about servers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from localcloud.hetzner.http import Body, IdOrName, Labels


def _refuse(value: object) -> None:
    if value is not None:
        raise ValueError("is not taken any more since July 2026: use location")


Gone = Annotated[object, AfterValidator(_refuse)]
"""A field that went."""


class PublicNet(Body):
    """Which public addresses a new server gets; ids name existing ones."""

    enable_ipv4: bool = True
    enable_ipv6: bool = True
    ipv4: int | None = None
    ipv6: int | None = None


class FirewallRef(Body):
    """A firewall by id."""

    firewall: int


class Create(Body):
    """POST /servers."""

    name: str
    server_type: IdOrName
    image: IdOrName
    location: IdOrName | None = None
    ssh_keys: list[IdOrName] | None = None
    user_data: str | None = None
    start_after_create: bool = True
    labels: Labels | None = None
    firewalls: list[FirewallRef] | None = None
    networks: list[int] | None = None
    volumes: list[int] | None = None
    automount: bool | None = None
    placement_group: int | None = None
    datacenter: Gone = None
    public_net: PublicNet = PublicNet()


class Update(Body):
    """PUT /servers/{id}."""

    name: str | None = Field(None, min_length=1)
    labels: Labels | None = None


class ChangeType(Body):
    """POST .../actions/change_type."""

    server_type: IdOrName
    upgrade_disk: bool


class CreateImage(Body):
    """POST .../actions/create_image."""

    description: str | None = None
    type: Literal["snapshot", "backup"] = "snapshot"
    labels: Labels | None = None


class Rebuild(Body):
    """POST .../actions/rebuild."""

    image: IdOrName
    user_data: str | None = None


class Protection(Body):
    """POST .../actions/change_protection."""

    delete: bool | None = None
    rebuild: bool | None = None


class Placement(Body):
    """POST .../actions/add_to_placement_group."""

    placement_group: int


class Rescue(Body):
    """POST .../actions/enable_rescue."""

    type: Literal["linux64"] | None = None
    ssh_keys: list[int] | None = None


class AttachIso(Body):
    """POST .../actions/attach_iso."""

    iso: IdOrName
