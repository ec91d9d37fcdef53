"""Resolving names with the vantage's DNS servers."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import dns.exception
    import dns.nameserver

_LIFETIME = 5.0


class NameNotResolvedError(OperatorError):
    """DNS gives no address for a name."""


class Resolver:
    """Asks the given DNS servers ('address:port'), or the system's when there are none."""

    def __init__(self, nameservers: Sequence[str] = ()) -> None:
        import dns.resolver  # noqa: PLC0415 - slow to load, and most verbs resolve no name

        self._resolver = dns.resolver.Resolver(configure=not nameservers)
        if nameservers:
            self._resolver.nameservers = [_nameserver(place) for place in nameservers]
        self._resolver.lifetime = _LIFETIME

    def addresses(self, name: str) -> tuple[str, ...]:
        """The IPv4 addresses of a name, sorted; an address stands for itself.

        Raises:
            NameNotResolvedError: when there are none.
        """
        import dns.resolver  # noqa: PLC0415 - slow to load, and most verbs resolve no name

        if _is_address(name):
            return (name,)
        try:
            answer = self._resolver.resolve(f"{name.rstrip('.')}.", "A")
        except dns.exception.DNSException as error:
            raise NameNotResolvedError(f"{name} does not resolve: {_reason(error)}") from error
        return tuple(sorted(str(record) for record in answer))

    def reachable(self, name: str) -> str:
        """An address of a name that this machine has a way to, IPv4 first.

        Raises:
            NameNotResolvedError: there is none, or IPv6 alone and no IPv6 here.
        """
        try:
            return self.addresses(name)[0]
        except NameNotResolvedError as error:
            found = self._ipv6_or_none(name)
            if not found:
                raise
            if not has_ipv6(found[0]):
                raise NameNotResolvedError(
                    f"{name} has IPv6 only here, and this machine has no IPv6: use the session"
                    " pooler's URL (port 5432)"
                ) from error
            return found[0]

    def _ipv6_or_none(self, name: str) -> tuple[str, ...]:
        try:
            return self.ipv6_addresses(name)
        except NameNotResolvedError:
            return ()

    def ipv6_addresses(self, name: str) -> tuple[str, ...]:
        """The IPv6 addresses of a name, sorted; none when it has no AAAA record.

        Raises:
            NameNotResolvedError: when there is no such name, or no server tells.
        """
        import dns.resolver  # noqa: PLC0415 - slow to load, and most verbs resolve no name

        try:
            answer = self._resolver.resolve(f"{name.rstrip('.')}.", "AAAA")
        except dns.resolver.NoAnswer:
            return ()
        except dns.exception.DNSException as error:
            raise NameNotResolvedError(f"{name} does not resolve: {_reason(error)}") from error
        return tuple(sorted(str(record) for record in answer))

    def takes_mail(self, domain: str) -> bool:
        """Whether mail to a domain has somewhere to go: an MX record, or an address in its place.

        Raises:
            NameNotResolvedError: no server tells.
        """
        import dns.resolver  # noqa: PLC0415 - slow to load, and most verbs resolve no name

        for kind in ("MX", "A", "AAAA"):
            try:
                answer = self._resolver.resolve(f"{domain.rstrip('.')}.", kind)
            except dns.resolver.NXDOMAIN:
                return False
            except dns.resolver.NoAnswer:
                continue
            except dns.exception.DNSException as error:
                raise NameNotResolvedError(f"{domain}: {_reason(error)}") from error
            return kind != "MX" or any(str(one.exchange) != "." for one in answer)
        return False


def has_ipv6(address: str) -> bool:
    """Whether this machine has a route to an IPv6 address; nothing is sent."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
    except OSError:
        return False
    return True


def _nameserver(place: str) -> dns.nameserver.Nameserver:
    import dns.nameserver  # noqa: PLC0415 - slow to load, and most verbs resolve no name

    address, _, port = place.rpartition(":")
    if not address:
        address, port = place, "53"
    return dns.nameserver.Do53Nameserver(address.strip("[]"), int(port))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _reason(error: dns.exception.DNSException) -> str:
    import dns.resolver  # noqa: PLC0415 - slow to load, and most verbs resolve no name

    if isinstance(error, dns.resolver.NXDOMAIN):
        return "there is no such name"
    if isinstance(error, dns.resolver.NoAnswer):
        return "it has no A record"
    if isinstance(error, dns.resolver.NoNameservers):
        return "no DNS server gave a usable answer"
    if isinstance(error, dns.exception.Timeout):
        return f"no DNS server answered within {_LIFETIME:g} s"
    return type(error).__name__
