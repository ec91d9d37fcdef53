"""The few facts the checks need from the Hetzner API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from clients.http import reason
from common.errors import OperatorError

if TYPE_CHECKING:
    import ssl

    from common.target import HetznerTarget


class HetznerError(OperatorError):
    """The Hetzner API did not tell what was asked."""


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Named(_Fact):
    """A thing with a name."""

    name: str


class Size(Named):
    """A server type; memory in GB."""

    cores: int
    memory: float


class Protection(_Fact):
    """What the API refuses to do to a server."""

    delete: bool
    rebuild: bool


class PublicIpv4(_Fact):
    """A public address."""

    ip: str


class PublicIpv6(_Fact):
    """A public network: '2001:db8::/64'."""

    ip: str


class PublicNet(_Fact):
    """The public side of a server."""

    ipv4: PublicIpv4 | None
    ipv6: PublicIpv6 | None = None


class ServerFacts(_Fact):
    """One server as the API describes it; `backup_window` is None when backups are off."""

    status: str
    server_type: Size
    primary_disk_size: int
    public_net: PublicNet
    protection: Protection
    backup_window: str | None
    created: datetime


class Numbered(_Fact):
    """A thing by its id."""

    id: int


class TargetHealth(_Fact):
    """What one service of a load balancer knows of a target."""

    status: str


class BalancerTargetFacts(_Fact):
    """One target of a load balancer; `server` is None where it is of another kind."""

    server: Numbered | None = None
    health_status: tuple[TargetHealth, ...] = ()


class BalancerNet(_Fact):
    """The public side of a load balancer."""

    ipv4: PublicIpv4


class BalancerFacts(_Fact):
    """A load balancer as the API describes it."""

    public_net: BalancerNet
    targets: tuple[BalancerTargetFacts, ...]


class _BalancerAnswer(_Fact):
    load_balancer: BalancerFacts


class _ServerAnswer(_Fact):
    server: ServerFacts


class BackupImage(_Fact):
    """One backup."""

    status: str
    created: datetime


class _ImagesAnswer(_Fact):
    images: tuple[BackupImage, ...]


@dataclass(frozen=True)
class BackupFacts:
    """The backups of a server; `now` is by the API's clock, which also dated the backups."""

    server_created: datetime
    backups: tuple[BackupImage, ...]
    now: datetime


A = TypeVar("A", bound=BaseModel)


class HetznerApi:
    """Reads servers and their backups, and load balancers."""

    def __init__(self, target: HetznerTarget, trust: ssl.SSLContext, timeout: float) -> None:
        self._target = target
        self._trust = trust
        self._timeout = timeout

    def server(self, number: int) -> ServerFacts | None:
        """A server by its id; None when there is none.

        Raises:
            HetznerError: when the API cannot be reached or refuses.
        """
        answer = self._found(_ServerAnswer, f"servers/{number}", f"server {number}")
        return answer.server if answer else None

    def balancer(self, number: int) -> BalancerFacts | None:
        """A load balancer by its id; None when there is none.

        Raises:
            HetznerError: when the API cannot be reached or refuses.
        """
        what = f"load balancer {number}"
        answer = self._found(_BalancerAnswer, f"load_balancers/{number}", what)
        return answer.load_balancer if answer else None

    def backups(self, number: int, created: datetime) -> BackupFacts:
        """The backups of a server that was created then.

        Raises:
            HetznerError: when the API cannot be reached or refuses.
        """
        listed = self._get(f"images?type=backup&bound_to={number}&per_page=50")
        found = self._parse(_ImagesAnswer, listed, f"the backups of server {number}").images
        return BackupFacts(created, found, _date(listed))

    def now(self) -> datetime:
        """The API's own time.

        Raises:
            HetznerError: when it cannot be reached.
        """
        return _date(self._get("locations?per_page=1"))

    def _found(self, model: type[A], path: str, what: str) -> A | None:
        response = self._get(path)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        return self._parse(model, response, what)

    def _parse(self, model: type[A], response: httpx.Response, what: str) -> A:
        if response.status_code != httpx.codes.OK:
            raise HetznerError(_refusal(response, self._target.endpoint))
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            raise HetznerError(
                f"{self._target.endpoint} does not answer as the Hetzner API does: "
                f"{error.error_count()} fields of {what} are missing or wrong"
            ) from error

    def may_write(self) -> bool:
        """Whether the token may write: asks for a key without a name, which nothing comes of.

        Raises:
            HetznerError: when the API cannot be reached, or answers neither way.
        """
        response = self._call("POST", "ssh_keys", {})
        if response.status_code == httpx.codes.FORBIDDEN:
            return False
        if response.status_code in {httpx.codes.UNPROCESSABLE_ENTITY, httpx.codes.BAD_REQUEST}:
            return True
        raise HetznerError(_refusal(response, self._target.endpoint))

    def _get(self, path: str) -> httpx.Response:
        return self._call("GET", path)

    def _call(self, method: str, path: str, body: object = None) -> httpx.Response:
        secret = self._target.token.get_secret_value()
        try:
            with httpx.Client(verify=self._trust, timeout=self._timeout) as client:
                return client.request(
                    method,
                    f"{self._target.endpoint.rstrip('/')}/{path}",
                    json=body,
                    headers={"Authorization": f"Bearer {secret}"},
                )
        except httpx.HTTPError as error:
            why = reason(error, self._timeout)
            raise HetznerError(f"the Hetzner API at {self._target.endpoint}: {why}") from error


def _date(response: httpx.Response) -> datetime:
    try:
        return parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return datetime.now(UTC)


def _refusal(response: httpx.Response, endpoint: str) -> str:
    place = f"the Hetzner API at {endpoint}"
    if response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return f"{place} refuses the token; is it still valid, and of the right project?"
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return f"{place} limits our rate; try again in a few minutes"
    return f"{place} answers HTTP {response.status_code}"
