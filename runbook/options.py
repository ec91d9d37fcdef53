"""The options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml


def _ids(incomplete: str) -> list[str]:
    from checks import CHECKS  # noqa: PLC0415 - slow to load, and for completion alone

    known = sorted({check.id for check in CHECKS} | {check.runbook for check in CHECKS})
    return [one for one in known if one.casefold().startswith(incomplete.casefold())]


def services(incomplete: str) -> list[str]:
    """The services of the app that begin so, without asking the stack."""
    return [one for one in _declared() if one.startswith(incomplete)]


def _declared() -> list[str]:
    try:
        whole = yaml.safe_load(Path("app.yaml").read_text(encoding="utf-8"))
        return [str(one) for one in whole["services"]]
    except (OSError, yaml.YAMLError, LookupError, TypeError):
        return []  # no project here: nothing to complete


Stack = Annotated[
    str | None,
    typer.Option("--stack", "-s", envvar="PULUMI_STACK", help="Default: the selected stack."),
]
Server = Annotated[str | None, typer.Option("--server", help="Default: the first server.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value, and nothing else.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show all lines of the engine.")]
LOSE = typer.Option(
    "--lose",
    *("--again", "--overwrite"),  # as it was called before
    metavar="NAME",
    help="Agree to the loss: the name of what is lost, typed once more.",
)
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Service = Annotated[
    str,
    typer.Argument(metavar="SERVICE", help="As in nutri-backend.", autocompletion=services),
]


def maybe_service(default: str) -> Any:  # noqa: ANN401 - as typer has it
    """An argument for a service that need not be named; `default` says what counts then."""
    return typer.Argument(metavar="SERVICE", help=f"Default: {default}.", autocompletion=services)


Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ID",
        help="Checks, or procedures of the runbook (D1, E1). Default: all.",
        autocompletion=_ids,
    ),
]
HtmlFile = Annotated[
    Path | None, typer.Option("--html", help="Also write the report as one HTML page.")
]
DrillFile = Annotated[
    Path | None, typer.Option("--drill", help="A drill's JSON report, for the page of --html.")
]
PrometheusFile = Annotated[
    Path | None,
    typer.Option("--prometheus", help="Also write the report as Prometheus text, for a collector."),
]
JunitFile = Annotated[
    Path | None, typer.Option("--junit", help="Also write the report as JUnit XML.")
]
