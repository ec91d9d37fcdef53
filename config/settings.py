"""The stack's configuration as typed, validated settings: every mistake is found at once."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PrivateAttr, SecretStr, ValidationError

from common.changes import acknowledgement
from config import database, dumps, expectations, fleet, former, maintenance, rotation, services
from config.database import DatabaseSettings
from config.dumps import DumpSettings
from config.expectations import ExpectationSettings
from config.fleet import FleetSettings
from config.maintenance import MaintenanceSettings
from config.monitor import WatchSettings
from config.recovery import RecoverySettings
from config.rotation import RotatingSettings
from config.service import matches
from config.services import ServicesSettings
from config.size import SizeSettings
from config.window import WindowSettings

PROJECT = "nutri"
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
    ExpectationSettings,
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


OBJECTS = (
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
    | dumps.OBJECTS
    | expectations.OBJECTS
    | rotation.OBJECTS
    | services.OBJECTS
)
_NO_FIELDS = frozenset({"app", "old", "wrapping"})
MAY_BE_EMPTY = frozenset({"registry_server", "registry_username", "ca_bundle"})
SECRETS = frozenset({"registry_password"}) | database.SECRETS | dumps.SECRETS


def key_of(field: str) -> str:
    """Return the config key of a field: `ssh_networks` is `sshNetworks`."""
    head, *rest = field.split("_")
    return head + "".join(word.title() for word in rest)


def _setting(field: str) -> str:
    """Return the full name of a field's setting: `hcloud_token` is `hcloud:token`."""
    namespace, _, rest = field.partition("_")
    return f"hcloud:{rest}" if namespace == "hcloud" else f"{PROJECT}:{key_of(field)}"


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


def _problem(error: Any, given: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails, JSON
    field, *inner = (str(part) for part in error["loc"])
    if field in services.OBJECTS and inner:
        return services.problem(error, given)
    if field in expectations.OBJECTS and inner:
        return expectations.problem(error)
    setting = _setting(field)
    place = setting + "".join(f"[{part}]" for part in inner)
    if error["type"] == "missing":
        return f"{place}: missing; run `pulumi config set {setting} ...`"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


def parse(raw: dict[str, Any]) -> tuple[Settings | None, list[str]]:
    """Validate the configuration.

    Returns:
        The settings, and one line for each mistake: the setting, what is wrong, what would be
        right. There are settings where there is no mistake in them.
    """
    given = raw.get("services")
    whole, problems = services.prepare(raw)
    problems += [
        *raw["wrapping"],
        *former.problems(raw["old"]),
        *_token_problems(raw["hcloud_token"]),
        *_registry_problems(raw),
        *database.problems(raw),
        *dumps.problems(raw, PROJECT),
    ]
    values = {key: value for key, value in whole.items() if key not in _NO_FIELDS}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        return None, problems + [_problem(detail, given) for detail in error.errors()]
    return settings, [
        *problems,
        *services.problems(settings),
        *fleet.problems(settings),
        *maintenance.problems(settings),
    ]
