"""Bodies of requests about load balancers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from localcloud.hetzner.http import Body, IdOrName, Labels

_Text = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]*$", max_length=256)]
"""What is written into a request of the health check as it is."""
_Code = Annotated[str, StringConstraints(pattern=r"^[0-9?*]{1,3}$")]
_Cookie = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", max_length=100)]


class CheckHttpBody(Body):
    """The HTTP part of a health check."""

    domain: _Text | None = None
    path: Annotated[str, StringConstraints(pattern=r"^/[\x21-\x7e]*$", max_length=256)] | None = (
        None
    )
    response: Annotated[str, StringConstraints(max_length=256)] | None = None
    status_codes: list[_Code] | None = None
    tls: bool | None = None


class CheckBody(Body):
    """A health check; what is not named stays, or is as the vendor has it."""

    protocol: Literal["tcp", "http"] | None = None
    port: int | None = None
    interval: int | None = Field(None, ge=3, le=60)
    timeout: int | None = Field(None, ge=1, le=60)
    retries: int | None = Field(None, ge=1, le=5)
    http: CheckHttpBody | None = None


class ServiceHttpBody(Body):
    """The HTTP part of a service."""

    cookie_name: _Cookie | None = Field(None, min_length=1)
    cookie_lifetime: int | None = Field(None, ge=30, le=86400)
    sticky_sessions: bool | None = None
    timeout_idle: int | None = Field(None, ge=30, le=300)
    certificates: list[int] | None = None
    redirect_http: bool | None = None


class ServiceBody(Body):
    """A service to add, or changes of one."""

    protocol: Literal["tcp", "http", "https"] | None = None
    listen_port: int | None = None
    destination_port: int | None = None
    proxyprotocol: bool | None = None
    health_check: CheckBody | None = None
    http: ServiceHttpBody | None = None


class ListenPort(Body):
    """POST .../actions/delete_service."""

    listen_port: int


class ServerRef(Body):
    """A server by id."""

    id: int


class SelectorRef(Body):
    """Servers by label."""

    selector: str = Field(min_length=1, max_length=1000)


class IpRef(Body):
    """A server by its public address."""

    ip: str


class TargetBody(Body):
    """A target to add or remove."""

    type: Literal["server", "label_selector", "ip"]
    server: ServerRef | None = None
    label_selector: SelectorRef | None = None
    ip: IpRef | None = None
    use_private_ip: bool = False


class AlgorithmBody(Body):
    """How a target is chosen."""

    type: Literal["round_robin", "least_connections"]


class PublicNet(Body):
    """Existing primary IPs for a new load balancer."""

    ipv4: int | None = None
    ipv6: int | None = None


class Create(Body):
    """POST /load_balancers."""

    name: str = Field(min_length=1, max_length=128, pattern=r"^\S(.*\S)?$")
    load_balancer_type: IdOrName
    algorithm: AlgorithmBody = AlgorithmBody(type="round_robin")
    location: IdOrName | None = None
    network_zone: str | None = None
    network: int | None = None
    public_interface: bool = True
    public_net: PublicNet = PublicNet()
    services: list[ServiceBody] | None = None
    targets: list[TargetBody] | None = None
    labels: Labels | None = None


class Update(Body):
    """PUT /load_balancers/{id}."""

    name: str | None = Field(None, min_length=1, max_length=128)
    labels: Labels | None = None


class ChangeType(Body):
    """POST .../actions/change_type."""

    load_balancer_type: IdOrName


class Attach(Body):
    """POST .../actions/attach_to_network."""

    network: int
    ip: str | None = None
    ip_range: str | None = None


class Protection(Body):
    """POST .../actions/change_protection."""

    delete: bool | None = None
