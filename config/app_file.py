"""`app.yaml`, what runs on every stack, with the stack's `nutri:services` merged over it."""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from common.objects import merge
from config.service import DatabaseForm, Health, ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import BaseModel

FILE = "app.yaml"
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
_REPLICA = re.compile(r".*-\d+")

Declared = dict[str, Any]
"""Services by name, as they are written."""


def load(folder: Path | None = None) -> tuple[Declared, list[str]]:
    """Read the file of a project's folder; return its services, and what is wrong with it."""
    path = (folder or Path()) / FILE
    try:
        whole = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        return {}, [f"{FILE}: cannot be read, {error.strerror}; it says what runs"]
    except yaml.YAMLError as error:
        return {}, [f"{FILE}: is no YAML: {' '.join(str(error).split())}"]
    services = whole.get("services") if isinstance(whole, dict) else None
    if not isinstance(services, dict) or not services:
        return {}, [f"{FILE}: has no services; right would be `services: {{NAME: {{...}}}}`"]
    extra = [f"{FILE}: {key}: is unknown; right is: services" for key in whole if key != "services"]
    return dict(services), extra + _name_problems(services)


def _name_problems(services: Mapping[Any, Any]) -> list[str]:
    found = []
    for name, one in services.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            found.append(f"{FILE}: services.{name}: is no name: small letters, digits and -")
        elif _REPLICA.fullmatch(name):
            found.append(f"{FILE}: services.{name}: ends like a replica's name, in - and a number")
        if not isinstance(one, dict):
            found.append(f"{FILE}: services.{name}: is no object with image, port, ...")
    return found


def nearest(wrong: object, right: Iterable[str]) -> str:
    """Say what was perhaps meant, and what is right."""
    known = sorted(right)
    close = difflib.get_close_matches(str(wrong), known, n=1, cutoff=0.5)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"{meant}Right are: {', '.join(known)}"


def strangers(given: Any, known: Mapping[str, Any], setting: str) -> list[str]:  # noqa: ANN401
    """Return what is wrong with the names of services in a setting of the stack, a line each."""
    if not isinstance(given, dict):
        return [f"{setting}: is no object; set one part of it with `pulumi config set --path`"]
    found = [
        f"{setting}.{name}: no such service in {FILE}; {nearest(name, known)}"
        for name in given
        if name not in known
    ]
    return found + [
        f"{setting}.{name}: is no object"
        for name, one in given.items()
        if name in known and not isinstance(one, dict)
    ]


def merged(base: Declared, over: Mapping[str, Any]) -> Declared:
    """Return the services of the file as this stack has them."""
    return {
        name: merge(one, over[name]) if isinstance(over.get(name), dict) else one
        for name, one in base.items()
        if isinstance(one, dict)
    }


def place(parts: Sequence[str], given: Any) -> str:  # noqa: ANN401 - the stack's `services`
    """Say where a wrong value stands: in the stack's config, or in the file."""
    at = given
    for part in parts:
        if not (isinstance(at, dict) and part in at):
            return f"{FILE}: services.{'.'.join(parts)}"
        at = at[part]
    return f"nutri:services.{'.'.join(parts)}"


def explain(error: Mapping[str, Any], parts: Sequence[str]) -> str:
    """Say what is wrong with a value of a service, in the words of its setting."""
    if error["type"] == "extra_forbidden":
        return f"is unknown; {nearest(parts[-1], _fields(parts))}"
    if error["type"] == "string_type":
        return (
            f"{json.dumps(error.get('input'), default=str)} is no text; put it in quotes, since"
            " YAML takes 0123456, 12e4567 and yes for something else, or set it with"
            " `pulumi config set --path --type string`"
        )
    return str(error["msg"]).removeprefix("Value error, ")


def _fields(parts: Sequence[str]) -> Iterable[str]:
    inner: dict[str, type[BaseModel]] = {"health": Health, "database": DatabaseForm}
    model = inner.get(parts[1], ServiceSettings) if len(parts) > 2 else ServiceSettings  # noqa: PLR2004
    return list(model.model_fields)
