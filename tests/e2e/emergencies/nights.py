"""The worlds that the emergency pages are for: each is broken here as the page says it may be."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from clients.ssh.client import SshClient
from common.target import Target
from common.waiting import wait_until
from tests.e2e.conftest import ask, running_tags
from tests.e2e.mutants.scene import BACKEND

if TYPE_CHECKING:
    from tests.e2e.conftest import Stack

_OLD_IMAGE = """
import io, json, tarfile, hashlib
def add(out, name, data):
    entry = tarfile.TarInfo(name); entry.size = len(data); out.addfile(entry, io.BytesIO(data))
def image(number, tags):
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as out:
        add(out, "data", bytes([number]) * (%d << 20))
    layer = layer.getvalue()
    digest = "sha256:" + hashlib.sha256(layer).hexdigest()
    config = {"architecture": "amd64", "os": "linux", "created": "2020-01-01T00:00:00Z",
        "config": {}, "rootfs": {"type": "layers", "diff_ids": [digest]},
        "history": [{"created": "2020-01-01T00:00:00Z"}]}
    manifest = [{"Config": "config.json", "RepoTags": tags, "Layers": ["layer.tar"]}]
    with tarfile.open(f"/root/{number}.tar", "w") as out:
        add(out, "config.json", json.dumps(config).encode())
        add(out, "manifest.json", json.dumps(manifest).encode())
        add(out, "layer.tar", layer)
image(1, None); image(2, ["old/unused:1"])
"""
_USED = (
    "du -xsm /var/lib/docker /data /var/log /var/cache /var/tmp | awk '{sum += $1} END {print sum}'"
)
_ROOM, _WASTE = 1400, 300  # MiB; an image is unpacked beside itself
_PROJECT = "localcloudnutriaaaaa"


@dataclass
class Place:
    """The platform as a night finds it."""

    stack: Stack

    def target(self) -> Target:
        """The stack's output `target`; its file stays as the commands of the page left it."""
        done = _typed(self.stack, "stack", "output", "target", "--json", "--show-secrets")
        assert done.returncode == 0, done.stderr
        return Target.model_validate_json(done.stdout)

    def run(self, script: str) -> str:
        """A script on the server as root; its output."""
        with SshClient(self.target().servers[0].ssh) as ssh:
            return ssh.run(script, timeout=300).stdout.strip()

    def containers(self, service: str = BACKEND) -> str:
        """The ids of a service's running containers, on one line."""
        (one,) = [found for found in self.target().services if found.name == service]
        each = [f"docker ps -q --filter label=coolify.name={uuid}" for uuid in one.applications]
        return self.run("; ".join(each)).replace("\n", " ")

    def is_served(self, path: str = "/health") -> bool:
        """Whether users get an answer of the backend's."""
        with contextlib.suppress(httpx.HTTPError):
            return ask(self.target(), "api.nutri.test", path).is_success
        return False

    def has_data(self) -> bool:
        """Whether users see their data."""
        return self.is_served("/api/users/count")

    def serves(self, tag: str) -> bool:
        """Whether the config has the tag, and all of the backend's healthy containers run it."""
        return self.stack.tag() == tag and running_tags(self.target(), BACKEND) == {tag}

    def is_green(self, *checks: str) -> bool:
        """Whether these checks are green."""
        return self.stack.runbook("check", *checks).returncode == 0


World = Callable[[Place], None]
Over = Callable[[Place, str], bool]
"""Whether it is over; the text is what the page's commands have said so far."""


@dataclass(frozen=True)
class Night:
    """One block of a page, and the world it is for."""

    page: str
    world: World
    over: Over
    block: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    """The page's word, and the operator's."""
    then: tuple[str, ...] = ()
    """What the page's table says for this world; also run, and then it is over for good."""
    person: World | None = None
    """What somebody mends elsewhere before that."""
    healed: Over = lambda place, _: place.is_served()

    @property
    def name(self) -> str:
        """The page, and its block unless it is the first."""
        return f"{self.page}{f' block {self.block + 1}' if self.block else ''}"


def _pool_is_held(place: Place) -> None:
    place.stack.cloud.knob("POST", f"/supabase/{_PROJECT}/hold", {"connections": 15})


def _redis_is_down(place: Place) -> None:
    place.stack.cloud.knob("PATCH", "/redis/", {"trouble": "down"})


def _redis_is_back(place: Place) -> None:
    place.stack.cloud.knob("PATCH", "/redis/", {"trouble": "none"})


def _project_is_paused(place: Place) -> None:
    place.stack.cloud.supabase("POST", "/pause")
    wait_until("the pause", lambda: not place.has_data(), bound=60)


def _replicas_are_dead(place: Place) -> None:
    place.run(f"docker kill {place.containers()}")


def _a_bad_tag_came(place: Place) -> None:
    """A good version, a better one, and then one that is never healthy."""
    config = ("config", "set", "--path", "nutri:services.nutri-backend.tag")
    for tag, code in (("good-2", 0), ("never-healthy", 1)):
        done = _typed(place.stack, *config, tag)
        assert done.returncode == 0, done.stderr
        done = _typed(place.stack, "up", "--yes", "--skip-preview", "--suppress-outputs")
        assert bool(done.returncode) == bool(code), done.stdout + done.stderr


def _typed(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """Pulumi on the stack's file as it is now."""
    return subprocess.run(
        ["pulumi", *words, "--stack", stack.name],
        cwd=stack.folder,
        env=stack.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def _coolify_is_down(place: Place) -> None:
    place.run("docker stop coolify")


def _server_is_frozen(place: Place) -> None:
    server = place.target().servers[0].name
    place.stack.cloud.knob("POST", f"/servers/{server}/freeze")


def _disk_is_full(place: Place) -> None:
    """What fills it are images: one that lost its name, and an old one that nothing uses."""
    server = place.target().servers[0].name
    size = int(place.run(_USED)) * 11 // 10 + _ROOM
    place.stack.cloud.knob("POST", f"/servers/{server}/disk", {"mebibytes": size})
    done = _typed(place.stack, "up", "--yes", "--skip-preview", "--suppress-outputs")
    assert done.returncode == 0, done.stdout + done.stderr
    program = _OLD_IMAGE % _WASTE
    place.run(f"python3 - <<'PYTHON'\n{program}\nPYTHON\n")
    place.run(
        "set -e; for n in 1 2; do docker load --quiet --input /root/$n.tar; rm /root/$n.tar; done"
    )
    place.run(
        "free=$(df --output=avail -m /var/lib/docker | tail -1)\n"
        "head -c $((free - 40))M /dev/zero >/var/log/filler || true"
    )


def _server_is_gone(place: Place) -> None:
    (server,) = place.stack.cloud.api("/servers")["servers"]
    path, off = f"/servers/{server['id']}", {"delete": False, "rebuild": False}
    place.stack.cloud.api(f"{path}/actions/change_protection", "POST", off)
    place.stack.cloud.api(path, "DELETE")
    wait_until("its end", lambda: not place.stack.cloud.api("/servers")["servers"], bound=60)


def _what_is_slow_is_told(_place: Place, said: str) -> bool:
    return "idle in transaction" in said


def _redis_is_told(_place: Place, said: str) -> bool:
    return "cannot be reached" in said


def _served(place: Place, _said: str) -> bool:
    return place.is_served()


NIGHTS = (
    Night(
        "slow",
        _pool_is_held,
        _what_is_slow_is_told,
        then=("runbook database doctor --end-stuck",),
        healed=lambda place, _: place.is_green("pool"),
    ),
    Night(
        "redis",
        _redis_is_down,
        _redis_is_told,
        person=_redis_is_back,
        then=("runbook restart nutri-backend",),
        healed=lambda place, _: place.is_green("redis", "health"),
    ),
    Night("E3-database", _project_is_paused, lambda place, _: place.has_data()),
    Night("E1-outage", _replicas_are_dead, _served),
    Night("E1-outage", lambda _: None, _served, block=1),
    Night(
        "E2-rollback",
        _a_bad_tag_came,
        lambda place, _: place.serves("good-2"),
        values={"nutri-backend TAG": "nutri-backend good-2"},
    ),
    Night(
        "E2-rollback",
        _coolify_is_down,
        lambda place, _: place.serves("good-1"),
        block=1,
        values={"TAG": "good-1"},
        healed=lambda place, _: bool(place.run("docker start coolify")),
    ),
    Night("E4-server", _server_is_frozen, _served),
    Night("E5-disk-full", _disk_is_full, lambda place, _: place.is_green("disk")),
    Night("B5-recovery", _server_is_gone, _served),
)
