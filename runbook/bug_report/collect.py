"""What goes into a bug report, and which secrets are known here."""

from __future__ import annotations

import json
import os
import platform
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

import checks
from common.errors import OperatorError
from runbook import docker, history, logs, output, servers
from runbook import stack as stacks
from runbook.bug_report.bundle import Bundle
from runbook.incidents import Folder
from runbook.stack import StackError
from runbook.updates import Updates
from runbook.version import version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from common.target import ServerTarget, ServiceTarget, Target

_BOUND = 20.0
_LINES = 300
_SHOWN = ("PULUMI_", "NUTRI_", "LANG", "LC_", "SHELL", "TERM", "HTTP_PROXY", "HTTPS_PROXY")
_SECRET_VARIABLES = ("PASS", "SECRET", "TOKEN", "KEY", "URL", "CREDENTIAL")


def collect(target: Target, project: Path) -> Bundle:
    """Every file; a platform that does not answer leaves its reasons in them."""
    made = Bundle()
    made.add("versions.txt", _versions)
    made.add("environment.txt", _environment)
    made.add("config.json", lambda: _config(project, target.stack))
    made.add("target.json", lambda: target.model_dump_json(indent=2))
    made.add("checks.json", lambda: _checks(target))
    made.add("history.jsonl", lambda: _history(target, project))
    for server in target.servers:
        made.add(f"containers-{server.name}.txt", lambda one=server: _containers(target, one))  # type: ignore[misc]
    for service in target.services:
        made.add(f"logs-{service.name}.txt", lambda one=service: _logs(target, one))  # type: ignore[misc]
    made.add("incidents.md", lambda: _incidents(target))
    return made


def secrets(target: Target, project: Path) -> list[str]:
    """Every secret that can be known: the outputs', the config's, and the environment's.

    Raises:
        StackError: the config cannot be read, so that nobody knows what is secret.
    """
    told = _config_values(project, target.stack, "--show-secrets")
    return [*_of_model(target), *_of_config(told), *_of_environment()]


def _of_model(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        yield from (one for _, part in value for one in _of_model(part))
    elif isinstance(value, dict):
        yield from (one for part in value.values() for one in _of_model(part))
    elif isinstance(value, (list, tuple)):
        yield from (one for part in value for one in _of_model(part))


def _of_config(told: dict[str, Any]) -> Iterator[str]:
    for entry in told.values():
        if entry.get("secret"):
            yield from _leaves(entry.get("objectValue", entry.get("value")))


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (one for part in value.values() for one in _leaves(part))
    elif isinstance(value, list):
        yield from (one for part in value for one in _leaves(part))
    elif value is not None:
        yield str(value)


def _of_environment() -> Iterator[str]:
    for name, value in os.environ.items():
        if any(word in name for word in _SECRET_VARIABLES) and not name.endswith("_FILE"):
            yield value


def _config_values(project: Path, stack: str, *words: str) -> dict[str, Any]:
    done = stacks.run(project, ["config", "--json", *words], stack)
    if done.returncode:
        raise StackError(stacks.explain(done.stderr, stack))
    return dict(json.loads(done.stdout))


def _versions() -> str:
    facts = (f"runbook {version()}", f"Python {platform.python_version()}", platform.platform())
    return "\n".join(facts) + "\n"


def _environment() -> str:
    names = (name for name in sorted(os.environ) if name.startswith(_SHOWN))
    return "".join(f"{name} is set\n" for name in names)


def _config(project: Path, stack: str) -> str:
    return json.dumps(_config_values(project, stack), indent=2) + "\n"


def _checks(target: Target) -> str:
    report = checks.run(target, checks.select(None), bound=_BOUND)
    return json.dumps(report.as_json(), indent=2) + "\n"


def _history(target: Target, project: Path) -> str:
    every = history.read(target, output.say)
    every += history.of_updates(Updates(project, target.stack).history())
    return "".join(one.line() for one in sorted(every, key=lambda one: one.at))


def _containers(target: Target, server: ServerTarget) -> str:
    with servers.connect(server) as client:
        return "\n".join(docker.lines(docker.containers(client), target)) + "\n"


def _logs(target: Target, service: ServiceTarget) -> str:
    with servers.connect_all(target) as clients:
        sources = logs.find_sources(clients, service)
        found = logs.last_lines(sources, logs.Extent(tail=_LINES, probes=False))
    return "".join(f"{line.replica} {line.time} {line.text}\n" for line in found)


def _incidents(target: Target) -> str:
    folder = Folder.of_project()
    running = folder.running(target.stack)
    try:
        return "\n\n".join(folder.file(one).read_text() for one in running)
    except OSError as error:
        raise OperatorError(f"{folder.path} cannot be read: {error.strerror}") from error
