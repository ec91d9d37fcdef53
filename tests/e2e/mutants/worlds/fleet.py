"""Worlds of two servers: a service, or the load balancer, makes do with one of them."""

from __future__ import annotations

from tests.e2e.mutants.mutant import Broken, mutant
from tests.e2e.mutants.scene import ML, Scene

_HALF = "one of the replicas gets no requests"
_UNANSWERED = "the second server's share of requests meets a proxy without a replica"


@mutant(
    "placement",
    ML,
    says=f"no healthy replica of {ML} on nutri-e2e-2",
    remedy="pulumi up",
    also={"containers": "one of the replicas does not run"}
    | dict.fromkeys(("spread", "forwarded", "health", "latency", "version"), _UNANSWERED),
    fleet=True,
)
def a_service_is_on_one_server_only(scene: Scene) -> Broken:
    """Somebody stopped the replica of a service on the second server."""
    second = scene.target.servers[1].id
    replica = scene.service(ML).applications[1]
    mine = f"docker ps --all --quiet --filter label=coolify.name={replica}"
    scene.at_console(f"docker stop $({mine})", server=second)
    yield None
    scene.at_console(f"docker start $({mine})", server=second)


@mutant(
    "balancer",
    "nutri-e2e",
    says="nutri-e2e-2 is no target",
    remedy="pulumi up",
    also={"spread": _HALF},
    fleet=True,
)
def a_server_gets_no_requests(scene: Scene) -> Broken:
    """Somebody took the second server out of the load balancer."""
    balancer = scene.target.balancer
    assert balancer is not None
    actions = f"/load_balancers/{balancer.id}/actions"
    server = {"type": "server", "server": {"id": scene.target.servers[1].id}}
    scene.hetzner("POST", f"{actions}/remove_target", server)
    yield None
    there = scene.hetzner("GET", f"/load_balancers/{balancer.id}")["load_balancer"]["targets"]
    if scene.target.servers[1].id not in {one["server"]["id"] for one in there}:
        scene.hetzner("POST", f"{actions}/add_target", server | {"use_private_ip": True})
