"""The stack's outputs as one typed value: the contract between program, checks and CLI.

`__main__.py` exports it under the name `target`; everyone else reads it with
`pulumi stack output target --json --show-secrets` and parses it here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from common.budgets import Budgets
from common.maintenance import MIGRATE, OFF, Maintenance
from common.window import SUNDAY_NIGHT, Window

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SshTarget(_Frozen):
    """How to reach a server over SSH: its host key is pinned, never learned."""

    host: str
    port: int = 22
    user: str = "root"
    host_key: str = Field(description="public host key, '<type> <base64>', no comment")
    private_key: SecretStr = Field(description="OpenSSH private key in PEM")

    @classmethod
    def of(cls, way: Mapping[str, Any]) -> Self:
        """Read it from a resource's inputs, which may hold more than it."""
        return cls.model_validate({name: way[name] for name in cls.model_fields if name in way})


class ServerTarget(_Frozen):
    """One server of the platform."""

    name: str
    id: int = Field(description="id of the server in the Hetzner API")
    server_type: str
    ipv4: str
    ssh: SshTarget
    member: bool = Field(
        default=False,
        description="a further server: behind the load balancer, with nothing that must be kept",
    )


class BalancerTarget(_Frozen):
    """The load balancer before several servers; the services' names lead to it."""

    name: str
    id: int = Field(description="id of the load balancer in the Hetzner API")
    ipv4: str
    ipv6: str


class CoolifyTarget(_Frozen):
    """Coolify's API, reached through an SSH tunnel to the first server."""

    version: str
    port: int = Field(default=8000, description="port on the server's own loopback address")
    token: SecretStr
    email: str = Field(default="", description="login of its dashboard")
    password: SecretStr | None = Field(default=None, description="with which it was set up")


class HetznerTarget(_Frozen):
    """The Hetzner API the stack was made with."""

    endpoint: str
    token: SecretStr


class RegistryTarget(_Frozen):
    """The registry of the app's images, and the login that pulls from it."""

    server: str = Field(description="as in an image's name: ghcr.io")
    username: str
    password: SecretStr


class DatabaseTarget(_Frozen):
    """The managed database; `project` is empty where only its URLs are known."""

    project: str = Field(default="", description="ref of the Supabase project")
    endpoint: str = Field(default="", description="of Supabase's management API, without /v1")
    token: SecretStr | None = Field(default=None, description="personal access token")
    url: SecretStr | None = Field(default=None, description="pooled; as the backend has it")
    direct_url: SecretStr | None = Field(default=None, description="past the pooler")
    connection_limit: int = Field(default=5, description="connections a replica may open")
    service: str = Field(default="", description="the service whose use of it is looked at")
    variable: str = Field(default="DATABASE_URL", description="in which it has the pooled URL")
    pool_share: float = Field(default=0.8, description="of its connections, in use; S3")
    backup_hours: int = Field(default=26, description="age of Supabase's newest backup; B2")


class ServiceTarget(_Frozen):
    """One service of the app."""

    name: str = Field(description="as in app.yaml: nutri-backend")
    url: str = Field(
        default="",
        description="base URL, no trailing slash: https://api.example.org; empty: inside alone",
    )
    http: bool = Field(default=True, description="whether it speaks HTTP at all; a worker does not")
    port: int = Field(default=80, description="of its container")
    image: str = Field(description="image without tag")
    tag: str
    replicas: int
    applications: tuple[str, ...] = Field(description="Coolify uuids, one a replica, in order")
    health_path: str = "/health"
    live_path: str = "/health/live"
    tag_setting: str = Field(default="", description="config path of its tag")
    rollout: Literal["start-first", "stop-first"] = "start-first"
    stop_grace: int = Field(default=30, description="seconds a container has to end")
    start_seconds: int = Field(default=0, description="that it may take until it is healthy")
    memory: int | None = Field(default=None, description="bytes a container may have")
    slow_path: str = Field(default="", description="takes seconds to answer; empty: there is none")
    post_path: str = Field(default="", description="takes a POST, counts its key; see deploys.md")
    upload_path: str = Field(default="", description="takes a file by POST; empty: there is none")
    socket_path: str = Field(default="", description="a websocket; empty: there is none")
    stream_path: str = Field(default="", description="answers bit by bit; empty: there is none")
    variables: dict[str, str] = Field(
        default_factory=dict, description="by name a fingerprint of each value, never the value"
    )

    def __hash__(self) -> int:
        """Hash by name: services are keys, and their variables are a dictionary."""
        return hash(self.name)

    def patience(self, seconds: float) -> float:
        """How long to wait for what takes so long, of a service that has to start for it."""
        return seconds + self.start_seconds


class RedisTarget(_Frozen):
    """The Redis of the app."""

    url: SecretStr = Field(description="redis:// or rediss://, with its password")
    memory_share: float = Field(default=0.9, description="of its memory, in use")


class Expectations(Budgets):
    """Budgets and settings the checks judge against."""

    live_latency_ms: int = 500
    backups: bool = True
    protect: bool = True
    open_ports: tuple[int, ...] = Field(description="TCP ports open to the world")
    ssh_networks: tuple[str, ...] = Field(description="CIDRs that may reach port 22")
    shut_ports: tuple[int, ...] = Field(description="TCP ports nobody outside may reach")


class DumpKeepTarget(_Frozen):
    """How many dumps stay."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 6


class DumpsTarget(_Frozen):
    """The database's dumps: where they are, and what opens them."""

    repository: str = Field(
        description="as restic spells it: sftp:user@host:folder, s3:https://..."
    )
    schedule: str
    keep: DumpKeepTarget = DumpKeepTarget()
    password: SecretStr = Field(description="of the repository")
    identity: SecretStr = Field(description="private SSH key of an SFTP login; empty for S3")
    known_hosts: str = Field(default="", description="pinned host key of the SFTP host")
    age_h: float = Field(default=26.0, description="of the newest dump, at most; B3")
    proof_days: float = Field(default=31.0, description="since a dump was restored; B4")


class MaintenanceTarget(_Frozen):
    """What maintenance there is, and when disruptive changes may happen."""

    now: Maintenance = OFF
    window: Window = SUNDAY_NIGHT
    migrate_image: str = Field(default="", description="has Prisma; empty: the service's own; M3")
    migrate_command: str = Field(default=MIGRATE, description="in a container of the new image; M3")


class Vantage(_Frozen):
    """From where the checks look: which CA they trust and which DNS servers they ask."""

    ca_bundle: str | None = Field(
        default=None, description="PEM file trusted besides the system's authorities"
    )
    nameservers: tuple[str, ...] = Field(
        default=(), description="'address:port' of DNS servers; empty: the system's resolver"
    )


class Target(_Frozen):
    """Everything an outside observer needs to know about one running stack."""

    stack: str
    domain: str
    zone: str = Field(default="", description="in Hetzner DNS; empty: named like the domain")
    servers: tuple[ServerTarget, ...]
    balancer: BalancerTarget | None = Field(default=None, description="None: one server alone")
    coolify: CoolifyTarget
    hetzner: HetznerTarget
    registry: RegistryTarget | None = Field(default=None, description="None: images are public")
    database: DatabaseTarget | None = Field(default=None, description="None: none is known")
    redis: RedisTarget | None = Field(default=None, description="None: none is known")
    services: tuple[ServiceTarget, ...]
    expectations: Expectations
    dumps: DumpsTarget | None = Field(default=None, description="None: none are taken")
    maintenance: MaintenanceTarget = MaintenanceTarget()
    vantage: Vantage

    @property
    def public(self) -> tuple[ServiceTarget, ...]:
        """The services the world reaches."""
        return tuple(service for service in self.services if service.url)

    @property
    def front_ipv4(self) -> str:
        """The address the services' names lead to."""
        return self.balancer.ipv4 if self.balancer else self.servers[0].ipv4
