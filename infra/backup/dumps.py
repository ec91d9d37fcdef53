"""Dumps of the database as part of the platform: set up on the server, the first one taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pulumi

from infra.backup import program
from infra.backup.store import store
from infra.remote import step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi_command as command

    from config.settings import Settings
    from infra.backup.store import Store
    from infra.coolify.platform import Platform
    from infra.servers.host import Host

_PROOF_SCHEDULE = "*-*-02 03:40:00 UTC"


class Dumps(pulumi.ComponentResource):
    """The repository, the timer that fills it, and the dump a new stack starts from.

    Attributes:
        restored: the steps the services have to wait for: none, or the restored database.
        ready: all steps.
    """

    def __init__(
        self,
        host: Host,
        platform: Platform,
        settings: Settings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("nutri:infra:Dumps", "dumps", None, opts)
        self._host = host
        self._settings = settings
        self.store = store(f"nutri-{pulumi.get_stack()}-dumps", settings, self)
        installed = self._step(
            "install-dumps", self._values(), platform.instance, undo="remove-dumps"
        )
        self.restored: Sequence[pulumi.Resource] = ()
        if settings.restore == "latest":
            place = {"DATABASE": _place(settings)}
            self.restored = [self._step("restore-latest", place, installed)]
        first = self._step("first-dump", {}, installed, *self.restored)
        self.ready: Sequence[pulumi.Resource] = [installed, *self.restored, first]
        self.register_outputs({})

    def _step(
        self,
        name: str,
        values: Mapping[str, pulumi.Input[str]],
        *after: pulumi.Resource,
        undo: str | None = None,
    ) -> command.remote.Command:
        host = self._host
        return step(name, host.connection, host.server, values, parent=self, after=after, undo=undo)

    def _values(self) -> dict[str, pulumi.Input[str]]:
        settings = self._settings
        return {
            "PROGRAM": program.build(),
            "CONFIG": _config(self.store, settings),
            "RESTIC_PASSWORD": _plain(settings.restic_password),
            "IDENTITY": self.store.identity,
            "KNOWN_HOSTS": self.store.known_hosts,
            "SCHEDULE": settings.dump_schedule,
            "PROOF_SCHEDULE": _PROOF_SCHEDULE,
            # A new stack that is to start from a dump must find one, not make an empty repository.
            "MAY_INIT": "no" if settings.restore == "latest" else "yes",
        }

    def target(self) -> dict[str, Any]:
        """Describe the dumps to an outside observer; see `common.target.DumpsTarget`."""
        settings = self._settings
        return {
            "repository": self.store.repository,
            "schedule": settings.dump_schedule,
            "keep": settings.dump_keep.model_dump(),
            "password": _plain(settings.restic_password),
            "identity": pulumi.Output.secret(self.store.identity),
            "known_hosts": self.store.known_hosts,
        }


def _config(store: Store, settings: Settings) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps(
        {
            "repository": store.repository,
            "port": store.port,
            "database_url": _plain(settings.database_direct_url),
            "scratch_image": settings.scratch_image,
            "keep": settings.dump_keep.model_dump(),
            "environment": store.environment,
        }
    )


def _place(settings: Settings) -> str:
    """The database, without who may use it; in another one the dump is restored as well."""
    url = settings.database_direct_url
    parts = urlsplit(url.get_secret_value() if url else "")
    return f"{parts.hostname}:{parts.port}{parts.path}"


def _plain(value: Any) -> pulumi.Output[str]:  # noqa: ANN401 - SecretStr or None
    return pulumi.Output.secret(value.get_secret_value() if value else "")
