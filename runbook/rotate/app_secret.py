"""A secret variable of a service, such as JWT_SECRET: its replicas are rolled with a new value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from common.errors import OperatorError
from runbook import output, servers
from runbook.rotate.journal import Pair
from runbook.rotate.rotation import RotationError, Step
from runbook.rotate.values import made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from clients.ssh import SshClient
    from runbook.rotate.scene import Scene

KIND = "app-secret"
_SETTING = "nutri:secrets"
_ENVIRONMENT = (
    "docker ps --quiet --filter label=coolify.name={application}"
    " | xargs --no-run-if-empty docker inspect --format '{{{{json .Config.Env}}}}'"
)


class AppSecret:
    """The new value is in every replica's environment, and the old one in none."""

    secret = KIND
    old_works = False

    def __init__(
        self,
        scene: Scene,
        name: str,
        value: Callable[[], str] = made,
        keep_as: str | None = None,
    ) -> None:
        """`name` is NAME, or SERVICE.NAME; `keep_as` a variable that keeps the old value."""
        self._scene = scene
        self._journal = scene.journal(KIND)
        self._service, self._name = find(scene.config.get(_SETTING), name)
        self._value = value
        self._keep_as = keep_as
        self._pair = self._journal.read()
        if self._pair and self._pair.name != self._place:
            raise RotationError(
                f"the rotation of {self._pair.name} is under way; end it first: "
                f"`runbook rotate app-secret {self._pair.name}`"
            )
        if keep_as == self._name:
            raise RotationError(f"--keep-as {keep_as}: is the secret itself; give another variable")

    @property
    def _place(self) -> str:
        return f"{self._service}.{self._name}"

    def steps(self) -> Sequence[Step]:
        """See `Rotation`."""
        return (
            Step("a new value", self._begin),
            Step("in the config", self._configure),
            Step("every replica rolled", self._scene.up),
            Step("the old one gone", self._prove),
        )

    def left(self) -> Sequence[str]:
        """See `Rotation`."""
        if not self._keep_as:
            return (f"what was signed or sealed with {self._name} is worth nothing from now on",)
        path = f"'{_SETTING}.{self._service}.{self._keep_as}'"
        how = f"`pulumi config rm --path {path}`, `pulumi up`"
        return (f"once no session is older than this, let {self._keep_as} go: {how}",)

    @property
    def pair(self) -> Pair:
        """Old and new value."""
        if self._pair is None:
            raise RotationError("no rotation of an app's secret is under way")
        return self._pair

    def _begin(self) -> str:
        if self._pair is None:
            old = str(self._scene.config.get(_SETTING, self._service, self._name))
            new = self._value()
            if new == old:
                raise RotationError(f"{self._place}: the new value is the old one")
            self._pair = self._journal.begin(Pair(old, new, self._place))
        return f"of {len(self.pair.new)} characters, for {self._place}"

    def _configure(self) -> str:
        config = self._scene.config
        if self._keep_as:
            config.set_secret(self.pair.old, _SETTING, self._service, self._keep_as)
        config.set_secret(self.pair.new, _SETTING, self._service, self._name)
        kept = f"; {self._keep_as} has the old one" if self._keep_as else ""
        return f"{_SETTING}.{self._place}{kept}"

    def _prove(self) -> str:
        service = servers.find_service(self._scene.target, self._service)
        with servers.connect_all(self._scene.target) as clients:
            found = [one for uuid in service.applications for one in environments(clients, uuid)]
        values = [one.get(self._name) for one in found]
        stale = sum(value != self.pair.new for value in values)
        if stale or len(values) < service.replicas:
            raise OperatorError(
                f"{stale} of {len(values)} containers of {service.name} do not have the new value "
                f"({service.replicas} are wanted)"
            )
        self._journal.end()
        return f"{output.counted(len(values), 'container')} have the new value, none the old one"


def find(secrets: Any, name: str) -> tuple[str, str]:  # noqa: ANN401 - the stack's `secrets`
    """The service and the name of a secret of the config.

    Raises:
        RotationError: there is none of that name, or several services have one.
    """
    known = [
        (service, one)
        for service, own in (secrets or {}).items()
        for one in (own if isinstance(own, dict) else ())
    ]
    found = [one for one in known if name in {one[1], ".".join(one)}]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(sorted(".".join(one) for one in (found or known))) or "none"
    why = "several services have it; name one of" if found else f"no secret of {_SETTING}; it has"
    raise RotationError(f"{name}: {why} {listed}")


def environments(clients: Sequence[SshClient], application: str) -> Iterator[dict[str, str]]:
    """Yield the variables of each running container of an application."""
    for client in clients:
        said = client.run(_ENVIRONMENT.format(application=application), timeout=30).stdout
        for line in filter(None, said.splitlines()):
            yield dict(entry.partition("=")[::2] for entry in json.loads(line) or ())
