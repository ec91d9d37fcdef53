"""`runbook drill corrupt-dump` and `runbook drill storage-refused`."""

from __future__ import annotations

from runbook import options, output
from runbook.app import verb
from runbook.drills import dumps
from runbook.drills.ending import EXITS, Report, drill_group, finish
from runbook.stack import load_target


@verb(
    "corrupt-dump",
    procedure="B3, B4",
    example="drill corrupt-dump",
    exits=EXITS,
    within=drill_group,
)
def corrupt_dump(
    stack: options.Stack = None, report: Report = None, as_json: options.Json = False
) -> None:
    """Damage the newest of two dumps, and see the one before restored; the real ones stay."""
    target = load_target(stack)
    with output.busy("dumping, damaging, restoring"):
        done = dumps.run(target, "corrupt-dump", "drill-corrupt")
    finish(done, report, as_json=as_json)


@verb(
    "storage-refused",
    procedure="B3",
    example="drill storage-refused",
    exits=EXITS,
    within=drill_group,
)
def storage_refused(
    stack: options.Stack = None, report: Report = None, as_json: options.Json = False
) -> None:
    """Dump to storage that refuses, and see it fail loudly; then that the real one answers."""
    target = load_target(stack)
    with output.busy("dumping to storage that refuses"):
        done = dumps.run(target, "storage-refused", "drill-refused")
    finish(done, report, as_json=as_json)
