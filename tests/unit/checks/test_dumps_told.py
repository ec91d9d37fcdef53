"""What a dump and its proof could not hold or show is told, green or not."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, cast

from checks import dumps
from checks.verdict import Status
from tests.unit.checks.conftest import dumps_told

if TYPE_CHECKING:
    from common.target import DumpsTarget, Target


class _Dumps:
    age_h, proof_days, repository = 26.0, 31.0, "sftp:u@b.test:nutri"


_DUMPS, _TARGET = cast("DumpsTarget", _Dumps()), cast("Target", None)


def _told(changes: dict[str, Any]) -> dumps.Evidence:
    return dumps.parse(json.dumps(dumps_told(time.time(), changes)))


def test_what_is_in_no_dump_is_told_before_it_is_needed() -> None:
    """Users that the login may not read, secrets of the vault."""
    lacks = ["auth.users: this role may not read it"]
    verdict = dumps.judge_age(_DUMPS, _told({"status/dump/not_held": lacks}), _TARGET)
    assert verdict.status is Status.GREEN
    assert "not in it: auth.users: this role may not read it" in verdict.message
    assert "not in it" not in dumps.judge_age(_DUMPS, _told({}), _TARGET).message


def test_what_was_not_proven_is_told_with_the_setting() -> None:
    """An extension that the scratch image lacks."""
    changes = {
        "status/proof/missing_extensions": ["vector"],
        "status/proof/not_restored": ["index public.spot: it needs the extension vector"],
    }
    verdict = dumps.judge_proof(_DUMPS, _told(changes), _TARGET)
    assert verdict.status is Status.GREEN
    assert "without vector: nutri:scratchImage" in verdict.message
    assert "1 things are not proven" in verdict.message


def test_a_lock_is_never_answered_with_another_repository() -> None:
    """Only damage that restic found is."""
    refused = {"at": "2999-01-01T00:00:00Z", "ok": False, "message": "locked by h since 01:15"}
    verdict = dumps.judge_repository(_DUMPS, _told({"status/check_refused": refused}), _TARGET)
    assert verdict.status is Status.RED
    assert "remake" not in f"{verdict.message} {verdict.remedy}"
    assert "locked by h since 01:15" in verdict.message
