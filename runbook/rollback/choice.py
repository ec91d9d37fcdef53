"""Which tag a rollback goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from common.target import ServiceTarget
    from common.verified import VerifiedTag


class NoGoodTagError(OperatorError):
    """Nothing is known that could be gone back to."""


def choose(
    service: ServiceTarget,
    configured: str,
    verified: Sequence[VerifiedTag],
    wanted: str | None = None,
) -> str:
    """Return the tag to go to: the one that is wanted, else the last verified good one.

    Args:
        service: its image counts, too: a tag of another image is no way back.
        configured: the tag that is left; it may have been verified, and be bad all the same.
        verified: newest first.
        wanted: a tag that was named.

    Raises:
        NoGoodTagError: there is no other verified one.
    """
    if wanted:
        return wanted
    good = [one.tag for one in verified if one.image == service.image and one.tag != configured]
    if good:
        return good[0]
    raise NoGoodTagError(
        f"no tag of {service.name} besides {configured} was verified good, so name one: "
        f"`runbook tags {service.name}` lists them, then `runbook rollback {service.name} TAG`"
    )


def require_known(service: ServiceTarget, tag: str, known: Collection[str]) -> None:
    """Refuse a tag that is to be had nowhere.

    Args:
        service: whose tag it is.
        tag: where to go.
        known: those in the registry and on the servers; empty when it cannot be told.

    Raises:
        OperatorError: it is not among them.
    """
    if known and tag not in known:
        raise OperatorError(
            f"there is no tag {tag} of {service.image}, neither in the registry nor on a server; "
            f"there are: {', '.join(sorted(known))}"
        )
