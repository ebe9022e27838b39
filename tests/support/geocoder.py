"""A Nominatim of the tests: a small HTTP server that answers with what `tests/routing/answers` holds, or misbehaves."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ANSWERS = Path(__file__).resolve().parents[1] / "routing" / "answers"


class Geocoder:
    """How it answers may be changed at any time; what it was asked is kept."""

    def __init__(self) -> None:
        #: name of a file of answers, or what is done instead: gives status and body
        self.answer: str | Callable[[], tuple[int, bytes]] = "nominatim_house"
        self.asked: list[str] = []
        self.url = ""

    def slowly(self, seconds: float) -> Callable[[], tuple[int, bytes]]:
        """An answer that comes too late."""

        def wait() -> tuple[int, bytes]:
            time.sleep(seconds)
            return 200, b"[]"

        return wait


@contextmanager
def geocoder() -> Iterator[Geocoder]:
    """One that listens on a port of this machine."""
    service = Geocoder()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.asked.append(parse_qs(urlsplit(self.path).query).get("q", [""])[0])
            answer = service.answer
            status, body = answer() if callable(answer) else (200, (ANSWERS / f"{answer}.json").read_bytes())
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            """Not into the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
