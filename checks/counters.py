"""What the containers of a server have received, and by which names they are known inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checks.observer import Observer

# A line a container that runs: its application, bytes received but for its own, aliases.
SCRIPT = r"""set -u
ids=$(docker ps --quiet --no-trunc --filter label=coolify.name) || exit
[ -n "$ids" ] || exit 0
docker inspect --format '{{index .Config.Labels "coolify.name"}} {{.State.Pid}}
{{- range .NetworkSettings.Networks}}{{range .Aliases}} {{.}}{{end}}{{end}}' $ids |
while read -r application pid aliases; do
  bytes=$(awk 'NR > 2 && $1 !~ /^lo:/ { sub(/:/, " "); sum += $2 } END { printf "%.0f", sum }' \
    "/proc/$pid/net/dev" 2>/dev/null) || continue
  echo "$application ${bytes:-0} $aliases"
done
"""
_FIXED = 2


@dataclass(frozen=True)
class Counted:
    """One container."""

    received: int
    aliases: frozenset[str]


def count(observer: Observer) -> Mapping[str, Counted]:
    """The containers of all servers by application; of several of one the busiest.

    Raises:
        OperatorError: when a server does not tell.
    """
    found: dict[str, Counted] = {}
    for server in observer.target.servers:
        for line in observer.ssh(server).run(SCRIPT).stdout.splitlines():
            application, one = parse(line)
            if application not in found or one.received > found[application].received:
                found[application] = one
    return found


def parse(line: str) -> tuple[str, Counted]:
    """One line of what the script printed.

    Raises:
        OperatorError: when it is none.
    """
    words = line.split()
    if len(words) < _FIXED or not words[1].isdigit():
        raise OperatorError(f"the containers' counters are told in another form: {line[:80]!r}")
    return words[0], Counted(int(words[1]), frozenset(words[_FIXED:]))
