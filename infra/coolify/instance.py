"""A running Coolify: our token known, its API on, its version as pinned, its own server usable."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import CreateResult, UpdateResult

from clients.coolify.errors import CoolifyDeniedError
from clients.ssh import SshClient
from common.errors import OperatorError
from common.target import SshTarget
from infra.coolify.resource import CoolifyProvider, CoolifyResource
from infra.coolify.usable import is_usable, validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pulumi

    from clients.coolify.client import Client

_MINT_SECONDS = 60
_MINTED = (
    "Coolify did not know the stack's token and knows it again. What it holds could not be looked "
    "at before: run `pulumi up` once more, in case its database was restored"
)


def _own_server(client: Client) -> dict[str, Any]:
    for server in client.get("/servers"):
        if server.get("is_coolify_host") or server["ip"] == "host.docker.internal":
            return dict(server)
    raise OperatorError("Coolify does not list the server it runs on; was its first start cut off?")


def _observe(client: Client) -> dict[str, Any]:
    version, server = client.get("/version").strip(), _own_server(client)
    return {"version": version, "server_uuid": str(server["uuid"]), "usable": is_usable(server)}


def _mint(connection: Mapping[str, Any]) -> None:
    """Let the token in again, past the API: only its hash travels."""
    from infra.remote import program  # noqa: PLC0415 - it loads the command plugin's SDK

    values = {"TOKEN_HASH": hashlib.sha256(connection["token"].encode()).hexdigest()}
    with SshClient(SshTarget.of(connection)) as ssh:
        ssh.run("bash -s", stdin=program("mint-token.sh", values), timeout=_MINT_SECONDS)
    print(_MINTED, file=sys.stderr, flush=True)  # noqa: T201


class _InstanceProvider(CoolifyProvider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"server_id"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        with self._admitted(props) as client:
            observed = _observe(client)
            if observed["version"] != props["version"]:
                raise OperatorError(
                    f"Coolify is {observed['version']}, nutri:coolifyVersion wants "
                    f"{props['version']}"
                )
            if not observed["usable"]:
                validate(client, observed["server_uuid"], "the server it runs on")
        return CreateResult(observed["server_uuid"], {**props, **observed, "usable": True})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(news).outs)

    def observe(self, client: Client, _id: str, _props: dict[str, Any]) -> dict[str, Any]:
        """Tell a token that is not let in as a difference, which the next `up` mends."""
        try:
            return {**_observe(client), "admitted": True}
        except CoolifyDeniedError as error:
            print(error, file=sys.stderr, flush=True)  # noqa: T201
            return {"admitted": False}

    @contextlib.contextmanager
    def _admitted(self, props: Mapping[str, Any]) -> Iterator[Client]:
        """Open the API, with its switch on and our token known to it."""
        try:
            with self.connect(props) as client:
                client.post("/enable")
        except CoolifyDeniedError:
            _mint(props["connection"])
        with self.connect(props) as client:
            client.post("/enable")
            yield client


class Instance(CoolifyResource, module="coolify", name="Instance"):
    """Coolify itself; its id is the uuid of the server it runs on.

    Where its database has lost our token, its API is off or its own server is held as unusable,
    a refresh tells, and the update after it mends that.
    """

    server_uuid: pulumi.Output[str]
    version: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        connection: pulumi.Input[dict[str, Any]],
        version: str,
        server_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "connection": connection,
            "version": version,
            "server_id": server_id,
            "admitted": True,
            "usable": True,
            "server_uuid": None,
        }
        super().__init__(_InstanceProvider(), name, props, opts)
