"""The file that names the other containers, and whether the proxy has it in force."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.drain.engine import Container

DYNAMIC = Path("/data/coolify/proxy/dynamic")
PRIORITY = 50_000
"""Above the routes of labels and of the load balancer, below the maintenance page's."""
MARK_PRIORITY = 200_000
_TEAPOT = 418  # the proxy's own answer where a route leads nowhere
_OK = 200
_NOT_FOUND = 404

Json = dict[str, Any]


class Proxy:
    """What the proxy has in force, asked through its own entry point."""

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=3)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""
        finally:
            connection.close()

    def answers(self, path: str) -> bool:
        """Whether the file with this mark is in force."""
        return self._get(path)[0] == _TEAPOT

    def servers(self, token: str, service: str) -> dict[str, str] | None:
        """State by URL of what the labels make; None where the proxy does not tell.

        Raises:
            OSError: it does not answer, which says nothing of what it has.
        """
        status, body = self._get(f"/{token}/api/http/services/{service}@docker")
        if not status:
            raise OSError("the proxy does not answer")
        if status == _NOT_FOUND and b"service not found" in body:
            return {}
        if status != _OK:
            return None
        found: dict[str, str] = json.loads(body).get("serverStatus") or {}
        return found


def tree(labels: dict[str, str], prefix: str) -> Json:
    """Labels below a prefix as the file that says the same."""
    made: Json = {}
    for key, text in labels.items():
        if key.startswith(prefix):
            *path, last = key[len(prefix) :].split(".")
            place = made
            for name in path:
                place = place.setdefault(name, {})
            place[last] = text
    return made


def configuration(service: str, token: str, balancer: str, servers: Sequence[Container]) -> Json:
    """The proxy's file: the service as its labels have it, but for the servers.

    Args:
        service: as in the labels.
        token: nobody's but ours: under it the proxy tells what it has.
        balancer: address of the load balancer; empty where there is none.
        servers: who gets the requests.
    """
    labels = servers[0].labels
    name = f"{service}-drain"
    router = f"traefik.http.routers.{service}."
    middlewares = tree(labels, "traefik.http.middlewares.")
    used = [one for one in labels.get(router + "middlewares", "").split(",") if one]
    own = {f"{name}-{one}": middlewares[one] for one in used if one in middlewares}
    common = {"service": name, "priority": PRIORITY, "middlewares": list(own)}
    rule = labels[router + "rule"]
    routers: Json = {name: {**common, "rule": rule, "entryPoints": ["https"], "tls": {}}}
    if balancer:
        behind = f"({rule}) && ClientIP(`{balancer}`)"
        routers[f"{name}-balanced"] = {**common, "rule": behind, "entryPoints": ["http"]}
    urls = sorted(one.url for one in servers)
    mark = {"entryPoints": ["http"], "priority": MARK_PRIORITY}
    routers[f"{name}-mark"] = {
        **mark,
        "rule": f"Path(`{mark_path(token, urls)}`)",
        "service": "noop@internal",
    }
    routers[f"{name}-told"] = {
        **mark,
        "rule": f"PathPrefix(`/{token}/api/http/services`)",
        "service": "api@internal",
        "middlewares": [f"{name}-told"],
    }
    own[f"{name}-told"] = {"stripPrefix": {"prefixes": [f"/{token}"]}}
    made = tree(labels, f"traefik.http.services.{service}.loadbalancer.")
    made.pop("server", None)
    made["servers"] = [{"url": one} for one in urls]
    if len(urls) == 1:
        # Of one alone a late answer to the check would turn everybody away: nobody else is there.
        made.pop("healthcheck", None)
    return {
        "http": {
            "routers": routers,
            "middlewares": own,
            "services": {name: {"loadBalancer": made}},
        }
    }


def mark_path(token: str, urls: list[str]) -> str:
    """A path that is there only while this very list of servers is in force."""
    return f"/{token}/{hashlib.sha256(' '.join(urls).encode()).hexdigest()[:16]}"


def balancer() -> str:
    """The load balancer's address, where this server is behind one."""
    try:
        text = (DYNAMIC / "balancer.yaml").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"ClientIP\(`([^`]+)`\)", text)
    return found.group(1) if found else ""


def write(path: Path, text: str) -> None:
    """Put a file in its place whole; beside the folder first, since the proxy watches that."""
    scratch = path.parent.parent / f".{path.name}.new"
    scratch.write_text(text, encoding="utf-8")
    scratch.chmod(0o600)
    scratch.replace(path)
