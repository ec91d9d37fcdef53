"""The monitor for code without asyncio: in a thread, with an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from typing import TYPE_CHECKING

from runbook.monitor.monitor import RATE, Monitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import ServiceTarget, Target


@contextlib.contextmanager
def watching(target: Target, service: ServiceTarget, *, rate: float = RATE) -> Iterator[Monitor]:
    """Run a monitor while the block runs; its report is whole after the block.

    Of a service that the world does not reach users see what those do that need it, so the last
    one that they reach is watched for it.

    Raises:
        OperatorError: the monitor cannot start.
    """
    monitor = Monitor(target, service if service.url else target.public[-1], rate=rate)
    began: queue.SimpleQueue[BaseException | tuple[asyncio.AbstractEventLoop, asyncio.Event]]
    began = queue.SimpleQueue()

    async def run() -> None:
        stop = asyncio.Event()
        try:
            async with monitor:
                began.put((asyncio.get_running_loop(), stop))
                await stop.wait()
        except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
            began.put(error)

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="monitor", daemon=True)
    thread.start()
    first = began.get()
    if isinstance(first, BaseException):
        thread.join()
        raise first
    loop, stop = first
    try:
        yield monitor
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
