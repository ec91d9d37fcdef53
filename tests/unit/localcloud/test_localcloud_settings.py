"""Which local cloud the environment means, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.errors import SettingsError
from localcloud.settings import DEMO_READONLY_TOKEN, DEMO_TOKEN, PROJECT_ROOT, Instance


def test_defaults() -> None:
    """Without any variable it is the one `make up` uses."""
    instance = Instance.from_env({})
    assert (instance.name, instance.api_port, instance.dns_port, instance.block) == (
        "nutri",
        8421,
        8453,
        10,
    )
    assert instance.home == PROJECT_ROOT / ".local" / "nutri"
    assert (instance.prefix, instance.subnet) == ("localcloud-nutri", "100.64.10.0/24")
    assert instance.endpoint == "http://127.0.0.1:8421/v1"


def test_environment() -> None:
    """Every variable counts; the home follows the name unless it is given."""
    env = {"LOCALCLOUD_NAME": "t1", "LOCALCLOUD_PORT": "9000", "LOCALCLOUD_BLOCK": "44"}
    instance = Instance.from_env(env | {"NUTRI_CACHE": "/var/cache/x"})
    assert instance.home == PROJECT_ROOT / ".local" / "t1"
    assert (instance.api_port, instance.public_range) == (9000, "127.44.0.0/16")
    assert instance.cache == Path("/var/cache/x")
    assert Instance.from_env(env | {"LOCALCLOUD_HOME": "/srv/x"}).home == Path("/srv/x")
    assert Instance.from_env({"XDG_CACHE_HOME": "/xdg"}).cache == Path("/xdg/nutri")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOCALCLOUD_NAME", "My Cloud"),
        ("LOCALCLOUD_NAME", "x" * 21),
        ("LOCALCLOUD_PORT", "http"),
        ("LOCALCLOUD_PORT", "0"),
        ("LOCALCLOUD_PORT", "65536"),
        ("LOCALCLOUD_DNS_PORT", "-1"),
        ("LOCALCLOUD_BLOCK", "0"),
        ("LOCALCLOUD_BLOCK", "255"),
    ],
)
def test_wrong_values_name_the_variable_and_the_way_out(name: str, value: str) -> None:
    """The message says which variable, what it holds and what would be right."""
    with pytest.raises(SettingsError, match=name) as refused:
        Instance.from_env({name: value})
    assert value in str(refused.value)
    assert "use" in str(refused.value)


def test_tokens_are_as_long_as_clients_demand() -> None:
    """The vendor's clients refuse a token that is not exactly 64 characters."""
    assert (len(DEMO_TOKEN), len(DEMO_READONLY_TOKEN)) == (64, 64)
    assert DEMO_TOKEN != DEMO_READONLY_TOKEN
