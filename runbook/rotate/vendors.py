"""Secrets that a vendor makes: the new one is given, and only its page ends the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import SecretStr

from clients import hetzner
from clients.hetzner import HetznerError
from clients.registry import LoginRefusedError, Registry, through
from common.errors import OperatorError
from common.target import HetznerTarget
from runbook import output, servers
from runbook.kit.prove import prove_writing
from runbook.rotate.journal import Pair
from runbook.rotate.rotation import RotationError, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from common.target import RegistryTarget, ServiceTarget
    from runbook.rotate.scene import Scene

_PULL_SECONDS = 600.0


class _OfVendor:
    """The new one is proven before anything is changed, the old one asked about at the end."""

    secret: ClassVar[str]
    setting: ClassVar[str]
    page: ClassVar[str]
    """Where the old one is revoked."""

    def __init__(self, scene: Scene, value: Callable[[], str]) -> None:
        """`value` gives the new one; it is asked for once."""
        self._scene = scene
        self._value = value
        self._journal = scene.journal(self.secret)
        self._pair = self._journal.read()
        self.old_works = False

    def steps(self) -> Sequence[Step]:
        """See `Rotation`."""
        return (
            Step("the new one", self._begin),
            Step("in the config", self._configure),
            Step("everybody uses it", self._scene.up),
            *self._more(),
            Step("the old one", self._look_at_old),
        )

    def left(self) -> Sequence[str]:
        """See `Rotation`."""
        if not self.old_works:
            return ()
        return (f"the old one still works: revoke it ({self.page}), then the same command again",)

    @property
    def pair(self) -> Pair:
        """Old and new one."""
        if self._pair is None:
            raise RotationError(f"no rotation of {self.secret} is under way")
        return self._pair

    def _begin(self) -> str:
        if self._pair is None:
            old, new = self._scene.config.get(self.setting), self._value()
            if not old:
                raise RotationError(
                    f"{self.setting} is not in the stack's config: what comes by the environment "
                    "is changed there"
                )
            if new == old:
                raise RotationError(f"{self.setting}: the new one is the old one")
            self._require(new)
            self._pair = self._journal.begin(Pair(str(old), new))
        return self._seen(self.pair.new)

    def _require(self, new: str) -> None:
        """Refuse one that is no good, before anything is changed."""
        try:
            self._seen(new)
        except OperatorError as error:
            raise RotationError(f"the new one is no good, nothing was changed: {error}") from error

    def _configure(self) -> str:
        self._scene.config.set_secret(self.pair.new, self.setting)
        return self.setting

    def _look_at_old(self) -> str:
        self.old_works = self._works(self.pair.old)
        if self.old_works:
            return "still works"
        self._journal.end()
        return "refused"

    def _more(self) -> Sequence[Step]:
        return ()

    def _seen(self, value: str) -> str:
        """What shows that a value is good; raises OperatorError."""
        raise NotImplementedError

    def _works(self, value: str) -> bool:
        raise NotImplementedError


class HetznerToken(_OfVendor):
    """The token of Hetzner's project."""

    secret = "hetzner-token"  # noqa: S105 - what is changed
    setting = "hcloud:token"
    page = "console.hetzner.com, the project, Security, API tokens"

    def left(self) -> Sequence[str]:
        """See `Rotation`."""
        workflows = "GitHub: the secret HCLOUD_TOKEN of the environments preview and production"
        return (*super().left(), workflows)

    def _seen(self, value: str) -> str:
        server = self._scene.target.servers[0]
        with hetzner.reach(self._target(value), self._scene.target.vantage.ca_bundle) as api:
            if api.server(server.id) is None:
                raise OperatorError(
                    f"its project has no server {server.id} ({server.name}): it is another's; "
                    "make the token in the stack's own project"
                )
            prove_writing(api)
        return f"reads and writes, and its project has {server.name}"

    def _works(self, value: str) -> bool:
        with hetzner.reach(self._target(value), self._scene.target.vantage.ca_bundle) as api:
            try:
                api.get("locations", per_page=1)
            except HetznerError as error:
                if error.code == "unauthorized":
                    return False
                raise
        return True

    def _target(self, token: str) -> HetznerTarget:
        endpoint = self._scene.target.hetzner.endpoint
        return HetznerTarget(endpoint=endpoint, token=SecretStr(token))


class RegistryPassword(_OfVendor):
    """The password that the images are pulled with."""

    secret = "registry-password"  # noqa: S105 - what is changed
    setting = "nutri:registryPassword"
    page = "GitHub, Settings, Developer settings, Personal access tokens"

    def _seen(self, value: str) -> str:
        count = len(self._ask(value))
        return f"the registry tells the tags of {output.counted(count, 'image')} for it"

    def _works(self, value: str) -> bool:
        try:
            self._ask(value)
        except LoginRefusedError:
            return False
        return True

    def _more(self) -> Sequence[Step]:
        return (Step("pulled with it", self._pull),)

    def _pull(self) -> str:
        """By each server's own Docker, which the step `registry-login` has logged in."""
        images = [f"{one.image}:{one.tag}" for one in self._services]
        with servers.connect_all(self._scene.target) as clients:
            for client in clients:
                for image in images:
                    client.run(["docker", "pull", "--quiet", image], timeout=_PULL_SECONDS)
        return f"{', '.join(images)}, by {output.counted(len(clients), 'server')}"

    def _ask(self, value: str) -> list[list[str]]:
        login = self._login.model_copy(update={"password": SecretStr(value)})
        target = self._scene.target
        with (
            servers.connect(target.servers[0]) as client,
            through(client, target.vantage.ca_bundle) as connect,
        ):
            return [Registry(one.image, login, connect).tags() for one in self._services]

    @property
    def _login(self) -> RegistryTarget:
        if self._scene.target.registry is None:
            raise RotationError("the stack pulls without a login (nutri:registryServer is empty)")
        return self._scene.target.registry

    @property
    def _services(self) -> Sequence[ServiceTarget]:
        at = f"{self._login.server}/"
        found = [one for one in self._scene.target.services if one.image.startswith(at)]
        if not found:
            raise RotationError(f"no image of the stack comes from {self._login.server}")
        return found
