"""Server types, their prices and their deprecation per location."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from localcloud.hetzner.locations.models import LOCATIONS, Location

if TYPE_CHECKING:
    from localcloud.hetzner.clock import Clock
    from localcloud.hetzner.knobs import Knobs

HOURS_PER_MONTH = 624  # what the vendor divides by; the monthly price is the cap
VAT_RATE = Decimal("0.19")
TEBIBYTE = 1024**4
_OVERSEAS = Decimal("1.2")  # an estimate: list prices outside Europe were not to be had


@dataclass(frozen=True)
class Deprecation:
    """When the end was announced, and the last moment to order."""

    announced: str
    unavailable_after: str

    def over(self, clock: Clock) -> bool:
        """Whether it cannot be ordered any more."""
        return datetime.fromisoformat(self.unavailable_after) < clock.now()


@dataclass(frozen=True)
class ServerType:
    """A size of server."""

    id: int
    name: str
    cores: int
    memory: float
    """GB."""
    disk: int
    """GB."""
    monthly: str
    """Net euros in Europe."""
    category: str
    cpu_type: str = "shared"
    architecture: str = "x86"
    europe: Deprecation | None = None
    """The end in the European locations."""
    overseas: bool = False
    """Whether it is sold outside Europe, for good."""

    @property
    def description(self) -> str:
        """What the vendor calls it for people: `CX33`, `CPX 32`, `CCX23 Dedicated CPU`."""
        family, number = self.name.rstrip("0123456789").upper(), self.name.lstrip("abcdefgpx")
        if family == "CPX":
            return f"{family} {number}"
        return f"{family}{number}" + (" Dedicated CPU" if self.cpu_type == "dedicated" else "")

    @property
    def locations(self) -> tuple[Location, ...]:
        """Where it is, or was, sold."""
        return tuple(one for one in LOCATIONS if one.in_europe or self.overseas)

    @property
    def deprecation(self) -> Deprecation | None:
        """The deprecation of the type as a whole, in all of its locations."""
        return None if self.overseas else self.europe

    def deprecation_in(self, location: Location) -> Deprecation | None:
        """The deprecation in one location."""
        return self.europe if location.in_europe else None

    def listed(self, clock: Clock) -> bool:
        """Whether lists still show it; the answer to a question by id always does."""
        return any(self.offered(location, clock) for location in self.locations)

    def offered(self, location: Location, clock: Clock) -> bool:
        """Whether it may be ordered in a location, stock aside."""
        deprecation = self.deprecation_in(location)
        return location in self.locations and not (deprecation and deprecation.over(clock))

    def available(self, location: Location, clock: Clock, knobs: Knobs) -> bool:
        """Whether it can be had in a location right now."""
        sold_out = knobs.is_sold_out(self.name, location.name)
        return self.offered(location, clock) and not sold_out

    def monthly_in(self, location: Location) -> Decimal:
        """Net euros a month."""
        price = Decimal(self.monthly)
        return price if location.in_europe else (price * _OVERSEAS).quantize(Decimal("0.01"))

    def hourly_in(self, location: Location) -> Decimal:
        """Net euros an hour."""
        return hourly(self.monthly_in(location))


def hourly(monthly: Decimal) -> Decimal:
    """The hourly price that belongs to a monthly cap."""
    return (monthly / HOURS_PER_MONTH).quantize(Decimal("0.0001"), ROUND_HALF_UP)


_CX_GEN_2 = Deprecation("2025-10-16T06:00:00+00:00", "2025-12-31T23:59:59+00:00")
_CX11 = Deprecation("2024-06-06T06:00:00+00:00", "2024-09-06T00:00:00+00:00")
_COST = "cost_optimized"
_REGULAR = "regular_purpose"
_GENERAL = "general_purpose"


def _family(  # noqa: PLR0913 what a family has in common
    rows: tuple[tuple[int, str, int, int, int, str], ...],
    category: str,
    *,
    cpu_type: str = "shared",
    architecture: str = "x86",
    europe: Deprecation | None = None,
    overseas: bool = False,
) -> tuple[ServerType, ...]:
    return tuple(
        ServerType(
            *row,
            category,
            cpu_type=cpu_type,
            architecture=architecture,
            europe=europe,
            overseas=overseas,
        )
        for row in rows
    )


# id, name, cores, GB of memory, GB of disk, net euros a month in Europe (list of September 2026).
# Estimates, as no list had them: cpx12, the prices of the first CPX generation, cax21 to cax41,
# ccx53, ccx63.
_CX_2 = (
    (104, "cx22", 2, 4, 40, "3.79"),
    (105, "cx32", 4, 8, 80, "6.30"),
    (106, "cx42", 8, 16, 160, "16.40"),
    (107, "cx52", 16, 32, 320, "32.40"),
)
_CX_3 = (
    (114, "cx23", 2, 4, 40, "5.49"),
    (115, "cx33", 4, 8, 80, "8.49"),
    (116, "cx43", 8, 16, 160, "15.99"),
    (117, "cx53", 16, 32, 320, "29.49"),
)
_CPX_1 = (
    (22, "cpx11", 2, 2, 40, "7.99"),
    (23, "cpx21", 3, 4, 80, "13.99"),
    (24, "cpx31", 4, 8, 160, "25.99"),
    (25, "cpx41", 8, 16, 240, "47.99"),
    (26, "cpx51", 16, 32, 360, "94.99"),
)
_CPX_2 = (
    (108, "cpx12", 1, 2, 40, "10.49"),
    (109, "cpx22", 2, 4, 80, "19.49"),
    (110, "cpx32", 4, 8, 160, "35.49"),
    (111, "cpx42", 8, 16, 320, "69.49"),
    (112, "cpx52", 12, 24, 480, "100.49"),
    (113, "cpx62", 16, 32, 640, "129.99"),
)
_CAX = (
    (45, "cax11", 2, 4, 40, "5.99"),
    (93, "cax21", 4, 8, 80, "10.49"),
    (94, "cax31", 8, 16, 160, "20.99"),
    (95, "cax41", 16, 32, 320, "40.99"),
)
_CCX = (
    (96, "ccx13", 2, 8, 80, "42.99"),
    (97, "ccx23", 4, 16, 160, "85.99"),
    (98, "ccx33", 8, 32, 240, "138.49"),
    (99, "ccx43", 16, 64, 360, "275.99"),
    (100, "ccx53", 32, 128, 600, "551.99"),
    (101, "ccx63", 48, 192, 960, "827.99"),
)
SERVER_TYPES = (
    *_family(((1, "cx11", 1, 2, 20, "3.29"),), _COST, europe=_CX11),
    *_family(_CX_2, _COST, europe=_CX_GEN_2),
    *_family(_CX_3, _COST),
    *_family(_CPX_1, _REGULAR, europe=_CX_GEN_2, overseas=True),
    *_family(_CPX_2, _REGULAR, overseas=True),
    *_family(_CAX, _COST, architecture="arm"),
    *_family(_CCX, _GENERAL, cpu_type="dedicated", overseas=True),
)
