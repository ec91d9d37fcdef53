"""What the proxy of a server does beyond Coolify's defaults, so that Coolify keeps it.

Coolify writes the proxy's compose file anew now and then. Of its command it keeps the options
whose names are none of its own (`--api.`, `--certificatesresolvers.` and `--providers.` among
others are), and of the folder of dynamic files those that are none of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import yaml
from pulumi.dynamic import CreateResult, UpdateResult

from agent.drain.leaving import TURN_AWAY_SECONDS
from clients import drain
from clients.ssh import SshClient
from common.errors import OperatorError
from common.target import SshTarget
from common.waiting import NotYetError, wait_until
from infra.coolify.resource import CoolifyProvider, CoolifyResource
from infra.ingress.routes import api_shut
from infra.remote import program
from infra.servers.network import balancer_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from clients.coolify.client import Client
    from config.settings import Settings

_START_SECONDS = 180
_LEAVE_SECONDS = 120  # at most: Hetzner's API waits for a shutdown, and so do people
_UPLOAD_SECONDS = 600
_API_FILE = "/data/coolify/proxy/dynamic/nutri-api.yaml"
_LOOK = f"""cat {_API_FILE}
printf '\n@@\n'
systemctl is-active -q nutri-leave && sed -n 's/^ExecStop=.* leave //p' \\
  /etc/systemd/system/nutri-leave.service"""
_STATE = "docker inspect -f '{{.Id}} {{.State.Health.Status}}' coolify-proxy"


def wanted(settings: Settings, *, asks: bool = True) -> dict[str, Any]:
    """Return a proxy's inputs that follow from the settings.

    Args:
        settings: the stack's.
        asks: whether it asks for certificates.
    """
    grace = max(one.stopGrace for one in settings.services.values())
    return {
        "options": options(
            balancer_address(settings.private_network), settings.acme_server, asks=asks
        ),
        "api": api_shut(),
        "leave": min(grace, _LEAVE_SECONDS),
    }


def options(balancer: str, authority: str | None = None, *, asks: bool = True) -> list[str]:
    """Return the proxy's options that are ours, in a stable order.

    Nobody but the load balancer can have its private address, so its word is taken for the
    client's, also where there is none yet. A replica that dies suddenly is given up after a second
    instead of thirty. An upload over a slow phone has ten minutes instead of one. A connection to a
    replica that nothing goes over is closed after three seconds: Node closes it after five, perhaps
    just when a request is on its way, and a replica that is drained is known to be by its last one.

    Args:
        balancer: private address of the load balancer.
        authority: directory of who signs certificates; None for Let's Encrypt.
        asks: whether it asks for certificates; one that does not hands the vendor's questions on.
    """
    signer = [f"--certificatesresolvers.letsencrypt.acme.caserver={authority}"] * bool(authority)
    handed_on = [] if asks else ["--entrypoints.http.allowACMEByPass=true"]
    read_timeout = f"transport.respondingTimeouts.readTimeout={_UPLOAD_SECONDS}s"
    return [
        f"--entrypoints.http.forwardedHeaders.trustedIPs={balancer}/32",
        f"--entrypoints.http.{read_timeout}",
        f"--entrypoints.https.{read_timeout}",
        "--serversTransport.forwardingTimeouts.dialTimeout=1s",
        "--serversTransport.forwardingTimeouts.idleConnTimeout=3s",
        *signer,
        *handed_on,
    ]


def with_options(compose: str, ours: Sequence[str]) -> str:
    """Return the proxy's compose file with these options in the place of others of their names.

    Raises:
        OperatorError: it is not the file Coolify makes for Traefik.
    """
    document = _parsed(compose)
    command = document["services"]["traefik"]["command"]
    if set(ours) <= set(command):
        return compose
    names = {_name(word) for word in ours}
    others = [word for word in command if _name(word) not in names]
    document["services"]["traefik"]["command"] = [*others, *ours]
    return yaml.safe_dump(document, sort_keys=False, width=1000)


def _parsed(compose: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = yaml.safe_load(compose)
        if isinstance(document["services"]["traefik"]["command"], list):
            return document
    except (yaml.YAMLError, KeyError, TypeError):
        pass
    raise OperatorError(
        "the proxy's configuration in Coolify is not Traefik's; set it back to the default"
    )


def _name(option: str) -> str:
    return option.partition("=")[0].lower()


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


def _set(client: Client, ssh: SshClient, uuid: str, ours: Sequence[str]) -> None:
    before = _wait_for_proxy(ssh)
    compose = wait_until(
        "the proxy's configuration", lambda: _configuration(client, uuid), bound=_START_SECONDS
    )
    changed = with_options(compose, ours)
    if changed == compose:
        return
    client.call("PUT", f"/servers/{uuid}/proxy/configuration", {"configuration": changed})
    client.post(f"/servers/{uuid}/proxy/restart")
    _wait_for_proxy(ssh, but=before)


def _shut_api(ssh: SshClient, routes: str) -> None:
    """Keep the world from the proxy's API, and see that it is kept."""
    ssh.run("bash -s", stdin=program("shut-proxy-api.sh", {"ROUTES": routes}))


def _have_it_left(ssh: SshClient, grace: float) -> None:
    """Before the server stops, nobody new is let in, and what is under way ends."""
    values = {"GRACE": f"{grace:.0f}", "TURN_AWAY": f"{TURN_AWAY_SECONDS:.0f}"}
    values["PROGRAM"] = drain.build()
    ssh.run("bash -s", stdin=program("leave-before-shutdown.sh", values))


class _ProxyProvider(CoolifyProvider):
    replace_on: ClassVar[frozenset[str]] = frozenset({"server"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        with self.connect(props) as client, SshClient(SshTarget.of(props["ssh"])) as ssh:
            _set(client, ssh, props["server"], props["options"])
            _shut_api(ssh, props["api"])
            _have_it_left(ssh, props["leave"])
        return CreateResult(props["server"], props)

    def observe(self, client: Client, id_: str, props: dict[str, Any]) -> dict[str, Any]:
        if "options" not in props:  # made by an earlier version of the program
            return {}
        compose = client.get(f"/servers/{id_}/proxy").get("configuration")
        kept = compose is None or with_options(compose, props["options"]) == compose
        with SshClient(SshTarget.of(props["ssh"])) as ssh:
            routes, _, grace = ssh.run(_LOOK, check=False).stdout.partition("\n@@\n")
        seen = {"options": props["options"] if kept else [], "api": routes}
        return seen if "leave" not in props else {**seen, "leave": float(grace.strip() or 0)}

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.create(news).outs)


class Proxy(CoolifyResource, module="coolify", name="Proxy"):
    """The proxy's options, its API shut to the world, and nothing under way before a shutdown.

    They are set before the first replica comes: the proxy takes options only by a restart, which
    would cut off requests later. So a change of them restarts the proxy of a running stack.
    """

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(_ProxyProvider(), name, props, opts)
