"""D3 on the screen: a server's verdicts, then its containers as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from runbook.show import print_plain, status_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console

    from checks import Report, Result
    from checks.measure import Measure
    from common.target import Target

_COLUMNS = ("cpu", "memory", "restarts")
_NO_CONTAINER = frozenset({"all containers", "server"})


def show(target: Target, report: Report, console: Console) -> None:
    """Every server with its verdicts and containers; what is over its limit in red."""
    for server in target.servers:
        results = [result for result in report.results if result.subject == server.name]
        print_plain(f"{server.name}  {server.server_type} at {server.ipv4}", console)
        for result in results:
            console.print(status_line(result), soft_wrap=True)
        rows = by_container(results)
        if rows:
            console.print(_table(rows), soft_wrap=True)
    print_plain(report.summary(), console)


def by_container(results: Iterable[Result]) -> dict[str, dict[str, Measure]]:
    """The measures of each container by their names, those that use most CPU first."""
    rows: dict[str, dict[str, Measure]] = {}
    for result in results:
        for measure in result.verdict.measures:
            if measure.name in _COLUMNS and measure.label not in _NO_CONTAINER:
                rows.setdefault(measure.label, {})[measure.name] = measure
    return dict(sorted(rows.items(), key=lambda row: -_value(row[1], "cpu")))


def _value(row: Mapping[str, Measure], name: str) -> float:
    return row[name].value if name in row else 0.0


def _table(rows: Mapping[str, Mapping[str, Measure]]) -> Table:
    table = Table(box=None, padding=(0, 2))
    table.add_column("container", no_wrap=True)
    for name in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for label, row in rows.items():
        table.add_row(label, *(_cell(row.get(name)) for name in _COLUMNS))
    return table


def _cell(measure: Measure | None) -> Text:
    if measure is None:
        return Text("-")
    return Text(str(measure), style="bold red" if measure.is_over else "default")
