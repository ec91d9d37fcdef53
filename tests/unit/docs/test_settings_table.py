"""The page of settings is generated, current, and tells each of them."""

from __future__ import annotations

from tests.unit.docs.settings_table import FILE, SECRETS, declared, secrets, text


def test_the_page_is_current() -> None:
    """Run `python -m tests.unit.docs.settings_table` after a change of Pulumi.yaml."""
    assert FILE.read_text() == text()


def test_every_setting_is_described() -> None:
    """In Pulumi.yaml; the secrets, which it cannot hold, beside the page's program."""
    assert [one for one in secrets() if not SECRETS.get(one)] == []
    assert [name for name, one in declared().items() if not one.get("description")] == []
