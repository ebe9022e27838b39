"""A server of somebody else's, on this machine: it writes down what is sent to it, and answers as told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer


class _Taker(BaseHTTPRequestHandler):
    """Writes down what came; answers as its server was told."""

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.taken.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Location", "http://169.254.169.254/")
        self.send_header("Content-Length", str(len(self.server.answer)))  # type: ignore[attr-defined]
        self.end_headers()
        self.wfile.write(self.server.answer)  # type: ignore[attr-defined]

    def log_message(self, *_args: object) -> None: ...


@contextmanager
def taking(status: int = 204, answer: bytes = b"") -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Taker)
    server.taken, server.status, server.answer = [], status, answer  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
