"""Names on the page lead somewhere."""

from __future__ import annotations

from checks.page import Links, page
from checks.report import Report, Result
from checks.verdict import red

_RED = Result(
    "health",
    "E1",
    "title",
    "nutri-backend",
    red("it is <down>", "see docs/emergencies/E1-outage.md, then `pulumi up`"),
    0.1,
)
_LINKS = Links(
    subjects={"nutri-backend": "https://api.nutri.test"},
    docs="../docs",
    procedures={"E1": "emergencies/E1-outage.md"},
    incidents=[("incident 2026-01-01-1 (P1, open): it is down", "../incidents/1.md")],
)


def test_names_lead_to_services_docs_and_incidents() -> None:
    """Each where it stands; what is a text stays a text."""
    html = page(Report("prod", (_RED,)), links=_LINKS)
    assert '<td><a href="https://api.nutri.test">nutri-backend</a></td>' in html
    assert '<a href="../docs/emergencies/E1-outage.md">E1</a>' in html
    doc = '<a href="../docs/emergencies/E1-outage.md">docs/emergencies/E1-outage.md</a>'
    assert f"see {doc}, then <code>pulumi up</code>" in html
    assert '<a href="../incidents/1.md">incident 2026-01-01-1 (P1, open): it is down</a>' in html
    assert "it is &lt;down&gt;" in html


def test_without_links_there_are_words() -> None:
    """As on a page that nobody knows the place of."""
    html = page(Report("prod", (_RED,)))
    assert "<td>nutri-backend</td>" in html
    assert "Incidents" not in html
