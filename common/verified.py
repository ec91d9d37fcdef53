"""Tags that were verified good: what a rollback goes back to.

A bounded list per service, newest first. Going back to a tag takes those after it off the list:
whoever went back had a reason, and the next rollback must not bring them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

KEPT = 10
"""So many tags of each service are kept."""


class VerifiedTag(BaseModel):
    """A tag all checks were green with, and when that was so last."""

    model_config = ConfigDict(frozen=True)

    image: str
    tag: str
    at: AwareDatetime


Verified = dict[str, tuple[VerifiedTag, ...]]
"""By service, newest first."""

_adapter = TypeAdapter(Verified)


def parse(value: object) -> Verified:
    """Read what `as_plain` made; nothing where there is nothing yet.

    Raises:
        ValueError: it is something else.
    """
    return _adapter.validate_python(value or {})


def as_plain(verified: Verified) -> dict[str, list[dict[str, str]]]:
    """Return it in JSON's types."""
    return _adapter.dump_python(verified, mode="json")  # type: ignore[no-any-return]


def record(before: Verified, served: Mapping[str, tuple[str, str]], now: datetime) -> Verified:
    """Add the tags that were verified just now.

    Args:
        before: what was known; services that are no more are dropped.
        served: image and tag by service.
        now: when that was.
    """
    return {
        service: _with(before.get(service, ()), VerifiedTag(image=image, tag=tag, at=now))
        for service, (image, tag) in served.items()
    }


def _with(known: Sequence[VerifiedTag], new: VerifiedTag) -> tuple[VerifiedTag, ...]:
    names = [(one.image, one.tag) for one in known]
    place = (new.image, new.tag)
    older = known[names.index(place) + 1 :] if place in names else known
    return (new, *older)[:KEPT]
