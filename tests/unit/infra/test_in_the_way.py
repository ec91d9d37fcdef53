"""What a script on a server says when the proxy heeds no file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from infra.remote import program

_PART = Path(__file__).parents[3] / "infra" / "scripts" / "parts" / "in-the-way.sh"
_SAID = (
    "\x1b[90m2026-11-30T20:37:44Z\x1b[0m \x1b[31mERR\x1b[0m Error occurred during watcher "
    'callback \x1b[36merror=\x1b[0m\x1b[31m"/traefik/dynamic/theirs.yaml: field not found, '
    'node: rulee"\x1b[0m providerName=file'
)


@pytest.mark.parametrize(
    ("log", "wanted"),
    [
        (_SAID, "in the way is /data/coolify/proxy/dynamic/theirs.yaml: field not found"),
        ("all is well", "see: docker logs coolify-proxy"),
    ],
)
def test_the_file_in_the_way_is_named(log: str, wanted: str, tmp_path: Path) -> None:
    """By the proxy's own word, colours and all."""
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\ncat <<'END'\n{log}\nEND\n")
    docker.chmod(0o755)
    script = _PART.read_text() + "\nsay_in_the_way 0\n"
    done = subprocess.run(
        ["bash", "-s"],
        input=script,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert wanted in done.stderr


@pytest.mark.parametrize("script", ["maintenance-on", "maintenance-off", "balancer-routes"])
def test_a_script_has_the_parts_it_uses(script: str) -> None:
    """They travel with it."""
    assert "in_the_way() {" in program(f"{script}.sh", {})
