"""Which passphrase the engine takes, and which one is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from common import passphrase

if TYPE_CHECKING:
    from pathlib import Path

LONG = "correct horse battery"
CLOUD, DOUBLE = "https://api.hetzner.cloud/v1", "http://127.0.0.1:8421/v1"


def test_the_variable_is_preferred_to_the_file(tmp_path: Path) -> None:
    """Even an empty one, as the engine does."""
    file = tmp_path / "secret"
    file.write_text(f"{LONG}\n")
    by_file = {passphrase.FILE_VARIABLE: str(file)}
    assert passphrase.of(by_file) == LONG
    assert passphrase.of(by_file | {passphrase.VARIABLE: "local"}) == "local"
    assert passphrase.of(by_file | {passphrase.VARIABLE: ""}) == ""
    assert passphrase.of({}) is None
    with pytest.raises(passphrase.PassphraseError, match="/none cannot be read"):
        passphrase.of({passphrase.FILE_VARIABLE: "/none"})


@pytest.mark.parametrize("public", ["local", "", "short"])
def test_a_public_one_is_refused_with_a_real_cloud(public: str) -> None:
    """By the name of what holds it; it is never shown."""
    given = {passphrase.VARIABLE: public}
    (said,) = passphrase.problems(CLOUD, given)
    assert said.startswith("PULUMI_CONFIG_PASSPHRASE: it ")
    assert "change-secrets-provider" in said
    assert "short" not in said
    assert passphrase.problems(DOUBLE, given) == []


def test_a_file_with_a_public_one_is_refused_too(tmp_path: Path) -> None:
    """It is no better for lying in a file."""
    file = tmp_path / "secret"
    file.write_text("local\n")
    (said,) = passphrase.problems(CLOUD, {passphrase.FILE_VARIABLE: str(file)})
    assert said.startswith("PULUMI_CONFIG_PASSPHRASE_FILE: it is 'local'")


def test_a_secret_one_and_none_are_no_problem() -> None:
    """Without any the engine asks, or has another way to keep secrets."""
    assert passphrase.problems(CLOUD, {passphrase.VARIABLE: LONG}) == []
    assert passphrase.problems(CLOUD, {}) == []


@pytest.mark.parametrize(
    ("url", "is_loopback"),
    [
        (DOUBLE, True),
        ("http://127.3.2.1/v1", True),
        ("http://[::1]:80/v1", True),
        ("http://localhost:80/v1", True),
        (CLOUD, False),
        ("http://127.0.0.1.evil.test/v1", False),
        ("http://localhost.evil.test/v1", False),
        ("", False),
    ],
)
def test_what_is_on_this_machine(url: str, *, is_loopback: bool) -> None:
    """Only an address that is literally one of loopback."""
    assert passphrase.is_loopback(url) is is_loopback
