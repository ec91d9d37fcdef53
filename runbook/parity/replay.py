"""Sends a recording's requests to the double, in their order, and compares the answers.

Ids, addresses and names are those of the replay: what an answer gives in the place of a word is
sent where the word stands later. Polling is not repeated as it was: an action is waited for.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from clients.http import reason
from common.errors import OperatorError
from runbook.parity.compare import Difference, answers
from runbook.parity.filler import Filler, UnknownWordError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PATIENCE = 5.0
_ACTION_SECONDS = 60.0
_POLL = 0.05
_SLOWER = 20.0
_NOT_THE_APIS = frozenset({429, 500, 502, 503, 504})
_UNSENT = frozenset({"HEAD", "OPTIONS"})


class ParityError(OperatorError):
    """A recording cannot be read, or the double not be asked."""


@dataclass
class Outcome:
    """What came of a replay."""

    sent: int = 0
    skipped: list[str] = field(default_factory=list)
    """Requests about something that the replay does not have, since its making differed."""
    differences: list[Difference] = field(default_factory=list)


def read(file: Path) -> list[dict[str, Any]]:
    """Read a recording; raises ParityError."""
    try:
        lines = file.read_text().splitlines()
        found = [dict(json.loads(line)) for line in lines if line.strip()]
    except OSError as error:
        raise ParityError(f"{file} cannot be read: {error.strerror}") from None
    except ValueError:
        raise ParityError(f"{file} is no recording: a line of it is no JSON object") from None
    if not found or not all({"vendor", "method", "path", "status"} <= set(one) for one in found):
        raise ParityError(f"{file} is no recording: exchanges.jsonl of `make acceptance` is one")
    return found


class Replay:
    """One replay."""

    def __init__(
        self,
        clients: Mapping[str, httpx.Client],
        fixed: Mapping[str, str] | None = None,
        *,
        patience: float = _PATIENCE,
        least: float = 1.0,
    ) -> None:
        """Prepare it.

        Args:
            clients: by the vendor's name in the recording.
            fixed: meanings of words that no answer tells.
            patience: seconds within which a state may become what it was.
            least: seconds; an action that took less counts as having taken so long.
        """
        self._clients = clients
        self._patience = patience
        self._least = least
        self._filler = Filler({"<run>": f"parity-{secrets.token_hex(3)}", **(fixed or {})})
        self._outcome = Outcome()
        self._began: dict[str, tuple[str, float]] = {}
        """When an action was begun in the recording, and by what."""

    def run(self, exchanges: Sequence[Mapping[str, Any]]) -> Outcome:
        """Replay all of them; raises ParityError."""
        for one in exchanges:
            if one["status"] in _NOT_THE_APIS or one["method"] in _UNSENT:
                continue
            if one["vendor"] in self._clients and not self._is_poll(one):
                self._exchange(one)
        seen = dict.fromkeys(self._outcome.differences)
        self._outcome.differences = list(seen)
        return self._outcome

    def _is_poll(self, one: Mapping[str, Any]) -> bool:
        """Whether a later look at the same actions tells more."""
        return (
            one["method"] == "GET"
            and any(action.get("status") == "running" for action in _actions(one["response"]))
            and _is_of_actions(one["path"])
        )

    def _exchange(self, one: Mapping[str, Any]) -> None:
        where = f"{one['method']} {re.sub(r':[0-9]+>', '>', one['path'])}"
        try:
            sent = {key: one[key] for key in ("path", "query", "request")}
            ready = self._filler.filled(sent, absent=one["status"] == httpx.codes.NOT_FOUND)
        except UnknownWordError as error:
            self._outcome.skipped.append(f"{where}: {error}")
            return
        self._outcome.sent += 1
        bound = _ACTION_SECONDS if _is_of_actions(one["path"]) else self._patience
        found = self._asked(where, one, ready, bound if one["method"] == "GET" else 0)
        self._outcome.differences += found
        self._note_actions(where, one)

    def _asked(
        self, where: str, one: Mapping[str, Any], ready: Mapping[str, Any], bound: float
    ) -> list[Difference]:
        """Ask; a GET again until it is as recorded, within the bound: things take their time."""
        until, began = time.monotonic() + bound, time.monotonic()
        while True:
            sent = time.monotonic()
            answer = self._send(one, ready)
            found = self._compared(where, one, answer)
            found += self._slower(where, "answer", float(one.get("seconds", 0)), sent)
            if not found or time.monotonic() > until or not _may_settle(found):
                return found + ([] if found else self._late(one, began))
            time.sleep(_POLL)

    def _send(self, one: Mapping[str, Any], ready: Mapping[str, Any]) -> httpx.Response:
        client = self._clients[one["vendor"]]
        body = {"json": ready["request"]} if ready["request"] is not None else {}
        try:
            return client.request(
                one["method"], ready["path"].lstrip("/"), params=ready["query"], **body
            )
        except httpx.HTTPError as error:
            raise ParityError(f"the double at {client.base_url}: {reason(error, 0)}") from None

    def _compared(
        self, where: str, one: Mapping[str, Any], answer: httpx.Response
    ) -> list[Difference]:
        if answer.status_code != one["status"]:
            was, now = one["status"], answer.status_code
            told = [Difference(where, "status", f"was {was}, is {now}{_why(answer)}")]
        else:
            told = []
        seen = _json(answer)
        if answer.is_success == (one["status"] < 400):  # noqa: PLR2004 - the first of errors
            self._filler.learn(one["response"], seen)
            told += answers(where, one["response"], seen)
        return told

    def _note_actions(self, where: str, one: Mapping[str, Any]) -> None:
        for action in _actions(one["response"]):
            if one["method"] != "GET":
                self._began[str(action.get("id"))] = (where, float(one.get("at", 0)))

    def _late(self, one: Mapping[str, Any], since: float) -> list[Difference]:
        """Say which action took another kind of time than it did; a look is as long as it took."""
        if not _is_of_actions(one["path"]):
            return []
        told: list[Difference] = []
        for action in _actions(one["response"]):
            if begun := self._began.pop(str(action.get("id")), None):
                was = float(one.get("at", 0)) - begun[1]
                told += self._slower(begun[0], str(action.get("command")), was, since)
        return told

    def _slower(self, where: str, what: str, was: float, since: float) -> list[Difference]:
        took = time.monotonic() - since
        if took <= max(was, self._least) * _SLOWER:
            return []
        return [Difference(where, "time", f"{what} took {was:.1f} s, takes {took:.1f} s")]


def _is_of_actions(path: str) -> bool:
    return path.lstrip("/").split("/")[0] == "actions" or "/actions/<" in path


def _may_settle(found: Sequence[Difference]) -> bool:
    """Whether waiting may help: all is a state that changes by itself, no field that is missing."""
    return all(
        one.field.endswith((".status", "progress", "finished")) or "entries" in one.what
        for one in found
    )


def _actions(body: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    if not isinstance(body, dict):
        return []
    found = [body.get("action"), *(body.get("actions") or []), *(body.get("next_actions") or [])]
    return [one for one in found if isinstance(one, dict)]


def _json(answer: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    try:
        return answer.json()
    except ValueError:
        return None


def _why(answer: httpx.Response) -> str:
    body = _json(answer)
    error = body.get("error") if isinstance(body, dict) else None
    return f" ({error.get('code')}: {error.get('message')})" if isinstance(error, dict) else ""
