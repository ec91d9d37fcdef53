"""Calls about load balancers that their tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.hetzner.load_balancers.spec import BalancerSpec
    from tests.contract.hetzner_double import HetznerDouble

HTTP = {"protocol": "http", "listen_port": 80, "destination_port": 8080}


def make_balancer(hetzner: HetznerDouble, **fields: object) -> dict[str, Any]:
    """A new load balancer, as the API shows it."""
    body = {"name": "front", "load_balancer_type": "lb11", "location": "fsn1"} | fields
    answer = hetzner.post("/load_balancers", body)
    assert answer.status_code == 201, answer.text
    hetzner.settle()
    return shown(hetzner, answer.json()["load_balancer"]["id"])


def shown(hetzner: HetznerDouble, number: int) -> dict[str, Any]:
    """A load balancer as the API shows it."""
    found: dict[str, Any] = hetzner.get(f"/load_balancers/{number}")["load_balancer"]
    return found


def act(hetzner: HetznerDouble, number: int, action: str, **body: object) -> Any:  # noqa: ANN401
    """The answer to an action, once everything has settled."""
    answer = hetzner.post(f"/load_balancers/{number}/actions/{action}", body)
    hetzner.settle()
    return answer


def make_network(hetzner: HetznerDouble, name: str = "net") -> int:
    """Id of a new network with one subnet."""
    subnet = {"type": "cloud", "network_zone": "eu-central", "ip_range": "10.0.0.0/24"}
    body = {"name": name, "ip_range": "10.0.0.0/16", "subnets": [subnet]}
    return int(hetzner.post("/networks", body).json()["network"]["id"])


def told(hetzner: HetznerDouble) -> BalancerSpec:
    """What a machine was told last."""
    found: BalancerSpec = hetzner.machines.named("apply_balancer")[-1]
    return found


def server_target(number: int, *, private: bool = False) -> dict[str, Any]:
    """A server as a target."""
    return {"type": "server", "server": {"id": number}, "use_private_ip": private}
