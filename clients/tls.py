"""TCP and TLS seen from outside: is a port open, which certificate is shown, who are we there."""

from __future__ import annotations

import contextlib
import enum
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PORT_TIMEOUT = 3.0


class Port(enum.StrEnum):
    """How a port looks from here."""

    OPEN = "open"
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True)
class Certificate:
    """What a TLS handshake showed: when it ends, or why it is not valid."""

    ends: datetime | None = None
    failure: str | None = None


def look_at_ports(address: str, ports: Iterable[int]) -> Mapping[int, Port]:
    """Connect to each port, all at once."""
    wanted = tuple(dict.fromkeys(ports))
    if not wanted:
        return {}
    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        return dict(zip(wanted, pool.map(lambda port: _port(address, port), wanted), strict=True))


def own_address(towards: str) -> str:
    """The source address this machine uses towards an address; sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((towards, 9))
        return str(probe.getsockname()[0])


def certificate(
    address: str, port: int, name: str, trust: ssl.SSLContext, timeout: float
) -> Certificate:
    """Shake hands with `name` at an address and tell what certificate it showed."""
    try:
        with (
            socket.create_connection((address, port), timeout=timeout) as plain,
            trust.wrap_socket(plain, server_hostname=name) as secure,
        ):
            shown = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Certificate(failure=error.verify_message)
    except OSError as error:
        return Certificate(failure=f"no TLS at {address}:{port}: {error.strerror or error}")
    return Certificate(ends=_ends(str(shown["notAfter"])))


def _ends(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)


def _port(address: str, port: int) -> Port:
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.settimeout(_PORT_TIMEOUT)
        try:
            probe.connect((address, port))
        except TimeoutError:
            return Port.SILENT
        except ConnectionRefusedError:
            return Port.REFUSED
        return Port.OPEN
