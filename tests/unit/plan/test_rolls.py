"""A plan for a reviewer: what a deploy rolls, in which order, what it costs those who use it."""

from __future__ import annotations

from typing import Any

import pytest

from common.changes import Acknowledgements, Change, Op
from runbook.plan import Plan, Verdict, show
from runbook.plan.plan import make
from runbook.plan.prices import Prices
from runbook.plan.rolls import rolls
from runbook.plan.steps import Step

_TYPE = "pulumi-python:dynamic/coolify:Application"
_HEALTH = {"interval": 5.0, "timeout": 3.0, "retries": 10.0, "start_period": 5.0}
_BACKEND = {"tag": "good-1", "health": _HEALTH, "stop_grace_seconds": 30, "rollout": "start-first"}
_ML = _BACKEND | {"rollout": "stop-first", "env": {"KEY": "a secret"}}


def _app(name: str, old: dict[str, Any], op: Op = Op.UPDATE, **new: Any) -> Change:  # noqa: ANN401
    changed = frozenset(new) if op is Op.UPDATE else frozenset()
    return Change(op, _TYPE, name, {} if op is Op.CREATE else old, old | new, changed)


def _plan(*changes: Change) -> Plan:
    return make("prod", [Step(one) for one in changes], Acknowledgements(), Prices())


_DEPLOY = (
    _app("nutri-ml-service-1", _ML, tag="good-2", env={"KEY": "an unheard one"}),
    _app("nutri-backend-1", _BACKEND, tag="good-2"),
    _app("nutri-backend-2", _BACKEND, tag="good-2"),
)


def test_a_deploy_is_told_in_its_order() -> None:
    """Old and new tag, who is away for how long, and what is lost; no word of a secret."""
    text = show.plain(_plan(*_DEPLOY))
    for part in (
        "rolls 3 containers, one after another:",
        "1. nutri-ml-service-1: env, tag good-1 -> good-2; 5-115 s, its service is away meanwhile",
        "2. nutri-backend-1: tag good-1 -> good-2; 5-115 s, its service serves on",
        "3. nutri-backend-2: ",
        "and the pulling of images",
        "lost: requests to nutri-ml-service while it is away; nothing that is stored",
    ):
        assert part in text, text
    assert "secret" not in text
    assert "unheard" not in text
    assert "1. nutri-ml-service-1: " in show.markdown(_plan(*_DEPLOY))
    assert len(show.as_json(_plan(*_DEPLOY))["rolls"]) == 3


def test_a_deploy_is_not_called_free_of_risk() -> None:
    """Although nothing of it has to be acknowledged."""
    plan = _plan(*_DEPLOY[1:])
    assert plan.verdict is Verdict.HARMLESS
    for text in (show.plain(plan), show.markdown(plan)):
        assert "no" not in text.split("\n")[0].split()
        assert "a deploy: it rolls what is listed" in text
        assert "lost: no request; nothing that is stored" in text


def test_more_replicas_are_told_with_their_number() -> None:
    """The count, old and new; the new one comes beside those that serve."""
    count = Change(
        Op.UPDATE,
        "pulumi-python:dynamic/coolify:Replicas",
        "nutri-backend-replicas",
        {"count": 2.0},
        {"count": 3.0},
        frozenset({"count"}),
    )
    same = _app("nutri-backend-1", _BACKEND, Op.SAME)
    plan = _plan(same, count, _app("nutri-backend-2", _BACKEND, Op.CREATE))
    text = show.markdown(plan)
    assert "count 2 -> 3" in text
    assert "1. nutri-backend-2: one more; 5-115 s, its service serves on" in text


@pytest.mark.parametrize("op", [Op.CREATE, Op.SAME, Op.DELETE])
def test_what_is_no_deploy(op: Op) -> None:
    """A new platform serves nobody yet."""
    assert rolls([_app("nutri-backend-1", _BACKEND, op)]) == ()


def test_machinery_is_left_out() -> None:
    """The verification runs with every update; a reviewer need not hear of it."""
    kind = "pulumi-python:dynamic/nutri:Verification"
    verification = Change(Op.UPDATE, kind, "verification", {}, {}, frozenset({"target"}))
    assert _plan(verification).rows == ()
    assert "nothing changes" in show.plain(_plan(verification))
    assert "verification" not in show.markdown(_plan(verification, *_DEPLOY))


def test_the_total_says_what_it_holds() -> None:
    """Each thing with its price; one that is not known is a question mark."""
    boxes = Prices()
    box = Change(Op.SAME, "hcloud:index/storageBox:StorageBox", "dump-box")
    text = show.plain(make("prod", [Step(box)], Acknowledgements(), boxes))
    assert "it holds: dump-box ?" in text
