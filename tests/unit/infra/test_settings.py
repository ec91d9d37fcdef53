"""Settings: each mistake is named, with its remedy, and all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic.alias_generators import to_camel

from common.budgets import Budgets
from common.target import Expectations
from config import settings
from infra import outputs, stack_config

if TYPE_CHECKING:
    from collections.abc import Callable

    Configure = Callable[..., None]


_WINDOW = {"day": "sunday", "start": "02:00", "end": "04:00"}
_ANNOUNCED = {
    "mode": "announced",
    "start": "2026-12-06T02:00:00Z",
    "end": "2026-12-06T04:00:00Z",
}


def _problems() -> list[str]:
    return settings.parse(stack_config.read())[1]


def test_a_good_configuration_has_no_problem(configure: Configure) -> None:
    """What the conftest calls good is good, so that every other test breaks one thing only."""
    configure()
    parsed, problems = settings.parse(stack_config.read())
    assert problems == []
    assert parsed is not None
    assert (parsed.services["nutri-backend"].replicas, parsed.ssh_networks) == (
        2,
        ("203.0.113.7/32",),
    )


@pytest.mark.parametrize(
    ("key", "value", "place", "words"),
    [
        ("nutri:sshNetworks", ["203.0.113.7/24"], "nutri:sshNetworks[0]", "host bits"),
        ("nutri:sshNetworks", ["elsewhere"], "nutri:sshNetworks[0]", "203.0.113.7/32"),
        ("nutri:sshNetworks", [], "nutri:sshNetworks", "nobody could log in"),
        ("nutri:domain", None, "nutri:domain", "missing"),
        ("nutri:domain", "", "nutri:domain", "missing"),
        ("nutri:domain", "Nutri", "nutri:domain", "example.org"),
        ("nutri:operatorKeys", ["nonsense"], "nutri:operatorKeys[0]", "OpenSSH public key"),
        ("nutri:operatorKeys", ["ssh-ed25519 AAAA me@coolify"], "nutri:operatorKeys[0]", "deletes"),
        ("nutri:dockerAddressPool", "10.1.0.0/16", "nutri:dockerAddressPool", "private networks"),
        ("nutri:coolifyVersion", "latest", "nutri:coolifyVersion", "4.3.10"),
        ("nutri:coolifyRootEmail", "ops", "nutri:coolifyRootEmail", "e-mail"),
        ("nutri:registryPassword", None, "nutri:registryPassword", "--secret"),
        ("nutri:registryUsername", "", "nutri:registryUsername", "needs a user"),
        ("nutri:nameservers", ["127.0.0.1"], "nutri:nameservers[0]", "address:port"),
        ("nutri:acknowledge", ["server"], "nutri:acknowledge[0]", "such as server:delete"),
        ("nutri:acknowledge", ["*:backups"], "nutri:acknowledge[0]", "what is one of delete"),
        (
            "nutri:maintenanceWindow",
            _WINDOW | {"day": "sun"},
            "nutri:maintenanceWindow[day]",
            "monday",
        ),
        (
            "nutri:maintenanceWindow",
            _WINDOW | {"end": "24:00"},
            "nutri:maintenanceWindow[end]",
            "23:30",
        ),
        ("nutri:maintenance", {"mode": "on"}, "nutri:maintenance", "start and end are needed"),
        ("nutri:maintenance", {"mode": "soon"}, "nutri:maintenance[mode]", "'announced'"),
        ("nutri:maintenance", _ANNOUNCED | {"start": 5}, "nutri:maintenance[start]", "2026-12-06"),
        ("nutri:maintenance", _ANNOUNCED | {"services": ["api"]}, "nutri:maintenance", "right is"),
        ("nutri:expectations", {"diskShare": 1.5}, "nutri:expectations.diskShare", "not 1.5"),
        (
            "nutri:expectations",
            {"diskshare": 0.8},
            "nutri:expectations.diskshare",
            "mean diskShare",
        ),
        ("nutri:expectations", {"restarts": "some"}, "nutri:expectations.restarts", "not some"),
        ("nutri:expectations", 5, "nutri:expectations", "valid dictionary"),
        ("hcloud:token", None, "hcloud:token", "--secret"),
        ("hcloud:token", "short", "hcloud:token", "has 5 characters"),
        ("hcloud:endpoint", "nowhere", "hcloud:endpoint", "URL"),
    ],
)
def test_a_mistake_names_setting_and_remedy(
    configure: Configure, key: str, value: object, place: str, words: str
) -> None:
    """One broken setting gives exactly one line, which starts with its name."""
    configure({key: value})
    problems = _problems()
    assert len(problems) == 1
    assert problems[0].startswith(f"{place}: ")
    assert words in problems[0]


def test_all_mistakes_come_at_once(configure: Configure) -> None:
    """Three mistakes are three lines, also when they are found in different ways."""
    configure({"nutri:domain": None, "hcloud:token": "short", "nutri:registryPassword": None})
    assert len(_problems()) == 3


def test_no_message_tells_a_secret(configure: Configure) -> None:
    """A token of the wrong length is not repeated in the message about it."""
    configure({"hcloud:token": "sesame-open"})
    assert "sesame" not in "\n".join(_problems())


def test_the_token_may_come_from_the_environment(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HCLOUD_TOKEN serves where the config has no token."""
    configure({"hcloud:token": None})
    monkeypatch.setenv("HCLOUD_TOKEN", "e" * 64)
    assert _problems() == []


def test_every_budget_of_the_checks_can_be_set(configure: Configure) -> None:
    """As the engine stores it, in words or as numbers; what is not set is the default."""
    budgets = {to_camel(name): str(one.default) for name, one in Budgets.model_fields.items()}
    configure({"nutri:expectations": budgets | {"diskShare": "0.5"}})
    parsed, problems = settings.parse(stack_config.read())
    assert (problems, parsed is not None and parsed.expectations.disk_share) == ([], 0.5)
    configure()
    parsed, _ = settings.parse(stack_config.read())
    assert parsed is not None
    assert parsed.expectations.model_dump() == Budgets().model_dump()


def test_what_is_set_reaches_the_checks(configure: Configure) -> None:
    """In the stack's outputs, by the name that the target has for it; defaults are the reader's."""
    configure({"nutri:expectations": {"diskShare": 0.5, "tokenDays": 90}})
    parsed, _ = settings.parse(stack_config.read())
    assert parsed is not None
    told = outputs._expectations(parsed)
    assert {"disk_share": 0.5, "token_days": 90}.items() <= told.items()
    assert "cpu_share" not in told
    found = Expectations.model_validate(told)
    assert (found.disk_share, found.token_days, found.cpu_share) == (0.5, 90, 0.9)


def test_a_zone_of_another_domain_is_not_made(configure: Configure) -> None:
    """The stack's own is made, unless it was there before; another's never."""
    configure()
    own, _ = settings.parse(stack_config.read())
    configure({"nutri:zone": "example.org", "nutri:domain": "beta.example.org"})
    beside, problems = settings.parse(stack_config.read())
    assert own is not None
    assert beside is not None, problems
    assert own.makes_zone
    assert not own.beside_a_zone().makes_zone
    assert not beside.makes_zone


@pytest.mark.parametrize("entry", ["server:delete", "server:resize-to-cx43", "*:delete"])
def test_an_acknowledgement_that_is_one_is_taken(configure: Configure, entry: str) -> None:
    """As the guard prints it."""
    configure({"nutri:acknowledge": [entry]})
    parsed, problems = settings.parse(stack_config.read())
    assert problems == []
    assert parsed is not None
    assert parsed.acknowledge == (entry,)
