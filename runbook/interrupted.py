"""After an update that was cut short: what the config says, what serves, and what to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import checks
from common.errors import OperatorError
from runbook.stack import load_target

if TYPE_CHECKING:
    from common.target import ServiceTarget, Target
    from runbook.updates import Updates

_CHECK = "containers"
_BOUND = 20.0


def line(updates: Updates) -> str:
    """All of it in one line; what cannot be told is said to be so."""
    try:
        target = load_target(updates.stack)
    except OperatorError as error:
        return f"what serves cannot be told ({error}); `pulumi up` goes on where it stopped"
    said = [_service(updates, one, serving) for one, serving in _serving(target)]
    return f"{'; '.join(said)}. `pulumi up` goes on to what the config says"


def standing(target: Target, service: ServiceTarget, configured: str) -> list[str]:
    """What serves, and whether it stays; a line each.

    Args:
        target: the stack, as it was before or as it is now.
        service: what should serve now; it counts instead of the stack's own of that name.
        configured: the tag that the config has.
    """
    wanted = tuple(service if one.name == service.name else one for one in target.services)
    only = {(_CHECK, service.name)}
    now = target.model_copy(update={"services": wanted})
    report = checks.run(now, checks.select([_CHECK]), only=only, bound=_BOUND)
    seen = "; ".join(one.verdict.message for one in report.results) or "not looked at"
    stays = "it stays" if configured == service.tag else f"the next `pulumi up` brings {configured}"
    return [
        f"serving now: {service.name} {service.tag}: {seen}",
        f"the config says {configured}: {stays}",
    ]


def _serving(target: Target) -> list[tuple[ServiceTarget, str]]:
    report = checks.run(target, checks.select([_CHECK]), bound=_BOUND)
    seen = {result.subject: result.verdict.message for result in report.results}
    return [(one, seen.get(one.name, "not looked at")) for one in target.services]


def _service(updates: Updates, service: ServiceTarget, serving: str) -> str:
    configured = (service.tag_setting and updates.value(service.tag_setting)) or service.tag
    return f"{service.name}: the config says {configured}, serving is: {serving}"
