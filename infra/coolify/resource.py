"""The base of the dynamic resources on Coolify: how they connect and what they keep."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import ReadResult, Resource

from clients.coolify.client import Client, connect
from clients.coolify.errors import (
    CoolifyDeniedError,
    CoolifyNotFoundError,
    CoolifyUnreachableError,
)
from clients.ssh import SshError
from infra.dynamic import Provider

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Mapping


class CoolifyProvider(Provider):
    """A provider that works through the connection kept in its resource's inputs."""

    def connect(self, props: Mapping[str, Any]) -> contextlib.AbstractContextManager[Client]:
        """Open Coolify's API."""
        return connect(props["connection"])

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
