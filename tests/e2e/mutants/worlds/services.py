"""Worlds in which a service is not as it should be."""

from __future__ import annotations

import json

from tests.e2e.mutants.mutant import Broken, mutant
from tests.e2e.mutants.scene import BACKEND, ML, Scene

_FEWER = "one replica less answers"


@mutant(
    "containers",
    BACKEND,
    says=r"nutri-backend-2 has no running container \(Exited",
    remedy="runbook logs nutri-backend",
    also={"spread": _FEWER},
)
def a_replica_is_dead(scene: Scene) -> Broken:
    """One of two replicas has ended; the other serves on."""
    one = scene.container(BACKEND, 2)
    scene.run(f"docker kill {one}")
    yield None
    scene.run(f"docker start {one} || true")  # an update has made another by now


@mutant("health", ML, says="status 'degraded' instead of", remedy="runbook logs nutri-ml-service")
def a_wrong_status_word(scene: Scene) -> Broken:
    """The health answer is 200 with another status word."""
    scene.change_app(
        ML,
        'state = "healthy"',
        'state = "degraded"; return 200, {"status": state, "container_id": socket.gethostname()}',
    )
    yield None
    scene.mend_app(ML)


@mutant(
    "health",
    ML,
    says="answers HTTP 50[03]",
    remedy="runbook restart nutri-ml-service",
    also={
        "containers": "Docker's own health check asks the same path",
        "spread": "its requests ask the same path",
        "version": "the proxy takes an unhealthy replica out",
        "forwarded": "the proxy takes an unhealthy replica out",
        "latency": "the proxy takes an unhealthy replica out",
        "certificate": "an unhealthy replica has no route, and so no certificate",
        "redirect": "an unhealthy replica has no route",
    },
)
def only_500s(scene: Scene) -> Broken:
    """Every health request fails with HTTP 500."""
    scene.change_app(ML, "return (200 if state", "return (500 if state")
    yield None
    scene.mend_app(ML)


@mutant("latency", ML, says=r"takes \d+ ms .* the budget is \d+ ms", remedy="runbook resources")
def slow_answers(scene: Scene) -> Broken:
    """The liveness path takes longer than its budget."""
    slow = '"/health/live": lambda: (time.sleep(1.7), (200, {"status": "alive"}))[1]'
    scene.change_app(ML, '"/health/live": lambda: (200, {"status": "alive"})', slow)
    yield None
    scene.mend_app(ML)


@mutant("version", ML, says="serves version good-0 instead of drain-1", remedy="runbook restart")
def another_build_under_the_same_tag(scene: Scene) -> Broken:
    """The container is the right one by its name, and serves something else."""
    scene.change_app(ML, '"version": VERSION})', '"version": "good-0"})')
    yield None
    scene.mend_app(ML)


@mutant(
    "spread",
    BACKEND,
    says="reached 1 containers instead of 2",
    remedy="runbook restart nutri-backend",
)
def one_replica_gets_no_request(scene: Scene) -> Broken:
    """Both replicas are healthy; the proxy cannot reach one of them."""
    one = scene.container(BACKEND, 2)
    name = scene.run(
        f"docker inspect --format '{{{{range $k, $_ := .NetworkSettings.Networks}}}}{{{{$k}}}}"
        f"{{{{end}}}}' {one}"
    )
    scene.run(f"docker network disconnect {name} {one}")
    yield None
    scene.run(f"docker network connect {name} {one} || true")  # a restart has made another


@mutant("errors", BACKEND, says="tell of an error .*disk on fire", remedy="--errors")
def a_log_full_of_errors(scene: Scene) -> Broken:
    """A replica logs one error after another, while its answers are fine."""
    scene.log(BACKEND, json.dumps({"level": "error", "msg": "disk on fire"}), 400)
    yield None
    scene.forget_log(BACKEND)


@mutant("slow", BACKEND, says="took more than 1000 ms, most GET /meals", remedy="runbook requests")
def requests_that_take_seconds(scene: Scene) -> Broken:
    """The log tells of requests that took four seconds."""
    fields = {"event": "request_completed", "method": "GET", "path": "/meals", "status": 200}
    scene.log(BACKEND, json.dumps(fields | {"duration_ms": 4000}), 40)
    yield None
    scene.forget_log(BACKEND)


@mutant(
    "variables",
    BACKEND,
    says=r"FEATURE_X \(\w+\) is set there alone \(replica 1\)",
    remedy="runbook env diff nutri-backend",
)
def a_variable_set_in_the_dashboard(scene: Scene) -> Broken:
    """Somebody set a variable of one replica in Coolify's dashboard."""
    path = f"applications/{scene.service(BACKEND).applications[0]}/envs"
    scene.coolify("POST", path, {"key": "FEATURE_X", "value": "on"})
    yield None
    for one in json.loads(scene.coolify("GET", path)):
        if one["key"] == "FEATURE_X":
            scene.coolify("DELETE", f"{path}/{one['uuid']}")


@mutant(
    "forwarded",
    ML,
    says=r"believes the X-Forwarded-For of a request: \d+ requests",
    remedy="hops",
)
def every_request_is_a_new_clients(scene: Scene) -> Broken:
    """The service's rate limit takes each request for the first one of its client."""
    line = 'self.send_header("Content-Type", "application/json")'
    limit = 'self.send_header("RateLimit-Limit", "9"); self.send_header("RateLimit-Remaining", "8")'
    scene.change_app(ML, line, f"{line}; {limit}")
    yield None
    scene.mend_app(ML)
