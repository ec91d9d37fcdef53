"""E4: an operator gets in: SSH with the pinned host key, and Coolify's API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from checks import causes
from checks.check import Check, coolify, servers
from checks.verdict import Verdict, green, red
from checks.web import Answer
from clients.http import reason
from clients.ssh import (
    CommandTimeoutError,
    HostKeyMismatchError,
    SshError,
    SshPermissionDeniedError,
)
from common.versions import is_older

if TYPE_CHECKING:
    from checks.observer import Observer
    from common.target import CoolifyTarget, ServerTarget, Target

_OK = 200
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_EMPTY_LIST = (
    "empty its list of allowed addresses: `runbook ssh -- docker exec coolify-db psql -U coolify "
    "-d coolify -c 'update instance_settings set allowed_ips = null'`"
)


_NOT_LET_IN = (
    "a rotation that was cut off goes on: `runbook rotate ssh-key`; else put the stack's key back "
    "into /root/.ssh/authorized_keys at the server's console (docs/secrets.md)"
)


def collect_ssh(observer: Observer, server: ServerTarget) -> SshError | CommandTimeoutError | None:
    """A command that does nothing; the error when it could not run."""
    try:
        observer.ssh(server).run("true")
    except (SshError, CommandTimeoutError) as error:
        return error
    return None


def judge_ssh(
    server: ServerTarget, failure: SshError | CommandTimeoutError | None, _target: Target
) -> Verdict:
    """Green when the server has the pinned host key and lets us in."""
    if failure is None:
        return green(f"{server.ssh.user}@{server.ssh.host} has the pinned host key and lets us in")
    if isinstance(failure, HostKeyMismatchError):
        return red(str(failure), "look at the server in the Hetzner console before anything else")
    if isinstance(failure, SshPermissionDeniedError):
        return red(str(failure), _NOT_LET_IN)
    verdict = red(str(failure), "`runbook server revive`")
    return verdict.lacking(f"{causes.SSH}:{server.name}")


def collect_coolify(observer: Observer, target: CoolifyTarget) -> Answer:
    """The version that Coolify's API tells, through a tunnel to the first server."""
    client = observer.ssh(observer.target.servers[0])
    with client.tunnel(target.port) as socket:
        return _get_version(
            target, httpx.HTTPTransport(uds=str(socket), verify=observer.trust), observer.timeout
        )


def judge_coolify(target: CoolifyTarget, answer: Answer, _target: Target) -> Verdict:
    """Green when it is the expected version."""
    if answer.failure:
        return red(
            f"Coolify's API does not answer on the server's port {target.port}: {answer.failure}",
            "`runbook ssh -- docker restart coolify`; if it stays away, see "
            "`runbook ssh -- docker logs --tail 100 coolify`",
        )
    if answer.status == _UNAUTHORIZED:
        return red("Coolify's API does not know the stack's token", "run `pulumi up`")
    if answer.status == _FORBIDDEN:
        said = str(answer.fields.get("message", "no reason given"))
        remedy = _EMPTY_LIST if "not allowed to access" in said else "run `pulumi up`"
        return red(f"Coolify's API refuses: {said}", remedy)
    if answer.status != _OK:
        return red(
            f"Coolify's API answers HTTP {answer.status}",
            "see `runbook ssh -- docker logs --tail 100 coolify`",
        )
    version = answer.body.strip().strip('"')
    if version != target.version:
        return red(
            f"Coolify is version {version} instead of {target.version}",
            _to_version(version, target.version),
        )
    return green(f"version {version}, its API lets us in")


def _to_version(running: str, pinned: str) -> str:
    """What helps: there is no way down, and a step that has nothing new to do is made to run."""
    if is_older(running, pinned):
        return f"install {pinned} again: `pulumi up --replace '**::install-coolify'`"
    return (
        f"it was updated outside Pulumi, and there is no way down: "
        f"`pulumi config set coolifyVersion {running}`, then `pulumi up`"
    )


def _get_version(target: CoolifyTarget, transport: httpx.HTTPTransport, timeout: float) -> Answer:
    headers = {
        "Authorization": f"Bearer {target.token.get_secret_value()}",
        "Accept": "application/json",
    }
    try:
        with httpx.Client(transport=transport, timeout=timeout) as client:
            response = client.get("http://coolify/api/v1/version", headers=headers)
    except httpx.HTTPError as error:
        return Answer(failure=reason(error, timeout))
    return Answer(response.status_code, response.text)


SSH = Check("ssh", "E4", "SSH works, host key as pinned", servers, collect_ssh, judge_ssh)
COOLIFY = Check("coolify", "E1", "Coolify's API works", coolify, collect_coolify, judge_coolify)
