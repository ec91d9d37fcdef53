"""Whose word the proxy of a server takes for the client's address: the load balancer's alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import yaml
from pulumi.dynamic import CreateResult, UpdateResult

from common.errors import OperatorError
from common.ssh import SshClient
from common.target import SshTarget
from common.waiting import NotYetError, wait_until
from infra.coolify.resource import CoolifyProvider, CoolifyResource

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from clients.coolify.client import Client

_START_SECONDS = 180
_OPTION = "--entrypoints.http.forwardedHeaders.trustedIPs="
_STATE = "docker inspect -f '{{.Id}} {{.State.Health.Status}}' coolify-proxy"


def with_trust(compose: str, address: str) -> str:
    """Return the proxy's compose file, with the address as the one trusted sender.

    Raises:
        OperatorError: it is not the file Coolify makes for Traefik.
    """
    try:
        document = yaml.safe_load(compose)
        command = document["services"]["traefik"]["command"]
    except (yaml.YAMLError, KeyError, TypeError):
        raise OperatorError(
            "the proxy's configuration in Coolify is not Traefik's; set it back to the default"
        ) from None
    wanted = f"{_OPTION}{address}/32"
    if wanted in command:
        return compose
    others = [word for word in command if not word.lower().startswith(_OPTION.lower())]
    document["services"]["traefik"]["command"] = [*others, wanted]
    return yaml.safe_dump(document, sort_keys=False, width=1000)


def _configuration(client: Client, uuid: str) -> str:
    text = client.get(f"/servers/{uuid}/proxy").get("configuration")
    if not text:
        raise NotYetError("Coolify has not written it yet")
    return str(text)


def _running(ssh: SshClient, but: str = "") -> str:
    """Return the id of the proxy's container, once it is healthy and another than `but`."""
    found = ssh.run(_STATE, check=False).stdout.split()
    if len(found) != 2 or found[1] != "healthy" or found[0] == but:  # noqa: PLR2004
        raise NotYetError(f"its container is {found[1] if len(found) > 1 else 'not there'}")
    return found[0]


def _wait_for_proxy(ssh: SshClient, but: str = "") -> str:
    return wait_until(
        f"the proxy on {ssh.target.host}",
        lambda: _running(ssh, but),
        bound=_START_SECONDS,
        interval=0.5,
        max_interval=3,
    )


def _trust(client: Client, ssh: SshClient, uuid: str, address: str) -> None:
    before = _wait_for_proxy(ssh)
    compose = wait_until(
        "the proxy's configuration", lambda: _configuration(client, uuid), bound=_START_SECONDS
    )
    changed = with_trust(compose, address)
    if changed == compose:
        return
    client.call("PUT", f"/servers/{uuid}/proxy/configuration", {"configuration": changed})
    client.post(f"/servers/{uuid}/proxy/restart")
    _wait_for_proxy(ssh, but=before)


def _ssh(props: Mapping[str, Any]) -> SshTarget:
    return SshTarget.model_validate({**props["ssh"], "port": int(props["ssh"]["port"])})


class _ProxyProvider(CoolifyProvider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"server"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        with self.connect(props) as client, SshClient(_ssh(props)) as ssh:
            _trust(client, ssh, props["server"], props["trusted"])
        return CreateResult(props["server"], props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(news).outs)


class Proxy(CoolifyResource, module="coolify", name="Proxy"):
    """The proxy's trust in the load balancer.

    It is set before the first replica comes, also where there is no load balancer yet: the proxy
    takes it only by a restart, which would cut off requests later. Nobody but the load balancer
    can have its private address.
    """

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(_ProxyProvider(), name, props, opts)
