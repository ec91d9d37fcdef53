"""How a mutant is proven: broken, the right check is red and no other; mended, all is green."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import checks
from checks import Status
from common.waiting import WaitTimeoutError, wait_until
from tests.e2e.mutants.remedies import REMEDIES
from tests.e2e.mutants.running import run_remedy
from tests.e2e.mutants.whole import ON_REQUEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import Target
    from tests.e2e.mutants.mutant import Mutant
    from tests.e2e.mutants.scene import Scene
    from tests.e2e.mutants.whole import Whole


def prove(one: Mutant, whole: Whole) -> None:
    """Break the world, look, and mend it; fails where a check says what it should not.

    All that the remedy prints is run as printed, and what heals has to.
    """
    with _broken(one, whole.scene) as target:
        report = _settled(one, whole, target)
        _assert_told(one, report)
        run_remedy(one.name, _result(report, one), whole)
    if REMEDIES[one.name].heals:  # a new token, say, is in the outputs
        whole.scene.target = whole.stack.described()
    _assert_mended(whole.scene.target, report)


def _assert_told(one: Mutant, report: checks.Report) -> None:
    verdict = _result(report, one).verdict
    assert verdict.status is Status.RED, verdict
    assert re.search(one.says, verdict.message), verdict
    assert re.search(one.remedy, verdict.remedy), verdict
    assert _astray(one, report) == [], report.table()


@contextlib.contextmanager
def _broken(one: Mutant, scene: Scene) -> Iterator[Target]:
    """The target to look at a broken world with; whatever is found there, it is mended."""
    world = one.world(scene)
    try:
        yield next(world) or scene.target
    finally:
        for _ in world:
            raise AssertionError(f"{one.name} yields more than once")


def _settled(one: Mutant, whole: Whole, target: Target) -> checks.Report:
    """Run the whole suite, and what is not as it should be yet again."""
    report = whole.look(target, *([one.check] if one.check in ON_REQUEST else []))

    def is_settled() -> bool:
        nonlocal report
        wrong = _wrong(one, report)
        if wrong:
            ids = [result.check for result in wrong]
            report = report.merged(whole.again(target, ids, {result.key for result in wrong}))
        return not _wrong(one, report)

    with contextlib.suppress(WaitTimeoutError):
        wait_until(one.name, is_settled, bound=60, interval=0.3, max_interval=2)
    return report


def _wrong(one: Mutant, report: checks.Report) -> list[checks.Result]:
    """The check that should be red and is not, or for another reason; others that should not be."""
    expected = _result(report, one)
    is_right = expected.verdict.status is Status.RED and re.search(
        one.says, expected.verdict.message
    )
    return [*_astray(one, report), *([] if is_right else [expected])]


def _result(report: checks.Report, one: Mutant) -> checks.Result:
    return next(result for result in report.results if result.key == (one.check, one.subject))


def _astray(one: Mutant, report: checks.Report) -> list[checks.Result]:
    """What is not green any more, and should be."""
    allowed = {one.check, *one.also}
    return [
        result
        for result in report.not_green
        if result.check not in allowed
        and not (one.blind and result.verdict.status is Status.UNKNOWN)
    ]


def _assert_mended(target: Target, report: checks.Report) -> None:
    changed = {one.key for one in report.not_green if one.check not in ON_REQUEST}
    if not changed:
        return
    mended = checks.verify(target, [check for check, _ in changed], only=changed, settle=180)
    assert mended.exit_code == 0, mended.table()
