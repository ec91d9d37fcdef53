"""The emergency rollback against a server that only plays Docker: order, and what is left."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from clients.ssh import CommandFailedError, Result
from common.errors import OperatorError
from runbook.rollback import docker
from runbook.rollback.emergency import EmergencyError, roll_back
from tests.unit.rollback.conftest import IMAGE, RECORDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from common.target import ServiceTarget

SECRET = "postgres://user:secret@db/nutri"


@dataclass
class FakeServer:
    """Containers by id; answers the commands as Docker would."""

    containers: dict[str, dict[str, str]]
    images: set[str]
    pullable: set[str] = field(default_factory=set)
    becomes: str = "healthy"
    drains: str = "drained"
    done: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def run(
        self,
        command: str | Sequence[str],
        *,
        stdin: str | None = None,
        timeout: float = 60.0,  # noqa: ARG002 - as SshClient has it
        check: bool = True,
    ) -> Result:
        """Answer one command."""
        words = shlex.split(command) if isinstance(command, str) else list(command)
        self.commands.append(" ".join(words))
        code, out = self._answer(words, stdin)
        if code and check:
            raise CommandFailedError(f"{words} failed", code=code, stdout=out, stderr="")
        return Result(out, "manifest unknown" if code else "", code)

    def _answer(  # noqa: C901, PLR0911 - one a command
        self, words: list[str], stdin: str | None
    ) -> tuple[int, str]:
        match words:
            case ["docker", "ps", *_]:
                return 0, "\n".join(json.dumps(one) for one in self.containers.values())
            case ["docker", "image", "inspect", image]:
                known = image in self.images or image.startswith("sha256:")
                return int(not known), (RECORDED / "image.json").read_text()
            case ["docker", "container", "inspect", container]:
                return 0, self._inspect(container)
            case ["docker", "inspect", "--format", _, container]:
                return 0, json.dumps({"Status": "running", "Health": {"Status": self.becomes}})
            case ["docker", "pull", _, image]:
                self.done.append(f"pull {image}")
                return int(image not in self.pullable), ""
            case ["docker", "logs", *_]:
                return 0, "the app's last line"
            case ["curl", *_, url]:
                return 0, self._create(url.partition("name=")[2], json.loads(stdin or ""))
            case ["sh", "-c", _, "sh", "start", *_, containers, _, _]:
                self.done += [f"drain {self.containers[containers]['application']}"]
                return 0, json.dumps({"state": self.drains})
            case ["sh", "-c", _, "sh", "end", *_]:
                return 0, '{"state": "over"}'
            case ["docker", verb, *_, container]:
                return 0, self._change(verb, container)
        raise AssertionError(words)

    def _inspect(self, container: str) -> str:
        (found,) = json.loads((RECORDED / "container.json").read_text())
        found["Config"]["Env"].append(f"DATABASE_URL={SECRET}")
        return json.dumps([{**found, "Id": container}])

    def _create(self, name: str, body: dict[str, Any]) -> str:
        if f"DATABASE_URL={SECRET}" not in body["Env"]:
            return '{"message": "the secret is lost"}\n400'
        self.done.append(f"create {body['Image']}")
        application = name.rpartition("-")[0]
        self.containers[name] = row(name, application, body["Image"], "created", "Created")
        return f'{{"Id": "{name}"}}\n201'

    def _change(self, verb: str, container: str) -> str:
        self.done.append(f"{verb} {self.containers[container]['application']}")
        states = {"start": ("running", "Up (healthy)"), "stop": ("exited", "Exited (0)")}
        if verb == "rm":
            del self.containers[container]
        else:
            state, status = states[verb]
            self.containers[container] |= {"state": state, "status": status}
        return ""


def row(name: str, application: str, image: str, state: str, status: str) -> dict[str, str]:
    """A row of `docker ps` as it is asked for."""
    return {
        "id": name,
        "name": name,
        "image": image,
        "state": state,
        "status": status,
        "application": application,
    }


@pytest.fixture
def server() -> FakeServer:
    """Two replicas with a bad tag; the good one is on the server."""
    rows = [
        row("old-a", "app-a", f"{IMAGE}:bad", "running", "Up (unhealthy)"),
        row("old-b", "app-b", f"{IMAGE}:bad", "running", "Up (healthy)"),
    ]
    return FakeServer({one["id"]: one for one in rows}, {f"{IMAGE}:good", f"{IMAGE}:bad"})


def _go(service: ServiceTarget, server: FakeServer, tag: str = "good") -> list[str | None]:
    found = roll_back(service, tag, [server], lambda _: None, bound=0.5)
    return [one.container for one in found]


def test_one_replica_after_another_the_new_one_first(
    service: ServiceTarget, server: FakeServer
) -> None:
    """The old one stops once the new one is healthy, and stays to be looked at."""
    names = _go(service, server)
    assert server.done == [
        *(f"create {IMAGE}:good", "start app-a", "drain app-a", "stop app-a"),
        *(f"create {IMAGE}:good", "start app-b", "drain app-b", "stop app-b"),
    ]
    assert [name and name.rpartition("-")[0] for name in names] == ["app-a", "app-b"]
    assert server.containers["old-a"]["state"] == "exited"


def test_a_proxy_that_takes_no_file_does_not_keep_it_from_going_back(
    service: ServiceTarget, server: FakeServer
) -> None:
    """Users are not served: whatever is cut off is little against that."""
    server.drains = "refused"
    _go(service, server)
    assert "stop app-b" in server.done


def test_no_secret_is_on_a_command_line(service: ServiceTarget, server: FakeServer) -> None:
    """It goes by standard input; the server's process list shows the rest."""
    _go(service, server)
    assert any("containers/create" in command for command in server.commands)
    assert "secret" not in "".join(server.commands)


def test_again_is_no_change(service: ServiceTarget, server: FakeServer) -> None:
    """Replicas that run the tag already are let be."""
    _go(service, server)
    server.done.clear()
    assert _go(service, server) == [None, None]
    assert server.done == []


def test_the_image_is_pulled_where_it_is_not(service: ServiceTarget, server: FakeServer) -> None:
    """The server is logged in to the registry already."""
    server.images.discard(f"{IMAGE}:good")
    server.pullable.add(f"{IMAGE}:good")
    _go(service, server)
    assert server.done[:2] == [f"pull {IMAGE}:good", f"create {IMAGE}:good"]


def test_an_image_that_is_nowhere_changes_nothing(
    service: ServiceTarget, server: FakeServer
) -> None:
    """The registry's word is in the message."""
    with pytest.raises(OperatorError, match="cannot be pulled: manifest unknown"):
        _go(service, server, "nope")
    assert server.done == [f"pull {IMAGE}:nope"]


@pytest.mark.parametrize("health", ["unhealthy", "starting"])
def test_what_ran_runs_on_when_the_new_one_is_no_better(
    health: str, service: ServiceTarget, server: FakeServer
) -> None:
    """The new container goes; the message has its last lines."""
    server.becomes = health
    before = json.dumps(server.containers)
    with pytest.raises(EmergencyError, match="the app's last line"):
        _go(service, server)
    assert json.dumps(server.containers) == before
    assert not any(step.startswith("stop") for step in server.done)


def test_a_stopped_container_gives_its_settings(service: ServiceTarget, server: FakeServer) -> None:
    """After a crash, say: nothing is left to stop."""
    server.containers["old-a"] |= {"state": "exited", "status": "Exited (1)"}
    _go(service, server)
    assert "stop app-a" not in server.done
    assert "start app-a" in server.done


def test_a_replica_without_any_container_is_named(
    service: ServiceTarget, server: FakeServer
) -> None:
    """There is nothing to take the settings from; nothing is changed before that is known."""
    del server.containers["old-b"]
    with pytest.raises(OperatorError, match="no server has a container of nutri-backend-2"):
        _go(service, server)
    assert server.done == []


def test_docker_says_why_it_creates_nothing() -> None:
    """Its own words, with the code."""
    with pytest.raises(OperatorError, match=r"HTTP 409\): the name is taken"):
        docker.created_id('{"message": "the name is taken"}\n409')
    with pytest.raises(OperatorError, match="HTTP 000"):
        docker.created_id("\n000")
    assert docker.created_id('{"Id": "abc"}\n201') == "abc"


def test_a_network_is_joined_with_its_aliases() -> None:
    """Each alias is an option of its own."""
    command = docker.connect_command("net", ("a", "b"), "c1")
    assert command == [
        *("docker", "network", "connect", "--alias", "a", "--alias", "b", "net", "c1")
    ]
