"""Requests to a service from where it is reached: from outside, or on its servers."""

from __future__ import annotations

import base64
import binascii
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.web import Answer
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checks.observer import Observer
    from common.target import ServerTarget, ServiceTarget

_NO_CODE = "000"
_PARTS = 4
# A line a request: place, HTTP code, seconds, what went wrong, and the body in base64.
ASK = r"""set -u
body=$(mktemp) && trap 'rm -f "$body"' EXIT
for application in $APPLICATIONS; do
  for id in $(docker ps --quiet --no-trunc --filter "label=coolify.name=$application"); do
    words=$(docker inspect --format \
      '{{.Name}}{{range .NetworkSettings.Networks}} {{.IPAddress}}{{end}}' "$id") || continue
    set -- $words
    count=$COUNT
    while [ "$count" -gt 0 ]; do
      : >"$body"
      said=$(curl --silent --max-time "$BOUND" --output "$body" \
        --write-out '%{http_code} %{time_total} %{errormsg}' "http://${2:-none}:$PORT$WANTED")
      printf '%s %s\t%s\n' "${1#/}" "$said" "$(head -c 65536 "$body" | base64 | tr -d '\n')"
      count=$((count - 1))
    done
  done
done
"""


@dataclass(frozen=True)
class Asked:
    """An answer, and where it came from."""

    place: str
    answer: Answer
    outside: bool = False

    @property
    def failure(self) -> str | None:
        """Why nothing answered outside; None where it did, or was asked inside."""
        return self.answer.failure if self.outside else None


def ask(
    observer: Observer, service: ServiceTarget, path: str, *, count: int = 1
) -> tuple[Asked, ...]:
    """Send requests for a path, one after another, as those who use the service do.

    To its public name; where it has none to each of its containers, from their server.
    """
    if service.url:
        url = service.url + path
        return tuple(Asked(url, observer.web.get(url), outside=True) for _ in range(count))
    return tuple(
        one
        for server in observer.target.servers
        for one in _on_server(observer, server, service, path, count)
    )


def _on_server(
    observer: Observer, server: ServerTarget, service: ServiceTarget, path: str, count: int
) -> Iterator[Asked]:
    values = {
        "APPLICATIONS": " ".join(service.applications),
        "PORT": str(service.port),
        "WANTED": path,
        "COUNT": str(count),
        "BOUND": f"{observer.timeout:g}",
    }
    script = "".join(f"{key}={shlex.quote(value)}\n" for key, value in values.items()) + ASK
    for line in observer.ssh(server).run(script).stdout.splitlines():
        yield parse(line, server.name, path)


def parse(line: str, server: str, path: str) -> Asked:
    """One line of what the script printed.

    Raises:
        OperatorError: when it is none.
    """
    head, _, body = line.partition("\t")
    try:
        name, code, seconds, *why = f"{head} ".split(" ", _PARTS - 1)
        text = base64.b64decode(body, validate=True).decode(errors="replace")
        taken = float(seconds)
    except (binascii.Error, ValueError) as error:
        raise OperatorError(f"{server} does not answer as asked: {line[:80]!r}") from error
    failure = " ".join(why).strip() or "no answer"
    answer = Answer(failure=failure) if code == _NO_CODE else Answer(int(code), text, taken)
    return Asked(f"{name} on {server}, {path}", answer)
