"""The stack's configuration as typed, validated settings: every mistake is found at once."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import TYPE_CHECKING, Annotated, Any

import pulumi
from pulumi.runtime.config import is_config_secret
from pydantic import AfterValidator, Field, PrivateAttr, SecretStr, ValidationError

from common.changes import acknowledgement
from infra import (
    app_file,
    database_settings,
    dump_settings,
    fleet_settings,
    maintenance_settings,
    old_settings,
    rotating,
    services_settings,
)
from infra.database_settings import DatabaseSettings
from infra.dump_settings import DumpSettings
from infra.fleet_settings import FleetSettings
from infra.maintenance_settings import MaintenanceSettings
from infra.recovery_settings import RecoverySettings
from infra.rotating import RotatingSettings
from infra.service_settings import matches
from infra.services_settings import ServicesSettings
from infra.size_settings import SizeSettings
from infra.watch_settings import WatchSettings
from infra.window_settings import WindowSettings

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = "nutri"
HCLOUD_ENDPOINT = "https://api.hetzner.cloud/v1"
_TOKEN_LENGTH = 64  # the Hetzner provider refuses any other before its first request
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_EMAIL = re.compile(r"[^@\s|&\\$#'\"]+@[^@\s|&\\$#'\"]+\.[^@\s|&\\$#'\"]+")
_VERSION = re.compile(r"\d+\.\d+\.\d+(-[a-z0-9.]+)?")
_OPENSSH_KEY = re.compile(r"(ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/=]+( .*)?")


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ValueError(
            f"{error}; give a network in CIDR form with its host bits zero, such as 203.0.113.7/32"
        ) from None


def _domain(text: str) -> str:
    labels = text.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004
        raise ValueError(f"{text!r} is not a domain in lower case, such as example.org")
    return text


def _operator_key(text: str) -> str:
    if not _OPENSSH_KEY.fullmatch(text):
        raise ValueError("not an OpenSSH public key, such as 'ssh-ed25519 AAAA... name'")
    if "coolify" in text.lower():
        raise ValueError(
            "its comment holds the word 'coolify', and Coolify's installer deletes such lines"
        )
    return text


def _acknowledgement(text: str) -> str:
    if not acknowledgement.PATTERN.fullmatch(text):
        kinds = ", ".join(acknowledgement.KINDS)
        raise ValueError(
            f"{text!r} is not '<resource>:<what>', such as server:delete; what is one of {kinds}, "
            f"{acknowledgement.RESIZE}<server type>"
        )
    return text


def _pool(text: str) -> str:
    pool = ipaddress.ip_network(_network(text))
    if pool.overlaps(ipaddress.ip_network("10.0.0.0/8")):
        raise ValueError(
            "overlaps 10.0.0.0/8, where Hetzner's private networks are; 172.24.0.0/14 does not"
        )
    return text


def _some_network(networks: tuple[str, ...]) -> tuple[str, ...]:
    if not networks:
        raise ValueError("names no network, so nobody could log in; give at least one CIDR")
    return networks


Network = Annotated[str, AfterValidator(_network)]
_LABEL_WORD = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_LABEL_KEY = matches(re.compile(_LABEL_WORD), "the key of a label, such as team")
_LABEL_VALUE = matches(re.compile(_LABEL_WORD), "the value of a label, such as nutri")


class Settings(
    WindowSettings,
    WatchSettings,
    RecoverySettings,
    DatabaseSettings,
    DumpSettings,
    FleetSettings,
    MaintenanceSettings,
    RotatingSettings,
    ServicesSettings,
    SizeSettings,
):
    """All settings of one stack; the names are the config's keys."""

    domain: Annotated[str, AfterValidator(_domain)]
    zone: Annotated[str, AfterValidator(_domain)] | None = None
    tier: str
    location: str
    image: str
    backups: bool
    protect: bool
    manage_dns: bool
    ssh_networks: Annotated[tuple[Network, ...], AfterValidator(_some_network)]
    operator_keys: tuple[Annotated[str, AfterValidator(_operator_key)], ...]
    coolify_version: Annotated[str, matches(_VERSION, "a version such as 4.3.10")]
    coolify_installer_url: Annotated[str, matches(re.compile(r"https?://\S+"), "a URL")]
    coolify_root_email: Annotated[str, matches(_EMAIL, "an e-mail address")]
    docker_address_pool: Annotated[str, AfterValidator(_pool)]
    registry_server: str
    registry_username: str
    registry_password: SecretStr | None
    settle_seconds: int = Field(ge=0, le=1800)
    live_latency_ms: int = Field(ge=1, le=60_000)
    ca_bundle: str
    nameservers: tuple[Annotated[str, matches(re.compile(r"\S+:\d+"), "an 'address:port'")], ...]
    acknowledge: tuple[Annotated[str, AfterValidator(_acknowledgement)], ...] = ()
    labels: dict[Annotated[str, _LABEL_KEY], Annotated[str, _LABEL_VALUE]] = Field(
        default_factory=dict
    )
    acme_server: Annotated[str, matches(re.compile(r"https://\S+"), "a URL")] | None = None
    hcloud_token: SecretStr
    hcloud_endpoint: Annotated[str, matches(re.compile(r"https?://\S+"), "a URL")]
    _zone_was_there: bool = PrivateAttr(default=False)

    @property
    def zone_name(self) -> str:
        """The zone in Hetzner DNS that has the records of the services."""
        return self.zone or self.domain

    @property
    def makes_zone(self) -> bool:
        """Whether that zone is this stack's own, and not another's."""
        own = self.zone_name == self.domain and not self._zone_was_there
        return self.manage_dns and not self.take_over_dns and own

    def beside_a_zone(self) -> Settings:
        """Return the same for a zone that was there before the stack, and is not its own."""
        other = self.model_copy()
        other._zone_was_there = True  # noqa: SLF001 - its own class's
        return other

    def record(self, subdomain: str) -> str:
        """The name of a service's record in the zone."""
        return f"{subdomain}.{self.domain}".removesuffix(f".{self.zone_name}")


_OBJECTS = (
    frozenset(
        {
            "ssh_networks",
            "operator_keys",
            "nameservers",
            "acknowledge",
            "labels",
            "maintenance",
            "maintenance_window",
            "location_fallbacks",
        },
    )
    | dump_settings.OBJECTS
    | rotating.OBJECTS
    | services_settings.OBJECTS
)
_NO_FIELDS = frozenset({"app", "old", "wrapping"})
_MAY_BE_EMPTY = frozenset({"registry_server", "registry_username", "ca_bundle"})
_SECRETS = frozenset({"registry_password"}) | database_settings.SECRETS | dump_settings.SECRETS


def _key(field: str) -> str:
    """Return the config key of a field: `ssh_networks` is `sshNetworks`."""
    head, *rest = field.split("_")
    return head + "".join(word.title() for word in rest)


def _setting(field: str) -> str:
    """Return the full name of a field's setting: `hcloud_token` is `hcloud:token`."""
    namespace, _, rest = field.partition("_")
    return f"hcloud:{rest}" if namespace == "hcloud" else f"{PROJECT}:{_key(field)}"


def _raw(config: pulumi.Config) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in Settings.model_fields:
        if not field.startswith("hcloud_"):
            read = config.get_object if field in _OBJECTS else config.get
            values[field] = read(_key(field))
    unset = {k for k, v in values.items() if v is None or (v == "" and k not in _MAY_BE_EMPTY)}
    return {k: v for k, v in values.items() if k not in unset} | dict.fromkeys(_SECRETS & unset)


def _hcloud() -> dict[str, str]:
    config = pulumi.Config("hcloud")
    token = config.get("token") or os.environ.get("HCLOUD_TOKEN", "")
    endpoint = config.get("endpoint") or os.environ.get("HCLOUD_ENDPOINT") or HCLOUD_ENDPOINT
    return {"hcloud_token": token, "hcloud_endpoint": endpoint.rstrip("/")}


def _token_problems(token: str) -> list[str]:
    if not token:
        remedy = "run `pulumi config set --secret hcloud:token`"
        return [f"hcloud:token: missing; make a read-write token in Hetzner's console and {remedy}"]
    if len(token) != _TOKEN_LENGTH:
        wanted = f"a Hetzner token has {_TOKEN_LENGTH}; copy it again without spaces or line ends"
        return [f"hcloud:token: has {len(token)} characters, {wanted}"]
    return []


def _registry_problems(raw: dict[str, Any]) -> list[str]:
    if not raw.get("registry_server"):
        return []
    problems = []
    if not raw.get("registry_username"):
        problems.append(f"{PROJECT}:registryUsername: missing, registryServer needs a user")
    if not raw.get("registry_password"):
        problems.append(
            f"{PROJECT}:registryPassword: missing, registryServer needs a password; run"
            f" `pulumi config set --secret {PROJECT}:registryPassword`"
        )
    return problems


def _problem(error: Any, services: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails, JSON
    field, *inner = (str(part) for part in error["loc"])
    if field in services_settings.OBJECTS and inner:
        return services_settings.problem(error, services)
    setting = _setting(field)
    place = setting + "".join(f"[{part}]" for part in inner)
    if error["type"] == "missing":
        return f"{place}: missing; run `pulumi config set {setting} ...`"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


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
    old = {key: _old_value(config, key) for key in old_settings.MOVED}
    app = app_file.load(folder)
    return _raw(config) | _hcloud() | {"app": app, "old": old, "wrapping": _wrapping_problems()}


def _old_value(config: pulumi.Config, key: str) -> object:
    return config.get_object(key) if key == "healthCheck" else config.get(key)


def parse(raw: dict[str, Any]) -> tuple[Settings | None, list[str]]:
    """Validate the configuration.

    Returns:
        The settings, and one line for each mistake: the setting, what is wrong, what would be
        right. There are settings where there is no mistake in them.
    """
    given = raw.get("services")
    whole, problems = services_settings.prepare(raw)
    problems += [
        *raw["wrapping"],
        *old_settings.problems(raw["old"]),
        *_token_problems(raw["hcloud_token"]),
        *_registry_problems(raw),
        *database_settings.problems(raw),
        *dump_settings.problems(raw, PROJECT),
    ]
    values = {key: value for key, value in whole.items() if key not in _NO_FIELDS}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        return None, problems + [_problem(detail, given) for detail in error.errors()]
    return settings, [
        *problems,
        *services_settings.problems(settings),
        *fleet_settings.problems(settings),
        *maintenance_settings.problems(settings),
    ]
