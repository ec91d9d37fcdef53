"""The rules for the first user."""

from __future__ import annotations

import pytest

from localcloud.coolify.boot.root_user import domain_resolves, violations
from localcloud.coolify.settings import CoolifySettings, RootUser

GOOD = RootUser("Ops team-1", "ops@nutri.test", "Correct-horse1")


def broken(**change: str) -> list[str]:
    """What is wrong with the good user after a change."""
    values = {"name": GOOD.name, "email": GOOD.email, "password": GOOD.password, **change}
    return violations(RootUser(**values), domain_resolves)


def test_a_good_user_breaks_no_rule() -> None:
    """Nothing is said."""
    assert broken() == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "ab"}, "name"),
        ({"name": "a.b.c"}, "name"),
        ({"email": "ops"}, "valid email"),
        ({"email": "ops@nutri.invalid"}, "domain must exist"),
        ({"email": "ops@example.com"}, "domain must exist"),
        ({"password": "Sh0rt-x"}, "at least 8"),
        ({"password": "correct-horse1"}, "uppercase"),
        ({"password": "CORRECT-HORSE1"}, "lowercase"),
        ({"password": "Correct-horse"}, "number"),
        ({"password": "Correcthorse1"}, "symbol"),
        ({"password": "P@ssw0rd"}, "data leak"),
    ],
)
def test_each_broken_rule_is_named(change: dict[str, str], said: str) -> None:
    """And no message holds the password."""
    (problem,) = broken(**change)
    assert said in problem
    assert change.get("password", "none") not in problem


def test_a_domain_may_be_asked_for_elsewhere() -> None:
    """Whether a domain exists is the caller's to find out."""
    assert violations(GOOD, lambda _: False) == ["The email's domain must exist."]


def test_settings_come_from_coolifys_own_variables() -> None:
    """A password may hold quotes and spaces, and is in no representation."""
    settings = CoolifySettings.from_env(
        {"DB_PASSWORD": "a'b\\ c", "AUTOUPDATE": "false", "API_RATE_LIMIT": "7"}
    )
    assert "password='a\\'b\\\\ c'" in settings.database_url
    assert (settings.autoupdate, settings.rate_limit) == (False, 7)
    assert "a'b" not in repr(settings)
