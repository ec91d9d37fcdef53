"""Parity: a double is as itself; ten planted differences are all found, and none invented."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from acceptance.recorder import Recorder, recording
from localcloud.settings import DEMO_TOKEN
from runbook.parity import known
from runbook.parity.replay import Outcome, ParityError, Replay, read
from runbook.parity.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.contract.hetzner_double import HetznerDouble

_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIICf9svRenC/PLKIL9nk6K/pxQgoiFC41wTNvoIncOxs me"
_RUN = {"stack": "acceptance-0000aa"}


class _Session:
    """A session of somebody with the API, by the recorder."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """One request, whatever comes of it."""
        answer = self._client.request(method, path, json=body)
        return dict(answer.json()) if answer.content else {}

    def waited(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """One request and its action, looked at until it ends."""
        first = self.ask(method, path, body)
        action = first["action"]
        while action["status"] == "running":
            time.sleep(0.01)
            action = self.ask("GET", f"/actions/{action['id']}")["action"]
        return first


def _story(session: _Session) -> None:
    """Everything that the planted differences are about."""
    key = session.ask("POST", "/ssh_keys", {"name": "k", "public_key": _KEY, "labels": _RUN})
    session.ask("POST", "/ssh_keys", {"name": "k2", "public_key": _KEY})
    session.ask("GET", "/servers/999999")
    wanted = {"name": "acceptance-0000aa", "server_type": "cx33", "image": "debian-12"}
    more = {"location": "fsn1", "ssh_keys": [key["ssh_key"]["id"]], "labels": _RUN}
    server = session.waited("POST", "/servers", {**wanted, **more})["server"]
    session.ask("GET", f"/servers/{server['id']}")
    size = {"name": "v", "size": 10, "server": server["id"]}
    volume = session.waited("POST", "/volumes", size)["volume"]
    session.waited("POST", f"/volumes/{volume['id']}/actions/detach")
    zone = session.waited("POST", "/zones", {"name": "acceptance.test", "mode": "primary"})["zone"]
    session.ask("GET", f"/zones/{zone['id']}")
    session.ask("GET", f"/zones/{zone['id']}/rrsets")
    session.waited("DELETE", f"/servers/{server['id']}")
    session.ask("DELETE", f"/volumes/{volume['id']}")
    session.waited("DELETE", f"/zones/{zone['id']}")
    session.ask("DELETE", f"/ssh_keys/{key['ssh_key']['id']}")


@pytest.fixture
def recorded(hetzner: HetznerDouble, tmp_path: Path) -> Path:
    """A recording of that story; the double has forgotten it."""
    return record(hetzner, tmp_path)


def record(hetzner: HetznerDouble, tmp_path: Path) -> Path:
    """Record the story, and reset the double."""
    file = tmp_path / "exchanges.jsonl"
    words = Words({"acceptance-0000aa": "<run>", "acceptance.test": "<domain>"})
    with recording(Recorder({"hetzner": hetzner.endpoint}, file, words)) as base:
        headers = {"Authorization": f"Bearer {DEMO_TOKEN}"}
        with httpx.Client(base_url=f"{base}/hetzner", headers=headers, trust_env=False) as client:
            _story(_Session(client))
    hetzner.turn("POST", "/reset")
    return file


class _Planted(httpx.BaseTransport):
    """The second double: the first one, with differences."""

    def __init__(self, *plants: Callable[[str, dict[str, Any], list[int]], None]) -> None:
        self._plants = plants
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        content = answer.read()
        body = json.loads(content) if content else {}
        status = [answer.status_code]
        for plant in self._plants:
            plant(f"{request.method} {request.url.path.removeprefix('/v1')}", body, status)
        return httpx.Response(status[0], json=body) if content else httpx.Response(status[0])


def _replayed(double: HetznerDouble, file: Path, *plants: Any) -> Outcome:  # noqa: ANN401
    headers = {"Authorization": f"Bearer {DEMO_TOKEN}"}
    transport = _Planted(*plants)
    with httpx.Client(base_url=double.endpoint, headers=headers, transport=transport) as client:
        return Replay({"hetzner": client}, patience=0.5, least=0.2).run(read(file))


def test_a_recording_holds_neither_secrets_nor_ids(recorded: Path) -> None:
    """What stands for them is the same throughout, so that it can be followed."""
    text = recorded.read_text()
    assert [
        one for one in (DEMO_TOKEN, "acceptance-0000aa", "acceptance.test", _KEY) if one in text
    ] == []
    lines = [json.loads(line) for line in text.splitlines()]
    (made,) = [one for one in lines if (one["method"], one["path"]) == ("POST", "servers")]
    assert made["request"]["ssh_keys"] == ["<ssh_key:1>"]
    assert made["response"]["server"]["id"].startswith("<server:")
    assert made["response"]["root_password"] in {"<secret>", None}
    assert made["response"]["server"]["public_net"]["ipv4"]["ip"].startswith("<ipv4_address:")


def test_the_double_is_as_itself(hetzner: HetznerDouble, recorded: Path) -> None:
    """No difference is invented: other ids, other addresses, another pace of polling."""
    outcome = _replayed(hetzner, recorded)
    assert (outcome.differences, outcome.skipped) == ([], [])
    assert outcome.sent >= 14


def test_actions_that_take_their_time_are_waited_for(
    hetzner: HetznerDouble, tmp_path: Path
) -> None:
    """The recording's looks are not repeated; the action is looked at until it has ended."""
    pace = {"timing": "realistic", "action_seconds": 0.3}
    hetzner.turn("PATCH", "/knobs", pace)
    file = record(hetzner, tmp_path)
    hetzner.turn("PATCH", "/knobs", pace)
    assert '"status": "running"' in file.read_text()
    assert _replayed(hetzner, file).differences == []


def _status(what: str, _body: dict[str, Any], status: list[int]) -> None:
    if what == "POST /ssh_keys" and status[0] == 201:
        status[0] = 200


def _code(what: str, body: dict[str, Any], status: list[int]) -> None:
    if what == "POST /ssh_keys" and status[0] == 409:
        body["error"]["code"] = "conflict"


def _missing(what: str, body: dict[str, Any], _status: list[int]) -> None:
    if what.startswith("GET /servers/") and "server" in body:
        del body["server"]["created"]


def _added(what: str, body: dict[str, Any], _status: list[int]) -> None:
    if what == "POST /volumes":
        body["volume"]["colour"] = "red"


def _kind(what: str, body: dict[str, Any], _status: list[int]) -> None:
    if what == "POST /volumes":
        body["volume"]["size"] = str(body["volume"]["size"])


def _null(what: str, body: dict[str, Any], _status: list[int]) -> None:
    if what == "POST /servers":
        body["server"]["backup_window"] = "22-02"


def _order(what: str, body: dict[str, Any], _status: list[int]) -> None:
    if what == "POST /servers":
        body["next_actions"] = [
            {**body["action"], "command": "start_server"},
            *body["next_actions"],
        ]


def _command(what: str, body: dict[str, Any], _status: list[int]) -> None:
    if what.endswith("/actions/detach"):
        body["action"]["command"] = "detach"


def _emptied(what: str, body: dict[str, Any], _status: list[int]) -> None:
    if what.startswith("GET /zones/") and "zone" in body:
        body["zone"]["authoritative_nameservers"]["assigned"] = []


def _slow(what: str, _body: dict[str, Any], _status: list[int]) -> None:
    if what.startswith("DELETE /servers/"):
        time.sleep(_SLOW_SECONDS)


_SLOW_SECONDS = 5.0
_TABLE: dict[str, tuple[Any, str, str]] = {
    "a status": (_status, "POST ssh_keys: status", "was 201, is 200"),
    "an error's code": (_code, "POST ssh_keys: error.code", "'uniqueness_error', is 'conflict'"),
    "a field that is missing": (_missing, "GET servers/<server>: server.created", "is missing"),
    "a field that is new": (_added, "POST volumes: volume.colour", "is new"),
    "another type": (_kind, "POST volumes: volume.size", "was a number, is a text"),
    "a value for null": (_null, "POST servers: server.backup_window", "was null, is a text"),
    "the order of actions": (_order, "POST servers: next_actions", "order was"),
    "an action's command": (
        _command,
        "POST volumes/<volume>/actions/detach: action.command",
        "is 'detach'",
    ),
    "an empty list": (
        _emptied,
        "GET zones/<zone>: zone.authoritative_nameservers.assigned",
        "had 3 entries, has 0",
    ),
    "another time": (_slow, "DELETE servers/<server>: time", "answer took"),
}


def test_ten_planted_differences_are_all_found_and_none_invented(
    hetzner: HetznerDouble, recorded: Path
) -> None:
    """Each one by its field, in its words; and a list of reasons takes each off by name."""
    outcome = _replayed(hetzner, recorded, *(plant for plant, _, _ in _TABLE.values()))
    told = sorted(map(str, outcome.differences))
    assert len(told) == len(_TABLE) == 10, told
    for name, (_, place, words) in _TABLE.items():
        assert [one for one in told if one.startswith(f"{place}: ") and words in one], name
    listed = [
        known.Known(where=one.where, field=one.field, reason="planted by a test")
        for one in outcome.differences[1:]
    ]
    new, old, gone = known.sorted_out(outcome.differences, listed)
    assert (new, len(old), gone) == (outcome.differences[:1], 9, [])


def test_what_occurs_no_more_comes_off_the_list() -> None:
    """A reason without a difference is told, so that the list stays true."""
    one = known.Known(where="POST *", field="server.[]", reason="no longer seen")
    assert known.sorted_out([], [one]) == ([], [], [one])


@pytest.mark.parametrize("text", ["", "nonsense", '{"a": 1}'])
def test_what_is_no_recording_is_told(tmp_path: Path, text: str) -> None:
    """A mistake, not a traceback."""
    file = tmp_path / "x.jsonl"
    file.write_text(text)
    with pytest.raises(ParityError, match="no recording"):
        read(file)


def _typed(double: HetznerDouble, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runbook", "parity", *words, "--endpoint", double.endpoint],
        env=os.environ | {"HCLOUD_TOKEN": DEMO_TOKEN},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_new_difference_is_red_and_a_known_one_is_not(
    hetzner: HetznerDouble, recorded: Path
) -> None:
    """As it is typed: exit code 1 and the field; 0 with its reason on the list."""
    lines = [json.loads(line) for line in recorded.read_text().splitlines()]
    (made,) = [one for one in lines if (one["method"], one["path"]) == ("POST", "volumes")]
    made["response"]["volume"]["size"] = "10"
    recorded.write_text("\n".join(map(json.dumps, lines)))
    field = "POST volumes: volume.size: was a text, is a number"
    done = _typed(hetzner, str(recorded))
    assert (done.returncode, f"NEW     {field}" in done.stdout) == (1, True), done.stdout
    hetzner.turn("POST", "/reset")
    listed = recorded.with_name("known.yaml")
    reason = "a reason of some length"
    listed.write_text(f"[{{where: POST volumes, field: volume.size, reason: {reason}}}]")
    done = _typed(hetzner, str(recorded), "--known", str(listed))
    assert (done.returncode, f"known   {field} ({reason})" in done.stdout) == (0, True), done.stdout
