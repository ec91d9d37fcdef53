"""The client: one request, one action waited for, errors with the API's own code."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from clients.hetzner.models import Action, Image, Server
from clients.http import reason, trust
from common.errors import OperatorError
from common.waiting import NotYetError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from common.target import HetznerTarget, Target
    from common.waiting import Attempt

_TIMEOUT = 20.0
_ACTION_SECONDS = 300.0
_LOCK_SECONDS = 600.0
_PAGE = 50
_BUSY = frozenset({"locked", "conflict", "rate_limit_exceeded"})

M = TypeVar("M", bound=BaseModel)


class HetznerError(OperatorError):
    """The API refused, or an action failed; `code` is the API's."""

    def __init__(self, message: str, code: str = "") -> None:
        self.code = code
        super().__init__(message)


class Hetzner:
    """Asks and acts. `progress` hears of waits."""

    def __init__(
        self, client: httpx.Client, progress: Callable[[Attempt], None] | None = None
    ) -> None:
        self._client = client
        self._progress = progress
        self.now = datetime.now(UTC)
        """The API's own time at its last answer: its clock is the one that dates things."""

    def server(self, number: int) -> Server | None:
        """A server by its id; None when there is none.

        Raises:
            HetznerError: when the API does not tell.
        """
        try:
            return _parse(Server, self.get(f"servers/{number}")["server"])
        except HetznerError as error:
            if error.code == "not_found":
                return None
            raise

    def images(self) -> list[Image]:
        """Every snapshot and backup of the project, oldest first.

        Raises:
            HetznerError: when the API does not tell.
        """
        kinds = {"type": ["snapshot", "backup"]}
        found = [_parse(Image, one) for one in self.all("images", **kinds)]
        return sorted(found, key=lambda image: image.created)

    def act(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        bound: float = _ACTION_SECONDS,
    ) -> dict[str, Any]:
        """Start an action and wait until it ended well; returns the API's first answer.

        Args:
            path: as in `servers/42/actions/reset`.
            body: its arguments.
            bound: seconds for the action itself; a locked server is waited for besides.

        Raises:
            HetznerError: when it was refused, or failed.
            WaitTimeoutError: when it did not end in time.
        """
        answer = self._when_unlocked(path, body or {})
        first = _parse(Action, answer["action"])
        if first.status == "running":
            self._wait(first, bound)
        _raise_for(first)
        return answer

    def get(self, path: str, **params: object) -> dict[str, Any]:
        """GET one answer; raises HetznerError."""
        return self._request("GET", path, params=params)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST one request that is no action; raises HetznerError."""
        return self._request("POST", path, json=body)

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """PUT: change some properties; raises HetznerError."""
        return self._request("PUT", path, json=body)

    def delete(self, path: str, *, wait: bool = True) -> None:
        """DELETE; what is gone already is no error.

        Args:
            path: as in `servers/42`.
            wait: until the action that it begins, if any, has ended.

        Raises:
            HetznerError: when the API refuses.
        """
        try:
            answer = self._request("DELETE", path)
        except HetznerError as error:
            if error.code != "not_found":
                raise
            return
        action = answer.get("action")
        if wait and action:
            self._wait(_parse(Action, action), _ACTION_SECONDS)

    def all(self, noun: str, **params: object) -> list[dict[str, Any]]:
        """Every page of a list, as in `servers` or `zones/7/rrsets`; raises HetznerError."""
        found: list[dict[str, Any]] = []
        page: int | None = 1
        while page:
            answer = self.get(noun, page=page, per_page=_PAGE, **params)
            found += answer[noun.rpartition("/")[2]]
            page = answer["meta"]["pagination"]["next_page"]
        return found

    def _when_unlocked(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        def post() -> dict[str, Any]:
            try:
                return self._request("POST", path, json=body)
            except HetznerError as error:
                if error.code in _BUSY:
                    raise NotYetError(str(error)) from error
                raise

        reason_ = f"the API to take {path}"
        return wait_until(
            reason_, post, bound=_LOCK_SECONDS, retry_on=NotYetError, progress=self._progress
        )

    def _wait(self, action: Action, bound: float) -> None:
        def ended() -> Action:
            now = _parse(Action, self.get(f"actions/{action.id}")["action"])
            if now.status == "running":
                raise NotYetError(f"{now.progress} % done")
            return now

        done = wait_until(
            f"Hetzner's {action.command}",
            ended,
            bound=bound,
            interval=0.3,
            retry_on=NotYetError,
            progress=self._progress,
        )
        _raise_for(done)

    def _request(self, method: str, path: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        place = f"the Hetzner API at {self._client.base_url}"
        try:
            answer = self._client.request(method, path, **options)
            body = dict(answer.json()) if answer.content else {}
        except httpx.HTTPError as error:
            raise HetznerError(f"{place}: {reason(error, _TIMEOUT)}") from error
        except ValueError:
            raise HetznerError(f"{place} answers HTTP {answer.status_code} without JSON") from None
        self._learn_time(answer)
        if answer.is_error:
            told = body.get("error") or {}
            text = f"{place} refuses {method} {path}: {told.get('message', answer.status_code)}"
            raise HetznerError(text, str(told.get("code", "")))
        return body

    def _learn_time(self, answer: httpx.Response) -> None:
        with contextlib.suppress(ValueError):
            self.now = parsedate_to_datetime(answer.headers.get("Date", ""))


@contextlib.contextmanager
def reach(
    target: HetznerTarget,
    ca_bundle: str | None = None,
    progress: Callable[[Attempt], None] | None = None,
) -> Iterator[Hetzner]:
    """A client of the project whose token it is."""
    with httpx.Client(
        base_url=target.endpoint,
        headers={"Authorization": f"Bearer {target.token.get_secret_value()}"},
        timeout=_TIMEOUT,
        verify=trust(ca_bundle),
    ) as made:
        yield Hetzner(made, progress)


def connect(
    target: Target, progress: Callable[[Attempt], None] | None = None
) -> contextlib.AbstractContextManager[Hetzner]:
    """A client of the stack's project."""
    return reach(target.hetzner, target.vantage.ca_bundle, progress)


def _parse(model: type[M], value: object) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise HetznerError(
            f"the answer is not as the Hetzner API's: {places} of a {model.__name__.lower()}"
        ) from error


def _raise_for(action: Action) -> None:
    if action.status == "error":
        error = action.error
        why = f"{error.message} ({error.code})" if error else "no reason given"
        raise HetznerError(f"Hetzner's {action.command} failed: {why}", error.code if error else "")
