"""E1: the app's Redis can be reached from every server, lets us in, and has memory left."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from checks import redis_probe
from checks.check import Check
from checks.measure import Measure, Unit
from checks.verdict import Verdict, green, red
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checks.observer import Observer
    from common.target import RedisTarget, Target

# Nothing secret is in the command: what to ask comes by its standard input.
COMMAND = ["python3", "-c", Path(redis_probe.__file__).read_text(encoding="utf-8")]
_PORT = 6379
_NAME = "redis"
_PAGE = "see docs/emergencies/redis.md"
_SETTING = "`pulumi config set --secret nutri:redisUrl`, then `pulumi up`"
_REMEDIES = {
    "name": f"is the host of nutri:redisUrl right, and does the instance exist? {_SETTING}",
    "connection": f"is it up, and does it take connections from the servers' addresses? {_PAGE}",
    "tls": f"rediss:// asks for TLS, redis:// does not: which one does it speak? {_SETTING}",
    "login": f"take user and password from its console, and rediss:// if it wants TLS: {_SETTING}",
    "answer": f"it may be starting, full, or a user without the right to INFO; {_PAGE}",
}
_WORDS = {
    "name": "its name does not resolve",
    "connection": "it cannot be reached",
    "tls": "no TLS that we trust",
    "login": "it does not let us in",
    "answer": "it does not answer INFO",
}


@dataclass(frozen=True)
class Told:
    """What one server found."""

    server: str
    stage: str
    error: str
    address: str
    seconds: float
    facts: Mapping[str, Any]


def known(target: Target) -> Mapping[str, RedisTarget]:
    """The Redis, where one is known."""
    return {_NAME: target.redis} if target.redis else {}


def collect(observer: Observer, redis: RedisTarget) -> tuple[Told, ...]:
    """Ask it from every server."""
    given = json.dumps(_question(observer, redis))
    secret = redis.url.get_secret_value()
    found = []
    for server in observer.target.servers:
        bound = 3 * observer.timeout
        client = observer.ssh(server)
        said = client.run(COMMAND, stdin=given, timeout=bound, secrets=_secrets(secret)).stdout
        found.append(parse(server.name, said))
    return tuple(found)


def _secrets(url: str) -> tuple[str, ...]:
    password = urlsplit(url).password or ""
    return tuple(filter(None, (password, unquote(password))))


def _question(observer: Observer, redis: RedisTarget) -> dict[str, Any]:
    parts = urlsplit(redis.url.get_secret_value())
    bundle = observer.target.vantage.ca_bundle
    return {
        "host": parts.hostname or "",
        "port": parts.port or _PORT,
        "tls": parts.scheme == "rediss",
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "ca": Path(bundle).read_text(encoding="utf-8") if bundle else "",
        "timeout": observer.timeout,
    }


def parse(server: str, output: str) -> Told:
    """What the program printed.

    Raises:
        OperatorError: when that is something else.
    """
    try:
        told = json.loads(output)
        return Told(
            server,
            told["stage"],
            told["error"],
            told.get("address", ""),
            told.get("seconds", 0.0),
            told["facts"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise OperatorError(f"{server} does not tell of Redis as asked: {output[:80]!r}") from error


def judge(redis: RedisTarget, found: tuple[Told, ...], _target: Target) -> Verdict:
    """Green when every server gets in, over TLS or within, and nothing has to go for lack of room.

    What a change of nothing of Redis finds here is no fault of that change.
    """
    verdict = next((bad for one in found if (bad := _unreached(redis, one))), None)
    verdict = verdict or _judge_memory(redis, found[0])
    return verdict if verdict.is_green else replace(verdict, suspects=(_NAME,))


def _unreached(redis: RedisTarget, told: Told) -> Verdict | None:
    place = f"{_host(redis)} from {told.server}"
    if told.error:
        secrets = _secrets(redis.url.get_secret_value())
        why = told.error
        for secret in secrets:
            why = why.replace(secret, "***")
        return red(f"{place}: {_WORDS[told.stage]} ({why})", _REMEDIES[told.stage])
    if _is_plain(redis) and not ipaddress.ip_address(told.address).is_private:
        return red(
            f"{place}: password and data go over the internet without TLS, to {told.address}",
            f"rediss:// instead of redis://: {_SETTING}",
        )
    return None


def _judge_memory(redis: RedisTarget, told: Told) -> Verdict:
    used, most = told.facts.get("used_memory", 0), told.facts.get("maxmemory", 0)
    share = used / most if most else 0.0
    evicted, policy = told.facts.get("evicted_keys", 0), told.facts.get("maxmemory_policy", "")
    measures = [
        Measure("redis_memory", _NAME, share, Unit.SHARE, redis.memory_share if most else None),
        Measure("redis_evicted", _NAME, evicted, Unit.COUNT),
        Measure("redis_answer", _NAME, told.seconds, Unit.SECONDS),
    ]
    room = "a larger plan or maxmemory, or fewer keys: " + _PAGE
    if evicted:
        days = told.facts.get("uptime_in_seconds", 0) / 86_400
        return red(
            f"{evicted} keys were thrown out for lack of memory since its start {days:.0f} days "
            f"ago (policy {policy or 'unknown'}): jobs of the queues may be among them",
            f"policy noeviction, and {room}; then CONFIG RESETSTAT",
        ).measured(measures)
    if most and share >= redis.memory_share:
        return red(
            f"{share:.0%} of its memory is in use (limit {redis.memory_share:.0%}, policy "
            f"{policy or 'unknown'})",
            room,
        ).measured(measures)
    said = f"{share:.0%} of its memory in use" if most else "no limit of memory told"
    return green(f"{_host(redis)} lets us in within {told.seconds * 1000:.0f} ms, {said}").measured(
        measures
    )


def _host(redis: RedisTarget) -> str:
    return str(urlsplit(redis.url.get_secret_value()).hostname)


def _is_plain(redis: RedisTarget) -> bool:
    return urlsplit(redis.url.get_secret_value()).scheme != "rediss"


REDIS = Check(_NAME, "E1", "Redis serves the app", known, collect, judge)
