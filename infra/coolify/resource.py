"""The base of the dynamic resources on Coolify: how they connect and what they keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import Resource

from infra.coolify.client import Client, connect
from infra.dynamic import Provider

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Mapping


class CoolifyProvider(Provider):
    """A provider that works through the connection kept in its resource's inputs."""

    def connect(self, props: Mapping[str, Any]) -> contextlib.AbstractContextManager[Client]:
        """Open Coolify's API."""
        return connect(props["connection"])


class CoolifyResource(Resource):
    """A resource on Coolify; the connection it keeps is a secret."""

    def __init__(
        self,
        provider: CoolifyProvider,
        name: str,
        props: dict[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["connection"])
        super().__init__(provider, name, props, pulumi.ResourceOptions.merge(secret, opts))
