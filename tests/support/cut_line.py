"""A bad line between browser and server: an HTTP proxy that cuts one request in the middle of its body."""

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

_HEAD_END = b"\r\n\r\n"
_PATIENCE_SECONDS = 30


@dataclass
class CutLine:
    """`pattern`: method and path of the request that is cut, the first of its kind; `keep`: bytes of it that pass.

    `server`: where a program that knows no proxies gets to when it takes `url` for the server.
    """

    pattern: str
    keep: int
    how: Literal["reset", "close"]
    server: str = ""
    #: number of requests that were cut
    cuts: int = 0
    _listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def proxy(self) -> str:
        """Address for `new_context(proxy={"server": …})`."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def url(self) -> str:
        """The same address, for a program that takes it for the server."""
        return self.proxy

    def close(self) -> None:
        """No further connections; those under way end by themselves."""
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                browser, _address = self._listener.accept()
                threading.Thread(target=self._carry, args=(browser,), daemon=True).start()

    def _carry(self, browser: socket.socket) -> None:
        """One request and its answer; the browser opens another connection for the next."""
        with contextlib.suppress(OSError, ValueError), browser:
            browser.settimeout(_PATIENCE_SECONDS)
            head, body = _read_head(browser)
            method, url, version = head.split(b"\r\n", 1)[0].decode().split(" ")
            origin = re.fullmatch(r"http://([\d.]+):(\d+)(/.*)", self.server + url if url.startswith("/") else url)
            if origin is None:
                return
            host, port, path = origin.groups()
            lines = [line for line in head.split(b"\r\n")[1:] if not line.lower().startswith((b"connection", b"proxy-"))]
            length = next((int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length")), 0)
            cuts = self.cuts == 0 and re.fullmatch(self.pattern, f"{method} {path}") is not None
            with socket.create_connection((host, int(port)), timeout=_PATIENCE_SECONDS) as server:
                first = f"{method} {path} {version}".encode()
                server.sendall(b"\r\n".join([first, *lines, b"Connection: close"]) + _HEAD_END)
                if cuts:
                    self.cuts += 1
                _send_body(browser, server, body, min(length, self.keep) if cuts else length)
                if cuts:
                    self._cut(server, browser)
                else:
                    while piece := server.recv(65536):
                        browser.sendall(piece)

    def _cut(self, *lines: socket.socket) -> None:
        for line in lines:
            if self.how == "reset":
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()


@contextmanager
def cut_line(pattern: str, *, keep: int, how: Literal["reset", "close"], server: str = "") -> Iterator[CutLine]:
    """A line that ends one request after `keep` bytes of its body, in order or by reset."""
    line = CutLine(pattern, keep, how, server)
    yield line
    line.close()


def _read_head(browser: socket.socket) -> tuple[bytes, bytes]:
    read = b""
    while _HEAD_END not in read:
        piece = browser.recv(65536)
        if not piece:
            raise ValueError("the browser went away")
        read += piece
    head, _end, body = read.partition(_HEAD_END)
    return head, body


def _send_body(browser: socket.socket, server: socket.socket, begun: bytes, length: int) -> None:
    server.sendall(begun[:length])
    left = length - len(begun)
    while left > 0:
        piece = browser.recv(min(65536, left))
        if not piece:
            raise ValueError("the browser went away")
        server.sendall(piece)
        left -= len(piece)
