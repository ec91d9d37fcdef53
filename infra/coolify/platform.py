"""Coolify on a host: installed, pinned, reachable by us alone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pulumi

from config import rotation
from infra.coolify.instance import Instance
from infra.coolify.project import Project
from infra.coolify.proxy import Proxy, wanted
from infra.remote import step
from infra.servers.baseline import baseline_values
from infra.servers.keys import RandomSecret
from infra.servers.placement import Placement

if TYPE_CHECKING:
    import pulumi_command as command

    from config.settings import Settings
    from infra.servers.host import Host

API_PORT = 8000


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Platform(pulumi.ComponentResource):
    """Coolify, from its installer to an API that answers to our token.

    Attributes:
        token: the API token; Coolify knows only its hash.
        app_key: the key of everything Coolify stores encrypted; a restored database needs it.
        instance: Coolify itself.
        project: the project that holds the app's services.
        host: the server it is on.
        place: that server, for replicas.
    """

    def __init__(
        self, host: Host, settings: Settings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nutri:infra:Platform", "coolify", None, opts)
        self.host = host
        self._settings = settings
        child = pulumi.ResourceOptions(parent=self)
        self.app_key = RandomSecret("app-key", "key", 32, child)
        self._database_password = RandomSecret("database-password", "token", 32, child)
        self.root_password = RandomSecret("root-password", "password", 32, child)
        given = settings.given(rotation.COOLIFY_TOKEN)
        self.token = RandomSecret("api-token", "token", 48, child, given=given)
        self._bootstrap()
        self.register_outputs({})

    def _bootstrap(self) -> None:
        booted = self._step("wait-for-boot", {})
        based = self._step("baseline", baseline_values(), booted)
        seeded = self._step("seed-coolify", self._seed(), based)
        installed = self._step("install-coolify", self._installer(), seeded)
        ready = [
            self._step("mint-token", {"TOKEN_HASH": self.token.value.apply(_sha256)}, installed),
            self._step("harden", self.operators(), installed),
            *self._registry_login(installed),
        ]
        child = pulumi.ResourceOptions(parent=self, depends_on=ready, deleted_with=self.host.server)
        self.instance = Instance(
            "instance",
            self.connection(),
            self._settings.coolify_version,
            self.host.server.id,
            child,
        )
        self.project = Project("nutri", self.connection(), self.instance.server_uuid, child)
        self.place = self._place(child)

    def _place(self, opts: pulumi.ResourceOptions) -> Placement:
        props = {
            "connection": self.connection(),
            "server": self.instance.server_uuid,
            "ssh": self.host.ssh(),
            **wanted(self._settings),
        }
        return Placement(
            1, self.instance.server_uuid, (Proxy("proxy", props, opts),), self.host.ssh()
        )

    def _step(
        self, name: str, values: dict[str, pulumi.Input[str]], *after: pulumi.Resource
    ) -> command.remote.Command:
        host = self.host
        return step(name, host.connection, host.server, values, parent=self, after=after)

    def _seed(self) -> dict[str, pulumi.Input[str]]:
        return {
            "APP_KEY": self.app_key.value,
            "DB_PASSWORD": self._database_password.value,
            "ADDRESS_POOL": self._settings.docker_address_pool,
        }

    def _installer(self) -> dict[str, pulumi.Input[str]]:
        return {
            "INSTALLER_URL": self._settings.coolify_installer_url,
            "VERSION": self._settings.coolify_version,
            "ROOT_EMAIL": self._settings.coolify_root_email,
            "ROOT_PASSWORD": self.root_password.value,
            "ADDRESS_POOL": self._settings.docker_address_pool,
        }

    def operators(self) -> dict[str, pulumi.Input[str]]:
        """The values of the step that lets operators in."""
        return {"OPERATOR_KEYS": "\n".join(self._settings.operator_keys)}

    def _registry_login(self, installed: pulumi.Resource) -> list[pulumi.Resource]:
        values = self.registry_values()
        return [self._step("registry-login", values, installed)] if values else []

    def registry_values(self) -> dict[str, pulumi.Input[str]]:
        """The values of the step that logs a server in to the registry; none for public images."""
        settings = self._settings
        if not settings.registry_server or settings.registry_password is None:
            return {}
        return {
            "REGISTRY": settings.registry_server,
            "USERNAME": settings.registry_username,
            "PASSWORD": pulumi.Output.secret(settings.registry_password.get_secret_value()),
        }

    def connection(self) -> dict[str, Any]:
        """How resources on Coolify reach its API: SSH to the server, and the token."""
        return {**self.host.ssh(), "api_port": API_PORT, "token": self.token.value}
