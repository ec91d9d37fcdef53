"""Build a part from its Go modules into a folder."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from tools.engine import parts, versions
from tools.engine.progress import run

if TYPE_CHECKING:
    from tools.engine.golang import Go

BOUND: Final = 2400.0
"""Seconds one compilation may take: ten times what two cores need with nothing downloaded yet."""


@dataclass(frozen=True)
class Workshop:
    """A copy of a part's sources to work in, and the folder for the results."""

    go: Go
    sources: Path
    results: Path

    @property
    def log(self) -> Path:
        """The output of the last command."""
        return self.sources / "log"

    def compile(self, binary: parts.Binary, to: Path) -> None:
        """Compile one program; Go checks every module against the committed go.sum."""
        command = ["go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false"]
        command += ["-ldflags", f"-s -w {binary.linker}".strip(), "-o", str(to), binary.package]
        self._run(f"building {binary.name}", command, binary.module)

    def _run(self, what: str, command: list[str], module: str) -> None:
        command = [self.go.program, *command[1:]]
        cwd = self.sources / module
        run(what, command, log=self.log, bound=BOUND, cwd=cwd, env=self.go.environment())


def build(part: parts.Part, go: Go, results: Path) -> None:
    """Build every program of the part into the folder ``results``.

    Raises:
        EngineError: Go failed; the text has the end of its output.
    """
    with TemporaryDirectory(prefix="nutri-engine-") as folder:
        for module in part.modules:
            shutil.copytree(parts.SOURCES / module, Path(folder) / module)
        workshop = Workshop(go, Path(folder), results)
        if part == parts.PLUGINS["hcloud"]:
            _describe_hcloud(workshop)
        for binary in part.binaries:
            workshop.compile(binary, results / binary.name)
        if part == parts.CLI:
            _copy_scripts(workshop)


def _describe_hcloud(workshop: Workshop) -> None:
    """Write the two descriptions that the plugin embeds; the schema is kept as a result too."""
    generator = workshop.sources / "generate-schema"
    embedded = workshop.sources / "hcloud" / "cmd" / "plugin"
    workshop.compile(
        parts.Binary("the generator of hcloud's schema", "hcloud", "./cmd/schema"), generator
    )
    command = [str(generator), "schema", "--skip-docs", "--skip-examples", "--out", str(embedded)]
    environment = {**workshop.go.environment(), "PULUMI_CONVERT": "0"}
    run("generating hcloud's schema", command, log=workshop.log, bound=60, env=environment)
    schema = json.loads((embedded / "schema.json").read_text())
    schema["version"] = versions.PLUGINS["hcloud"]
    (embedded / "schema.json").write_text(json.dumps(schema))


def _copy_scripts(workshop: Workshop) -> None:
    module = workshop.go.module_folder(workshop.sources / "cli", "github.com/pulumi/pulumi/sdk/v3")
    for name, source in parts.SCRIPTS.items():
        script = workshop.results / name
        shutil.copyfile(module / source, script)
        script.chmod(0o755)
