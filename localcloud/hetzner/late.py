"""Machines that are got ready beside the first requests, so that the API answers at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from localcloud.errors import LocalCloudError
from localcloud.hetzner.machines import MachineError, Machines

if TYPE_CHECKING:
    from collections.abc import Callable

M = TypeVar("M", bound=Machines)


class Once(Generic[M]):
    """Makes them at the first call, in whichever thread that is; a failure is tried again."""

    def __init__(self, make: Callable[[], M]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: M | None = None

    def __call__(self) -> M:
        """The machines; raises MachineError while they cannot be made."""
        with self._lock:
            if self._made is None:
                try:
                    self._made = self._make()
                except LocalCloudError as error:
                    raise MachineError(str(error)) from error
            return self._made


def late(real: Callable[[], Machines]) -> Machines:
    """Machines that are asked for when something is asked of them, and not before."""
    return cast("Machines", _Late(real))


class _Late:
    def __init__(self, real: Callable[[], Machines]) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Callable[..., object]:
        if not hasattr(Machines, name):
            raise AttributeError(name)

        def call(*words: object) -> object:
            return getattr(self._real(), name)(*words)

        return call
