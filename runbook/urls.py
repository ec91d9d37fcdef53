"""Where the services are, and `curl` lines that work as printed from this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import ServiceTarget, Target


def lines(target: Target, folder: Path) -> Iterator[str]:
    """Yield the services with a line to try each.

    Args:
        target: the stack.
        folder: where the lines will be typed; paths are given from there when they are below it.
    """
    for service in target.services:
        replicas = f"{service.replicas} replica{'s' * (service.replicas != 1)}"
        where = service.url or "inside alone"
        yield f"{service.name}  {where}  {service.tag}  {replicas}"
        if service.url:
            yield f"    {_curl(target, service, folder)}"


def _curl(target: Target, service: ServiceTarget, folder: Path) -> str:
    words = ["curl", "--fail"]
    if target.vantage.ca_bundle:
        words += ["--cacert", _short(target.vantage.ca_bundle, folder)]
    if target.vantage.nameservers:
        # The system's resolver does not know the name, so the line says the address.
        host = urlsplit(service.url).hostname
        words += ["--resolve", f"{host}:443:{target.front_ipv4}"]
    return " ".join([*words, service.url + service.health_path])


def _short(path: str, folder: Path) -> str:
    full = Path(path)
    return str(full.relative_to(folder)) if full.is_relative_to(folder) else path
