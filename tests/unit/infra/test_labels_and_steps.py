"""Pure text: routing labels, scripts with their values, user data, random secrets."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from infra import remote
from infra.app import labels
from infra.servers import cloud_init, keys

_SCRIPTS = sorted((Path(remote.__file__).parent / "scripts").glob("*.sh"))


def test_every_replica_gets_the_same_lines() -> None:
    """Traefik drops services defined in two ways, so the lines depend on the service alone."""
    lines = labels.routing("nutri-backend", "api.nutri.test", 3000, "/health")
    assert lines == labels.routing("nutri-backend", "api.nutri.test", 3000, "/health")
    assert "traefik.http.routers.nutri-backend.rule=Host(`api.nutri.test`)" in lines
    assert "traefik.http.services.nutri-backend.loadbalancer.server.port=3000" in lines
    assert not [line for line in lines if line.startswith("coolify.")]


def test_a_further_servers_proxy_asks_for_no_certificate() -> None:
    """It would spend the vendor's limit on names that do not lead to it; all else is the same."""
    lines = labels.routing("nutri-backend", "api.nutri.test", 3000, "/health")
    further = labels.routing("nutri-backend", "api.nutri.test", 3000, "/health", asks=False)
    router = "traefik.http.routers.nutri-backend"
    assert set(lines) - set(further) == {f"{router}.tls.certresolver=letsencrypt"}
    assert f"{router}.tls=true" in further


@given(st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_values_reach_a_script_as_they_are(value: str) -> None:
    """Whatever a value holds, the shell reads exactly that and runs nothing of it."""
    script = remote.program("wait-for-boot.sh", {"VALUE": value}).partition("\n# Waits")[0]
    done = subprocess.run(
        ["bash", "-c", f'{script}\nprintf %s "$VALUE"'], capture_output=True, check=True
    )
    assert done.stdout == value.encode()


@pytest.mark.parametrize("script", _SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_sound(script: Path) -> None:
    """Each script parses, stops at the first failure and says what it wants."""
    subprocess.run(["bash", "-n", str(script)], check=True)
    text = script.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert "# Wants:" in text


_SECRET = re.compile(r"\$\{?\w*(PASSWORD|KEY|TOKEN|SECRET|CONFIG|ENVIRONMENT)\b")


@pytest.mark.parametrize("script", _SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_no_secret_and_no_long_line(script: Path) -> None:
    """What it says ends up in the state, and in the terminal where it fails."""
    for line in script.read_text(encoding="utf-8").splitlines():
        if re.search(r"\b(echo|printf|cat)\b", line) and not re.search(r"[|>]", line):
            assert not _SECRET.search(line), line
        assert not re.search(r"\bset -\w*x|\bxtrace\b", line), line


def test_user_data_gives_the_server_its_host_key_only() -> None:
    """cloud-init gets the pinned key; it makes no other key and allows no password."""
    config = yaml.safe_load(cloud_init.user_data("PRIVATE", "PUBLIC"))
    assert config["ssh_keys"] == {"ed25519_private": "PRIVATE", "ed25519_public": "PUBLIC"}
    assert config["ssh_genkeytypes"] == []
    assert config["ssh_pwauth"] is False


def test_passwords_meet_coolifys_rules() -> None:
    """Upper, lower, digit and symbol, and nothing its sed or dotenv file would eat."""
    password = keys.random_password(32)
    assert len(password) == 32
    assert any(c.isupper() for c in password)
    assert any(c.islower() for c in password)
    assert any(c.isdigit() for c in password)
    assert set(password) & set("-_.%+=")
    assert not set(password) & set("|&\\$#'\" ")


def test_tokens_differ_and_hold_no_bar() -> None:
    """Sanctum reads `id|secret` where a bearer has a bar, so ours has none."""
    tokens = {keys.random_token(48) for _ in range(50)}
    assert len(tokens) == 50
    assert all(token.isalnum() for token in tokens)
