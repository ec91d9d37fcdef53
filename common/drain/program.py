"""The program of `common.drain.server` as one file that a server's own Python runs."""

from __future__ import annotations

import base64
import functools
import io
import zipfile
from pathlib import Path

_SERVER = Path(__file__).parent / "server"
_START = "import sys\nfrom common.drain.server.main import main\nmain(*sys.argv[1:])\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bytes from the same sources


@functools.cache
def build() -> str:
    """Return the zip application in base64."""
    parts = {"__main__.py": _START, "common/__init__.py": "", "common/drain/__init__.py": ""}
    for path in sorted(_SERVER.glob("*.py")):
        parts[f"common/drain/server/{path.name}"] = path.read_text(encoding="utf-8")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), text, zipfile.ZIP_DEFLATED)
    return base64.b64encode(buffer.getvalue()).decode()
