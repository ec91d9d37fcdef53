"""Incidents as values: the response clock, what may follow what, the file, the post-mortem."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import OperatorError
from runbook.incidents import Event, Incident, Severity, State, document, postmortem

START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
DURATION = (
    "| Duration | 40 min until mitigated (2026-01-31 12:00 to 2026-01-31 12:40 UTC), "
    "1 h 5 min until closed |"
)
FILE = Path("incidents/2026-01-31-1-api.md")


def _minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)


def _incident(severity: Severity = Severity.P1) -> Incident:
    return Incident(id="2026-01-31-1", title="API answers 502", severity=severity, opened=START)


@pytest.mark.parametrize(
    ("severity", "minutes"),
    [(Severity.P1, 15), (Severity.P2, 60), (Severity.P3, 240), (Severity.P4, 1440)],
)
def test_the_response_clock_is_the_severitys(severity: Severity, minutes: int) -> None:
    """Overdue one second after the bound, and never once acknowledged."""
    one = _incident(severity)
    assert one.respond_by == _minutes(minutes)
    assert not one.is_overdue(_minutes(minutes))
    late = _minutes(minutes) + timedelta(seconds=1)
    assert one.is_overdue(late)
    assert not one.acknowledge("ana", late).is_overdue(_minutes(10_000))


def test_the_clock_in_words() -> None:
    """Time left, time over, and how long it took."""
    one = _incident()
    assert one.response(_minutes(5)) == "to be acknowledged within 10 min"
    assert one.response(_minutes(18)) == "NOT ACKNOWLEDGED, overdue by 3 min"
    assert one.acknowledge("ana", _minutes(4)).response(_minutes(99)) == "acknowledged after 4 min"
    assert one.acknowledge("ana", _minutes(40)).response(_minutes(99)).endswith("40 min (late)")


def test_a_life() -> None:
    """Each step sets its time, its state and a line of the timeline."""
    one = _incident()
    assert one.state is State.OPEN
    one = one.acknowledge("ana", _minutes(3))
    assert (one.state, one.owner) == (State.ACKNOWLEDGED, "ana")
    one = one.mitigate("ana", _minutes(20), "rolled back")
    assert one.state is State.MITIGATED
    one = one.close("ben", _minutes(60), "")
    assert one.state is State.CLOSED
    assert [(event.who, event.what) for event in one.timeline] == [
        ("ana", "acknowledged, owner ana"),
        ("ana", "mitigated: rolled back"),
        ("ben", "closed"),
    ]


def test_a_second_acknowledgement_hands_over() -> None:
    """The owner changes, the time of the first response stays."""
    one = _incident().acknowledge("ana", _minutes(3)).acknowledge("ben", _minutes(9))
    assert (one.owner, one.acknowledged) == ("ben", _minutes(3))


def test_closing_says_what_was_not_said() -> None:
    """An incident that is simply closed was acknowledged and mitigated then."""
    one = _incident().close("ana", _minutes(7), "")
    assert (one.owner, one.acknowledged, one.mitigated) == ("ana", _minutes(7), _minutes(7))


def test_what_cannot_be() -> None:
    """Closed is closed, mitigated once, and nothing is before the opening."""
    closed = _incident().close("ana", _minutes(7), "")
    with pytest.raises(OperatorError, match="is closed since 2026-01-31 12:07"):
        closed.acknowledge("ben", _minutes(8))
    with pytest.raises(OperatorError, match="is closed"):
        closed.close("ben", _minutes(8), "")
    mitigated = _incident().mitigate("ana", _minutes(7), "")
    with pytest.raises(OperatorError, match="is mitigated since 12:07"):
        mitigated.mitigate("ana", _minutes(8), "")
    with pytest.raises(OperatorError, match="cannot be acknowledged before that"):
        _incident().acknowledge("ana", _minutes(-1))


def test_the_timeline_is_in_order_of_time() -> None:
    """A note that is told later takes its place."""
    one = _incident().acknowledge("ana", _minutes(5))
    one = one.with_event(Event(at=_minutes(2), who="ben", what="saw it"))
    assert [event.who for event in one.timeline] == ["ben", "ana"]


events = st.builds(
    Event,
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    who=st.from_regex(r"[^\s:][^\n\r:]{0,20}", fullmatch=True).map(lambda s: " ".join(s.split())),
    what=st.text(max_size=60).map(lambda s: " ".join(s.split())),
)


@given(
    title=st.text(min_size=1, max_size=40).filter(str.strip).map(lambda s: " ".join(s.split())),
    timeline=st.lists(events, max_size=4),
    failed=st.none() | st.integers(0, 10**6),
    summary=st.text("abc |*_-#\n", max_size=30).map(lambda s: s.replace("## ", "").strip()),
)
def test_a_file_gives_its_incident_back(
    title: str, timeline: list[Event], failed: int | None, summary: str
) -> None:
    """Whatever people type, and more than once."""
    sections = {"Summary": summary} if summary else {}
    one = _incident().model_copy(
        update={"title": title, "failed_requests": failed, "sections": sections}
    )
    for event in timeline:
        one = one.with_event(event)
    read = document.parse(document.text_of(one), FILE)
    assert read == one.model_copy(update={"sections": read.sections})
    assert {k: v for k, v in read.sections.items() if v} == sections


def test_hand_written_texts_stay() -> None:
    """A section filled in with an editor, and one of one's own, survive a change."""
    text = document.text_of(_incident().close("ana", _minutes(9), ""))
    edited = text.replace(
        "## Root cause\n\n_To be written._", "## Root cause\n\nA full disk.\n\nAnd no alert."
    )
    read = document.parse(edited + "\n## Links\n\nhttps://example.org\n", FILE)
    again = document.text_of(read)
    assert "## Root cause\n\nA full disk.\n\nAnd no alert.\n" in again
    assert "## Links\n\nhttps://example.org\n" in again


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("---\nid", "id"), "has no front matter"),
        (("severity: P1", "severity: P9"), "severity: Input should be 'P1', 'P2', 'P3' or 'P4'"),
        (("opened: '2026", "opened: 'soon 2026"), "opened: Input should be a valid datetime"),
        (("title: API", "titel: API"), "titel"),
        (("id: ", "id"), "front matter"),
        (("id: 2026", "id: [2026"), "while parsing"),
        (("- 2026-01-31T12:09:00Z ana:", "* at noon ana:"), "like '* at noon ana: acknowledged"),
    ],
)
def test_a_damaged_file_is_told(change: tuple[str, str], says: str) -> None:
    """With its name and the place."""
    text = document.text_of(_incident().acknowledge("ana", _minutes(9)))
    damaged = text.replace(*change)
    assert damaged != text
    with pytest.raises(document.DamagedIncidentError, match=r"2026-01-31-1-api\.md") as caught:
        document.parse(damaged, FILE)
    assert says in str(caught.value) or says == "front matter"


def test_the_post_mortem_has_all_of_the_runbooks_parts() -> None:
    """Facts as a table, then each section; what is missing is named."""
    one = (
        _incident()
        .acknowledge("ana", _minutes(4))
        .mitigate("ana", _minutes(40), "rolled back")
        .close("ana", _minutes(65), "")
    )
    text = postmortem.render(one, _minutes(99))
    for row in (
        "# Post-mortem: API answers 502",
        "| Date | 2026-01-31 |",
        DURATION,
        "| Severity | P1, the app is down, or data is being lost |",
        "| Response | acknowledged after 4 min; P1 allows 15 min |",
        "| Owner | ana |",
        "- 2026-01-31T12:40:00Z ana: mitigated: rolled back",
        "- failed requests: _To be written._",
    ):
        assert row in text.splitlines()
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        *("Summary", "Timeline", "Root cause", "Impact", "Resolution", "Action items", "Lessons")
    ]
    assert postmortem.missing(one) == [
        *("Summary", "Root cause", "Action items", "Lessons"),
        *("users affected", "failed requests"),
    ]


def test_a_whole_post_mortem_misses_nothing() -> None:
    """Zero failed requests is an answer."""
    texts = {name: f"{name} text" for name in document.SECTIONS}
    one = _incident().model_copy(
        update={"sections": texts, "users_affected": "none", "failed_requests": 0}
    )
    assert postmortem.missing(one) == ["the end of the incident"]
    assert postmortem.missing(one.close("ana", _minutes(1), "")) == []
    text = postmortem.render(one, _minutes(30))
    assert "- failed requests: 0\n\nImpact text\n" in text
    assert "30 min so far" in text
    assert "To be written" not in text


def test_what_was_told_is_in_the_post_mortem() -> None:
    """How it was mitigated is the resolution, what it was closed with the root cause."""
    one = (
        _incident()
        .mitigate("ana", _minutes(20), "rolled back")
        .close("ana", _minutes(30), "a leak")
    )
    assert (one.sections["Resolution"], one.sections["Root cause"]) == ("rolled back", "a leak")
    written = _incident().with_text("Resolution", "by hand").mitigate("ana", _minutes(2), "other")
    assert written.sections["Resolution"] == "by hand"


def test_first_failure_and_detection_are_two_times() -> None:
    """The duration counts from the first failure, the response clock from the detection."""
    one = _incident().model_copy(update={"failing_since": _minutes(-10)})
    text = postmortem.render(one.mitigate("ana", _minutes(20), ""), _minutes(99))
    assert "| Duration | 30 min until mitigated (2026-01-31 11:50" in text
    assert "| Detected | 2026-01-31 12:00 UTC, 10 min after the first failure |" in text
    assert one.respond_by == _minutes(15)


def test_severity_roles_and_reopening_are_in_the_timeline() -> None:
    """Each by whom, and what for."""
    one = _incident().with_severity(Severity.P2, "ana", _minutes(1), "one path only")
    one = one.with_role("scribe", "eva", "ana", _minutes(2)).mitigate("ana", _minutes(3), "")
    one = one.reopen("ana", _minutes(4), "again")
    assert (one.severity, one.state, one.roles) == (Severity.P2, State.OPEN, {"scribe": "eva"})
    assert [event.what for event in one.timeline] == [
        "severity P1 -> P2: one path only",
        "scribe is eva",
        "mitigated",
        "reopened: again",
    ]
    assert document.parse(document.text_of(one), FILE) == one
    assert "| Scribe | eva |" in postmortem.render(one, _minutes(5))
    with pytest.raises(OperatorError, match="is P2 already"):
        one.with_severity(Severity.P2, "ana", _minutes(5), "")
    with pytest.raises(OperatorError, match="there is nothing to reopen"):
        one.reopen("ana", _minutes(5), "")
    with pytest.raises(OperatorError, match="is closed"):
        one.close("ana", _minutes(6), "").with_role("lead", "x", "y", _minutes(7))


def test_an_action_item_is_ticked_once() -> None:
    """By words that only it has."""
    items = "- [ ] ana: add an alert, by Friday\n- [ ] eva: add a test"
    one = _incident().with_text("Action items", items).with_done("alert")
    assert one.sections["Action items"] == items.replace("- [ ] ana", "- [x] ana")
    for words, said in (("alert", "no open action item"), ("nothing", "no open action item")):
        with pytest.raises(OperatorError, match=said):
            one.with_done(words)
    with pytest.raises(OperatorError, match="more than one open action item"):
        _incident().with_text("Action items", items).with_done("add")
