"""What stands before the routes: whose request it is, HTTPS, CORS, the rate limit."""

import ipaddress
import threading
import time
from collections import Counter

from environment import is_true, number, text
from pino import log
from web import Request, Response

WINDOW_SECONDS = 900.0


class Proxies:
    """TRUST_PROXY: that many hops before the app are believed, and no more."""

    def __init__(self) -> None:
        self._hops = int(number("TRUST_PROXY", 0))

    def client(self, request: Request) -> str:
        """The address that the outermost believed hop saw."""
        told = (request.headers.get("X-Forwarded-For") or "").split(",")
        chain = [request.peer, *(part.strip() for part in reversed(told) if part.strip())]
        found = chain[min(self._hops, len(chain) - 1)]
        return found if _is_address(found) else request.peer

    def is_plain(self, request: Request) -> bool:
        """Whether a believed proxy says that the client came without TLS."""
        return self._hops > 0 and request.headers.get("X-Forwarded-Proto") == "http"


def https_redirect(request: Request, proxies: Proxies) -> Response | None:
    """ENFORCE_HTTPS: the same address with TLS."""
    if not (is_true("ENFORCE_HTTPS") and proxies.is_plain(request)):
        return None
    return Response(301, headers={"Location": f"https://{request.headers['Host']}{request.url}"})


def cors(request: Request) -> dict[str, str]:
    """The headers that let a browser read the answer: for the origins of CORS_ORIGIN alone."""
    allowed = {part.strip() for part in text("CORS_ORIGIN").split(",") if part.strip()}
    origin = request.headers.get("Origin")
    if origin not in allowed:
        return {}
    return {
        "Access-Control-Allow-Origin": str(origin),
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }


def preflight(headers: dict[str, str]) -> Response:
    """The answer to a browser that asks whether it may."""
    methods = {"Access-Control-Allow-Methods": "GET,HEAD,PUT,PATCH,POST,DELETE"}
    wanted = {"Access-Control-Allow-Headers": "authorization,content-type"}
    return Response(204, headers={**methods, **wanted} if headers else {})


class RateLimit:
    """RATE_LIMIT_MAX requests (100) a client in 15 minutes, for what is below /api/.

    The headers tell what is left to this client: so they tell whether two requests were taken for
    one client's.
    """

    def __init__(self) -> None:
        self._most = int(number("RATE_LIMIT_MAX", 100))
        self._seen: Counter[str] = Counter()
        self._ends = 0.0
        self._lock = threading.Lock()

    def count(self, client: str) -> tuple[dict[str, str], Response | None]:
        """Headers for the answer, and the refusal where the client has had its share."""
        with self._lock:
            now = time.monotonic()
            if now >= self._ends:
                self._seen.clear()
                self._ends = now + WINDOW_SECONDS
            self._seen[client] += 1
            used, reset = self._seen[client], round(self._ends - now)
        log("debug", "rate limit", ip=client, used=used)
        headers = {
            "RateLimit-Limit": str(self._most),
            "RateLimit-Remaining": str(max(self._most - used, 0)),
            "RateLimit-Reset": str(reset),
        }
        refusal = Response(429, {"error": "Too many requests, please try again later."})
        return headers, refusal if used > self._most else None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
