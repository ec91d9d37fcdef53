"""Answers for the services while maintenance is announced or on; runs on the server itself.

It needs nothing but the system's Python: neither an image nor a registry has to be there. It
listens on Docker's own bridge, where the proxy finds it as `host.docker.internal`, and nobody else.
"""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import sys
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_SIOCGIFADDR = 0x8915
_SOONEST_SECONDS = 60
_BODY_LIMIT = 1 << 20
_IDLE_SECONDS = 30


class Handler(BaseHTTPRequestHandler):
    """One connection; the state is read anew for each request."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    state_file: Path

    def do_GET(self) -> None:
        """The banner at its path, the page everywhere else."""
        self._read_body()
        state: dict[str, Any] = json.loads(self.state_file.read_text(encoding="utf-8"))
        is_banner = self.path.partition("?")[0] == state["path"]
        banner = json.dumps(state["banner"]) + "\n"
        wants_page = not is_banner and "text/html" in self.headers.get("Accept", "")
        body = (state["page"] if wants_page else banner).encode()
        self.send_response(200 if is_banner else 503)
        self.send_header(state["header"], state["banner"]["mode"])
        self.send_header(
            "Content-Type", f"{'text/html' if wants_page else 'application/json'}; charset=utf-8"
        )
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "*")
        self.send_header("Access-Control-Expose-Headers", f"{state['header']}, Retry-After")
        if not is_banner:
            self.send_header("Retry-After", str(_seconds_left(state["banner"]["end"])))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815

    def _read_body(self) -> None:
        """Take what the client sends, or closing would reset the connection before it reads."""
        length = self.headers.get("Content-Length", "0")
        left = int(length) if length.isdigit() else 0
        if left > _BODY_LIMIT or "Transfer-Encoding" in self.headers:
            self.close_connection = True
        self.rfile.read(min(left, _BODY_LIMIT))

    def log_message(self, *_: object) -> None:
        """The proxy keeps the log."""


class Server(ThreadingHTTPServer):
    """Serves each connection in a thread of its own."""

    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Let a peer hang up without a traceback."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def address_of(interface: str) -> str:
    """The IPv4 address of a network interface; raises OSError while it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        asked = struct.pack("256s", interface.encode())
        return socket.inet_ntoa(fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, asked)[20:24])


def _seconds_left(end: str) -> int:
    """Until the announced end, and never sooner than soon."""
    # Python 3.10, as Ubuntu 22.04 has it, does not read the Z.
    left = datetime.fromisoformat(end.replace("Z", "+00:00")).timestamp() - time.time()  # noqa: FURB162
    return max(_SOONEST_SECONDS, round(left))


def main(interface: str, port: str, state_file: str) -> None:
    """Serve until ended."""
    Handler.state_file = Path(state_file)
    Server((address_of(interface), int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
