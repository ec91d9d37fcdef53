"""The registry's API, as registries of several kinds speak it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from pydantic import SecretStr

from clients.registry import Registry, RegistryError
from common.target import RegistryTarget

if TYPE_CHECKING:
    from collections.abc import Callable

HOST, BLOBS = "ghcr.test", "blobs.test"
IMAGE = f"{HOST}/owner/name"
LOGIN = RegistryTarget(server=HOST, username="nutri", password=SecretStr("pass:word"))
BASIC = "Basic " + base64.b64encode(b"nutri:pass:word").decode()
CREATED = "2026-01-31T12:00:00.123456789Z"


@dataclass
class FakeRegistry:
    """Answers like a registry; `scheme` is how it wants a login: '', 'Basic' or 'Bearer'."""

    scheme: str = ""
    page: int = 1000
    tags: tuple[str, ...] = ("v1", "v2", "v3")
    blobs_elsewhere: bool = False
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.asked.append(request)
        path, given = request.url.path, request.headers.get("Authorization")
        if request.url.host == BLOBS:
            return httpx.Response(400 if given else 200, json={"created": CREATED})
        if path == "/token":
            right = given == BASIC and request.url.params["scope"] == "repository:owner/name:pull"
            return httpx.Response(200 if right else 401, json={"token": "t0ken"})
        if self.scheme and given != {"Basic": BASIC, "Bearer": "Bearer t0ken"}[self.scheme]:
            realm = f'{self.scheme} realm="https://{HOST}/token",service="{HOST}"'
            return httpx.Response(401, headers={"WWW-Authenticate": realm})
        return self._known(path, request)

    def _known(self, path: str, request: httpx.Request) -> httpx.Response:
        if path == "/v2/owner/name/tags/list":
            return self._list(int(request.url.params.get("last", "0")))
        if path.startswith("/v2/owner/name/manifests/"):
            return self._manifest(path.rpartition("/")[2])
        if path == "/v2/owner/name/blobs/sha256:config":
            if self.blobs_elsewhere:
                return httpx.Response(307, headers={"Location": f"https://{BLOBS}/x?signed=1"})
            return httpx.Response(200, json={"created": CREATED})
        return httpx.Response(404, json={"errors": [{"code": "NAME_UNKNOWN"}]})

    def _list(self, begin: int) -> httpx.Response:
        end = begin + self.page
        more = f'</v2/owner/name/tags/list?last={end}>; rel="next"'
        headers = {"Link": more} if end < len(self.tags) else {}
        return httpx.Response(200, json={"tags": self.tags[begin:end]}, headers=headers)

    @staticmethod
    def _manifest(reference: str) -> httpx.Response:
        if reference == "several":
            unknown = {"digest": "sha256:attestation", "platform": {"os": "unknown"}}
            linux = {"digest": "sha256:linux", "platform": {"os": "linux"}}
            return httpx.Response(200, json={"manifests": [unknown, linux]})
        if reference in {"gone", "sha256:attestation"}:
            return httpx.Response(404)
        return httpx.Response(200, json={"config": {"digest": "sha256:config"}})


@pytest.fixture
def make() -> Callable[..., Registry]:
    """A client of a fake registry."""

    def build(
        fake: Callable[[httpx.Request], httpx.Response],
        login: RegistryTarget | None = LOGIN,
        image: str = IMAGE,
    ) -> Registry:
        client = httpx.Client(transport=httpx.MockTransport(fake))
        return Registry(image, login, lambda _: client)

    return build


@pytest.mark.parametrize("scheme", ["", "Basic", "Bearer"])
def test_tags_and_dates_by_each_kind_of_login(scheme: str, make: Callable[..., Registry]) -> None:
    """None, the login itself, or a token that is asked for once."""
    fake = FakeRegistry(scheme)
    registry = make(fake)
    assert registry.tags() == ["v1", "v2", "v3"]
    assert registry.built("v1") == datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
    assert sum(one.url.path == "/token" for one in fake.asked) == int(scheme == "Bearer")


def test_all_pages(make: Callable[..., Registry]) -> None:
    """A registry cuts its list as it likes."""
    assert make(FakeRegistry(page=1)).tags() == ["v1", "v2", "v3"]


def test_the_login_does_not_follow_to_where_blobs_are(make: Callable[..., Registry]) -> None:
    """The other host is another party, and refuses strange logins besides."""
    fake = FakeRegistry("Bearer", blobs_elsewhere=True)
    assert make(fake).built("v1") is not None
    assert [one.headers.get("Authorization") for one in fake.asked if one.url.host == BLOBS] == [
        None
    ]


def test_the_login_goes_to_its_own_registry_alone(make: Callable[..., Registry]) -> None:
    """An image of another registry is asked for without it."""
    fake = FakeRegistry("Basic")
    elsewhere = LOGIN.model_copy(update={"server": "docker.io"})
    with pytest.raises(RegistryError, match="refuses requests without a login"):
        make(fake, elsewhere).tags()
    assert {one.headers.get("Authorization") for one in fake.asked} == {None}


def test_a_tag_of_several_platforms(make: Callable[..., Registry]) -> None:
    """The first image counts; an attestation is none."""
    assert make(FakeRegistry()).built("several") is not None


def test_a_listed_tag_that_is_gone_has_no_date(make: Callable[..., Registry]) -> None:
    """One deleted tag must not hide the others."""
    assert make(FakeRegistry()).built("gone") is None


def test_refusals_name_the_settings_and_no_secret(make: Callable[..., Registry]) -> None:
    """The wrong password, for one."""
    wrong = LOGIN.model_copy(update={"password": SecretStr("wr0ng")})
    for scheme in ("Basic", "Bearer"):
        with pytest.raises(RegistryError, match="nutri:registryPassword") as caught:
            make(FakeRegistry(scheme), wrong).tags()
        assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(404), "knows no such image: ghcr.test/owner/name"),
        (httpx.Response(500), "answers HTTP 500"),
        (httpx.Response(200, text="<html>"), "no registry's JSON"),
        (httpx.Response(307, headers={"Location": "http://plain.test/"}), "which is no HTTPS"),
    ],
)
def test_other_answers_are_clear_errors(
    answer: httpx.Response, said: str, make: Callable[..., Registry]
) -> None:
    """One line each."""
    with pytest.raises(RegistryError, match=said):
        make(lambda _: answer).tags()


def test_no_answer(make: Callable[..., Registry]) -> None:
    """The registry is named, and from where it was asked."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(RegistryError, match=r"ghcr\.test gives no answer: refused"):
        make(fail).tags()
