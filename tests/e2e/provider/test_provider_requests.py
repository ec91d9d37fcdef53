"""What the Hetzner provider asks for the kinds of resources the program has: all is documented."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_hcloud as hcloud
import pytest
from pulumi import automation as auto

from localcloud.settings import DEMO_TOKEN
from tests.contract.asked import Asked, hetzner
from tests.contract.hetzner_double import PUBLIC_KEY, RunningDouble
from tools import engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.hetzner_double import HetznerDouble

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300, func_only=True)]
_BIN = Path(sys.executable).parent
_SEVERE = 400


@pytest.fixture(scope="module")
def double() -> Iterator[HetznerDouble]:
    """Hetzner's API, every answer held to the document."""
    with RunningDouble() as running:
        yield running
        assert running.check.violations == []


@pytest.fixture
def stack(double: HetznerDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> auto.Stack:
    """An empty stack on the real engine, with the API as its cloud."""
    engine.ensure(_BIN)
    for name, value in engine.environment(_BIN).items():
        monkeypatch.setenv(name, value)
    state = f"file://{tmp_path}"
    own = {"PULUMI_BACKEND_URL": state, "PULUMI_CONFIG_PASSPHRASE": "test"}
    project = auto.ProjectSettings(
        name="asked", runtime="python", backend=auto.ProjectBackend(url=state)
    )
    options = auto.LocalWorkspaceOptions(project_settings=project, env_vars=own)
    made = auto.create_stack("test", project_name="asked", program=lambda: None, opts=options)
    for key, value in {
        "endpoint": double.endpoint,
        "endpointHetzner": double.endpoint,
        "token": DEMO_TOKEN,
        "pollInterval": "20ms",
        "pollFunction": "constant",
    }.items():
        made.set_config(f"hcloud:{key}", auto.ConfigValue(value))
    return made


def _addresses(label: str) -> tuple[hcloud.PrimaryIp, hcloud.PrimaryIp]:
    common: dict[str, Any] = {
        "location": "fsn1",
        "assignee_type": "server",
        "auto_delete": False,
        "labels": {"app": label},
    }
    four, six = (hcloud.PrimaryIp(kind, name=kind, type=kind, **common) for kind in _KINDS)
    return four, six


_KINDS = ("ipv4", "ipv6")


def _program(label: str, server_type: str) -> None:
    labels = {"app": label}
    key = hcloud.SshKey("key", name="key", public_key=PUBLIC_KEY, labels=labels)
    four, six = _addresses(label)
    rule = hcloud.FirewallRuleArgs(
        direction="in", protocol="tcp", port="22", source_ips=["203.0.113.7/32"]
    )
    firewall = hcloud.Firewall("firewall", name="firewall", rules=[rule], labels=labels)
    group = hcloud.PlacementGroup("group", name="group", type="spread", labels=labels)
    server = hcloud.Server(
        "server",
        name="web",
        server_type=server_type,
        image="debian-12",
        location="fsn1",
        ssh_keys=[key.id],
        user_data="#cloud-config\n",
        keep_disk=True,
        backups=True,
        labels=labels,
        firewall_ids=[firewall.id.apply(int)],
        placement_group_id=group.id.apply(int),
        public_nets=[
            hcloud.ServerPublicNetArgs(
                ipv4_enabled=True,
                ipv4=four.id.apply(int),
                ipv6_enabled=True,
                ipv6=six.id.apply(int),
            )
        ],
    )
    hcloud.Rdns(
        "rdns", primary_ip_id=four.id.apply(int), ip_address=four.ip_address, dns_ptr="a.test"
    )
    _private(server, labels)
    _names(labels)
    _box(labels)


def _private(server: hcloud.Server, labels: dict[str, str]) -> None:
    network = hcloud.Network("network", name="net", ip_range="10.44.0.0/16", labels=labels)
    subnet = hcloud.NetworkSubnet(
        "subnet",
        network_id=network.id.apply(int),
        type="cloud",
        network_zone="eu-central",
        ip_range="10.44.0.0/24",
    )
    after = pulumi.ResourceOptions(depends_on=[subnet])
    number = network.id.apply(int)
    hcloud.ServerNetwork(
        "member", server_id=server.id.apply(int), network_id=number, ip="10.44.0.11", opts=after
    )
    balancer = hcloud.LoadBalancer(
        "balancer", name="lb", load_balancer_type="lb11", location="fsn1", labels=labels
    )
    which = balancer.id.apply(int)
    hcloud.LoadBalancerNetwork(
        "balancer-net", load_balancer_id=which, network_id=number, ip="10.44.0.2", opts=after
    )
    hcloud.LoadBalancerService(
        "service",
        load_balancer_id=balancer.id,
        protocol="http",
        listen_port=8080,
        destination_port=80,
        proxyprotocol=False,
        health_check=hcloud.LoadBalancerServiceHealthCheckArgs(
            protocol="http",
            port=80,
            interval=3,
            timeout=2,
            retries=2,
            http=hcloud.LoadBalancerServiceHealthCheckHttpArgs(
                path="/health", status_codes=["200"]
            ),
        ),
    )


def _names(labels: dict[str, str]) -> None:
    zone = hcloud.Zone("zone", name="nutri.test", mode="primary", ttl=300, labels=labels)
    record = hcloud.ZoneRrsetRecordArgs(value="192.0.2.1")
    hcloud.ZoneRrset("www", zone=zone.name, name="www", type="A", ttl=60, records=[record])


def _box(labels: dict[str, str]) -> None:
    hcloud.StorageBox(
        "box",
        name="box",
        storage_box_type="bx11",
        location="fsn1",
        password="Quite-a-secret-1",
        labels=labels,
    )


def test_all_the_provider_asks_is_in_the_document(stack: auto.Stack, double: HetznerDouble) -> None:
    """Made, refreshed, changed, resized and taken down: paths, parameters, fields."""
    stack.workspace.program = lambda: _program("one", "cx33")
    stack.up()
    stack.refresh()
    stack.workspace.program = lambda: _program("two", "cx43")
    stack.up()
    stack.destroy()
    calls = double.turn("GET", "/calls")["calls"]
    asked = [
        Asked(one["method"], one["path"], one["query"], one["body"])
        for one in calls
        if one["status"] < _SEVERE and not one["path"].startswith("/storage_box")
    ]
    assert len(asked) > 60
    problems = hetzner().problems(asked)
    assert problems == [], "\n".join(problems)
