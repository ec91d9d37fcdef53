"""Which tags an image has in its registry, and when each was built: the registry's own API (v2).

The requests go through the server, since that is from where the images are pulled.
"""

from __future__ import annotations

import base64
import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import AwareDatetime, BaseModel, ValidationError

from clients.http import trust
from common.errors import OperatorError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from clients.dns import Resolver
    from clients.ssh import SshClient
    from common.target import RegistryTarget

_TIMEOUT = 20.0
_PAGE = 1000
_MOST_PAGES = 20
_HTTPS = 443
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_HUB = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class RegistryError(OperatorError):
    """The registry does not tell."""


class LoginRefusedError(RegistryError):
    """The registry does not take the login."""


class TagNotFoundError(RegistryError):
    """The registry knows no such image, or no such tag of it."""


class _Built(BaseModel):
    created: AwareDatetime


@dataclass(frozen=True)
class Repository:
    """An image's registry and its name there."""

    host: str
    repository: str

    @classmethod
    def of(cls, image: str) -> Self:
        """Split an image's name: 'ghcr.io/owner/name'."""
        host, _, repository = image.partition("/")
        return cls(host, repository)


class Registry:
    """One image in its registry.

    Args:
        image: without tag.
        login: sent to that registry alone, over TLS; None for a public one.
        connect: gives a client for a host; it must not follow redirections.
    """

    def __init__(
        self, image: str, login: RegistryTarget | None, connect: Callable[[str], httpx.Client]
    ) -> None:
        self._repository = Repository.of(image)
        self._image = image
        self._login = login if login and login.server == self._repository.host else None
        self._connect = connect
        self._authorization: str | None = None
        self._base = f"https://{_HUB.get(self._repository.host, self._repository.host)}"

    def tags(self) -> list[str]:
        """All tags, in the registry's order.

        Raises:
            RegistryError: it does not know the image, refuses the login, or gives no answer.
        """
        url = f"/v2/{self._repository.repository}/tags/list?n={_PAGE}"
        found: list[str] = []
        for _ in range(_MOST_PAGES):
            response = self._get(url)
            found += _json(response).get("tags") or []
            following = response.links.get("next")
            if not following:
                break
            url = urljoin(url, following["url"])
        return found

    def built(self, tag: str) -> datetime | None:
        """When a tag's image was built; None where it does not say.

        Raises:
            RegistryError: see `tags`.
        """
        try:
            digest = self._manifest(tag)["config"]["digest"]
            blob = self._get(f"/v2/{self._repository.repository}/blobs/{digest}")
            return _Built.model_validate_json(blob.content).created
        except (TagNotFoundError, ValidationError, KeyError):
            return None  # listed, but deleted, or of a form of its own

    def _manifest(self, reference: str) -> dict[str, Any]:
        """The manifest of one platform; of the first, where a tag has several."""
        found = _json(self._get(f"/v2/{self._repository.repository}/manifests/{reference}"))
        several = [one for one in found.get("manifests", ()) if _is_image(one)]
        if not several:
            return found
        return _json(
            self._get(f"/v2/{self._repository.repository}/manifests/{several[0]['digest']}")
        )

    def _get(self, path: str) -> httpx.Response:
        url = urljoin(self._base, path)
        response = self._ask(url, self._authorization)
        if response.status_code == httpx.codes.UNAUTHORIZED and not self._authorization:
            self._authorization = self._authorize(response.headers.get("WWW-Authenticate", ""))
            response = self._ask(url, self._authorization)
        if response.is_redirect:  # to where blobs are stored; the login is not for there
            response = self._ask(urljoin(url, response.headers["Location"]), None)
        if response.status_code == httpx.codes.NOT_FOUND:
            raise TagNotFoundError(f"the registry knows no such image: {self._image}")
        if response.is_error:
            raise _refusal(self._image, response, self._login)
        return response

    def _ask(self, url: str, authorization: str | None) -> httpx.Response:
        headers = {"Accept": ", ".join((*_MANIFESTS, "application/json", "*/*;q=0.5"))}
        if authorization:
            headers["Authorization"] = authorization
        if urlsplit(url).scheme != "https":
            raise RegistryError(f"the registry of {self._image} leads to {url}, which is no HTTPS")
        try:
            return self._connect(urlsplit(url).netloc).get(url, headers=headers)
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise RegistryError(
                f"the registry {self._repository.host} gives no answer: {said}"
            ) from error

    def _authorize(self, challenge: str) -> str:
        """Answer a challenge: by the login itself, or by a token that its realm gives for it."""
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() != "bearer":
            return self._basic() or ""
        given = dict(_PARAMETER.findall(rest))
        scope = given.get("scope") or f"repository:{self._repository.repository}:pull"
        asked = httpx.URL(given.get("realm", "")).copy_merge_params(
            {"service": given.get("service", ""), "scope": scope}
        )
        response = self._ask(str(asked), self._basic())
        if response.is_error:
            raise _refusal(self._image, response, self._login)
        body = _json(response)
        return f"Bearer {body.get('token') or body.get('access_token')}"

    def _basic(self) -> str | None:
        if not self._login:
            return None
        words = f"{self._login.username}:{self._login.password.get_secret_value()}"
        return f"Basic {base64.b64encode(words.encode()).decode()}"


@contextlib.contextmanager
def through(client: SshClient, ca_bundle: str | None) -> Iterator[Callable[[str], httpx.Client]]:
    """Ways to hosts that the server can reach, each a tunnel made once."""
    context = trust(ca_bundle)
    clients: dict[str, httpx.Client] = {}
    with contextlib.ExitStack() as stack:

        def connect(place: str) -> httpx.Client:
            if place not in clients:
                parts = urlsplit(f"//{place}")
                socket = stack.enter_context(
                    client.tunnel(parts.port or _HTTPS, remote_host=parts.hostname or place)
                )
                transport = httpx.HTTPTransport(uds=str(socket), verify=context)
                made = httpx.Client(transport=transport, timeout=_TIMEOUT)
                clients[place] = stack.enter_context(made)
            return clients[place]

        yield connect


@contextlib.contextmanager
def direct(resolver: Resolver, ca_bundle: str | None) -> Iterator[Callable[[str], httpx.Client]]:
    """The way from here, without any server; names are found by `resolver`."""
    transport = _Resolving(resolver, verify=trust(ca_bundle))
    with httpx.Client(transport=transport, timeout=_TIMEOUT) as client:
        yield lambda _repository: client


class _Resolving(httpx.HTTPTransport):
    def __init__(self, resolver: Resolver, verify: ssl.SSLContext) -> None:
        super().__init__(verify=verify)
        self._resolver = resolver

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        try:
            address = self._resolver.addresses(host)[0]
        except OperatorError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return super().handle_request(request)


def _is_image(entry: dict[str, Any]) -> bool:
    """Whether an entry of an index is an image: builders add attestations, of no platform."""
    return bool(entry.get("platform", {}).get("os", "unknown") != "unknown")


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise RegistryError(f"{response.url.host} answers something that is no registry's JSON")
    return found


def _refusal(image: str, response: httpx.Response, login: RegistryTarget | None) -> RegistryError:
    code = response.status_code
    if code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        whose = f"the login of {login.username}" if login else "requests without a login"
        return LoginRefusedError(
            f"the registry of {image} refuses {whose}: see the settings nutri:registryServer, "
            "nutri:registryUsername and nutri:registryPassword"
        )
    return RegistryError(f"the registry of {image} answers HTTP {code}")
