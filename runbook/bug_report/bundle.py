"""The archive: every file goes through the redaction, and none leaves with a known secret."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runbook.bug_report.redaction import Redaction


@dataclass
class Bundle:
    """Files by name, as they were collected: not fit to be shown."""

    files: dict[str, str] = field(default_factory=dict, repr=False)

    def add(self, name: str, collect: Callable[[], str]) -> None:
        """Collect a file; one that cannot be had says why."""
        try:
            self.files[name] = collect()
        except OperatorError as error:
            self.files[name] = f"could not be had: {error}\n"


def write(bundle: Bundle, redaction: Redaction, file: Path) -> list[str]:
    """Write the archive, for its owner alone; the names of its files.

    Raises:
        OperatorError: a secret would be in it, or it cannot be written; then there is none.
    """
    clean = {redaction.apply(name): redaction.apply(text) for name, text in bundle.files.items()}
    dirty = [name for name, text in clean.items() if redaction.left(text)]
    if dirty:
        raise OperatorError(f"a secret would be in {', '.join(dirty)}: nothing was written")
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(handle, "wb") as out,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept,
        ):
            for name, text in clean.items():
                kept.writestr(name, text)
    except OSError as error:
        raise OperatorError(f"{file} cannot be written: {error.strerror}") from error
    return list(clean)
