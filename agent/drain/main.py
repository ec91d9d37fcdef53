"""The verbs of the program.

start SERVICE WHAT GRACE BOUND   prints what came of it, as JSON; WHAT is an application, or
                                 containers by their ids
end SERVICE [SECONDS]            the same; waits so long for the file to go
keep SERVICE                     the process between them, a systemd unit
leave GRACE                      before this server stops: all of its services
"""

from __future__ import annotations

import http.client
import json
import re
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from agent.drain.engine import Container, Docker, proxy_addresses
from agent.drain.files import NO_SPACE, STATE, read, route_file, spec_file, status_file, write_state
from agent.drain.keeper import Keeper
from agent.drain.leaving import leave
from agent.drain.routes import DYNAMIC, Proxy

AT_BOOT = Path("/etc/tmpfiles.d/nutri-drain.conf")
_PROXY = "coolify-proxy"
_LOOK_SECONDS = 0.25
_FORCE_SECONDS = 20.0
_UNDER_WAY_SLACK = 5.0

Json = dict[str, Any]


def unit(service: str) -> str:
    """The systemd unit of the process that keeps the file."""
    return f"nutri-drain-{service}.service"


def is_kept(service: str) -> bool:
    """Whether that process runs."""
    words = ["systemctl", "is-active", "--quiet", unit(service)]
    return subprocess.run(words, check=False).returncode == 0


def begin_to_keep(service: str) -> None:
    """Start that process; when it is over, so is the file. Killed, it is started again."""
    file = route_file(service)
    over = f"""/bin/sh -c '[ "$SERVICE_RESULT" = signal ] || rm -f {file}'"""
    words = [
        "systemd-run",
        "--quiet",
        "--collect",
        f"--unit={unit(service)}",
        "--property=RuntimeMaxSec=24h",
        f"--property=ExecStopPost={over}",
        "--property=Restart=on-failure",
        "--property=RestartSec=100ms",
        sys.executable,
        sys.argv[0],
        "keep",
        service,
    ]
    subprocess.run(words, check=False, capture_output=True)


def start(service: str, what: str, grace: float, bound: float) -> Json:
    """Keep requests away from containers, and wait for those under way."""
    chosen = set(what.split(","))
    listed = Docker().running()
    mine = [one for one in listed if chosen & {one["Id"], _application(one)}]
    routed = [one for one in mine if Container(one, service).is_routed]
    if not routed or not proxy_addresses(listed):
        return {"state": "unrouted" if mine else "absent", "connections": 0}
    STATE.mkdir(mode=0o700, exist_ok=True)
    AT_BOOT.write_text(f"r! {DYNAMIC}/nutri-drain-*.yaml\n", encoding="utf-8")
    now = time.time()
    run = secrets.token_hex(8)
    spec = {
        "run": run,
        "token": secrets.token_hex(16),
        "drained": [one["Id"] for one in routed],
        "since": int(now),
        "until": now + bound,
        "grace": grace,
        "closing": False,
    }
    write_state(spec_file(service), spec)
    return _await_drained(service, run, now, grace + _UNDER_WAY_SLACK)


def _application(listed: Json) -> str:
    return str((listed.get("Labels") or {}).get("coolify.name", ""))


def _await_drained(service: str, run: str, began: float, under_way_seconds: float) -> Json:
    in_force: float | None = None
    last = began
    while True:
        if not is_kept(service):
            begin_to_keep(service)
        told = read(status_file(service)) or {}
        state = told.get("state") if told.get("run") == run else None
        if state in {"drained", "alone", "over"}:
            return told
        now = time.time()
        if state == "busy":
            in_force, last = in_force or now, now
            if now - in_force > under_way_seconds:
                return told
        if now - last > _FORCE_SECONDS:
            end(service, 0)
            return {"state": "refused", "connections": 0, "reason": refusal(began)}
        time.sleep(_LOOK_SECONDS)


def refusal(since: float) -> str:
    """What the proxy says of the file that it cannot read, or that none could be written."""
    if _is_full(DYNAMIC):
        return NO_SPACE
    words = ["docker", "logs", f"--since={int(since) - 1}", _PROXY]
    done = subprocess.run(words, check=False, capture_output=True, text=True, errors="replace")
    found = re.findall(r'watcher callback.*?error="?(/traefik/dynamic/[^"\n]*)', _plain(done))
    return found[-1] if found else ""


def _is_full(place: Path) -> bool:
    try:
        return not shutil.disk_usage(place).free
    except OSError:
        return False


def _plain(done: subprocess.CompletedProcess[str]) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


def end(service: str, seconds: float) -> Json:
    """Let requests go where the labels lead, once the proxy has them."""
    spec = read(spec_file(service))
    if spec is None or not is_kept(service):
        route_file(service).unlink(missing_ok=True)
        spec_file(service).unlink(missing_ok=True)
        return {"state": "over", "connections": 0}
    write_state(spec_file(service), {**spec, "closing": True})
    deadline = time.monotonic() + seconds
    while is_kept(service) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return {"state": "closing" if is_kept(service) else "over", "connections": 0}


def keep(service: str) -> None:
    """The process between start and end."""
    keeper = Keeper(service, Docker(), Proxy())
    goes_on = True
    while goes_on:
        try:
            goes_on = keeper.look()
        except (OSError, ValueError, http.client.HTTPException) as error:
            print(f"not this time: {error}", file=sys.stderr, flush=True)  # noqa: T201
        time.sleep(_LOOK_SECONDS)


def main(verb: str, service: str, *words: str) -> None:
    """Do one of them; `service` is the grace of `leave`."""
    if verb == "leave":
        print(leave(Docker(), Proxy(), float(service)), flush=True)  # noqa: T201
    elif verb == "keep":
        keep(service)
    elif verb == "end":
        print(json.dumps(end(service, float(words[0]) if words else 0)))  # noqa: T201
    else:
        what, grace, bound = words
        told = start(service, what, float(grace), float(bound))
        print(json.dumps(told))  # noqa: T201
