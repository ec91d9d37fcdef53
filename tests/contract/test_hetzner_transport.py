"""What holds for every request: tokens, errors, pages, filters, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from localcloud.hetzner.ratelimit import LIMIT
from tests.contract.hetzner_double import OTHER_KEY, PUBLIC_KEY

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble


def _groups(hetzner: HetznerDouble, count: int) -> None:
    for number in range(count):
        body = {"name": f"g{number:02}", "type": "spread", "labels": {"n": str(number % 2)}}
        assert hetzner.post("/placement_groups", body).status_code == 201


@pytest.mark.parametrize(
    ("authorization", "word"),
    [("", "needed"), ("Basic abc", "needed"), ("Bearer " + "x" * 64, "invalid")],
)
def test_without_a_known_token_nothing_is_told(
    hetzner: HetznerDouble, authorization: str, word: str
) -> None:
    """A missing and a wrong token are both 401, with messages that tell them apart."""
    answer = hetzner.http.get("/servers", headers={"Authorization": authorization})
    assert hetzner.error(answer) == (401, "unauthorized")
    assert word in answer.json()["error"]["message"]


def test_unknown_path_beats_token_and_token_beats_method(hetzner: HetznerDouble) -> None:
    """Without a token an unknown path is 404 and a known path with a wrong method is 401."""
    nobody = {"Authorization": ""}
    assert hetzner.error(hetzner.http.get("/nothing", headers=nobody)) == (404, "not_found")
    refused = hetzner.http.delete("/servers", headers=nobody)
    assert hetzner.error(refused) == (401, "unauthorized")
    wrong_method = hetzner.http.delete("/servers")
    assert hetzner.error(wrong_method) == (405, "method_not_allowed")


def test_reading_token_reads_and_nothing_else(hetzner: HetznerDouble) -> None:
    """The read-only token may GET and is refused every other method."""
    assert hetzner.read_only("GET", "/servers").status_code == 200
    for method, path in (("POST", "/ssh_keys"), ("PUT", "/servers/1"), ("DELETE", "/servers/1")):
        assert hetzner.error(hetzner.read_only(method, path)) == (403, "forbidden")


def test_every_error_has_details_and_a_correlation_id(hetzner: HetznerDouble) -> None:
    """Clients crash without the key `details`, so even a 404 carries it."""
    answer = hetzner.http.get("/servers/1")
    assert answer.json()["error"] == {
        "code": "not_found",
        "message": "server with ID '1' not found",
        "details": None,
    }
    assert answer.headers["X-Correlation-Id"]
    assert answer.headers["Content-Type"] == "application/json"


def test_body_that_is_no_json(hetzner: HetznerDouble) -> None:
    """Broken JSON is told apart from wrong fields."""
    answer = hetzner.http.post("/ssh_keys", content=b"{nope")
    assert hetzner.error(answer) == (400, "json_error")


def test_wrong_fields_are_each_named(hetzner: HetznerDouble) -> None:
    """`invalid_input` lists every field that is missing or has the wrong type."""
    answer = hetzner.post("/ssh_keys", {"name": 5})
    assert hetzner.error(answer) == (422, "invalid_input")
    fields = answer.json()["error"]["details"]["fields"]
    assert {field["name"] for field in fields} == {"name", "public_key"}


def test_unknown_property_is_an_error_where_the_contract_says_so(hetzner: HetznerDouble) -> None:
    """Firewalls take no unknown property, SSH keys do."""
    refused = hetzner.post("/firewalls", {"name": "f", "colour": "red"})
    assert hetzner.error(refused) == (422, "invalid_input")
    body = {"name": "k", "public_key": PUBLIC_KEY, "colour": "red"}
    assert hetzner.post("/ssh_keys", body).status_code == 201


def test_pages_cover_everything_once(hetzner: HetznerDouble) -> None:
    """Following `next_page` and the Link header visits every thing exactly once."""
    _groups(hetzner, 7)
    names: list[str] = []
    url: str | None = "/placement_groups?per_page=3"
    while url:
        answer = hetzner.http.get(url)
        names += [group["name"] for group in answer.json()["placement_groups"]]
        meta = answer.json()["meta"]["pagination"]
        url = str(answer.links["next"]["url"]) if meta["next_page"] else None
    assert names == [f"g{number:02}" for number in range(7)]
    assert meta == {
        "page": 3,
        "per_page": 3,
        "previous_page": 2,
        "next_page": None,
        "last_page": 3,
        "total_entries": 7,
    }


def test_page_size_has_a_cap_and_nonsense_is_refused(hetzner: HetznerDouble) -> None:
    """More than 50 a page is cut to 50; a page that is no number is an error."""
    pagination = hetzner.get("/server_types?per_page=500")["meta"]["pagination"]
    assert pagination["per_page"] == 50
    assert hetzner.error(hetzner.http.get("/servers?page=x")) == (422, "invalid_input")
    assert hetzner.error(hetzner.http.get("/servers?per_page=0")) == (422, "invalid_input")


def test_sorting(hetzner: HetznerDouble) -> None:
    """`sort` takes a field and a direction; an unknown field is an error."""
    _groups(hetzner, 3)
    groups = hetzner.get("/placement_groups?sort=name:desc")["placement_groups"]
    assert [group["name"] for group in groups] == ["g02", "g01", "g00"]
    refused = hetzner.http.get("/placement_groups?sort=colour")
    assert hetzner.error(refused) == (422, "invalid_input")


def test_filters_by_name_and_label(hetzner: HetznerDouble) -> None:
    """A name filter is exact and a selector is honoured; a broken selector is an error."""
    _groups(hetzner, 4)
    assert len(hetzner.get("/placement_groups?name=g01")["placement_groups"]) == 1
    assert hetzner.get("/placement_groups?name=g0")["placement_groups"] == []
    odd = hetzner.get("/placement_groups?label_selector=n%3D1")["placement_groups"]
    assert [group["name"] for group in odd] == ["g01", "g03"]
    refused = hetzner.http.get("/placement_groups?label_selector=%3D%3D")
    assert hetzner.error(refused) == (422, "invalid_input")


@pytest.mark.parametrize("labels", [{"-a": "b"}, {"a": "b c"}, {"hetzner.cloud/x": "y"}])
def test_malformed_labels_are_refused(hetzner: HetznerDouble, labels: dict[str, str]) -> None:
    """Labels with a bad key, a bad value or the reserved prefix never get in."""
    answer = hetzner.post("/placement_groups", {"name": "g", "type": "spread", "labels": labels})
    assert hetzner.error(answer) == (422, "invalid_input")


def test_labels_are_replaced_as_a_whole(hetzner: HetznerDouble) -> None:
    """A PUT with labels leaves none of the old ones."""
    _groups(hetzner, 1)
    number = hetzner.get("/placement_groups")["placement_groups"][0]["id"]
    answer = hetzner.http.put(f"/placement_groups/{number}", json={"labels": {"new": ""}})
    assert answer.json()["placement_group"]["labels"] == {"new": ""}


def test_rate_limit_headers_count_down(hetzner: HetznerDouble) -> None:
    """Every answer tells the limit, what is left and when it is full again."""
    first = hetzner.http.get("/locations").headers
    second = hetzner.http.get("/locations").headers
    assert first["RateLimit-Limit"] == str(LIMIT)
    assert int(second["RateLimit-Remaining"]) <= int(first["RateLimit-Remaining"])
    assert int(second["RateLimit-Reset"]) > 0


def test_rate_limit_bites_only_when_switched_on(
    hetzner: HetznerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty bucket refuses with 429 when the knob is on, and only then."""
    monkeypatch.setattr("localcloud.hetzner.ratelimit.Bucket.take", lambda _self: False)
    assert hetzner.http.get("/locations").status_code == 200
    hetzner.turn("PATCH", "/knobs", {"rate_limit": True})
    answer = hetzner.http.get("/locations")
    assert hetzner.error(answer) == (429, "rate_limit_exceeded")
    assert "3600 requests per hour" in answer.json()["error"]["message"]


def test_datacenters_and_unasked_actions_are_gone(hetzner: HetznerDouble) -> None:
    """What the vendor took away answers 410, not an empty list."""
    gone = hetzner.http.get("/actions")
    assert hetzner.error(gone) == (410, "deprecated_api_endpoint")
    assert "announcement" in gone.json()["error"]["details"]
    assert hetzner.http.get("/datacenters").status_code == httpx.codes.GONE


def test_nouns_that_are_not_there_are_unknown_paths(hetzner: HetznerDouble) -> None:
    """A client that asks for what the vendor does not have learns that there is no such path."""
    for noun in ("buckets", "buckets/1"):
        assert hetzner.error(hetzner.http.get(f"/{noun}")) == (404, "not_found")


def test_same_key_or_name_twice_is_refused(hetzner: HetznerDouble) -> None:
    """An SSH key has to have a new name and new key material; the error names the field."""
    assert hetzner.post("/ssh_keys", {"name": "a", "public_key": PUBLIC_KEY}).status_code == 201
    same_key = hetzner.post("/ssh_keys", {"name": "b", "public_key": PUBLIC_KEY})
    same_name = hetzner.post("/ssh_keys", {"name": "a", "public_key": OTHER_KEY})
    for answer, field in ((same_key, "public_key"), (same_name, "name")):
        assert hetzner.error(answer) == (409, "uniqueness_error")
        assert answer.json()["error"]["details"] == {"fields": [{"name": field}]}


@pytest.mark.parametrize("key", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "rsa " + PUBLIC_KEY[12:]])
def test_only_public_keys_are_keys(hetzner: HetznerDouble, key: str) -> None:
    """Anything that is no OpenSSH public key is refused."""
    answer = hetzner.post("/ssh_keys", {"name": "a", "public_key": key})
    assert hetzner.error(answer) == (422, "invalid_input")


def test_ssh_key_life(hetzner: HetznerDouble) -> None:
    """The vendor's client makes, finds by fingerprint, renames and deletes a key."""
    keys = hetzner.client.ssh_keys
    key = keys.create("a", PUBLIC_KEY, labels={"x": "y"})
    assert key.fingerprint is not None
    assert len(key.fingerprint.split(":")) == 16
    found = keys.get_by_fingerprint(key.fingerprint)
    assert found is not None
    assert found.update(name="b").name == "b"
    assert keys.get_by_name("a") is None
    assert found.delete()
    assert keys.get_all() == []
