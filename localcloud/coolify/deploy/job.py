"""One deployment: pull, start the new container, wait for its health, let the old ones go."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.coolify.applications import models as applications
from localcloud.coolify.applications.images import deployed
from localcloud.coolify.deploy import commands
from localcloud.coolify.deploy.dotenv import EnvFileError
from localcloud.coolify.deploy.plan import Plan, make_plan
from localcloud.coolify.deploy.spec import run_script
from localcloud.coolify.deployments import models
from localcloud.coolify.envs import models as envs
from localcloud.coolify.remote.shell import RemoteError, Shell, Shells, checked
from localcloud.coolify.servers import models as servers
from localcloud.coolify.storages import models as storages

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.coolify.database import Database, Row
    from localcloud.coolify.settings import CoolifySettings

_log = logging.getLogger(__name__)
_PULL_SECONDS = 600.0
_DEFAULT_GRACE = 30
_SLACK = 30.0
_RULE = "-" * 40
_RULE_OF_FAILURE = "=" * 40
_REMOVING = "Deployment failed. Removing the new version of your application."
_NO_TOOL = (
    "WARNING: Dockerfile or Docker Image based deployment detected. The healthcheck needs a curl "
    "or wget command to check the health of the application. Please make sure that it is available "
    "in the image or turn off healthcheck on Coolify's UI."
)


class DeploymentError(Exception):
    """The deployment cannot go on; the text goes into its log."""


class Cancelled(Exception):  # noqa: N818 - it is no error: somebody asked for it  # it is no error: somebody asked for it
    """The deployment was cancelled while it ran."""


@dataclass(frozen=True)
class Deployer:
    """Runs deployments by their number."""

    db: Database
    shells: Shells
    settings: CoolifySettings
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, deployment_id: int) -> None:
        """Run one to its end; whatever goes wrong ends in its status and log."""
        row = models.by_id(self.db, deployment_id)
        job: _Job | None = None
        try:
            app = applications.by_id(self.db, int(row["application_id"]))
            server = servers.by_id(self.db, row["server_id"])
            _check_functional(server)
            job = _Job(self, row, app, self.shells.open(server))
            job.run()
        except Cancelled:
            models.log(self.db, deployment_id, "Deployment cancelled by user.", "stderr")
        except Exception as error:  # noqa: BLE001 - the queue goes on whatever happens
            known = isinstance(error, DeploymentError | RemoteError | EnvFileError)
            if not known:
                _log.exception("deployment %s", deployment_id)
            self._fail(deployment_id, error)
            if job is not None:
                job.remove_new()

    def _fail(self, deployment_id: int, error: Exception) -> None:
        """The status first, the reason after it, and between them what is hidden from people."""
        models.move(self.db, deployment_id, models.FAILED, models.ACTIVE)
        for line in (_RULE_OF_FAILURE, f"Deployment failed: {error}"):
            models.log(self.db, deployment_id, line, "stderr")
        for line in _hidden(error):
            models.log(self.db, deployment_id, line, "stderr", hidden=True)
        for line in (_RULE_OF_FAILURE, _REMOVING):
            models.log(self.db, deployment_id, line, "stderr")


def _hidden(error: Exception) -> list[str]:
    """What Coolify keeps for its makers: type, place and the beginning of a stack trace."""
    place = "/var/www/html/app/Jobs/ApplicationDeploymentJob.php"
    return [
        "Error type: App\\Exceptions\\DeploymentException",
        "Error code: 0",
        f"Location: {place}:1981",
        "Caused by:",
        f"  RuntimeException: {error}",
        f"  at {place}:1100",
        "Stack trace (first 5 lines):",
        *(f"  #{number} {place}({number}): rolling_update()" for number in range(5)),
    ]


def _check_functional(server: Row) -> None:
    if not (server["is_reachable"] and server["is_usable"]):
        raise DeploymentError("Server is not functional.")


@dataclass
class _Job:
    """The steps of one deployment, in the order they are taken."""

    deployer: Deployer
    row: Row
    app: Row
    shell: Shell
    plan: Plan | None = None

    def run(self) -> None:
        self._check_cancelled()
        plan = self.plan = self._plan()
        self._write_files(plan)
        self._pre_command()
        self._roll(plan)

    def remove_new(self) -> None:
        """After a failure; of a cancelled deployment a new container stays, as in the real one."""
        if self.plan is not None and self.plan.rolling:
            self.shell.run(commands.remove(self.plan.container.name))

    def _plan(self) -> Plan:
        db, deployer = self.deployer.db, self.deployer
        app = self.app
        if self.row["rollback"] and not deployer.settings.rollback_ignores_tag:
            app = {**app, "docker_registry_image_tag": self.row["commit"]}
        image = deployed(app["docker_registry_image_name"], app["docker_registry_image_tag"])
        self._say(f"Starting deployment of {image} to {self.row['server_name']}.")
        variables = envs.of_application(db, app, preview=False)
        chosen = applications.settings(db, app)
        app = {**app, "mounts": storages.mounts(storages.of_application(db, app))}
        return make_plan(app, chosen, variables, deployer.settings.version, self.row)

    def _write_files(self, plan: Plan) -> None:
        place = commands.folder(self.app["uuid"])
        compose = commands.write_file(f"{place}/docker-compose.yaml", plan.compose_text)
        checked(self.shell, compose + commands.write_file(f"{place}/.env", plan.env_text))

    def _roll(self, plan: Plan) -> None:
        if not plan.rolling:
            for reason in plan.why_not_rolling:
                self._say(reason)
            self._stop_old(plan)
            self._start(plan)
            self._finish(plan)
            return
        self._say("Rolling update started.")
        self._start(plan)
        if not self._healthy(plan):
            self._give_up(plan)
            return
        self._stop_old(plan)
        self._say("Rolling update completed.")
        self._finish(plan)

    def _start(self, plan: Plan) -> None:
        self._check_cancelled()
        self._say("Pulling latest images from the registry.")
        checked(self.shell, commands.pull(plan.container.image), _PULL_SECONDS)
        self._check_cancelled()
        checked(self.shell, run_script(plan.container))
        self._say("New container started.")

    def _healthy(self, plan: Plan) -> bool:
        """Whether the new container turned healthy in the time its own check allows."""
        health = plan.container.health
        if health is None:
            return True
        self._say("Waiting for healthcheck to pass on the new container.")
        self._say(f"Healthcheck (inside the container): {health.command}")
        self._say(f"Waiting for the start period ({health.start_period} seconds).")
        self._wait(health.start_period)
        for attempt in range(1, health.retries + 1):
            status, said = self._health(plan)
            self._say(f"Attempt {attempt} of {health.retries} | Healthcheck status: {status}")
            if said:
                self._say(f"Healthcheck logs: {said}")
            if status == "healthy":
                self._say("New container is healthy.")
                return True
            if status == "unhealthy":
                self._say("New container is unhealthy.", "error")
                break
            self._wait(health.interval)
        self._tell_logs(plan)
        return False

    def _tell_logs(self, plan: Plan) -> None:
        self._say(_RULE)
        self._say("Container logs:")
        self._say(self.shell.run(commands.logs_of(plan.container.name, 100)).stdout, "stderr")
        self._say(_RULE)

    def _health(self, plan: Plan) -> tuple[str, str]:
        state = json.loads(checked(self.shell, commands.health_of(plan.container.name))) or {}
        probes = state.get("Log") or [{}]
        return state.get("Status", "none"), str(probes[-1].get("Output", "")).strip()

    def _give_up(self, plan: Plan) -> None:
        name = plan.container.name
        self._say("Removing old containers.")
        for line in (_RULE, _NO_TOOL, _RULE):
            self._say(line)
        self._say("New container is not healthy, rolling back to the old container.")
        # Failed first, gone later: for up to the grace period the new container is still there.
        models.move(self.deployer.db, self.row["id"], models.FAILED, models.ACTIVE)
        self.shell.run(commands.stop(name, self._grace), self._grace + _SLACK)
        self.shell.run(commands.remove(name))
        self._say("Rolling update completed.")

    def _stop_old(self, plan: Plan) -> None:
        """Stop and remove every other container of the application, one after the other."""
        self._say("Removing old containers.")
        for name in checked(self.shell, commands.containers_of(self.app["id"])).split():
            if name == plan.container.name and plan.rolling:
                continue
            self.shell.run(commands.stop(name, self._grace), self._grace + _SLACK)
            self.shell.run(commands.remove(name))

    def _finish(self, plan: Plan) -> None:
        self._post_command(plan)
        db = self.deployer.db
        # Without a health, which the next look at the containers brings.
        db.update("applications", self.app["id"], {"status": "running", "restart_count": 0})
        models.move(db, self.row["id"], models.FINISHED, models.ACTIVE)

    def _pre_command(self) -> None:
        command = self.app["pre_deployment_command"]
        names = checked(self.shell, commands.containers_of(self.app["id"])).split()
        if command and names:
            self._say("Executing pre-deployment command.")
            checked(self.shell, commands.execute(names[0], command))

    def _post_command(self, plan: Plan) -> None:
        command = self.app["post_deployment_command"]
        if not command:
            return
        self._say("Executing post-deployment command.")
        result = self.shell.run(commands.execute(plan.container.name, command))
        if result.code != 0:
            self._say(f"Post-deployment command failed: {result.stderr.strip()}", "stderr")

    @property
    def _grace(self) -> int:
        chosen = applications.settings(self.deployer.db, self.app).get("stop_grace_period")
        return int(chosen or _DEFAULT_GRACE)

    def _wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self._check_cancelled()
            self.deployer.sleep(1)

    def _check_cancelled(self) -> None:
        row = models.by_id(self.deployer.db, self.row["id"])
        if row["status"] == models.CANCELLED:
            raise Cancelled

    def _say(self, line: str, kind: str = "stdout") -> None:
        if line.strip():
            models.log(self.deployer.db, self.row["id"], line.rstrip(), kind)
