"""A stack's configuration as the engine has it, for `config.settings` to validate."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime.config import is_config_secret

from config import app_file, former
from config.endpoints import HCLOUD_ENDPOINT
from config.settings import (
    MAY_BE_EMPTY,
    OBJECTS,
    PROJECT,
    SECRETS,
    Settings,
    key_of,
)

if TYPE_CHECKING:
    from pathlib import Path


def _wrapping_problems() -> list[str]:
    """What is secret has to be readable, or the other way round; the engine tells of the whole."""
    found = []
    if is_config_secret(f"{PROJECT}:services"):
        found.append(
            f"{PROJECT}:services: holds a secret, so that the engine shows nothing of it; move it:"
            f" `pulumi config set --secret --path '{PROJECT}:secrets.SERVICE.NAME'`"
        )
    secrets = pulumi.Config(PROJECT).get_object("secrets")
    if secrets and not is_config_secret(f"{PROJECT}:secrets"):
        found.append(
            f"{PROJECT}:secrets: is plain; `pulumi config set --secret --path` writes it encrypted"
        )
    return found


def read(config: pulumi.Config | None = None, folder: Path | None = None) -> dict[str, Any]:
    """Return the configuration as it is written, by field, not yet validated.

    Args:
        config: the stack's; by default that of the program that runs.
        folder: the project's, where `app.yaml` is; by default the one the program runs in.
    """
    config = config or pulumi.Config(PROJECT)
    old = {key: _old_value(config, key) for key in former.MOVED}
    app = app_file.load(folder)
    return _raw(config) | _hcloud() | {"app": app, "old": old, "wrapping": _wrapping_problems()}


def _old_value(config: pulumi.Config, key: str) -> object:
    return config.get_object(key) if key == "healthCheck" else config.get(key)


def _raw(config: pulumi.Config) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in Settings.model_fields:
        if not field.startswith("hcloud_"):
            read = config.get_object if field in OBJECTS else config.get
            values[field] = read(key_of(field))
    unset = {k for k, v in values.items() if v is None or (v == "" and k not in MAY_BE_EMPTY)}
    return {k: v for k, v in values.items() if k not in unset} | dict.fromkeys(SECRETS & unset)


def _hcloud() -> dict[str, str]:
    config = pulumi.Config("hcloud")
    token = config.get("token") or os.environ.get("HCLOUD_TOKEN", "")
    endpoint = config.get("endpoint") or os.environ.get("HCLOUD_ENDPOINT") or HCLOUD_ENDPOINT
    return {"hcloud_token": token, "hcloud_endpoint": endpoint.rstrip("/")}
