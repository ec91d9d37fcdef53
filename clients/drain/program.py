"""The program of `agent.drain` as one file that a server's own Python runs."""

from __future__ import annotations

import base64
import functools
import io
import zipfile
from pathlib import Path

_AGENT = Path(__file__).parents[2] / "agent"
_START = "import sys\nfrom agent.drain.main import main\nmain(*sys.argv[1:])\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bytes from the same sources


@functools.cache
def build() -> str:
    """Return the zip application in base64."""
    parts = {"__main__.py": _START}
    for path in sorted((_AGENT / "__init__.py", *(_AGENT / "drain").glob("*.py"))):
        parts[str(path.relative_to(_AGENT.parent))] = path.read_text(encoding="utf-8")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), text, zipfile.ZIP_DEFLATED)
    return base64.b64encode(buffer.getvalue()).decode()
