"""A plan as plain lines, Markdown or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from common.changes import Op, open_door, remedy
from runbook.plan.plan import Plan, Row, Verdict
from runbook.plan.rolls import summary, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

_WORDS = {Verdict.HARMLESS: "ok", Verdict.RISKY: "risky", Verdict.REFUSED: "refused"}
_SUMMARY = {
    Verdict.HARMLESS: "nothing of it carries a risk",
    Verdict.RISKY: "look before you apply it",
    Verdict.REFUSED: "`pulumi up` will refuse it",
}


def plain(plan: Plan) -> str:
    """Return the plan as lines for a terminal or a pipe."""
    lines = [_headline(plan), ""]
    for row in plan.rows:
        lines += [_line(row), *(f"    {text}" for text in _details(row))]
    lines += ["", *summary(plan.rolls)] if plan.rolls else []
    return "\n".join([*lines, *([""] if plan.rows else []), *_footer(plan)])


def markdown(plan: Plan) -> str:
    """Return the plan as a comment for a pull request; what is harmless is folded away."""
    grave = [row for row in plan.rows if row.verdict is not Verdict.HARMLESS]
    harmless = [row for row in plan.rows if row.verdict is Verdict.HARMLESS]
    lines = [f"### {_headline(plan)}", "", *_cells_of(grave)]
    lines += [f"* **{row.change.name}**: {text}" for row in grave for text in _details(row)]
    lines += ["", *(f"{line}  " for line in summary(plan.rolls))] if plan.rolls else []
    if harmless:
        word = "other changes" if grave else "changes"
        lines += ["", f"<details><summary>{word}: {len(harmless)}</summary>", ""]
        lines += [*_cells_of(harmless), *_values_of(harmless), "</details>"]
    return "\n".join([*lines, "", *(f"{line}  " for line in _footer(plan))])


def as_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON's types; prices are decimal strings, unknown ones null."""
    return {
        "stack": plan.stack,
        "verdict": _WORDS[plan.verdict],
        "exit_code": plan.verdict.value,
        "changes": [_object(row) for row in plan.rows],
        "missing": list(plan.missing),
        "stale": list(plan.stale),
        "monthly": {
            "before": _text(plan.before),
            "after": _text(plan.after),
            "delta": _text(plan.after - plan.before),
            "currency": plan.currency,
        },
        "rolls": [str(one) for one in plan.rolls],
        "holds": {name: _text(price) for name, price in plan.holds},
        "notes": list(plan.notes),
        "window": str(plan.window),
    }


def _headline(plan: Plan) -> str:
    if not plan.rows:
        return f"stack {plan.stack}: nothing changes"
    count = f"{len(plan.rows)} change{'s' * (len(plan.rows) != 1)}"
    harmless = plan.verdict is Verdict.HARMLESS
    rolled = "a deploy: it rolls what is listed" if plan.rolls and harmless else None
    return f"stack {plan.stack}: {count}, {rolled or _SUMMARY[plan.verdict]}"


def _line(row: Row) -> str:
    change = row.change
    words = [f"{_WORDS[row.verdict].upper():8}{change.op:8} {change.name} ({change.kind})"]
    if row.risk.severity:
        words.append(f"risk: {row.risk}")
    if row.downtime:
        words.append(f"downtime: {row.downtime}")
    if row.before != row.after:
        words.append(f"a month: {_money(row.before)} -> {_money(row.after)}")
    return "  ".join(words)


def _details(row: Row) -> Iterator[str]:
    if row.change.changed and row.change.op in {Op.UPDATE, Op.REPLACE}:
        yield f"changes {values(row.change)}"
    yield from (f"{one.risk}: {one.why}" if one.risk.severity else one.why for one in row.findings)
    if row.problem:
        yield f"not now: {row.problem}"
    if row.protected:
        yield "protected: it may go only after `nutri:protect: false` and a `pulumi up` of its own"
    yield from (f"acknowledged by {entry}" for entry in dict.fromkeys(row.used))


def _values_of(rows: list[Row]) -> list[str]:
    updates = [row for row in rows if row.change.op is Op.UPDATE and row.change.changed]
    return [f"* **{row.change.name}**: {values(row.change)}" for row in updates]


def _cells_of(rows: list[Row]) -> list[str]:
    if not rows:
        return []
    head = ["| | change | resource | risk | downtime | a month |", "|---|---|---|---|---|---|"]
    return [*head, *map(_cells, rows), ""]


def _cells(row: Row) -> str:
    change = row.change
    price = "" if row.before == row.after else f"{_money(row.before)} → {_money(row.after)}"
    cells = (
        f"**{_WORDS[row.verdict]}**" if row.verdict.value else _WORDS[row.verdict],
        str(change.op),
        f"`{change.name}` ({change.kind})",
        str(row.risk) if row.risk.severity else "",
        str(row.downtime or ""),
        price,
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _footer(plan: Plan) -> Iterator[str]:
    delta = plan.after - plan.before
    prices = f"{_money(plan.before)} -> {_money(plan.after)} ({delta:+.2f})"
    yield f"total: {prices} {plan.currency} a month, net, by today's price list"
    if plan.holds:
        yield f"it holds: {', '.join(f'{name} {_money(price)}' for name, price in plan.holds)}"
    yield from (f"note: {note}" for note in plan.notes)
    yield from (f"warning: {open_door(entry)}" for entry in plan.stale)
    if plan.waits:
        yield f"the maintenance window, {plan.window}, needs no acknowledgement of a resize"
    for number, entry in enumerate(plan.missing):
        yield f"to acknowledge: {remedy(entry, len(plan.given) + number)}"


def _money(amount: Decimal | None) -> str:
    return "?" if amount is None else f"{amount:.2f}"


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _object(row: Row) -> dict[str, Any]:
    change = row.change
    return {
        "resource": change.name,
        "type": change.type,
        "op": str(change.op),
        "changed": sorted(change.changed),
        "verdict": _WORDS[row.verdict],
        "risk": str(row.risk),
        "protected": row.protected,
        "findings": [
            {
                "risk": str(one.risk),
                "why": one.why,
                "downtime": [one.downtime.least, one.downtime.most] if one.downtime else None,
                "acknowledge": f"{change.name}:{one.acknowledge}" if one.acknowledge else None,
                "in_window": one.in_window,
            }
            for one in row.findings
        ],
        "missing": list(row.missing),
        "problem": row.problem,
        "monthly": {"before": _text(row.before), "after": _text(row.after)},
    }
