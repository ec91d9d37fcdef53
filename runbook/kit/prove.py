"""Proves, part by part, that what a fresh platform needs can be had without the server."""

from __future__ import annotations

import base64
import binascii
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clients import hetzner, registry
from clients.dns import Resolver
from clients.hetzner import HetznerError
from clients.http import trust
from clients.ssh import CommandTimeoutError, SshError
from clients.supabase import Supabase
from common.errors import OperatorError
from common.passphrase import REMEDY, is_loopback, weakness
from runbook import dumps
from runbook.kit import collect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from common.target import DatabaseTarget, ServiceTarget, Target
    from runbook.kit.collect import Source
    from runbook.kit.model import Kit, Value

_APP_KEY_BYTES = 32
_SFTP_HOST = re.compile(r"sftp:(?:[^@:]*@)?(?P<host>[^:/]+):")
_REFUSED = frozenset({"token_readonly", "forbidden", "unauthorized"})


class NotToldError(OperatorError):
    """From here it cannot be told whether a part is well."""


@dataclass(frozen=True)
class Part:
    """One part of the kit: whether it is well (None: not told), and what was seen or is to do."""

    name: str
    well: bool | None
    says: str

    def line(self) -> str:
        """For people."""
        word = {True: "GREEN", False: "RED", None: "UNKNOWN"}[self.well]
        return f"{word:<8}{self.name:<18}{self.says}"


@dataclass(frozen=True)
class Proof:
    """The parts of one stack's kit."""

    source: Source
    target: Target

    def parts(self) -> list[Part]:
        """Each part, looked at from here."""
        try:
            config = self.source.config()
        except OperatorError as error:
            return [Part("passphrase", well=False, says=str(error))]
        found = [
            _part("passphrase", self._passphrase),
            _part("state backend", self._backend),
            _part("APP_KEY", self._app_key),
            _part("Hetzner token", self._hetzner),
            _part("DNS zone", lambda: self._zone(config)),
            *self._registry(),
        ]
        return [*found, *(_part(name, prove) for name, prove in data_parts(self.target, config))]

    def _passphrase(self) -> str:
        found = collect.passphrase(os.environ)
        self.source.state(reveal=True)
        why = weakness(found)
        if why and not is_loopback(self.target.hetzner.endpoint):
            raise OperatorError(f"it opens config and state, but {why}; {REMEDY}")
        return "in the environment, and opens the secrets of config and state"

    def _backend(self) -> str:
        url = self.source.backend()
        self._elsewhere(url)
        state = self.source.state()
        count = len((state.get("deployment") or {}).get("resources") or ())
        if not count:
            raise OperatorError(f"{url} holds no resource of this stack; run `pulumi up` first")
        return f"{url} holds {count} resources"

    def _app_key(self) -> str:
        key = collect.app_key(self.source.state(reveal=True))
        try:
            size = len(base64.b64decode(key.removeprefix("base64:"), validate=True))
        except binascii.Error:
            size = 0
        if not key.startswith("base64:") or size != _APP_KEY_BYTES:
            raise OperatorError("the state has no APP_KEY of Coolify's form; run `pulumi up`")
        return "in the state, as a secret"

    def _hetzner(self) -> str:
        self._elsewhere(self.target.hetzner.endpoint)
        with hetzner.connect(self.target) as api:
            count = len(api.all("servers"))
            prove_writing(api)
        return f"reads and writes; {count} server(s) in its project"

    def _zone(self, config: Mapping[str, Value]) -> str:
        if "nutri:manageDns" in config and str(config["nutri:manageDns"].value).lower() == "false":
            return "names are kept elsewhere (nutri:manageDns is false): move them by hand"
        with hetzner.connect(self.target) as api:
            zone = self.target.zone or self.target.domain
            zones = api.all("zones", name=zone)
        if not zones:
            raise OperatorError(
                f"the token's project has no zone {zone}: a new platform "
                "could not take its names over"
            )
        return f"{zone} is in the token's project"

    def _registry(self) -> list[Part]:
        return [
            _part(f"image {service.name.removeprefix('nutri-')}", lambda s=service: self._image(s))  # type: ignore[misc]
            for service in self.target.services
        ]

    def _image(self, service: ServiceTarget) -> str:
        self._elsewhere(f"https://{service.image}")
        resolver = Resolver(self.target.vantage.nameservers)
        try:
            resolver.addresses(service.image.partition("/")[0])
        except OperatorError as error:
            raise NotToldError(f"the registry cannot be asked from here: {error}") from None
        with registry.direct(resolver, self.target.vantage.ca_bundle) as connect:
            found = registry.Registry(service.image, self.target.registry, connect)
            if service.tag not in found.tags():
                raise OperatorError(
                    f"the registry has no {service.image}:{service.tag} any more; push it again, "
                    "or a fresh platform runs another"
                )
        return f"{service.image}:{service.tag} can be pulled with the login of the config"

    def _elsewhere(self, url: str) -> None:
        place = lies_on(url, self.target)
        if place:
            raise OperatorError(f"{url} lies on {place}, and would be lost with it")


def lies_on(url: str, target: Target) -> str | None:
    """The server of the stack a URL leads to, by address or by a name of a service; or None."""
    host = urlsplit(url).hostname or ""
    for server in target.servers:
        if host and host in {server.ipv4, server.name, server.ssh.host}:
            return server.name
    for service in target.services:
        if host and host == urlsplit(service.url).hostname:
            return f"the platform itself ({service.name})"
    return None


def data_parts(
    target: Target, config: Mapping[str, Value]
) -> Sequence[tuple[str, Callable[[], str]]]:
    """The parts that are about the database and its dumps, where the stack has them."""
    found: list[tuple[str, Callable[[], str]]] = []
    for key, name in (("databaseUrl", "database URL"), ("databaseDirectUrl", "direct URL")):
        if _is_set(config, f"nutri:{key}"):
            found.append((name, lambda url=str(config[f"nutri:{key}"].value): _url(url, target)))  # type: ignore[misc]
    database = target.database
    if database and database.project:
        found.append(("Supabase token", lambda: _supabase(target, database)))
    if target.dumps:
        password = config.get("nutri:resticPassword")
        found.append(("restic password", lambda: _dumps(target, password)))
    return found


def _url(url: str, target: Target) -> str:
    place = lies_on(url, target)
    if place:
        raise OperatorError(f"the database lies on {place}, and would be lost with it")
    return f"in the config, as a secret; the database is at {urlsplit(url).hostname}"


def _supabase(target: Target, database: DatabaseTarget) -> str:
    project = Supabase.of(database, trust(target.vantage.ca_bundle)).project()
    return f"reads the project {database.project}, which is {project.status}"


def _dumps(target: Target, password: Value | None) -> str:
    store = target.dumps
    if store is None or password is None or not password.value:
        raise OperatorError("nutri:resticPassword is empty: nothing would open the dumps")
    at = _SFTP_HOST.match(store.repository)
    place = lies_on(f"sftp://{at['host']}" if at else store.repository.removeprefix("s3:"), target)
    if place:
        raise OperatorError(f"the dumps lie on {place}, and would be lost with it")
    if at and not store.identity.get_secret_value():
        raise OperatorError(f"no key logs in to {store.repository}")
    _open(target, str(password.value))
    return f"in the config, as a secret; it opens the dumps at {store.repository}"


def _open(target: Target, password: str) -> None:
    try:
        dumps.ask(target, "opens", stdin=password)
    except (SshError, CommandTimeoutError) as error:
        raise NotToldError(
            f"in the config, as a secret; whether it opens the dumps was not seen: {error}"
        ) from None
    except dumps.DumpFailedError as error:
        raise OperatorError(f"what the config has does not open the dumps: {error}") from None


def compare(kit: Kit, now: Kit) -> list[Part]:
    """Whether an exported kit still is what would be exported now."""
    changed = sorted(
        key
        for key in kit.config.keys() | now.config.keys()
        if kit.config.get(key) != now.config.get(key)
    )
    pairs = [
        ("kit: passphrase", kit.passphrase == now.passphrase, "another one is in use by now"),
        ("kit: config", not changed, f"changed since: {', '.join(changed)}"),
        ("kit: APP_KEY", kit.app_key == now.app_key, "the state has another one by now"),
    ]
    of = f"as it was exported on {kit.made:%Y-%m-%d %H:%M} UTC"
    again = "; export the kit again"
    return [Part(name, well, of if well else text + again) for name, well, text in pairs]


def prove_writing(api: hetzner.Hetzner) -> None:
    """A request that can create nothing: who may not write is told so all the same.

    Raises:
        OperatorError: the token may only read.
    """
    try:
        api.post("ssh_keys", {})
    except HetznerError as error:
        if error.code in _REFUSED:
            raise OperatorError(
                f"the token may only read; make a read-write one ({error})"
            ) from None


def _is_set(config: Mapping[str, Value], key: str) -> bool:
    return key in config and config[key].value not in {None, ""}


def _part(name: str, prove: Callable[[], str]) -> Part:
    try:
        return Part(name, well=True, says=prove())
    except NotToldError as error:
        return Part(name, well=None, says=str(error))
    except OperatorError as error:
        return Part(name, well=False, says=str(error))
