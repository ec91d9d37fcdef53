"""What a world may lay hands on: the double's APIs and knobs, the server, its containers."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from common.waiting import wait_until

if TYPE_CHECKING:
    from clients.ssh import SshClient
    from common.target import ServiceTarget, Target
    from tests.e2e.conftest import Cloud, Stack

DOMAIN = "nutri.test"
SERVER = "nutri-e2e"
BACKEND, ML = "nutri-backend", "nutri-ml-service"
_APP = "/app/app.py"


@dataclass
class Scene:
    """One platform on a local cloud of its own."""

    cloud: Cloud
    target: Target
    """As it is now: a remedy may change it."""
    ssh: SshClient
    stack: Stack

    def run(self, script: str, *, stdin: str | None = None) -> str:
        """Run a script on the server as root; its output."""
        return self.ssh.run(script, stdin=stdin, timeout=120).stdout.strip()

    def at_console(self, script: str, server: int | None = None) -> None:
        """Run a script on the first server, or another, past SSH, as at its console."""
        number = server or self.server_id
        name = f"localcloud-{self.cloud.environment['LOCALCLOUD_NAME']}-server-{number}"
        subprocess.run(
            ["docker", "exec", name, "bash", "-ec", script],
            check=True,
            capture_output=True,
            timeout=120,
        )

    @property
    def server_id(self) -> int:
        """Id of the server in the Hetzner API."""
        return self.target.servers[0].id

    def hetzner(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """One call of the Hetzner API, which must succeed."""
        return self.cloud.api(path, method, body)

    def server_action(self, name: str, body: object = None) -> None:
        """An action on the server by the Hetzner API, and its end."""
        action = self.hetzner("POST", f"/servers/{self.server_id}/actions/{name}", body)["action"]
        path = f"/actions/{action['id']}"
        wait_until(
            name,
            lambda: self.hetzner("GET", path)["action"]["status"] == "success",
            bound=180,
            interval=0.2,
        )

    def sql(self, statement: str) -> None:
        """Change what Coolify has stored."""
        self.run(
            "docker exec --interactive coolify-db psql --quiet --set=ON_ERROR_STOP=1 "
            "--username=coolify --dbname=coolify",
            stdin=statement,
        )

    def service(self, name: str) -> ServiceTarget:
        """A service of the app."""
        return next(one for one in self.target.services if one.name == name)

    def container(self, name: str, replica: int = 1) -> str:
        """Id of the running container of a replica."""
        application = self.service(name).applications[replica - 1]
        return self.run(f"docker ps --quiet --no-trunc --filter label=coolify.name={application}")

    def change_app(self, name: str, old: str, new: str) -> None:
        """Change a text in the program of a service's first replica, and start it anew."""
        one = self.container(name)
        self.run(
            f"docker cp {one}:{_APP} /root/app.py.kept && cp /root/app.py.kept /root/app.py.new\n"
            "python3 - <<'PYTHON'\n"
            "from pathlib import Path\n"
            "file = Path('/root/app.py.new')\n"
            "text = file.read_text()\n"
            f"assert {old!r} in text\n"
            f"file.write_text(text.replace({old!r}, {new!r}))\n"
            f"PYTHON\n{self._restart('/root/app.py.new', one)}"
        )

    def mend_app(self, name: str) -> None:
        """Undo `change_app`."""
        self.run(self._restart("/root/app.py.kept", self.container(name)))

    def _restart(self, file: str, container: str) -> str:
        # Killed, not stopped: draining takes its time, and nobody waits for an answer here.
        kill = f"docker kill {container} >/dev/null; docker start {container} >/dev/null"
        return f"docker cp {file} {container}:{_APP} && {kill}"

    def coolify(self, method: str, path: str, body: object = None) -> str:
        """One call of Coolify's API, which must succeed, as its dashboard does."""
        token = self.target.coolify.token.get_secret_value()
        return self.run(
            f"curl --fail-with-body --silent --show-error --request {method} --data @- "
            f"--header 'Authorization: Bearer {token}' --header 'Content-Type: application/json' "
            f"http://127.0.0.1:{self.target.coolify.port}/api/v1/{path}",
            stdin=json.dumps(body or {}),
        )

    def redeploy(self, application: str) -> None:
        """Start an application anew by Coolify's API, and wait until the new container is well."""
        ask = f"docker ps --quiet --no-trunc --filter label=coolify.name={application}"
        before = self.run(ask)
        self.coolify("POST", f"applications/{application}/restart")

        def is_replaced() -> bool:
            found = self.run(f"{ask} --filter health=healthy")
            return bool(found) and before not in found

        wait_until("the replica to be replaced", is_replaced, bound=150)

    def log(self, name: str, line: str, times: int) -> None:
        """Put a line into a replica's log so many times, as Docker keeps it."""
        row = {"log": f"{line}\n", "stream": "stdout", "time": f"{datetime.now(UTC):%FT%T.%fZ}"}
        self.run(f"cat >>{self._log_file(name)}", stdin=f"{json.dumps(row)}\n" * times)

    def forget_log(self, name: str) -> None:
        """Empty a replica's log, and with it the window that the checks judge."""
        self.run(f"truncate --size=0 {self._log_file(name)}")

    def _log_file(self, name: str) -> str:
        return f"$(docker inspect --format '{{{{.LogPath}}}}' {self.container(name)})"

    def expecting(self, **budgets: object) -> Target:
        """The target with other budgets."""
        expectations = self.target.expectations.model_copy(update=budgets)
        return self.target.model_copy(update={"expectations": expectations})
