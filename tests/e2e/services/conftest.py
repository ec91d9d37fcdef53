"""A stack of four services: two more than the repository's, by data alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.e2e.conftest import ROOT, own_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import Target
    from tests.e2e.conftest import Stack

SESAME = "open-sesame-and-32-characters-more"
ODD = {
    "ODD_QUOTES": 'a "b" `c` $D ${E} #f %g \\h',
    "ODD_LINES": "one\n  two # no comment\nthree=3",
    "ODD_UNICODE": "é \N{ROCKET} \N{CJK UNIFIED IDEOGRAPH-4E2D}",
    "ODD_JSON": '["https://a.test", "b"]',
    "ODD_EMPTY": "",
    "ODD_LARGE": "x" * 32_768,
}
_IMAGE = "ghcr.localcloud.test/nutri/backend"
_HEALTH = {"livePath": "/health", "interval": 2, "retries": 15, "startPeriod": 1}
MORE: dict[str, Any] = {
    "nutri-worker": {"image": _IMAGE, "tag": "drain-1", "http": False, "health": _HEALTH},
    "nutri-admin": {
        "image": _IMAGE,
        "tag": "drain-1",
        "port": 3000,
        "subdomain": "admin",
        "health": _HEALTH,
        "needs": ["nutri-backend"],
        "rollout": "stop-first",
        "memory": "256MiB",
        "cpus": 0.5,
    },
}


@pytest.fixture(scope="module")
def stack(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """All four, with values that are hard to hand on, and a secret that is easy to find."""
    with own_stack(cloud_environment, tmp_path_factory, "services") as made:
        whole = yaml.safe_load((ROOT / "app.yaml").read_text())
        whole["services"] |= MORE
        (made.folder / "app.yaml").unlink()
        (made.folder / "app.yaml").write_text(yaml.safe_dump(whole, sort_keys=False))
        made.change("nutri-backend", variables=ODD)
        made.set_secret("nutri:secrets.nutri-backend.JWT_SECRET", SESAME)
        made.up()
        yield made


@pytest.fixture
def target(stack: Stack) -> Target:
    """The stack's outputs."""
    return stack.described()
