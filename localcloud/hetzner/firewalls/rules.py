"""Rules of a firewall: what may be written, and what they mean for a machine."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.machines import InboundRule

MAX_RULES = 50
LAST_PORT = 65535
_WITH_PORTS = frozenset({"tcp", "udp"})


@dataclass(frozen=True)
class Rule:
    """What is let through."""

    direction: str
    """in or out."""
    protocol: str
    port: str | None = None
    """`80` or `80-90`; None where the protocol has no ports."""
    source_ips: tuple[str, ...] = ()
    destination_ips: tuple[str, ...] = ()
    description: str | None = None

    def check(self, field: str) -> None:
        """Raise InvalidInputError unless the rule makes sense; `field` is its place in the body."""
        _check_port(self, field)
        own, other = ("source_ips", "destination_ips")
        if self.direction == "out":
            own, other = other, own
        if not getattr(self, own):
            raise InvalidInputError.field(
                f"{field}.{own}", f"is needed for direction {self.direction}"
            )
        if getattr(self, other):
            raise InvalidInputError.field(
                f"{field}.{other}", f"is not for direction {self.direction}"
            )
        for cidr in (*self.source_ips, *self.destination_ips):
            _check_cidr(cidr, f"{field}.{own}")

    @property
    def inbound(self) -> InboundRule | None:
        """The rule as a machine takes it; None for one that is about outbound packets."""
        if self.direction != "in":
            return None
        ports = _ports(self.port) if self.port else (1, LAST_PORT)
        return InboundRule(self.protocol, ports, self.source_ips)


def check_rules(rules: tuple[Rule, ...]) -> None:
    """Raise InvalidInputError for a rule that cannot be, or too many."""
    if len(rules) > MAX_RULES:
        raise InvalidInputError.field("rules", f"at most {MAX_RULES} rules are possible")
    for position, rule in enumerate(rules):
        rule.check(f"rules.{position}")


def _check_port(rule: Rule, field: str) -> None:
    if rule.protocol not in _WITH_PORTS:
        if rule.port:
            raise InvalidInputError.field(f"{field}.port", f"{rule.protocol} has no ports")
        return
    if not rule.port:
        raise InvalidInputError.field(f"{field}.port", f"is needed for {rule.protocol}")
    try:
        first, last = _ports(rule.port)
    except ValueError:
        raise InvalidInputError.field(
            f"{field}.port", f"{rule.port!r} is no port or range"
        ) from None
    if not 1 <= first <= last <= LAST_PORT:
        raise InvalidInputError.field(f"{field}.port", f"{rule.port!r} is no port or range")


def _ports(text: str) -> tuple[int, int]:
    if text == "any":
        return 1, LAST_PORT
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def _check_cidr(text: str, field: str) -> None:
    try:
        ipaddress.ip_network(text)  # strict: bits beyond the mask have to be zero
    except ValueError:
        raise InvalidInputError.field(field, f"{text!r} is no CIDR with zero host bits") from None
    if "/" not in text:
        raise InvalidInputError.field(field, f"{text!r} has no mask")
