"""A zone that was there before the stack: with a website, mail, and what others put into it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from pydantic import SecretStr

from infra import state
from infra.ingress import zone
from localcloud.settings import DEMO_TOKEN
from tests.contract.hetzner_double import RunningDouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from config.settings import Settings
    from tests.contract.hetzner_double import HetznerDouble

_OURS = "urn:pulumi:prod::nutri::nutri:infra:Dns$hcloud:index/zone:Zone::zone"
_RECORD = "urn:pulumi:prod::nutri::nutri:infra:Dns$hcloud:index/zoneRrset:ZoneRrset::api-a"
_OTHERS = (("@", "MX", "10 mail.nutri.test."), ("www", "A", "192.0.2.7"), ("@", "TXT", '"v=spf1"'))


@pytest.fixture(scope="module")
def hetzner() -> Iterator[HetznerDouble]:
    """A project with the zone of a website."""
    with RunningDouble() as double:
        assert double.post("/zones", {"name": "nutri.test", "mode": "primary"}).is_success
        for name, kind, value in _OTHERS:
            _record(double, name, kind, value)
        yield double


def _record(double: HetznerDouble, name: str, kind: str, value: str) -> None:
    body = {"name": name, "type": kind, "records": [{"value": value}]}
    assert double.post("/zones/nutri.test/rrsets", body).is_success


@pytest.fixture
def settings(hetzner: HetznerDouble, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Settings of a stack whose state knows some resources."""

    def make(*urns: str, domain: str = "nutri.test", **changes: object) -> Settings:
        monkeypatch.setattr(state, "resources", lambda: tuple({"urn": urn} for urn in urns))
        made: dict[str, Any] = {
            "hcloud_endpoint": hetzner.endpoint,
            "hcloud_token": SecretStr(DEMO_TOKEN),
            "domain": domain,
            "makes_zone": True,
            "services": {
                "web": SimpleNamespace(subdomain="api"),
                "worker": SimpleNamespace(subdomain=None),
            },
            "record": lambda subdomain: subdomain,
        }
        return cast("Settings", SimpleNamespace(**(made | changes)))

    return make


def _look(settings: Settings) -> zone.Found:
    found = zone.look(settings)
    assert found is not None
    return found


def test_what_it_holds_is_told_and_stays(settings: Callable[..., Settings]) -> None:
    """Each of others' records, and which names the stack sets; nothing of it is in the way."""
    found = _look(settings())
    told = zone.told(found, settings())
    assert all(f"{name} {kind}" in told for name, kind, _ in _OTHERS)
    assert "SOA" not in told
    assert "A and AAAA of api.nutri.test are all" in told
    assert zone.problems(found, settings()) == []


@pytest.mark.parametrize("changes", [{"domain": "other.test"}, {"makes_zone": False}])
def test_a_zone_that_is_not_there_or_not_wanted(
    settings: Callable[..., Settings], changes: dict[str, Any]
) -> None:
    """The stack makes it, or has no hand in it."""
    assert zone.look(settings(**changes)) is None


def test_the_stacks_own_stays_its_own(settings: Callable[..., Settings]) -> None:
    """Else the next update would let it go, with all that is in it."""
    assert zone.look(settings(_OURS)) is None


def test_where_nobody_tells_it_is_not_adopted(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same: a zone that may be the stack's own is not let go."""
    nowhere = settings(hcloud_endpoint="http://127.0.0.1:1")
    assert zone.look(nowhere) is None

    def refuse() -> None:
        raise state.ReadError("no backend")

    made = settings()
    monkeypatch.setattr(state, "resources", refuse)
    assert zone.look(made) is None


@pytest.mark.parametrize(
    ("kind", "value", "remedy"),
    [("A", "192.0.2.9", "takeOverDns true"), ("CNAME", "www.nutri.test.", "`subdomain`")],
)
def test_a_name_of_ours_that_leads_elsewhere_is_not_taken_in_silence(
    hetzner: HetznerDouble,
    settings: Callable[..., Settings],
    kind: str,
    value: str,
    remedy: str,
) -> None:
    """It may be a platform that serves; once it is ours it is no problem any more."""
    name = f"old-{kind.lower()}"
    _record(hetzner, name, kind, value)
    own = {"services": {"web": SimpleNamespace(subdomain=name)}}
    (line,) = zone.problems(_look(settings(**own)), settings(**own))
    assert line.startswith(f"{name}.nutri.test has a {kind} record already, {value}")
    assert remedy in line
    known = _RECORD.replace("api-a", f"{name}-{kind.lower()}")
    found = _look(settings(known, **own))
    assert zone.problems(found, settings(known, **own)) == []


def test_a_secondary_zone_takes_no_records(settings: Callable[..., Settings]) -> None:
    """They come from another name server."""
    found = zone.Found("nutri.test", "secondary", (), frozenset())
    (line,) = zone.problems(found, settings())
    assert "manageDns false" in line
