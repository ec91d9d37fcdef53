"""Worlds in which the server is fine, and what leads to it is not: firewall, DNS, certificate."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from localcloud.node.ca import ensure_authority, issue
from localcloud.settings import Instance
from tests.e2e.mutants.mutant import Broken, mutant
from tests.e2e.mutants.scene import BACKEND, DOMAIN, ML, SERVER, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_ASKED_THERE = "it is asked at the address that DNS gives"
_TLS = "its requests want a valid certificate"
_DYNAMIC = "/data/coolify/proxy/dynamic/mutant.yaml"
_STORE = "/data/coolify/proxy/acme.json"
_REPLACE = """
import json, sys
store = json.load(open(sys.argv[1]))
new = json.loads(sys.argv[2])
for one in store["letsencrypt"]["Certificates"]:
    if one["domain"]["main"] == new["name"]:
        one["key"], one["certificate"] = new["key"], new["certificate"]
json.dump(store, open(sys.argv[1], "w"))
"""
_WORLD = ["0.0.0.0/0", "::/0"]


@contextmanager
def _firewall(scene: Scene, *, without: str = "", and_port: str = "") -> Iterator[None]:
    """Set the firewall's rules to others for a while."""
    (firewall,) = scene.hetzner("GET", "/firewalls")["firewalls"]
    path = f"/firewalls/{firewall['id']}/actions/set_rules"
    rules = [rule for rule in firewall["rules"] if not without or rule["port"] != without]
    if and_port:
        more = {"direction": "in", "protocol": "tcp", "port": and_port, "source_ips": _WORLD}
        rules.append(more)
    scene.hetzner("POST", path, {"rules": rules})
    try:
        yield
    finally:
        scene.hetzner("POST", path, {"rules": firewall["rules"]})


@contextmanager
def _records(scene: Scene, name: str, kind: str, address: str) -> Iterator[None]:
    """Let a name lead elsewhere for a while."""
    path = f"/zones/{DOMAIN}/rrsets/{name}/{kind}"
    before: list[dict[str, Any]] = scene.hetzner("GET", path)["rrset"]["records"]
    scene.hetzner("POST", f"{path}/actions/set_records", {"records": [{"value": address}]})
    try:
        yield
    finally:
        kept = [{"value": one["value"]} for one in before]
        scene.hetzner("POST", f"{path}/actions/set_records", {"records": kept})


@mutant(
    "ssh-port",
    SERVER,
    says="port 22 is refused, though 127",
    remedy="pulumi up",
    also={"ssh": "it comes through that port"},
    blind="SSH is the way in",
)
def port_22_is_shut(scene: Scene) -> Broken:
    """The firewall no longer lets the operators' networks in."""
    with _firewall(scene, without="22"):
        yield None


@mutant(
    "open-ports",
    SERVER,
    says=r"not open: 80 \(refused\)",
    remedy="pulumi up",
    also={"redirect": "it is what listens there"},
)
def port_80_is_shut(scene: Scene) -> Broken:
    """The firewall no longer lets plain HTTP in."""
    with _firewall(scene, without="80"):
        yield None


@mutant("shut-ports", SERVER, says="open to the world: 6543", remedy="pulumi up")
def a_port_is_open_to_the_world(scene: Scene) -> Broken:
    """A database listens, and the firewall lets everybody in."""
    scene.run("systemd-run --quiet --unit=mutant python3 -m http.server 6543")
    with _firewall(scene, and_port="6543"):
        yield None
    scene.run("systemctl stop mutant")


@mutant("proxy-api", SERVER, says="its API answers on port 80", remedy="pulumi up")
def the_proxys_api_is_open(scene: Scene) -> Broken:
    """The file that shuts the proxy's own API to the world is gone."""
    scene.run("mv /data/coolify/proxy/dynamic/nutri-api.yaml /root/")
    yield None
    scene.run("mv /root/nutri-api.yaml /data/coolify/proxy/dynamic/")


@mutant(
    "dns",
    ML,
    says="ml.nutri.test leads to 127.0.0.99 instead of",
    remedy="pulumi up",
    also=dict.fromkeys(
        ("health", "latency", "spread", "forwarded", "version", "certificate", "redirect"),
        _ASKED_THERE,
    ),
)
def a_name_leads_elsewhere(scene: Scene) -> Broken:
    """The name's A record has a stranger's address."""
    with _records(scene, "ml", "A", "127.0.0.99"):
        yield None


@mutant("aaaa", BACKEND, says="leads to 2001:db8:9::1 over IPv6", remedy="prefer IPv6 go astray")
def ipv6_leads_elsewhere(scene: Scene) -> Broken:
    """The name's AAAA record is of a server that is gone."""
    with _records(scene, "api", "AAAA", "2001:db8:9::1"):
        yield None


def _show_certificate(scene: Scene, name: str, lifetime: timedelta) -> None:
    """Let the proxy have another certificate of our authority, and no answer for a newer one."""
    scene.cloud.localcloud("acme", "unreachable")
    authority = ensure_authority(Instance.from_env(scene.cloud.environment))
    pair = issue(authority, [name], lifetime)
    put = json.dumps(
        {"name": name, "key": _coded(pair.key), "certificate": _coded(pair.certificate)}
    )
    scene.run(f"cp {_STORE} /root/acme.json\npython3 -c '{_REPLACE}' {_STORE} '{put}'")
    _restart_proxy(scene)


def _mend_certificate(scene: Scene) -> None:
    scene.cloud.localcloud("acme", "none")
    scene.run(f"mv /root/acme.json {_STORE}")
    _restart_proxy(scene)


def _restart_proxy(scene: Scene) -> None:
    """It reads its store of certificates when it starts, and is in order once it is healthy."""
    state = "docker inspect --format {{.State.Health.Status}} coolify-proxy"
    scene.run(
        "docker restart --time 1 coolify-proxy >/dev/null\n"
        f'for _ in $(seq 60); do [ "$({state})" = healthy ] && exit; sleep 0.5; done; exit 1'
    )


def _coded(text: bytes) -> str:
    return b64encode(text).decode()


@mutant(
    "certificate",
    ML,
    says="ends in [345] days and was not renewed",
    remedy="docker logs coolify-proxy",
)
def a_certificate_that_ends_soon(scene: Scene) -> Broken:
    """The certificate is valid for a few days more, and the proxy got no newer one."""
    _show_certificate(scene, "ml.nutri.test", timedelta(days=5))
    yield None
    _mend_certificate(scene)


@mutant(
    "certificate",
    ML,
    says="shows no valid certificate: certificate has expired",
    remedy="docker logs coolify-proxy",
    also=dict.fromkeys(("health", "latency", "spread", "forwarded", "version"), _TLS),
)
def an_expired_certificate(scene: Scene) -> Broken:
    """The certificate ended a minute ago."""
    _show_certificate(scene, "ml.nutri.test", timedelta(minutes=-1))
    yield None
    _mend_certificate(scene)


@mutant("redirect", ML, says="answers 200 instead of a redirection", remedy="pulumi up")
def plain_http_is_served(scene: Scene) -> Broken:
    """Somebody took the redirection out of a replica's labels, in Coolify's dashboard."""
    path = f"applications/{scene.service(ML).applications[0]}"
    labels = json.loads(scene.coolify("GET", path))["custom_labels"]
    lines = b64decode(labels).decode().splitlines()
    without = "\n".join(one for one in lines if "-http.middlewares=" not in one)
    _label(scene, _coded(without.encode()))
    yield None
    if json.loads(scene.coolify("GET", path))["custom_labels"] != labels:
        _label(scene, labels)


def _label(scene: Scene, labels: str) -> None:
    application = scene.service(ML).applications[0]
    scene.coolify("PATCH", f"applications/{application}", {"custom_labels": labels})
    scene.redeploy(application)


@mutant(
    "proxy-files",
    SERVER,
    says=r"cannot read .*dynamic/mutant\.yaml: .*rulee",
    remedy="mend that file",
)
def a_file_that_the_proxy_cannot_read(scene: Scene) -> Broken:
    """A misspelt word in a file of somebody else: from then on no file counts."""
    scene.run(
        f"cat >{_DYNAMIC}", stdin="http: {routers: {x: {rulee: y, service: noop@internal}}}\n"
    )
    yield None
    scene.run(f"rm {_DYNAMIC}")


@mutant(
    "proxy-files",
    SERVER,
    says=r"led past containers by a file that nobody keeps: nutri-drain-mutant\.yaml",
    remedy="runbook ssh -- rm",
)
def a_file_of_a_drain_was_left(scene: Scene) -> Broken:
    """What leads requests past a container stayed, though nobody drains one."""
    file = _DYNAMIC.replace("mutant", "nutri-drain-mutant")
    scene.run(f"cat >{file}", stdin="http: {routers: {}}\n")
    yield None
    scene.run(f"rm -f {file}")


@mutant(
    "passphrase",
    "e2e",
    says="guards config and state, and it has 3 characters",
    remedy="change-secrets",
)
def a_passphrase_that_is_guessed(scene: Scene) -> Broken:
    """A cloud that is not on this machine, and a passphrase that anybody guesses."""
    # The double at another spelling of its address, which is literally none of loopback.
    endpoint = scene.target.hetzner.endpoint.replace("127.0.0.1", "127.1")
    hetzner = scene.target.hetzner.model_copy(update={"endpoint": endpoint})
    yield scene.target.model_copy(update={"hetzner": hetzner})
