"""What a monitor may ask the services for, besides their health."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from config.base import Frozen

_PATH = re.compile(r"/[A-Za-z0-9/_.~-]*")


def _path(text: str) -> str:
    if text and not _PATH.fullmatch(text):
        raise ValueError(f"{text!r} is no path such as /slow; empty switches it off")
    return text


Path = Annotated[str, AfterValidator(_path)]


class WatchSettings(Frozen):
    """Paths of what a deploy must not cut off: long answers, changes, uploads, websockets."""

    slow_path: Path = ""
    stream_path: Path = ""
    post_path: Path = ""
    upload_path: Path = ""
    socket_path: Path = ""
