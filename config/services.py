"""The services of a stack: what `app.yaml` and the stack's config say, checked together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, SecretStr

from config import app_file, environment
from config.base import Frozen
from config.service import ServiceSettings, Variable  # noqa: TC001 - of fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.settings import Settings

OBJECTS = frozenset({"services", "secrets"})


class ServicesSettings(Frozen):
    """Every service by name, and its secret variables."""

    services: dict[str, ServiceSettings]
    secrets: dict[str, dict[Variable, SecretStr]] = Field(default={})


def prepare(raw: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Lay the stack's `services` over those of the file; return also what is wrong with names."""
    declared, found = raw["app"]
    given, secrets = raw.get("services") or {}, raw.get("secrets") or {}
    known = {name: one for name, one in declared.items() if isinstance(one, dict)}
    found = [
        *found,
        *app_file.strangers(given, declared, "nutri:services"),
        *app_file.strangers(secrets, declared, "nutri:secrets"),
    ]
    own = secrets if isinstance(secrets, dict) else {}
    kept = {name: one for name, one in own.items() if name in known and isinstance(one, dict)}
    over = given if isinstance(given, dict) else {}
    return raw | {"services": app_file.merged(known, over), "secrets": kept}, found


def problem(error: Any, given: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails, and JSON
    """Say what is wrong with a value, where it stands and what would be right."""
    field, *parts = (str(part) for part in error["loc"])
    parts = [part for part in parts if part != "[key]"]
    if field == "secrets":
        return f"nutri:secrets.{'.'.join(parts)}: {_without_value(error)}"
    setting = f"nutri:services.{'.'.join(parts)}"
    if error["type"] == "missing":
        how = f"run `pulumi config set --path --type string '{setting}' ...`"
        return f"{setting}: missing; {how}"
    return f"{app_file.place(parts, given)}: {app_file.explain(error, parts)}"


def _without_value(error: Any) -> str:  # noqa: ANN401
    if error["type"] == "string_type":
        return "is no text; set it with `pulumi config set --secret --path`"
    return str(error["msg"]).removeprefix("Value error, ")


def problems(settings: Settings) -> list[str]:
    """Return what does not go together, one line a mistake."""
    names = settings.services
    found = [
        f"nutri:services.{name}.needs: {wanted} is no service; {app_file.nearest(wanted, names)}"
        for name, one in names.items()
        for wanted in one.needs
        if wanted not in names
    ]
    if not any(one.subdomain for one in names.values()):
        found.append(f"{app_file.FILE}: no service has a subdomain, so the world reaches none")
    return [*found, *_cycles(names), *_same_names(names), *environment.problems(settings)]


def front(settings: Settings) -> str:
    """Return the host name of the service that users see: the last one that the world reaches."""
    names = [settings.services[name].subdomain for name in in_order(settings.services)]
    return f"{[name for name in names if name][-1]}.{settings.domain}"


def in_order(services: Mapping[str, ServiceSettings]) -> list[str]:
    """Return the names so that each comes after those it needs, else as they are declared."""
    done: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in done or name not in services or name in above:
            return
        for wanted in services[name].needs:
            visit(wanted, (*above, name))
        done.append(name)

    for name in services:
        visit(name, ())
    return done


def _cycles(services: Mapping[str, ServiceSettings]) -> list[str]:
    for name in services:
        circle = _way_back(name, name, services, ())
        if circle:
            told = " needs ".join((name, *circle))
            return [f"nutri:services.{name}.needs: {told}, in a circle; take one of them away"]
    return []


def _way_back(
    start: str, at: str, services: Mapping[str, ServiceSettings], gone: tuple[str, ...]
) -> tuple[str, ...]:
    for wanted in services[at].needs if at in services else ():
        if wanted == start:
            return (*gone, start)
        if wanted not in gone and (found := _way_back(start, wanted, services, (*gone, wanted))):
            return found
    return ()


def _same_names(services: Mapping[str, ServiceSettings]) -> Iterator[str]:
    taken: dict[str, str] = {}
    for name, one in services.items():
        if one.subdomain and one.subdomain in taken:
            yield (
                f"nutri:services.{name}.subdomain: {one.subdomain} is {taken[one.subdomain]}'s;"
                " each needs its own"
            )
        taken |= {one.subdomain: name} if one.subdomain else {}
