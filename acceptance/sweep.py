"""All that runs left at Hetzner, by the one label each thing carries: found, deleted, proven gone.

Whatever ended a run, this needs nothing of it but the label: no state, no file, no passphrase.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from acceptance.config import AcceptanceError
from clients.hetzner import Hetzner, HetznerError, reach
from common.errors import OperatorError
from common.target import HetznerTarget
from common.waiting import NotYetError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from acceptance.config import Config

LABEL = "stack"
PREFIX = "acceptance-"
NOUNS = (
    "load_balancers",
    "servers",
    "volumes",
    "floating_ips",
    "primary_ips",
    "firewalls",
    "networks",
    "placement_groups",
    "certificates",
    "ssh_keys",
    "images",
    "zones",
)
"""All that a project can hold, in an order in which it can be deleted."""
BOXES = "storage_boxes"
_OWN_IMAGES = {"type": ["snapshot", "backup"]}
_SECONDS = 900.0

Inventory = Mapping[str, list[int]]
"""Ids by noun."""


@dataclass(frozen=True)
class Thing:
    """One thing of a project."""

    noun: str
    path: str
    id: int
    name: str
    run: str
    """The run it belongs to; empty: to none."""
    protected: bool

    def __str__(self) -> str:
        return f"{self.noun.removesuffix('s')} {self.name} ({self.id})"


class Project:
    """A Hetzner project, with the API that sells its Storage Boxes."""

    def __init__(self, cloud: Hetzner, boxes: Hetzner) -> None:
        self._cloud = cloud
        self._boxes = boxes

    def price_lists(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return what everything costs, and what Storage Boxes do; raises HetznerError."""
        pricing = dict(self._cloud.get("pricing")["pricing"])
        return pricing, self._boxes.all("storage_box_types")

    def things(self) -> list[Thing]:
        """Everything in it, in the order in which it can go; raises HetznerError."""
        return [*self._records(), *self._rest()]

    def _rest(self) -> Iterator[Thing]:
        for noun in (*NOUNS, BOXES):
            options = _OWN_IMAGES if noun == "images" else {}
            api = self._boxes if noun == BOXES else self._cloud
            yield from (_thing(noun, one) for one in api.all(noun, **options))

    def _records(self) -> Iterator[Thing]:
        """Records of ours in a zone that is not: they cost nothing, and lead to nobody."""
        for zone in self._cloud.all("zones"):
            for one in self._cloud.all(f"zones/{zone['id']}/rrsets"):
                run = _run(one)
                if run and run != _run(zone):
                    path = f"zones/{zone['id']}/rrsets/{one['name']}/{one['type']}"
                    name = f"{one['name']}.{zone['name']}"
                    yield Thing("records", path, zone["id"], name, run, protected=False)

    def delete(self, thing: Thing) -> None:
        """Delete a thing, protected or not; raises HetznerError."""
        api = self._boxes if thing.noun == BOXES else self._cloud
        if thing.protected:
            both = {"rebuild": False} if thing.noun == "servers" else {}
            api.post(f"{thing.path}/actions/change_protection", {"delete": False, **both})
        api.delete(thing.path, wait=False)


def _thing(noun: str, one: Mapping[str, Any]) -> Thing:
    name = str(one.get("name") or one.get("description") or one["id"])
    protected = bool((one.get("protection") or {}).get("delete"))
    return Thing(noun, f"{noun}/{one['id']}", int(one["id"]), name, _run(one), protected)


def _run(one: Mapping[str, Any]) -> str:
    label = str((one.get("labels") or {}).get(LABEL, ""))
    return label if label.startswith(PREFIX) else ""


@contextlib.contextmanager
def open_project(config: Config, token: str) -> Iterator[Project]:
    """Reach the project of a config."""
    target = HetznerTarget(endpoint=config.hetzner.endpoint, token=SecretStr(token))
    boxes = HetznerTarget(endpoint=config.hetzner.boxes, token=SecretStr(token))
    with reach(target) as cloud, reach(boxes) as seller:
        yield Project(cloud, seller)


def inventory(things: list[Thing]) -> dict[str, list[int]]:
    """Return what is there, for a later look to tell what is new."""
    found: dict[str, list[int]] = {}
    for one in things:
        found.setdefault(one.noun, []).append(one.id)
    return found


def is_of(thing: Thing, run: str | None) -> bool:
    """Whether a thing belongs to a run; to any, where none is named."""
    return bool(thing.run) and run in {None, thing.run}


def remove(
    project: Project, run: str | None, say: Callable[[str], None], bound: float = _SECONDS
) -> int:
    """Delete all that belongs to a run, or to any; what is in use is tried again.

    Returns:
        How many things were deleted.

    Raises:
        AcceptanceError: something could not be deleted in time; it is named.
    """
    told: set[str] = set()

    def all_gone() -> bool:
        left = [one for one in project.things() if is_of(one, run)]
        refused = [why for one in left if (why := _tried(project, one, told, say))]
        if left:
            raise NotYetError("; ".join(refused) or f"{len(left)} still going")
        return True

    try:
        wait_until(
            "everything of the run to be deleted",
            all_gone,
            bound=bound,
            interval=0.5,
            retry_on=(NotYetError, HetznerError),
        )
    except OperatorError as error:
        raise AcceptanceError(f"{error}; `make acceptance-clean` tries again") from None
    return len(told)


def _tried(project: Project, one: Thing, told: set[str], say: Callable[[str], None]) -> str | None:
    try:
        project.delete(one)
    except HetznerError as error:
        return f"{one}: {error}"
    if str(one) not in told:
        told.add(str(one))
        say(f"  deleted: {one}")
    return None


def prove(project: Project, run: str | None, before: Inventory | None) -> list[str]:
    """Look over everything once more.

    Args:
        project: the project.
        run: the run; None for all runs.
        before: what was there before it; None where nobody knows.

    Returns:
        A line for each thing that is left; none: nothing is left that costs.
    """
    found = project.things()
    ours = [f"left: {one}" for one in found if is_of(one, run)]
    if before is None:
        return ours
    new = [one for one in found if not one.run and one.id not in before.get(one.noun, [])]
    return [*ours, *(f"left, and without the run's label: {one}" for one in new)]
