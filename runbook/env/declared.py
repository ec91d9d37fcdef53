"""What a stack's config says of the services' variables, before or after it is up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from common.errors import OperatorError
from common.objects import merge
from runbook import stack as stacks
from runbook.nearest import pick
from runbook.stack import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FILE = "app.yaml"
_SERVICES, _SECRETS = "nutri:services", "nutri:secrets"


@dataclass(frozen=True)
class Declared:
    """The variables of one service."""

    service: str
    in_file: Mapping[str, str] = field(default_factory=dict)
    """Plain ones of `app.yaml`, on every stack."""
    plain: Mapping[str, str] = field(default_factory=dict)
    """Plain ones of this stack's config."""
    secret: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, str] = field(default_factory=dict)
    """Those that the stack makes of a setting, with its name."""


def read(project: Path, stack: str | None, service: str) -> Declared:
    """Return what is declared for a service.

    Raises:
        OperatorError: there is no such service, or nothing can be read.
    """
    services = _file(project)
    service = pick(service, list(services), "service")
    config = _config(project, stack)
    given = _object(config, _SERVICES).get(service) or {}
    whole = merge(services[service], given)
    both = whole.get("variables") or {}
    own = given.get("variables") or {}
    return Declared(
        service=service,
        in_file={name: one for name, one in both.items() if name not in own},
        plain={name: one for name, one in both.items() if name in own},
        secret=_object(config, _SECRETS).get(service) or {},
        made=_made(whole),
    )


def _made(whole: Mapping[str, Any]) -> dict[str, str]:
    database = {
        name: "nutri:databaseDirectUrl" if form.get("form") == "direct" else "nutri:databaseUrl"
        for name, form in (whole.get("database") or {}).items()
    }
    redis = dict.fromkeys(whole.get("redis") or (), "nutri:redisUrl")
    hops = dict.fromkeys(whole.get("hops") or (), "the number of proxies there are")
    return database | redis | hops


def _file(project: Path) -> dict[str, Any]:
    try:
        whole = yaml.safe_load((project / _FILE).read_text(encoding="utf-8"))
        return dict(whole["services"])
    except (OSError, yaml.YAMLError, LookupError, TypeError, ValueError) as error:
        raise OperatorError(f"{project / _FILE} cannot be read: it says what runs") from error


def _config(project: Path, stack: str | None) -> dict[str, Any]:
    done = stacks.run(project, ["config", "--json", "--show-secrets"], stack)
    if done.returncode:
        raise StackError(stacks.explain(done.stderr, stack))
    return dict(json.loads(done.stdout or "{}"))


def _object(config: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = config.get(key) or {}
    value = found.get("objectValue")
    if value is None:
        try:
            value = json.loads(found.get("value") or "{}")
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise OperatorError(
            f"{key}: is no object; set one part of it with `pulumi config set --path`"
        )
    return value
