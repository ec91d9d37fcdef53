"""The program of `infra/dumper` as one file that a server's own Python runs."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path

_HERE = Path(__file__).parent
_START = "import sys\nfrom infra.dumper.main import main\nsys.exit(main(sys.argv[1:]))\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bytes from the same sources: else each run differs


def build() -> str:
    """Return the zip application in base64."""
    parts = {"__main__.py": _START, "infra/__init__.py": "", "common/__init__.py": ""}
    parts["common/libpq.py"] = (_HERE.parent / "common/libpq.py").read_text(encoding="utf-8")
    for path in sorted((_HERE / "dumper").glob("*.py")):
        parts[f"infra/dumper/{path.name}"] = path.read_text(encoding="utf-8")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), text, zipfile.ZIP_DEFLATED)
    return base64.b64encode(buffer.getvalue()).decode()
