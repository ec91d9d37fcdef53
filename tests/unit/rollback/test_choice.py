"""Which tag a rollback goes to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from common.errors import OperatorError
from common.verified import VerifiedTag
from runbook.rollback.choice import NoGoodTagError, choose, require_known, suspect
from tests.unit.rollback.conftest import IMAGE

if TYPE_CHECKING:
    from common.target import ServiceTarget


def _good(*tags: str, image: str = IMAGE) -> list[VerifiedTag]:
    return [VerifiedTag(image=image, tag=tag, at=datetime.now(UTC)) for tag in tags]


@pytest.mark.parametrize(
    ("configured", "good", "chosen"),
    [
        ("v3", ["v2", "v1"], "v2"),  # the update to v3 failed
        ("v2", ["v2", "v1"], "v1"),  # v2 was verified, and is bad all the same
    ],
)
def test_the_last_verified_one_but_the_one_that_is_left(
    configured: str, good: list[str], chosen: str, service: ServiceTarget
) -> None:
    """Whether or not the bad one was verified."""
    assert choose(service, configured, _good(*good)) == chosen


def test_a_named_tag_goes_first(service: ServiceTarget) -> None:
    """The operator knows best."""
    assert choose(service, "v3", _good("v2"), "v0") == "v0"


def test_nothing_to_go_back_to_names_the_way_on(service: ServiceTarget) -> None:
    """No list, only the tag that is left, or only tags of another image."""
    for good in (_good(), _good("v3"), _good("v2", image="ghcr.io/else")):
        with pytest.raises(NoGoodTagError, match="`runbook tags nutri-backend` lists them"):
            choose(service, "v3", good)


def test_the_service_to_blame_is_found(service: ServiceTarget) -> None:
    """The one whose tag is not the newest good one; where that is nobody or two, both are named."""
    other = service.model_copy(update={"name": "nutri-ml-service"})
    good = {one.name: _good("v2", "v1") for one in (service, other)}
    assert suspect({service: "v2", other: "v3"}, good) == other
    assert suspect({service: "v2", other: "v3"}, {service.name: _good("v2")}) == other
    for tags, said in ((("v2", "v2"), "no service has"), (("v1", "v3"), "more than one service")):
        with pytest.raises(OperatorError, match=f"{said}.*: nutri-backend, nutri-ml-service"):
            suspect(dict(zip((service, other), tags, strict=True)), good)


def test_a_tag_that_is_nowhere_is_refused(service: ServiceTarget) -> None:
    """With those that are there; where nothing can be told, nothing is refused."""
    with pytest.raises(OperatorError, match=r"no tag v9 .* there are: v1, v2"):
        require_known(service, "v9", {"v2", "v1"})
    require_known(service, "v1", {"v2", "v1"})
    require_known(service, "v9", set())
