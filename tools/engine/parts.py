"""The parts that can be built from Go modules, and the keys of their results."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.engine import versions

SOURCES: Final = Path(__file__).parent


@dataclass(frozen=True)
class Binary:
    """One program: a package of a module, compiled with the linker told these extra things."""

    name: str
    module: str
    package: str
    linker: str = ""


@dataclass(frozen=True)
class Part:
    """What is built together: the folders of its Go modules and the programs they give."""

    name: str
    modules: tuple[str, ...]
    binaries: tuple[Binary, ...]

    def digest(self, sources: Path = SOURCES) -> str:
        """Changes with any file of the modules, and with how they are built."""
        digest = hashlib.sha256(repr(self).encode())
        for file in _files(sources, self.modules):
            content = file.read_bytes()
            digest.update(f"{file.relative_to(sources)}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()[:16]


def _files(sources: Path, modules: tuple[str, ...]) -> list[Path]:
    return sorted(
        path
        for module in modules
        for path in (sources / module).rglob("*")
        if path.is_file() and not path.name.endswith("_test.go")
    )


_SDK: Final = "github.com/pulumi/pulumi/sdk/v3"

CLI: Final = Part(
    "pulumi",
    ("cli", "language"),
    (
        Binary(
            "pulumi",
            "cli",
            "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            f"-X {_SDK}/go/common/version.Version=v{versions.PULUMI}",
        ),
        Binary("pulumi-language-python", "language", f"{_SDK}/python/cmd/pulumi-language-python"),
    ),
)
"""The command line and the Python language host. The host is of an older release, the last one
published as a Go module; the two speak the same protocol."""

SCRIPTS: Final = {
    "pulumi-language-python-exec": "python/cmd/pulumi-language-python-exec",
    "pulumi-resource-pulumi-python": "python/dist/pulumi-resource-pulumi-python",
}
"""Programs that the language host starts, as scripts inside the SDK's module."""

PLUGINS: Final = {
    "hcloud": Part(
        "hcloud", ("hcloud",), (Binary("pulumi-resource-hcloud", "hcloud", "./cmd/plugin"),)
    ),
    "command": Part("command", ("command",), (Binary("pulumi-resource-command", "command", "."),)),
}
