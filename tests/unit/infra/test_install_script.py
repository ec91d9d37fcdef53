"""What the step that installs Coolify writes beside the compose files of the newest release."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
_SCRIPT = ROOT / "infra" / "scripts" / "install-coolify.sh"
_CDN = ROOT / "localcloud" / "coolify" / "cdn"
_LATER = """services:
  # Placeholder for overrides of before.
  soketi:
    image: busybox
    profiles:
      - legacy
  coolify:
    image: coolify
    ports:
      - "8000:8080"
      - "6001:6001"
"""


class _Loader(yaml.SafeLoader):
    """Takes compose's `!override` for what stands behind it."""


_Loader.add_constructor("!override", lambda loader, node: loader.construct_sequence(node))  # type: ignore[arg-type]


def _written(compose: str, folder: Path) -> dict[str, Any]:
    """Run the function on a compose file; returns the ports by service."""
    text = _SCRIPT.read_text().partition("# The exit code of the installer")[0]
    (folder / "compose.yml").write_text(compose)
    script = (
        text.replace("/data/coolify/source", str(folder))
        + f'\ncurl() {{ echo "$*" >>{folder}/asked; cat {folder}/compose.yml; }}\nkeep_to_loopback'
    )
    environment = {"PATH": "/usr/bin:/bin", "INSTALLER_URL": "https://cdn.test/coolify/install.sh"}
    subprocess.run(["bash", "-c", script], env=environment, check=True)
    assert "https://cdn.test/coolify/docker-compose.prod.yml" in (folder / "asked").read_text()
    found = yaml.load((folder / "docker-compose.custom.yml").read_text(), _Loader)  # noqa: S506
    return {name: service["ports"] for name, service in found["services"].items()}


@pytest.mark.parametrize(
    ("compose", "ports"),
    [
        (
            (_CDN / "docker-compose.prod.yml").read_text(),
            {
                "coolify": ["127.0.0.1:8000:8080"],
                "soketi": ["127.0.0.1:6001:6001", "127.0.0.1:6002:6002"],
            },
        ),
        (
            _LATER,
            {"coolify": ["127.0.0.1:8000:8080", "127.0.0.1:6001:6001", "127.0.0.1:6002:6002"]},
        ),
        (
            "services:\n  coolify:\n    image: coolify\nvolumes:\n  soketi:\n",
            {"coolify": ["127.0.0.1:8000:8080", "127.0.0.1:6001:6001", "127.0.0.1:6002:6002"]},
        ),
    ],
    ids=["with soketi", "with a placeholder for it", "without it"],
)
def test_ports_are_on_loopback_whatever_release_is_the_newest(
    tmp_path: Path, compose: str, ports: dict[str, list[str]]
) -> None:
    """A service that is not made any more is not spoken of: it would have no image."""
    assert _written(compose, tmp_path) == ports
