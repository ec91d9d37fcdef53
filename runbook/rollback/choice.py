"""Which tag a rollback goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from common.target import ServiceTarget
    from common.verified import VerifiedTag


class NoGoodTagError(OperatorError):
    """Nothing is known that could be gone back to."""


def suspect(
    left: Mapping[ServiceTarget, str], verified: Mapping[str, Sequence[VerifiedTag]]
) -> ServiceTarget:
    """Return the one service whose tag is not the last that was verified good.

    Args:
        left: the services, each with the tag that is configured.
        verified: by the service's name, newest first.

    Raises:
        OperatorError: there is none, or more than one.
    """
    found = [service for service, tag in left.items() if tag not in _newest(verified, service)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(service.name for service in found or left)
    which = "more than one service has" if found else "no service has"
    raise OperatorError(
        f"{which} a tag that was not verified good, so say which one to roll back: {names}"
    )


def _newest(verified: Mapping[str, Sequence[VerifiedTag]], service: ServiceTarget) -> list[str]:
    return [one.tag for one in verified.get(service.name, ()) if one.image == service.image][:1]


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
