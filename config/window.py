"""When disruptive changes may happen."""

from __future__ import annotations

from common.window import SUNDAY_NIGHT, Window
from config.base import Frozen


class WindowSettings(Frozen):
    """The weekly maintenance window."""

    maintenance_window: Window = SUNDAY_NIGHT
