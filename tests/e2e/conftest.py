"""A local cloud and a stack of their own, beside whatever `make up` has running."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from clients.ssh import SshClient
from common.target import Target
from common.waiting import wait_until
from localcloud.cleanup import remove_all
from localcloud.node import docker_engine, services
from localcloud.settings import DEMO_TOKEN
from localcloud.supabase.constants import PASSWORD, PROJECT_REF
from localcloud.supabase.constants import TOKEN as SUPABASE_TOKEN
from tests.e2e import lanes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from localcloud.settings import Instance
    from tests.e2e.lanes import Lane

ROOT = Path(__file__).parents[2]
_DATABASE = "postgresql://postgres:localcloud-database@pooler.localcloud.test"
SECRETS = {
    "hcloud:token": DEMO_TOKEN,
    "nutri:registryPassword": "localcloud-ghcr-password",
    "nutri:supabaseToken": SUPABASE_TOKEN,
    "nutri:databaseUrl": f"{_DATABASE}:6543/postgres?pgbouncer=true",
    "nutri:databaseDirectUrl": f"{_DATABASE}:5432/postgres",
    "nutri:redisUrl": "rediss://default:localcloud-redis@redis.localcloud.test:6379",
}
SECRET_VARIABLES = {
    "nutri:secrets.nutri-backend.JWT_SECRET": "localcloud-jwt-secret-of-32-characters-or-more",
    "nutri:secrets.nutri-ml-service.SECRET_KEY": "localcloud-secret-key-of-32-characters-or-more",
}


@dataclass(frozen=True)
class Cloud:
    """A running instance of the local cloud, and the environment its commands want."""

    home: Path
    lane: Lane
    environment: dict[str, str]

    @property
    def port(self) -> int:
        """Port of the Hetzner API."""
        return self.lane.port

    @property
    def dns_port(self) -> int:
        """Port of the name server."""
        return self.lane.dns_port

    def localcloud(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the `localcloud` command for this instance."""
        return subprocess.run(
            [sys.executable, "-m", "localcloud", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=1500,
        )

    @property
    def endpoint(self) -> str:
        """Base URL of the Hetzner API."""
        return f"http://127.0.0.1:{self.port}/v1"

    def knob(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Turn one of the double's knobs for tests; returns what it answers."""
        url = f"http://127.0.0.1:{self.port}/_localcloud{path}"
        answer = httpx.request(method, url, json=body, timeout=300).raise_for_status()
        return answer.json() if answer.content else None

    def supabase(
        self, method: str, path: str, body: object = None, *, project: str = PROJECT_REF
    ) -> Any:  # noqa: ANN401 - JSON
        """One call of Supabase's API about a project, which must succeed."""
        return self._supabase(method, f"/{project}{path}", body)

    def _supabase(self, method: str, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        url = f"http://127.0.0.1:{self.port}/supabase/v1/projects{path}"
        headers = {"Authorization": f"Bearer {SUPABASE_TOKEN}"}
        answer = httpx.request(method, url, json=body, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def new_project(self, name: str, major: int = 17) -> str:
        """Make a project more in Supabase; returns its ref once it is active."""
        body = {"name": name, "db_pass": PASSWORD, "organization_slug": "localcloud"}
        body["postgres_engine"] = str(major)
        ref = str(self._supabase("POST", "", body)["ref"])

        def is_active() -> bool:
            return bool(self.supabase("GET", "", project=ref)["status"] == "ACTIVE_HEALTHY")

        wait_until(f"the project {name}", is_active, bound=60)
        return ref

    def api(self, path: str, method: str = "GET", body: object = None) -> dict[str, Any]:
        """One call of the Hetzner API, which must succeed."""
        url, headers = f"{self.endpoint}{path}", {"Authorization": f"Bearer {DEMO_TOKEN}"}
        answer = httpx.request(method, url, json=body, headers=headers, timeout=90)
        answer.raise_for_status()
        return dict(answer.json())

    def act(self, server: int, action: str) -> None:
        """Begin an action of a server, such as `poweroff`."""
        self.api(f"/servers/{server}/actions/{action}", "POST")


@dataclass
class Stack:
    """A stack of the project's own program, in a folder that holds its config and state."""

    cloud: Cloud
    folder: Path
    name: str = "e2e"
    last: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)

    def pulumi(self, *words: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        """Run `pulumi` on this stack."""
        self.config_file.write_text(yaml.safe_dump(self._file()))
        done = subprocess.run(
            ["pulumi", *words, "--stack", self.name],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        self.last = done.stdout + done.stderr
        return done

    def _file(self) -> dict[str, Any]:
        base = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())
        plain = {
            k: v for k, v in base["config"].items() if not _is_secure(v) and k != "nutri:secrets"
        }
        own = {
            "hcloud:endpoint": self.cloud.endpoint,
            "nutri:supabaseEndpoint": f"http://127.0.0.1:{self.cloud.port}/supabase",
            "hcloud:endpointHetzner": self.cloud.endpoint,
            "nutri:caBundle": str(self.cloud.home / "ca.crt"),
            "nutri:nameservers": [f"127.0.0.1:{self.cloud.dns_port}"],
            # Its own tests aside, how fast the machine is says nothing about the platform.
            "nutri:liveLatencyMs": 3000,
            "nutri:dumps": False,  # whoever wants them says so: they take half a minute
        }
        salt = {"encryptionsalt": self.salt} if self.salt else {}
        return {**salt, "config": plain | own | self.secrets | self.config}

    salt: str | None = None

    def set_secret(self, key: str, value: str) -> None:
        """Encrypt a value into the config, for good."""
        self.set_secrets({key: value})

    def set_secrets(self, values: dict[str, str]) -> None:
        """Encrypt values into the config, for good; a key with a dot is a path into an object."""
        words = [word for key, value in values.items() for word in ("--secret", f"{key}={value}")]
        done = self.pulumi("config", "set-all", "--path", *words)
        assert done.returncode == 0, self.last
        written = yaml.safe_load(self.config_file.read_text())
        keys = {key.partition(".")[0] for key in values}
        self.secrets |= {key: written["config"][key] for key in keys}
        self.salt = written["encryptionsalt"]

    def change(self, service: str, **values: object) -> None:
        """Change fields of a service in the stack's config; those of objects go one by one."""
        services = self.config.setdefault("nutri:services", _local_services())
        services[service] = _laid_over(services.get(service, {}), values)

    def with_helping_app(self, *services: str) -> None:
        """Have the kind of app that drains at SIGTERM and tells its container and its version."""
        for service in services:
            self.change(
                service,
                tag="drain-1",
                variables={"DRAIN_SECONDS": "5"},
                health={"livePath": "/health"},
            )
        self.config |= {"nutri:slowPath": "/slow", "nutri:streamPath": "/stream"}

    def tag(self, service: str = "nutri-backend") -> str:
        """The tag of a service in the stack's config file as it is now."""
        written = yaml.safe_load(self.config_file.read_text())["config"]
        return str(written["nutri:services"][service]["tag"])

    @property
    def config_file(self) -> Path:
        """The stack's own config file."""
        return self.folder / f"Pulumi.{self.name}.yaml"

    @property
    def environment(self) -> dict[str, str]:
        """What `pulumi` and the CLI find their state with."""
        return self.cloud.environment | {
            "PULUMI_BACKEND_URL": f"file://{self.folder}/state?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": "e2e",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
        }

    def up(self, *words: str) -> dict[str, int]:
        """Run `pulumi up`, expect success, return how many resources were created, updated..."""
        before = self.steps()
        done = self.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs", *words)
        assert done.returncode == 0, self.last
        said, steps = self.last, self.steps()
        assert len(steps) == len(before) + 1
        changes: dict[str, int] = steps[0]["resourceChanges"]
        self.last = said
        return {kind: count for kind, count in changes.items() if kind != "same"}

    def runbook(self, *words: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run the operator CLI on this stack; what comes after `--` stays behind it."""
        at = words.index("--") if "--" in words else len(words)
        own = (*words[:at], "--stack", self.name, *words[at:])
        return subprocess.run(
            [sys.executable, "-m", "runbook", *own],
            cwd=self.folder,
            env=self.environment | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )

    def steps(self) -> list[dict[str, Any]]:
        """Return the stack's history, newest first."""
        done = self.pulumi("stack", "history", "--json", "--page-size", "100")
        found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
        return found

    def described(self) -> Target:
        """Return the same as the checks and the CLI read it."""
        return Target.model_validate(self.target())

    def target(self) -> dict[str, Any]:
        """Return the stack's output `target`."""
        done = self.pulumi("stack", "output", "target", "--json", "--show-secrets")
        assert done.returncode == 0, self.last
        return dict(json.loads(done.stdout))


def ask(target: Target, name: str, path: str, **headers: str) -> httpx.Response:
    """Ask a service by the server's public address, with the service's public name."""
    trust = ssl.create_default_context(cafile=target.vantage.ca_bundle)
    with httpx.Client(verify=trust) as client:
        return client.get(
            f"https://{target.servers[0].ipv4}{path}",
            headers={"Host": name, **headers},
            extensions={"sni_hostname": name},
            timeout=10,
        )


def _local_services() -> dict[str, Any]:
    base = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())
    return dict(base["config"]["nutri:services"])


def _laid_over(old: Any, new: Any) -> Any:  # noqa: ANN401 - JSON
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return old | {key: _laid_over(old.get(key), value) for key, value in new.items()}


def running_tags(target: Target, service: str) -> set[str]:
    """Return the tags that a service's healthy containers have on the first server.

    One that failed may be there for as long as it heeds no stop.
    """
    (one,) = [found for found in target.services if found.name == service]
    healthy = "--filter health=healthy --filter label=coolify.name="
    filters = [f"{healthy}{uuid}" for uuid in one.applications]
    command = "; ".join(f"docker ps {filter_} --format '{{{{.Image}}}}'" for filter_ in filters)
    with SshClient(target.servers[0].ssh) as server:
        images = server.run(command).stdout.split()
    return {image.rpartition(":")[2] for image in images}


def _is_secure(value: object) -> bool:
    return isinstance(value, dict) and "secure" in value


@pytest.fixture(scope="session")
def cloud_environment() -> dict[str, str]:
    """The environment of every command: this interpreter's folder first.

    The command plugin is as little kind as its original, which production may have.
    """
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return os.environ | {"PATH": path, "NUTRI_COMMAND_WAYS": "original"}


def empty_stack(cloud: Cloud, folder: Path, name: str = "e2e") -> Stack:
    """Make an empty stack of the project's own program in an empty folder."""
    (folder / "state").mkdir()
    packages = ("infra", "runbook", "checks", "config", "clients", "common", "agent")
    for part in ("Pulumi.yaml", "app.yaml", "__main__.py", *packages, ".venv"):
        (folder / part).symlink_to(ROOT / part)
    made = Stack(cloud, folder, name)
    done = made.pulumi("stack", "init", "--secrets-provider", "passphrase")
    assert done.returncode == 0, made.last
    made.salt = yaml.safe_load(made.config_file.read_text()).get("encryptionsalt")
    # The double's secrets are public constants; they are kept like real ones all the same.
    made.set_secrets(SECRETS | SECRET_VARIABLES)
    return made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The platform's own tests come first: servers that others keep running would slow it down."""
    items.sort(key=lambda item: item.path.name != "test_platform.py")


@contextlib.contextmanager
def local_cloud(environment: dict[str, str], home: Path) -> Iterator[Cloud]:
    """Run a local cloud on a lane of its own: name, ports and addresses that nobody else has.

    Nothing of it stays, nor of one that a killed run left.
    """
    with lanes.claim() as lane:
        own = lane.environment | {"LOCALCLOUD_HOME": str(home)}
        made = Cloud(home, lane, environment | own)
        docker_engine.ensure()
        made.localcloud("down")
        try:
            started = made.localcloud("up")
            assert started.returncode == 0, started.stdout + started.stderr
            yield made
        finally:
            ended = made.localcloud("down")
            shutil.rmtree(home, ignore_errors=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr


@contextlib.contextmanager
def services_alone(home: Path) -> Iterator[tuple[Instance, DockerClient]]:
    """Run an instance's services without its process, on a lane of its own.

    Nothing of it stays, nor of one that a killed run left.
    """
    with lanes.claim() as lane:
        instance = lane.instance(home)
        docker_engine.ensure()
        remove_all(instance, _say_nothing)
        try:
            yield instance, services.up(instance)
        finally:
            remove_all(instance, _say_nothing)


def _say_nothing(_line: str) -> None: ...


@contextlib.contextmanager
def own_stack(
    environment: dict[str, str], folders: pytest.TempPathFactory, name: str, stack: str = "e2e"
) -> Iterator[Stack]:
    """Make an empty stack on a local cloud of its own; see `local_cloud`."""
    with local_cloud(environment, folders.mktemp(f"{name}-cloud")) as cloud:
        yield empty_stack(cloud, folders.mktemp(f"{name}-stack"), stack)


@pytest.fixture(scope="module")
def cloud(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    """The local cloud of the platform's own tests."""
    home = tmp_path_factory.mktemp("cloud")
    with local_cloud(cloud_environment, home) as made:
        yield made


@pytest.fixture(scope="module")
def stack(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """An empty stack on the local cloud."""
    return empty_stack(cloud, tmp_path_factory.mktemp("stack"))
