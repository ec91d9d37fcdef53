"""Measure the main job, each number beside another of the same run.

Usage: bin/bench [--cold]. Ends the local stack's cloud first: it measures from nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import yaml

import checks
from clients.coolify.client import over
from clients.coolify.deployments import deploy
from clients.ssh import SshClient
from runbook.monitor import watching
from runbook.stack import load_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from checks import Report

ROOT = Path(__file__).parents[2]
_REPEATS = 5
_KILOBYTES = 1024
_REQUESTS = 5000
_APPS: tuple[tuple[str, tuple[str, str], dict[str, Any]], ...] = (
    ("one that drains", ("drain-1", "drain-2"), {}),
    ("as it is", ("good-1", "good-2"), {}),
    ("killed", ("good-1", "good-2"), {"stopGrace": 1}),
)
"""Name, tags, and what differs in the config: the last is killed a second after it was told."""


_STARTED = ("urls", "status", "logs", "deploy", "outage")
"""One that needs little, and those of the morning and of the night."""


def _run(*words: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> float:
    """Run a command quietly; returns its seconds. Its failure ends the bench with its output."""
    started = time.monotonic()
    done = subprocess.run(
        words, cwd=cwd, env=os.environ | (env or {}), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"bench: {' '.join(words)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - started


def _report(name: str, value: str, aim: str = "") -> None:
    print(f"{name:<52} {value:>10}  {aim}", flush=True)


def _median(sample: list[float]) -> float:
    return sorted(sample)[len(sample) // 2]


@contextmanager
def _empty_program() -> Iterator[Path]:
    """A Pulumi program in Python that makes nothing, with the project's own interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "Pulumi.yaml").write_text("name: empty\nruntime: python\n")
        (path / "__main__.py").write_text("import pulumi\n")
        (path / "state").mkdir()
        yield path


def cold_up() -> None:
    """A fresh clone with empty caches: packages, engine, plugins, images, platform."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        _run("git", "clone", "--quiet", str(ROOT), str(path / "nutri"))
        _run("bin/down")
        empty = {
            "NUTRI_CACHE": str(path / "cache"),
            "GOCACHE": str(path / "go-build"),
            "GOMODCACHE": str(path / "go-mod"),
            "GOFLAGS": "-modcacherw",
            "PULUMI_HOME": str(path / "pulumi"),
            "PULUMI_BACKEND_URL": "",  # the clone keeps its own state
            "PIP_NO_CACHE_DIR": "1",
        }
        _run(sys.executable, "-m", "localcloud", "down", "--images")
        _report(
            "make up, fresh clone, caches empty",
            f"{_run('make', 'up', cwd=path / 'nutri', env=empty):.0f} s",
        )
        _run("make", "down", cwd=path / "nutri", env=empty)


def warm_up() -> None:
    """From nothing with warm caches, and again with everything there."""
    _run("bin/down")
    first = _run("bin/up")
    _report("make up, from nothing, caches warm", f"{first:.0f} s")
    second = _run("bin/up")
    _report(
        "make up again, nothing to change", f"{second:.0f} s", f"{second / first:.2f} of the first"
    )


def previews() -> None:
    """The full stack's preview over that of an empty program, in turns."""
    full: list[float] = []
    looking: list[float] = []
    bare: list[float] = []
    with _empty_program() as folder:
        own = {"PULUMI_BACKEND_URL": f"file://{folder}/state"}
        _run("pulumi", "stack", "init", "empty", cwd=folder, env=own)
        for _ in range(_REPEATS):
            full.append(_run("pulumi", "preview", "--stack", "local", "--refresh=false"))
            looking.append(_run("pulumi", "preview", "--stack", "local"))
            bare.append(_run("pulumi", "preview", "--stack", "empty", cwd=folder, env=own))
    base = _median(bare)
    _report("pulumi preview, empty program", f"{base:.2f} s")
    _report(
        "pulumi preview, full stack, no refresh", f"{_median(full):.2f} s", _times(full, base, 2)
    )
    _report("pulumi preview, full stack", f"{_median(looking):.2f} s", _times(looking, base))


def _times(sample: list[float], base: float, aim: float | None = None) -> str:
    wanted = f" (aim: at most {aim:g}x)" if aim else ""
    return f"{_median(sample) / base:.1f}x{wanted}"


def calls() -> None:
    """Requests to the Hetzner API; 3,600 an hour are allowed."""
    knobs = "http://127.0.0.1:8421/_localcloud/calls"
    for name, words in {
        "preview, no refresh": ("preview", "--refresh=false"),
        "preview": ("preview",),
        "up with nothing to do": ("up", "--yes", "--skip-preview"),
        "refresh": ("refresh", "--yes", "--skip-preview"),
    }.items():
        httpx.delete(knobs, timeout=10).raise_for_status()
        _run("pulumi", *words, "--stack", "local")
        _report(
            f"Hetzner API calls, {name}",
            str(len(httpx.get(knobs, timeout=10).json()["calls"])),
            "(3,600 an hour are allowed)",
        )


def suite() -> None:
    """The whole check suite over its slowest check alone: how much side by side is worth."""
    target = load_target("local")
    whole: list[float] = []
    alone: list[float] = []
    for _ in range(_REPEATS):
        seconds, report = _timed(lambda: checks.run(target, checks.select(None)))
        whole.append(seconds)
        slowest = max(report.results, key=lambda one: one.seconds)
        chosen = checks.select([slowest.check])
        alone.append(_timed(lambda: checks.run(target, chosen, only={slowest.key}))[0])  # noqa: B023
    _report(f"slowest check alone ({slowest.check})", f"{_median(alone):.2f} s")
    _report(
        f"all {len(report.results)} checks",
        f"{_median(whole):.2f} s",
        _times(whole, _median(alone), 1.3),
    )


def _timed(run: Callable[[], Report]) -> tuple[float, Report]:
    started = time.monotonic()
    report = run()
    return time.monotonic() - started, report


# On the server: the same rows by plain pg_restore from a local file, and by us from off-site.
_RESTORES = r"""set -eu
config=/etc/nutri/dumps/config.json
url=$(jq -r .database_url $config) image=$(jq -r .scratch_image $config) major=$(nutri-dump major)
image=${image/\{major\}/$major} PATH=/usr/lib/postgresql/$major/bin:$PATH
bare='postgresql://postgres:bench@127.0.0.1:5998/postgres?sslmode=disable'
trap 'docker rm -fv nutri-bench >/dev/null; psql -Xq "$url" -c "drop table if exists ballast"' EXIT
psql -Xq "$url" -c "create table ballast as
  select n as id, md5(n::text) as text from generate_series(1, 400000) n"
docker run -d --name nutri-bench -e POSTGRES_PASSWORD=bench -p 127.0.0.1:5998:5432 $image >/dev/null
until psql -XAtqc 'select 1' "$bare" >/dev/null 2>&1; do sleep 0.2; done
nutri-dump now >/dev/null
pg_dump -Fc -Z0 -n public -f /root/plain.dump "$url"
psql -Xq "$bare" -c 'create schema extensions; create extension pgcrypto schema extensions'
psql -Xq "$bare" -c 'drop schema public'
before=$(date +%s.%N)
pg_restore --no-owner --no-privileges -d "$bare" /root/plain.dump
after=$(date +%s.%N); rm /root/plain.dump
plain=$(echo "$after - $before" | bc -l 2>/dev/null || python3 -c "print($after - $before)")
jq -n --arg to "$bare" '{to: $to, overwrite: "postgres"}' | nutri-dump restore |
  jq --arg plain "$plain" '{ours: .seconds, plain: ($plain | tonumber), rows: .rows}'
"""


def restores() -> None:
    """A restore out of the repository, proven row by row, over plain pg_restore of a local file."""
    target = load_target("local")
    with SshClient(target.servers[0].ssh) as ssh:
        done = json.loads(ssh.run("bash -s", stdin=_RESTORES, timeout=600).stdout)
    _report("pg_restore of a local file", f"{done['rows'] / done['plain']:.0f} rows/s")
    _report(
        "runbook restore, from off-site, verified",
        f"{done['rows'] / done['ours']:.0f} rows/s",
        f"{done['ours'] / done['plain']:.1f}x the time",
    )


def dumps_of_a_gigabyte() -> None:
    """Dump and restore of 1 GB in 50 tables, over plain pg_dump and pg_restore -j 2."""
    told = json.loads(_output(sys.executable, "-m", "tests.bench.dumps", "490"))
    for word, plain in (("dump", "pg_dump_s"), ("restore", "pg_restore_j2_s")):
        ours = told[f"{word}_s"]
        named = f"{word} of {told['database_mb']:.0f} MB, {told[f'{word}_memory_mb']:.0f} MB used"
        _report(named, f"{ours:.0f} s", _times([ours], told[plain], 1.3))


_BALLAST = """set -euo pipefail
url=$(jq -r .database_url /etc/nutri/dumps/config.json)
for n in 1 2 3 4 5 6 7 8 9 10; do
  psql -Xq "$url" -c "create table ballast_$n as
    select n as id, repeat(md5(n::text), 5) as text from generate_series(1, 480000) n"
done
nutri-dump now >/dev/null
psql -XAtq "$url" -c 'select pg_database_size(current_database()) / 1000000'
"""
_NO_BALLAST = """set -euo pipefail
url=$(jq -r .database_url /etc/nutri/dumps/config.json)
for n in 1 2 3 4 5 6 7 8 9 10; do psql -Xq "$url" -c "drop table ballast_$n"; done
"""


def served_again() -> None:
    """A gigabyte restored over the stack's own database, until users are served again."""
    target = load_target("local")
    with SshClient(target.servers[0].ssh) as ssh:
        size = ssh.run("bash -s", stdin=_BALLAST, timeout=900).stdout.strip()
        words = ("restore", "--to", "database", "--lose", "postgres", "--yes")
        restored = _run("bin/runbook", *words)
        served, report = _timed(
            lambda: checks.verify(target, ["health", "database-status"], settle=120)
        )
        ssh.run("bash -s", stdin=_NO_BALLAST, timeout=60)
    if report.exit_code:
        sys.exit(f"bench: users are not served after a restore:\n{report.table()}")
    whole = restored + served
    name = f"runbook restore of {size} MB, until users are served again"
    _report(name, f"{whole:.0f} s", _times([whole], restored))


def disaster() -> None:
    """The server lost, and all made anew from the kit, over the first `up`; ends the stack."""
    history = json.loads(
        _output("pulumi", "stack", "history", "--stack", "local", "--json", "--page-size", "1000")
    )
    first = _moment(history[-1]["endTime"]) - _moment(history[-1]["startTime"])
    _report("pulumi up, the first", f"{first:.0f} s")
    with tempfile.TemporaryDirectory() as folder:
        words = ("drill", "dr", "local", "--lose", "local", "--folder", folder, "--json")
        drill = json.loads(_output("bin/runbook", *words))
    measures = drill["measures"]
    waited = measures["rto_seconds"]
    _report("disaster drill, from loss to serving", f"{waited:.0f} s", _times([waited], first))
    total = drill["seconds"]
    _report("disaster drill, all of it", f"{total:.0f} s", _times([total], first, 1.3))
    if "rows_lost" in measures:
        _report("disaster drill, rows lost", f"{measures['rows_lost']:g}")
    _run("bin/down")


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _output(*words: str) -> str:
    secret = {"NUTRI_KIT_PASSPHRASE": "of a kit that is thrown away"}
    done = subprocess.run(
        words, cwd=ROOT, env=os.environ | secret, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"bench: {' '.join(words)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def deploys() -> None:
    """Three apps under load, one after another; the config is as before afterwards.

    A container that has nothing to do with them comes and goes meanwhile.
    """
    config = ROOT / "Pulumi.local.yaml"
    before = config.read_text(encoding="utf-8")
    try:
        for name, (first, second), changes in _APPS:
            _change_backend(config, {"tag": first, **changes})
            _deploy(first, 1)
            with _foreign():
                told = _deploy(second, _REQUESTS)
            _report_deploy(f"rolling deploy, {name}", told["monitor"], config.read_text())
        _change_backend(config, {"tag": "good-1", "stopGrace": 10})
        _deploy("good-1", 1)
        _without_the_drain()
    finally:
        config.write_text(before, encoding="utf-8")
        _deploy("good-1", 1)
        config.write_text(before, encoding="utf-8")


def _without_the_drain() -> None:
    """Coolify's own redeployment of the app as it is: what the drain is for."""
    target = load_target("local")
    service = next(one for one in target.services if one.name == "nutri-backend")
    with (
        SshClient(target.servers[0].ssh) as ssh,
        over(ssh, target.coolify) as coolify,
        watching(target, service) as monitor,
    ):
        for application in service.applications:
            deploy(coolify, application, "without the drain", 600)
    report = monitor.report()
    name = "rolling deploy, as it is, without the drain: failed"
    _report(name, str(report.failed), f"(of {report.requests}; none would be red)")
    if not report.failed:
        sys.exit("bench: without the drain nothing was dropped, so the others prove nothing")


def _change_backend(config: Path, changes: dict[str, Any]) -> None:
    whole = yaml.safe_load(config.read_text(encoding="utf-8"))
    whole["config"]["nutri:services"]["nutri-backend"] |= changes
    config.write_text(yaml.safe_dump(whole), encoding="utf-8")


@contextmanager
def _foreign() -> Iterator[None]:
    """A labelled container of somebody else's, coming and going every few seconds."""
    over = threading.Event()
    thread = threading.Thread(target=_come_and_go, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _come_and_go(over: threading.Event) -> None:
    image = "docker.localcloud.test/library/redis:7-alpine"
    labels = "--label traefik.enable=true --label 'traefik.http.routers.x.rule=Host(`x.test`)'"
    command = (
        f"docker run --detach --name foreign --network coolify {labels} --entrypoint sleep {image} "
        "60 >/dev/null; sleep 2; docker rm --force foreign >/dev/null"
    )
    with SshClient(load_target("local").servers[0].ssh) as server:
        while not over.wait(2):
            server.run(command, check=False)


def _report_deploy(name: str, monitor: dict[str, Any], config: str) -> None:
    phases = {phase["name"]: phase for phase in monitor["phases"]}
    _report(f"{name}: requests", str(monitor["requests"]), f"(aim: {_REQUESTS} at least)")
    _report(f"{name}: failed", str(monitor["failed"]), "(aim: 0, but for the last)")
    _report(f"{name}: longest gap", _seconds(monitor["longest_gap"]))
    for rank in ("p50", "p99"):
        during, base = (phases[one][f"{rank}_ms"] for one in ("during", "before"))
        aim = f"{during / base:.1f}x of {base:.0f} ms before"
        _report(f"{name}: {rank} during it", f"{during:.0f} ms", aim)
    took, waits = phases["during"]["end"] - phases["during"]["begin"], _waits(config)
    _report(f"{name}: time", f"{took:.0f} s", f"{took / waits:.1f}x of its waits, {waits} s")


def _deploy(tag: str, requests: int) -> dict[str, Any]:
    """Run `runbook deploy`; its code tells of dropped requests, which are a measurement here."""
    words = ("deploy", "nutri-backend", tag, "--requests", str(requests), "--yes", "--json")
    done = subprocess.run(
        ["bin/runbook", *words, "--stack", "local"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"bench: runbook {' '.join(words)} failed:\n{done.stderr[-2000:]}")
    if not told["updated"]:
        sys.exit(f"bench: the update to {tag} failed:\n{done.stderr[-2000:]}")
    return told


def _waits(config: str) -> int:
    """Seconds that nobody can save: each replica gets healthy, then the old one has its grace."""
    settings = yaml.safe_load(config)["config"]
    backend = settings["nutri:services"]["nutri-backend"]
    health, replicas = backend["health"], backend.get("replicas", 2)
    return int(replicas * (health["startPeriod"] + health["interval"] + backend["stopGrace"]))


def _seconds(gap: dict[str, float]) -> str:
    return f"{gap['seconds']:.2f} s"


def starts() -> None:
    """What a verb takes until it does something: its imports, by its help."""
    for verb in _STARTED:
        least = min(_cpu(sys.executable, "-m", "runbook", verb, "--help") for _ in range(5))
        _report(f"start of runbook {verb}: CPU", f"{least:.2f} s", "(aim: under 0.4 s)")


def _cpu(*words: str) -> float:
    """Run a command quietly; returns the seconds of CPU that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(*words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def double() -> None:
    """The API process of the double: start to first answer, and its memory."""
    with tempfile.TemporaryDirectory() as folder:
        own = {
            "LOCALCLOUD_NAME": "bench",
            "LOCALCLOUD_HOME": folder,
            "LOCALCLOUD_PORT": "8491",
            "LOCALCLOUD_DNS_PORT": "8493",
            "LOCALCLOUD_BLOCK": "19",
        }
        words = [sys.executable, "-m", "localcloud", "serve"]
        started = time.monotonic()
        with subprocess.Popen(words, cwd=ROOT, env=os.environ | own) as process:
            try:
                _wait_for_answer("http://127.0.0.1:8491/v1/locations")
                _report(
                    "double: start to first answer",
                    f"{time.monotonic() - started:.2f} s",
                    "(aim: under 1 s)",
                )
                _report(
                    "double: memory after it",
                    f"{_memory(process.pid):.0f} MB",
                    "(aim: under 80 MB)",
                )
            finally:
                process.terminate()


def _memory(pid: int) -> float:
    """Return a process's resident memory in MB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    (resident,) = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(resident) / _KILOBYTES


def _wait_for_answer(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.get(url, timeout=1)
        except httpx.HTTPError:
            time.sleep(0.01)
        else:
            return
    sys.exit(f"bench: no answer from {url} within 30 s")


def main() -> None:
    """Run all measurements, the cold one only when asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cold", action="store_true", help="also from empty caches (10-20 min)")
    if parser.parse_args().cold:
        cold_up()
    warm_up()
    previews()
    calls()
    suite()
    restores()
    dumps_of_a_gigabyte()
    served_again()
    deploys()
    double()
    starts()
    disaster()


if __name__ == "__main__":
    main()
