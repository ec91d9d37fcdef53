"""Whether a tag is there to be deployed."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from clients.registry import Registry, through
from common.errors import OperatorError
from runbook import servers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from common.target import ServiceTarget, Target

_NEAREST = 5


def require_tag(target: Target, service: ServiceTarget, tag: str) -> None:
    """Refuse a tag that the registry does not have.

    Raises:
        OperatorError: it has not, or does not tell.
    """
    first = target.model_copy(update={"servers": target.servers[:1]})
    with (
        servers.connect_all(first) as (client,),
        through(client, target.vantage.ca_bundle) as connect,
    ):
        check(service, tag, Registry(service.image, target.registry, connect).tags())


def check(service: ServiceTarget, tag: str, known: Sequence[str]) -> None:
    """Refuse a tag that is not among the known ones, and name those most like it.

    Raises:
        OperatorError: it is not among them.
    """
    if tag in known:
        return
    near = difflib.get_close_matches(tag, known, _NEAREST, 0.0)
    raise OperatorError(
        f"the registry has no tag {tag} of {service.image}; nearest: {', '.join(near) or 'none'}. "
        f"`runbook tags {service.name}` lists them all; has its build pushed it yet?"
    )
