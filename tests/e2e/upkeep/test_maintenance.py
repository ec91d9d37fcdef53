"""Maintenance on the whole platform, in the order an operator lives through it.

One stack, one story: each test starts from what the one before left. Run the file as a whole.
"""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
import yaml

import checks
from clients.ssh import SshError
from common.errors import OperatorError
from common.maintenance import stamp
from common.waiting import NotYetError, wait_until
from runbook.monitor import watching
from tests.e2e.upkeep.conftest import get

if TYPE_CHECKING:
    import subprocess

    from clients.ssh import SshClient
    from common.target import Target
    from tests.e2e.conftest import Stack
    from tests.e2e.upkeep.conftest import People

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(900)]

_FILES = (
    "ls -d /data/coolify/proxy/dynamic/nutri-maintenance* /opt/nutri"
    " /data/coolify/proxy/nutri-maintenance*"
    " /etc/systemd/system/nutri-maintenance* 2>/dev/null; true"
)


def _maintenance(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the verb, and let the tests' config follow what it wrote."""
    stack.pulumi("config")  # writes the config file
    done = stack.runbook("maintenance", *words)
    written = yaml.safe_load(stack.config_file.read_text())["config"]
    stack.config.pop("nutri:maintenance", None)
    if "nutri:maintenance" in written:
        stack.config["nutri:maintenance"] = written["nutri:maintenance"]
    return done


def _verdicts(target: Target, *ids: str) -> dict[tuple[str, str], checks.Verdict]:
    report = checks.run(target, checks.select(ids))
    return {one.key: one.verdict for one in report.results}


def test_off_leaves_nothing_on_the_server(target: Target, server: SshClient) -> None:
    """From the first update on; the banner's path is the app's own."""
    assert server.run(_FILES).stdout == ""
    assert get(target, "/maintenance.json").status_code == 404
    assert all(one.is_green for one in _verdicts(target, "M1").values())


def test_too_late_and_outside_are_refused(stack: Stack, people: People) -> None:
    """Tomorrow is both; nothing is changed, nobody is told."""
    tomorrow = stamp(datetime.now(UTC) + timedelta(days=1))
    done = _maintenance(stack, "announce", "--start", tomorrow, "--for", "24h")
    assert done.returncode == 2
    assert "too late" in done.stderr
    assert "outside of the maintenance window" in done.stderr
    assert "nutri:maintenance" not in stack.config
    assert people.told == []


def test_announce_shows_the_banner(stack: Stack, people: People, target: Target) -> None:
    """In the next window that can be told of; users notice nothing else."""
    backend = next(one for one in target.services if one.name == "nutri-backend")
    with watching(target, backend, rate=20) as monitor:
        done = _maintenance(stack, "announce", "-m", "New disks.", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (monitor.report().kinds, monitor.report().requests > 50) == ({}, True)
    told = json.loads(done.stdout)
    assert told["mode"] == "announced"
    banner = get(target, "/maintenance.json", host="ml")
    assert (banner.status_code, banner.headers["access-control-allow-origin"]) == (200, "*")
    expected = {key: told[key] for key in ("mode", "start", "end", "message", "services")}
    assert banner.json() == expected
    ahead = datetime.fromisoformat(told["start"]) - datetime.now(UTC)
    assert timedelta(days=6) < ahead < timedelta(days=7)
    assert people.titles[0].startswith("Maintenance of nutri.test: ")
    assert get(target, "/health").status_code == 200


def test_nothing_is_silently_replaced_nor_begun_early(stack: Stack, people: People) -> None:
    """Another announcement, and a beginning a week before its time."""
    later = stamp(datetime.now(UTC) + timedelta(days=14))
    done = _maintenance(stack, "announce", "--start", later, "--for", "1h")
    assert (done.returncode, "--replace" in done.stderr) == (2, True), done.stderr
    done = _maintenance(stack, "start", "--yes")
    assert (done.returncode, "too early" in done.stderr) == (2, True), done.stderr
    assert people.told == []


def test_start_puts_the_page_before_the_services(
    stack: Stack, people: People, target: Target
) -> None:
    """503 and Retry-After on both hosts, HTML for browsers and JSON for apps."""
    done = _maintenance(stack, "start", "--yes", "--force", "--for", "1h")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "forced, though too early" in done.stderr
    assert "the maintenance page stands in for it" in stack.runbook("check", "health").stdout
    page = get(target, "/api/meals", accept="text/html")
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert 60 <= int(page.headers["retry-after"]) <= 3600
    assert "New disks." in page.text
    app = get(target, "/health", host="ml")
    assert (app.status_code, app.json()["mode"]) == (503, "on")
    assert people.titles[0].startswith("Maintenance of nutri.test has begun")


def test_checks_judge_rightly_meanwhile(target: Target) -> None:
    """The page is no outage, and it is told; what runs behind it is looked at as ever."""
    found = _verdicts(target, "M1", "D1", "S2", "M2", "containers", "redirect", "certificate")
    assert {key: one for key, one in found.items() if not one.is_green} == {}
    stands_in = "the maintenance page stands in for it"
    assert stands_in in found["health", "nutri-backend"].message
    assert stands_in in found["spread", "nutri-ml-service"].message


def test_a_page_that_fails_is_red_and_mended(
    stack: Stack, target: Target, server: SshClient
) -> None:
    """Its service ended by hand: the proxy's own error is an outage; `pulumi up` mends it."""
    server.run(["systemctl", "stop", "nutri-maintenance.service"])
    found = _verdicts(target, "maintenance", "health")
    verdict = found["maintenance", "nutri-backend"]
    assert "outside answers HTTP 502 instead of the maintenance page" in verdict.message
    assert not found["health", "nutri-backend"].is_green
    assert stack.up() == {"update": 1}
    assert all(one.is_green for one in _verdicts(target, "maintenance", "health").values())


def test_the_page_survives_a_reboot(target: Target, server: SshClient) -> None:
    """Shut down and started again, as a resize does it."""
    boot = "systemctl show --property UserspaceTimestampMonotonic"
    booted = server.run(boot).stdout
    with contextlib.suppress(SshError):
        server.run(["systemctl", "reboot"], check=False)

    def is_back() -> bool:
        if server.run(boot).stdout == booted:
            raise NotYetError("it has not gone down yet")
        return "on" in get(target, "/").headers.get("x-maintenance", "")

    retry_on = (httpx.HTTPError, OperatorError)
    wait_until("the page after the reboot", is_back, bound=120, retry_on=retry_on, interval=1)


def test_end_serves_again_and_leaves_nothing(
    stack: Stack, people: People, target: Target, server: SshClient
) -> None:
    """The services are proven, people are told, no trace is left in config, proxy or system."""
    done = _maintenance(stack, "end")
    assert done.returncode == 0, done.stdout + done.stderr
    assert people.titles == ["Maintenance of nutri.test is over"]
    assert "nutri:maintenance" not in stack.config
    assert server.run(_FILES).stdout == ""
    assert server.run("systemctl is-active nutri-maintenance; true").stdout.strip() == "inactive"
    assert get(target, "/health").json()["status"] == "healthy"
    assert get(target, "/maintenance.json").status_code == 404
    assert stack.pulumi("preview", "--expect-no-changes").returncode == 0, stack.last


def test_what_is_left_is_red_and_mended(stack: Stack, target: Target, server: SshClient) -> None:
    """A file somebody forgot: the check finds it, `pulumi up` takes it away."""
    server.run("install -d /opt/nutri/maintenance; echo '{}' >/opt/nutri/maintenance/state.json")
    verdict = _verdicts(target, "maintenance")["maintenance", "nutri-backend"]
    assert "has something left of a maintenance page: /opt/nutri/maintenance" in verdict.message
    assert stack.up() == {"update": 1}
    assert server.run(_FILES).stdout == ""


def test_a_proxy_that_heeds_no_file_keeps_nobody_on_the_page(
    stack: Stack, people: People, target: Target, server: SshClient
) -> None:
    """Somebody's file is broken: it is named, people are led past the page; mended, all is gone."""
    theirs = "/data/coolify/proxy/dynamic/theirs.yaml"
    stack.config["nutri:settleSeconds"] = 5
    done = _maintenance(stack, "start", "--yes", "--force", "--for", "1h")
    assert (done.returncode, get(target, "/health").status_code) == (0, 503), done.stderr
    server.run(f"echo 'http: {{routers: {{theirs: {{rulee: x}}}}}}' >{theirs}")
    done = _maintenance(stack, "end")
    told = done.stdout + done.stderr
    assert (done.returncode, f"in the way is {theirs}: field not found" in told) == (1, True), told
    assert get(target, "/health").json()["status"] == "healthy"
    assert get(target, "/maintenance.json").status_code == 404
    assert get(target, "/health", host="ml").status_code == 200
    server.run(f"rm {theirs}")
    done = _maintenance(stack, "end")
    assert done.returncode == 0, done.stdout + done.stderr
    assert people.titles[-1] == "Maintenance of nutri.test is over"
    assert server.run(f"{_FILES}; docker ps --all --quiet --filter name=past-the").stdout == ""
    assert get(target, "/health").json()["status"] == "healthy"
