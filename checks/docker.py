"""Q1: the Docker engine of a server answers; nothing of the app runs without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.check import Check, servers
from checks.verdict import Verdict, green, red

if TYPE_CHECKING:
    from checks.observer import Observer
    from clients.ssh import Result
    from common.target import ServerTarget, Target

ASK = "timeout 20 docker version --format '{{.Server.Version}}'"


def collect_docker(observer: Observer, server: ServerTarget) -> Result:
    """What the engine answers, or what its client says when it does not."""
    return observer.ssh(server).run(ASK, check=False)


def judge_docker(_server: ServerTarget, answer: Result, _target: Target) -> Verdict:
    """Green when the engine tells its version."""
    if answer.code == 0 and answer.stdout.strip():
        return green(f"version {answer.stdout.strip()}")
    said = (answer.stderr.strip().splitlines() or ["it says nothing"])[-1]
    return red(
        f"the Docker engine does not answer: {said}",
        "`runbook docker restart`; if it stays away, see "
        "`runbook ssh -- journalctl -u docker -n 100`",
    )


DOCKER = Check("docker", "Q1", "the Docker engine answers", servers, collect_docker, judge_docker)
