"""The only way from a run to its vendors' APIs, which keeps a record of what is said on it.

It listens on this machine and lives in the run's own process: a run that is killed takes it along,
so that nothing which it started can make anything more.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx

from clients.http import reason, trust

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from runbook.parity.words import Words

_TIMEOUT = 120.0
_OWN = frozenset({"host", "connection", "content-length", "accept-encoding", "transfer-encoding"})
_DROPPED = frozenset({"connection", "content-length", "content-encoding", "transfer-encoding"})


class Recorder:
    """Passes requests below `/NAME` on to that vendor, and writes a line for each exchange."""

    def __init__(self, vendors: Mapping[str, str], file: Path, words: Words) -> None:
        self._vendors = vendors
        self._file = file
        self._words = words
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._client = httpx.Client(verify=trust(None), timeout=_TIMEOUT, trust_env=False)

    def pass_on(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request on; returns status, headers and body of its answer."""
        vendor, _, path = target.lstrip("/").partition("/")
        if vendor not in self._vendors:
            return 404, {}, b""
        sent = {key: value for key, value in headers.items() if key.lower() not in _OWN}
        began = time.monotonic()
        try:
            answer = self._client.request(
                method, f"{self._vendors[vendor]}/{path}", headers=sent, content=body
            )
        except httpx.HTTPError as error:
            told = {"error": {"code": "unavailable", "message": reason(error, _TIMEOUT)}}
            return 502, {"content-type": "application/json"}, json.dumps(told).encode()
        self._write(vendor, method, path, body, answer, began)
        kept = {key: value for key, value in answer.headers.items() if key not in _DROPPED}
        return answer.status_code, kept, answer.content

    def _write(  # noqa: PLR0913, PLR0917 - an exchange has so many sides
        self,
        vendor: str,
        method: str,
        path: str,
        body: bytes,
        answer: httpx.Response,
        began: float,
    ) -> None:
        parts = urlsplit(path)
        with self._lock, self._file.open("a") as file:
            exchange = self._words.exchange(
                parts.path, parse_qs(parts.query), _parsed(body), _parsed(answer.content)
            )
            times = {"at": began - self._started, "seconds": time.monotonic() - began}
            rounded = {key: round(value, 3) for key, value in times.items()}
            told = {"vendor": vendor, "method": method, "status": answer.status_code}
            file.write(json.dumps({**told, **exchange, **rounded}) + "\n")


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - JSON
    with contextlib.suppress(ValueError):
        return json.loads(body)
    return None


@contextlib.contextmanager
def recording(recorder: Recorder) -> Iterator[str]:
    """Run it; the base URL of all vendors, this process's alone."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = recorder.pass_on(
                self.command, self.path, dict(self.headers), body
            )
            self.send_response_only(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _pass_on  # noqa: N815

        def log_message(self, *_words: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
