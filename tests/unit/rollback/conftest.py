"""What Docker told of a replica on a server of the local double, and a target that fits it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from common.target import ServiceTarget, Target
from runbook.rollback.clone import Inspected, parse_container, parse_image
from tests.unit.targets import make_target

RECORDED = Path(__file__).parent / "recorded"
IMAGE = "ghcr.localcloud.test/nutri/backend"


@pytest.fixture
def container() -> Inspected:
    """A replica of the backend with tag good-1."""
    return parse_container((RECORDED / "container.json").read_text())


@pytest.fixture
def defaults() -> dict[str, Any]:
    """What its image gives it."""
    return parse_image((RECORDED / "image.json").read_text())


@pytest.fixture
def service() -> ServiceTarget:
    """The backend of two replicas, at the tag that turned out bad."""
    return ServiceTarget(
        name="nutri-backend",
        url="https://api.nutri.test",
        image=IMAGE,
        tag="bad",
        replicas=2,
        applications=("app-a", "app-b"),
        tag_setting="nutri:services.nutri-backend.tag",
    )


@pytest.fixture
def target(service: ServiceTarget) -> Target:
    """A stack with that service."""
    return make_target(9).model_copy(update={"services": (service,)})
