"""A report as JUnit XML, which continuous integration shows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from checks.verdict import Status

if TYPE_CHECKING:
    from checks.report import Report, Result

_TAGS = {Status.RED: "failure", Status.UNKNOWN: "error"}


def junit(report: Report) -> str:
    """One test case a result; red is a failure, unknown an error."""
    statuses = [result.verdict.status for result in report.results]
    suite = ET.Element(
        "testsuite",
        name=f"checks of {report.stack}",
        tests=str(len(statuses)),
        failures=str(statuses.count(Status.RED)),
        errors=str(statuses.count(Status.UNKNOWN)),
        time=f"{sum(result.seconds for result in report.results):.3f}",
    )
    for result in report.results:
        _add_case(suite, result)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _add_case(suite: ET.Element, result: Result) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"{result.runbook}.{result.check}",
        name=f"{result.title}: {result.subject}",
        time=f"{result.seconds:.3f}",
    )
    tag = _TAGS.get(result.verdict.status)
    if tag:
        ET.SubElement(case, tag, message=result.verdict.message).text = result.verdict.remedy
