"""HTTP as both services serve it: a thread a connection, kept open between requests."""

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

IDLE_SECONDS = 30
PIECE = 65536

Json = dict[str, object]


@dataclass
class Request:
    """One request; its body is read by whoever wants it."""

    method: str
    url: str
    headers: Mapping[str, str]
    peer: str
    body: Iterator[bytes]

    @property
    def path(self) -> str:
        """Without the query."""
        return self.url.split("?")[0]

    def json(self) -> Json:
        """The body as an object; an empty one for any other body."""
        try:
            found = json.loads(b"".join(self.body) or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass
class Response:
    """The answer: JSON, text or bytes, or pieces of bytes, or a protocol of its own."""

    status: int
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    pieces: Iterable[bytes] | None = None
    take_over: Callable[[socket.socket], None] | None = None
    error: Exception | None = None
    """What it stands for, for the log."""


class Service(Protocol):
    """Who answers."""

    def serve(self, request: Request, send: Callable[[Response], None]) -> None:
        """Answer one request by one call of `send`."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    wbufsize = -1  # one write a response
    server: "Server"

    def setup(self) -> None:
        """Count it among the connections."""
        super().setup()
        self.server.connections.add(self)
        self.is_busy = False

    def finish(self) -> None:
        """Count it no longer."""
        self.server.connections.discard(self)
        with contextlib.suppress(OSError):
            super().finish()

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Every method is answered alike."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        self.is_busy = True
        body = self._body()
        request = Request(self.command, self.path, self.headers, self.client_address[0], body)
        self.server.service.serve(request, self._send)
        for _ in body:  # nobody may take what is left for the next request
            pass
        self.is_busy = False
        self.close_connection = self.close_connection or self.server.is_closing

    def _body(self) -> Iterator[bytes]:
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            yield from self._chunks()
            return
        left = int(self.headers.get("Content-Length") or 0)
        while left > 0 and (piece := self.rfile.read(min(left, PIECE))):
            left -= len(piece)
            yield piece
        if left > 0:
            raise ConnectionError("request aborted")

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send(self, response: Response) -> None:
        if response.take_over is not None:
            self.close_connection = True
            self._head(response, {})
            self.wfile.flush()
            response.take_over(self.connection)
        elif response.pieces is not None:
            self._send_pieces(response)
        else:
            self._send_whole(response)

    def _send_whole(self, response: Response) -> None:
        kind, payload = _payload(response.body)
        length = {} if response.status == 204 else {"Content-Length": str(len(payload))}  # noqa: PLR2004
        self._head(response, {"Content-Type": kind, **length})
        if self.command != "HEAD":
            self.wfile.write(payload)
        self.wfile.flush()

    def _send_pieces(self, response: Response) -> None:
        self._head(response, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"})
        for piece in response.pieces or ():
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _head(self, response: Response, more: Mapping[str, str]) -> None:
        self.send_response(response.status)
        for name, value in {**more, **response.headers}.items():
            self.send_header(name, value)
        if self.server.is_closing:
            self.send_header("Connection", "close")
        self.end_headers()

    def version_string(self) -> str:
        """The `Server` header."""
        return self.server.name

    def log_message(self, *_: object) -> None:
        """The services log by themselves."""


class Server(ThreadingHTTPServer):
    """Serves each connection in a thread of its own."""

    request_queue_size = 128

    def __init__(self, listener: socket.socket, service: Service, name: str) -> None:
        """`listener` is bound; it listens once `serve_forever` runs."""
        super().__init__(listener.getsockname()[:2], Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        # Of two processes that are woken for one connection, one finds none.
        listener.setblocking(False)  # noqa: FBT003
        self.service, self.name = service, name
        self.connections: set[Handler] = set()
        self.is_closing = False
        self.server_activate()

    def handle_error(self, request: object, client_address: object) -> None:
        """Let a peer hang up without a traceback; the proxy's probes do."""
        if not isinstance(sys.exc_info()[1], OSError | ValueError):
            super().handle_error(request, client_address)

    def refuse(self) -> None:
        """Close the listening socket, and the connections that ask for nothing."""
        self.is_closing = True
        self.shutdown()
        self.server_close()
        for one in tuple(self.connections):
            if not one.is_busy:
                with contextlib.suppress(OSError):
                    one.connection.shutdown(socket.SHUT_RDWR)

    @property
    def under_way(self) -> int:
        """How many requests are being answered."""
        return sum(one.is_busy for one in tuple(self.connections))


def bind(port: int) -> socket.socket:
    """A socket of this port that does not listen yet."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("", port))
    return made


def background(work: Callable[[], None]) -> None:
    """Begin something that ends with the process."""
    threading.Thread(target=work, daemon=True).start()


def _payload(body: object) -> tuple[str, bytes]:
    if body is None:
        return "text/plain", b""
    if isinstance(body, str):
        return "text/html; charset=utf-8", body.encode()
    return "application/json; charset=utf-8", json.dumps(body).encode()
