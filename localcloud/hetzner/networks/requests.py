"""Bodies of requests about networks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from localcloud.hetzner.http import Body, ClosedBody, Labels


class SubnetBody(Body):
    """A subnet to add; without a range it gets the next free one."""

    type: Literal["cloud", "server", "vswitch"]
    network_zone: str
    ip_range: str | None = None
    vswitch_id: int | None = None


class RouteBody(ClosedBody):
    """A route to add or delete."""

    destination: str
    gateway: str


class Create(ClosedBody):
    """POST /networks."""

    name: str = Field(min_length=1, max_length=128)
    ip_range: str
    subnets: list[SubnetBody] | None = None
    routes: list[RouteBody] | None = None
    labels: Labels | None = None
    expose_routes_to_vswitch: bool = False


class Update(ClosedBody):
    """PUT /networks/{id}."""

    name: str | None = Field(None, min_length=1)
    labels: Labels | None = None
    expose_routes_to_vswitch: bool | None = None


class Range(ClosedBody):
    """POST .../actions/delete_subnet and change_ip_range."""

    ip_range: str


class Protection(ClosedBody):
    """POST .../actions/change_protection."""

    delete: bool | None = None


class Attach(Body):
    """POST /servers/{id}/actions/attach_to_network."""

    network: int
    ip: str | None = None
    alias_ips: list[str] | None = None
    ip_range: str | None = None


class Detach(Body):
    """POST .../actions/detach_from_network, of servers and load balancers."""

    network: int


class Aliases(Body):
    """POST /servers/{id}/actions/change_alias_ips."""

    network: int
    alias_ips: list[str]
