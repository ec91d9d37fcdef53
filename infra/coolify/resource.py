"""The base of the dynamic resources on Coolify: how they connect and what they keep."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import ReadResult, Resource

from clients.coolify.client import Client, connect
from clients.coolify.errors import (
    CoolifyDeniedError,
    CoolifyError,
    CoolifyNotFoundError,
    CoolifyUnreachableError,
)
from clients.ssh import SshError
from clients.ssh.errors import (
    SshConnectionLostError,
    SshRefusedError,
    SshTimeoutError,
    SshUnreachableError,
    TunnelError,
)
from common.waiting import NotYetError, wait_until
from infra.dynamic import Provider

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BOOT_SECONDS = 180
_BOOTING = (
    NotYetError,
    CoolifyUnreachableError,
    SshConnectionLostError,
    SshRefusedError,
    SshTimeoutError,
    SshUnreachableError,
    TunnelError,
)
"""What a server and its Coolify say while they start."""
_ITS_OWN_FAULT = 500


def _ask(client: Client) -> None:
    try:
        client.get("/version")
    except CoolifyError as error:
        if error.status < _ITS_OWN_FAULT:
            raise
        raise NotYetError(str(error)) from None


class CoolifyProvider(Provider):
    """A provider that works through the connection kept in its resource's inputs."""

    def connect(self, props: Mapping[str, Any]) -> contextlib.AbstractContextManager[Client]:
        """Open Coolify's API."""
        return connect(props["connection"])

    @contextlib.contextmanager
    def awake(self, props: Mapping[str, Any]) -> Iterator[Client]:
        """Open Coolify's API once it answers: after a resize in the same update its server boots.

        Raises:
            WaitTimeoutError: it does not answer, with what it said last.
        """
        with contextlib.ExitStack() as held:

            def answering() -> Client:
                held.close()
                client = held.enter_context(self.connect(props))
                _ask(client)
                return client

            yield wait_until(
                "Coolify's API", answering, bound=_BOOT_SECONDS, interval=0.5, retry_on=_BOOTING
            )

    def observe(self, _client: Client, _id: str, _props: dict[str, Any]) -> dict[str, Any]:
        """Return what differs from the inputs that are kept; raise CoolifyNotFoundError if gone."""
        return {}

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Refresh: what Coolify knows of the resource, or what is kept where it cannot be asked.

        After a disaster there is nobody to ask, and a restored database does not know our token:
        the next `up` has to get past this.
        """
        try:
            with self.connect(props) as client:
                return ReadResult(id_, {**props, **self.observe(client, id_, props)})
        except CoolifyNotFoundError:
            return ReadResult("", {})
        except (SshError, CoolifyUnreachableError, CoolifyDeniedError) as error:
            print(f"{id_} was not looked at: {error}", file=sys.stderr, flush=True)  # noqa: T201
            return ReadResult(id_, props)


class CoolifyResource(Resource):
    """A resource on Coolify; the connection it keeps is a secret."""

    def __init__(
        self,
        provider: CoolifyProvider,
        name: str,
        props: dict[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["connection", "ssh"])
        super().__init__(provider, name, props, pulumi.ResourceOptions.merge(secret, opts))
