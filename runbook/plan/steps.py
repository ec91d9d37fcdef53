"""The engine's digest of a preview, as changes of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common.changes import Change, Op, changed_keys
from runbook.plan.engine import PreviewError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NO_RESOURCES = ("pulumi:pulumi:Stack", "pulumi:providers:")
_STACK = "pulumi:pulumi:Stack"
_SAID = frozenset({"info", "warning"})
_COLOUR = re.compile(r"<\{%[^%]*%\}>")
_PROTECTED = re.compile(r"unable to (?P<op>replace|delete) resource|cannot be deleted")
_ECHO = re.compile("error: preview failed|an unhandled error occurred: program exited")
_STATELESS = {"refresh", "read", "read-replacement", "read-discard", "discard-replaced"}


@dataclass(frozen=True)
class Step:
    """A change, and what only the engine's state knows of its resource."""

    change: Change
    protected: bool = False
    """The engine refuses to let it go, whatever was acknowledged."""


def steps(digest: Mapping[str, Any]) -> tuple[Step, ...]:
    """Return every resource with what would happen to it, unchanged ones too.

    Raises:
        PreviewError: the preview failed for another reason than a protected resource.
    """
    found = tuple(_steps(digest.get("steps") or []))
    listed = {(step.change.type, step.change.name) for step in found}
    stopped = _stopped(digest.get("diagnostics") or [])
    return (
        *found,
        *(step for step in stopped if (step.change.type, step.change.name) not in listed),
    )


def told(digest: Mapping[str, Any]) -> tuple[str, ...]:
    """What the program itself had to say about the preview, without the engine's colours."""
    said = [
        _COLOUR.sub("", one["message"]).strip()
        for one in digest.get("diagnostics") or []
        if one.get("severity") in _SAID and _STACK in one.get("urn", _STACK)
    ]
    return tuple(dict.fromkeys(said))


def _steps(found: list[Mapping[str, Any]]) -> Iterator[Step]:
    for one in found:
        type_token, name = parts(one["urn"])
        if type_token.startswith(_NO_RESOURCES) or one["op"] in _STATELESS:
            continue
        old, new = one.get("oldState") or {}, one.get("newState") or {}
        if not (new or old).get("custom"):
            continue  # a component is only a name for its parts
        inputs, wanted = old.get("inputs") or {}, new.get("inputs") or {}
        change = Change(
            op=operation(one["op"]),
            type=type_token,
            name=name,
            old=inputs | (old.get("outputs") or {}),
            new=wanted,
            changed=_differing(one, inputs, wanted),
        )
        yield Step(change, protected=bool(old.get("protect")))


def _differing(
    step: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]
) -> frozenset[str]:
    """Return the inputs that make the change.

    A detailed diff is exact, and knows of what was changed behind the engine's back. Without one
    the reasons also list outputs, which are only unknown until the change is through.
    """
    detailed = step.get("detailedDiff")
    if detailed:
        return frozenset(map(_top, detailed))
    named = {*(step.get("diffReasons") or []), *(step.get("replaceReasons") or [])}
    reasons = frozenset(map(_top, named)) & {*old, *new}
    return reasons or changed_keys(old, new)


def _top(path: str) -> str:
    return re.split(r"[.\[]", path)[0]


def operation(op: str) -> Op:
    """Return the operation by the engine's word for it; one not known yet counts as the gravest.

    A replacement has three steps of its own besides `replace`, in whichever order they come.
    """
    if op in {one.value for one in Op}:
        return Op(op)
    if op == "import":
        return Op.CREATE
    if op == "remove-pending-replace":
        return Op.SAME
    return Op.REPLACE


def parts(urn: str) -> tuple[str, str]:
    """Return type and name of a URN; parents' types before the last `$` are left out."""
    *_, types, name = urn.split("::", 3)
    return types.rsplit("$", 1)[-1], name


def _stopped(diagnostics: list[Mapping[str, Any]]) -> Iterator[Step]:
    """Yield the changes the engine ended the preview at, since the resource is protected."""
    errors = [one for one in diagnostics if one.get("severity") == "error"]
    grave = [one for one in errors if not _ECHO.search(one["message"])]
    for error in grave:
        match = _PROTECTED.search(error["message"])
        if not match or not error.get("urn"):
            raise PreviewError("the preview failed:\n" + "\n".join(map(_text, grave)))
        type_token, name = parts(error["urn"])
        op = Op.REPLACE if match["op"] == "replace" else Op.DELETE
        yield Step(Change(op, type_token, name), protected=True)
    if errors and not grave:
        raise PreviewError("the preview failed, and pulumi does not say why")


def _text(error: Mapping[str, Any]) -> str:
    text = error["message"].strip().removeprefix("error: ").removeprefix("Preview failed: ")
    return f"{parts(error['urn'])[1]}: {text}" if error.get("urn") else text
