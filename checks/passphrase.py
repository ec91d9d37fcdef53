"""B5: the passphrase of config and state is one that nobody guesses."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from checks.check import Check
from checks.verdict import Verdict, green, red, unknown
from common import passphrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checks.observer import Observer
    from common.target import Target


def _stack(target: Target) -> Mapping[str, Target]:
    return {target.stack: target}


def collect(_observer: Observer, _target: Target) -> str | None:
    """The passphrase as the engine has it from the environment."""
    return passphrase.of(os.environ)


def judge(_subject: Target, found: str | None, target: Target) -> Verdict:
    """Green when nobody can guess it, or the cloud is one on this machine."""
    if passphrase.is_loopback(target.hetzner.endpoint):
        return green("a cloud on this machine needs none that is hard to guess")
    if found is None:
        return unknown(
            "the environment has none", "`. bin/env STACK`, then `runbook check passphrase`"
        )
    why = passphrase.weakness(found)
    if why:
        return red(f"it guards config and state, and {why}", passphrase.REMEDY)
    return green(f"{len(found)} characters guard config and state")


PASSPHRASE = Check(
    "passphrase",
    "B5",
    "the passphrase is hard to guess",
    _stack,
    collect,
    judge,
    proves_change=False,
)
