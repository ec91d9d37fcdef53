"""Up and down: recipes of what has to happen, in order."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from localcloud import home, process
from localcloud.node.locks import exclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localcloud.settings import Instance

    Tell = Callable[[str], None]


def up(instance: Instance, tell: Tell) -> None:
    """Bring up the local cloud; a second call finds it up, also one at the same time."""
    home.prepare(instance)
    with exclusive(instance.home / "up.lock", f"bringing up the local cloud {instance.name!r}"):
        _up(instance, tell)


def foreground(instance: Instance, tell: Tell) -> None:
    """Bring up the local cloud and stay until a signal."""
    home.prepare(instance)
    process.check_free(instance)
    _services_up(instance, tell)
    from localcloud.server import serve  # noqa: PLC0415 only the process itself needs it

    tell(f"local cloud {instance.name!r}: {instance.endpoint}")
    serve(instance)


def down(instance: Instance, tell: Tell, *, images: bool = False) -> None:
    """Stop the process and remove everything of the instance; images stay unless asked for."""
    from localcloud import cleanup  # noqa: PLC0415 a slow import

    if process.stop(instance):
        tell("stopped the API and the name server")
    cleanup.remove_all(instance, tell, images=images)
    home.remove(instance)
    tell(f"local cloud {instance.name!r} is gone")


def _up(instance: Instance, tell: Tell) -> None:
    began = time.monotonic()
    running = process.status(instance) is not None
    if not (running and _services_run(instance)):
        _services_up(instance, tell)
    if running:
        tell(f"local cloud {instance.name!r} is up: {instance.endpoint}")
        return
    with _step("start the API and the name server", tell):
        process.start(instance)
    elapsed = time.monotonic() - began
    tell(f"local cloud {instance.name!r} is up after {elapsed:.1f} s: {instance.endpoint}")


def _services_run(instance: Instance) -> bool:
    from localcloud.cleanup import services_of  # noqa: PLC0415 a slow import

    services = services_of(instance)
    return bool(services) and all(one.status == "running" for one in services)


def _services_up(instance: Instance, tell: Tell) -> None:
    from localcloud.node import services  # noqa: PLC0415 a slow import

    with _step("bring up the services", tell):
        services.up(instance, tell)


@contextmanager
def _step(what: str, tell: Tell) -> Iterator[None]:
    tell(f"{what} ...")
    began = time.monotonic()
    yield
    tell(f"{what}: done in {time.monotonic() - began:.1f} s")
