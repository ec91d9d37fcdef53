"""From the engine's digest to a plan, and how it is shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from common.changes import Acknowledgements, Op
from runbook.cli import main
from runbook.plan import Plan, Verdict, proposal, show
from runbook.plan.engine import Engine, PreviewError
from runbook.plan.plan import make
from runbook.plan.prices import Prices, PricesError
from runbook.plan.steps import operation, steps, told

_PRICES = Prices(
    server_types={("cx33", "fsn1"): Decimal(10), ("cx43", "fsn1"): Decimal(20)},
    backup_share=Decimal("0.2"),
)
_URN = "urn:pulumi:lab::nutri::nutri:infra:Host$hcloud:index/{noun}::{name}"
_NET = [{"ipv4": 7}]
_INPUTS = {"serverType": "cx33", "backups": True, "keepDisk": True, "publicNets": _NET}


def _step(op: str, name: str = "web", noun: str = "server:Server", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    state = {"custom": True, "inputs": _INPUTS, "outputs": {"location": "fsn1"}}
    old = {} if op == "create" else {"oldState": state | more.pop("old", {})}
    new = (
        {} if op == "delete" else {"newState": {"custom": True, "inputs": more.pop("new", _INPUTS)}}
    )
    return {"op": op, "urn": _URN.format(noun=noun, name=name), **old, **new, **more}


def _plan(*found: dict[str, Any], given: tuple[str, ...] = (), **digest: Any) -> Plan:  # noqa: ANN401
    return make("lab", steps({"steps": list(found), **digest}), Acknowledgements(given), _PRICES)


def _error(message: str, name: str | None = None) -> dict[str, str]:
    urn = {"urn": _URN.format(noun="server:Server", name=name)} if name else {}
    return {"severity": "error", "message": message, **urn}


def test_unchanged_resources_count_for_the_price_only() -> None:
    """They are no rows; the total is the stack's, not the change's."""
    plan = _plan(_step("same"), _step("same", "other"))
    assert (plan.rows, plan.before, plan.after) == ((), Decimal(24), Decimal(24))
    assert plan.verdict is Verdict.HARMLESS


_RESIZE = _step("update", new=_INPUTS | {"serverType": "cx43"}, diffReasons=["serverType"])


def test_a_resize_costs_and_is_risky() -> None:
    """Price before and after, with backups; what stays open keeps its location."""
    plan = _plan(_RESIZE, given=("web:resize-to-cx43",))
    assert plan.verdict is Verdict.RISKY
    assert (plan.rows[0].before, plan.rows[0].after) == (Decimal(12), Decimal(24))


def test_a_resize_is_refused_outside_the_window() -> None:
    """The plan names the window and the entry; the entry for another type is no help."""
    monday = datetime(2026, 11, 30, 12, tzinfo=UTC)
    agreed = Acknowledgements(("web:resize-to-cx53",), now=lambda: monday)
    plan = make("lab", steps({"steps": [_RESIZE]}), agreed, _PRICES)
    assert (plan.verdict, plan.missing) == (Verdict.REFUSED, ("web:resize-to-cx43",))
    text = show.plain(plan)
    assert "the maintenance window, Sunday 02:00-04:00 UTC, needs no acknowledgement" in text
    assert "'nutri:acknowledge[1]' web:resize-to-cx43" in text
    assert show.as_json(plan)["changes"][0]["findings"][0]["in_window"] is True


def test_a_resize_in_the_window_needs_no_word() -> None:
    """It is risky all the same."""
    sunday = datetime(2026, 11, 29, 2, 30, tzinfo=UTC)
    agreed = Acknowledgements(now=lambda: sunday)
    assert make("lab", steps({"steps": [_RESIZE]}), agreed, _PRICES).verdict is Verdict.RISKY


def test_a_resize_without_a_fresh_backup_is_refused() -> None:
    """And the plan says what to do, which is not to acknowledge."""
    agreed = Acknowledgements(("web:resize-to-cx43",))
    found = steps({"steps": [_RESIZE]})
    plan = make("lab", found, agreed, _PRICES, lambda _: "web has none; make one")
    assert (plan.verdict, plan.missing) == (Verdict.REFUSED, ())
    assert "not now: web has none; make one" in show.plain(plan)
    assert show.as_json(plan)["changes"][0]["problem"] == "web has none; make one"


def test_backups_off_are_refused_and_cheaper() -> None:
    """An input that is left out is off."""
    inputs = {key: value for key, value in _INPUTS.items() if key != "backups"}
    plan = _plan(_step("update", new=inputs, diffReasons=["backups"]))
    assert (plan.verdict, plan.missing) == (Verdict.REFUSED, ("web:backups",))
    assert plan.after == Decimal(10)


def test_an_acknowledged_loss_is_risky_and_uses_the_entry() -> None:
    """The used entry is not stale, the other one is."""
    plan = _plan(_step("delete"), given=("web:delete", "web:backups"))
    assert (plan.verdict, plan.stale) == (Verdict.RISKY, ("web:backups",))
    assert plan.after == 0


def test_the_gravest_change_comes_first_and_decides() -> None:
    """A harmless change does not hide a refused one."""
    plan = _plan(_step("create", "new"), _step("delete"))
    assert [row.change.name for row in plan.rows] == ["web", "new"]
    assert plan.verdict is Verdict.REFUSED


def test_a_protected_resource_is_refused_even_when_acknowledged() -> None:
    """Two locks, two keys."""
    plan = _plan(_step("replace", old={"protect": True}), given=("web:delete",))
    assert (plan.verdict, plan.missing) == (Verdict.REFUSED, ())
    assert "nutri:protect" in show.plain(plan)


def test_the_engines_refusal_is_a_row() -> None:
    """Where a protected resource ends the preview, the plan names it all the same."""
    message = 'error: Preview failed: resource "x" cannot be deleted\nbecause it is protected.'
    plan = _plan(diagnostics=[_error(message, "web"), _error("error: preview failed\n")])
    assert [(row.change.op, row.protected) for row in plan.rows] == [(Op.DELETE, True)]


def test_a_refused_resource_that_is_listed_is_one_row() -> None:
    """The engine lists some deletions before it refuses them."""
    message = 'error: Preview failed: resource "x" cannot be deleted\nbecause it is protected.'
    plan = _plan(_step("delete", old={"protect": True}), diagnostics=[_error(message, "web")])
    assert len(plan.rows) == 1
    assert plan.before == Decimal(12)


def test_any_other_error_is_no_plan() -> None:
    """The program's own words, without the engine's echo."""
    echo = _error("error: an unhandled error occurred: program exited with code 1")
    with pytest.raises(PreviewError, match=r"the preview failed:\n2 mistakes$"):
        _plan(diagnostics=[_error("error: 2 mistakes"), echo])


def test_a_failure_without_a_word_is_no_plan() -> None:
    """Silence is not consent."""
    with pytest.raises(PreviewError, match="does not say why"):
        _plan(diagnostics=[_error("error: preview failed\n")])


def test_components_and_stateless_steps_are_left_out() -> None:
    """Only what exists in a cloud is a row."""
    component = {"op": "create", "urn": "urn:pulumi:l::n::nutri:infra:Host::h", "newState": {}}
    stack = {"op": "update", "urn": "urn:pulumi:l::n::pulumi:pulumi:Stack::n-l"}
    assert _plan(component, stack, _step("refresh")).rows == ()


def test_an_output_that_is_only_unknown_is_no_change() -> None:
    """Without a detailed diff the engine's reasons name outputs too."""
    (step,) = steps({"steps": [_step("update", diffReasons=["labels", "ipv4Address", "backups"])]})
    assert step.change.changed == {"backups"}


def test_drift_is_seen_by_the_detailed_diff() -> None:
    """What was changed behind the engine's back is in no input."""
    (step,) = steps({"steps": [_step("update", detailedDiff={"networks[0].ip": {}})]})
    assert step.change.changed == {"networks"}


@pytest.mark.parametrize(
    ("word", "op"),
    [("create", Op.CREATE), ("import", Op.CREATE), ("delete-replaced", Op.REPLACE),
     ("create-replacement", Op.REPLACE), ("remove-pending-replace", Op.SAME), ("new", Op.REPLACE)],
)  # fmt: skip
def test_an_unknown_operation_counts_as_the_gravest(word: str, op: Op) -> None:
    """A word of a newer engine must not be taken for harmless."""
    assert operation(word) is op


def test_plain_lines_say_everything() -> None:
    """Verdict, operation, risk, downtime, price, why and the command to go on."""
    text = show.plain(_plan(_step("replace", replaceReasons=["image"]), given=("x:delete",)))
    for part in (
        "stack lab: 1 change, `pulumi up` will refuse it",
        "REFUSED replace  web (hcloud/Server)  risk: data loss  downtime: 5-20 min",
        "data loss: it would be replaced: its disk",
        "total: 12.00 -> 12.00 (+0.00) EUR a month, net",
        "warning: x:delete acknowledges nothing that changes",
        "to acknowledge: pulumi config set --path 'nutri:acknowledge[1]' web:delete",
    ):
        assert part in text


def test_markdown_folds_the_harmless_away() -> None:
    """The table shows what matters; bars in a cell do not break it."""
    text = show.markdown(_plan(_step("delete", "a|b"), _step("create", "new")))
    assert (
        "| **refused** | delete | `a\\|b` (hcloud/Server) | data loss | 5-20 min | 12.00 → 0.00 |"
        in text
    )
    assert text.index("<details>") < text.index("`new`")
    assert text.index("`a\\|b`") < text.index("<details>")


def test_what_the_program_says_is_a_note() -> None:
    """Of a zone that is there already, say; neither the engine's own words nor its colours."""
    stack = "urn:pulumi:lab::nutri::pulumi:pulumi:Stack::nutri-lab"
    said = {"severity": "info", "urn": stack, "message": "<{%reset%}>the zone stays<{%reset%}>\n"}
    others = [said | {"severity": "info#err"}, _error("warn", "web") | {"severity": "warning"}]
    assert told({"diagnostics": [said, said, *others]}) == ("the zone stays",)


def test_an_unknown_price_is_a_question_mark() -> None:
    """And is left out of the total."""
    plan = _plan(_step("update", new=_INPUTS | {"serverType": "cx99"}, diffReasons=["serverType"]))
    assert "a month: 12.00 -> ?" in show.plain(plan)
    assert show.as_json(plan)["changes"][0]["monthly"] == {"before": "12.00", "after": None}


class _Engine(Engine):
    """A stack that is made up."""

    def preview(self) -> dict[str, Any]:
        """One server whose backups go."""
        new = _INPUTS | {"backups": False}
        return {"steps": [_step("update", new=new, diffReasons=["backups"])]}

    def config(self) -> dict[str, Any]:
        """As `pulumi config` prints it."""
        return {"hcloud:token": "t" * 64, "nutri:acknowledge": None, "nutri:protect": "false"}

    def name(self) -> str:
        """The stack."""
        return "lab"


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the made-up stack and prices in place of the real ones."""

    def no_prices(endpoint: str, token: str, _boxes: str) -> Prices:
        raise PricesError(f"no price list at {endpoint} with {len(token)} characters")

    monkeypatch.setattr("runbook.verbs.plan.Engine", _Engine)
    monkeypatch.setattr("runbook.plan.prices.fetch", no_prices)


@pytest.mark.usefixtures("made_up")
def test_the_verb_exits_by_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    """A refused plan is exit code 4; without a price list the plan is there, with a note."""
    with pytest.raises(SystemExit) as caught:
        main(["plan", "--stack", "lab", "--json"])
    assert caught.value.code == 4
    printed = json.loads(capsys.readouterr().out)
    assert printed["missing"] == ["web:backups"]
    assert printed["notes"] == ["no price list at https://api.hetzner.cloud/v1 with 64 characters"]


@pytest.mark.usefixtures("made_up")
def test_one_form_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    """Two forms are a mistake."""
    with pytest.raises(SystemExit) as caught:
        main(["plan", "--json", "--markdown"])
    assert caught.value.code == 2
    assert "give one of them" in capsys.readouterr().err


def test_the_setting_protect_is_read_as_the_program_reads_it() -> None:
    """Absent is true, as in Pulumi.yaml."""
    assert proposal.acknowledgements({}).protect
    assert not proposal.acknowledgements({"nutri:protect": "false"}).protect
    assert not proposal.acknowledgements({"nutri:protect": False}).protect
