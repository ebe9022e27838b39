"""Requests and answers: the page's chapter "Every request"."""

import http.client
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

LIMIT_SECONDS = 60

#: method, path, headers, body → status, headers, body; raises OSError or HTTPException when no whole answer comes
Send = Callable[[str, str, Mapping[str, str], bytes | None], tuple[int, Mapping[str, str], bytes]]


@dataclass(frozen=True)
class Reply:
    """An answer that counts; `status` 0: offline, whatever it was that came."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    #: milliseconds of the session's own clock at sending, and of the round trip
    sent: int = 0
    rtt: int = 0

    @property
    def code(self) -> str:
        """Why, when it is an error."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return str(error.get("code", "")) if isinstance(error, dict) else ""

    @property
    def wait_seconds(self) -> int | None:
        """As `Retry-After` says."""
        text = self.headers.get("retry-after", "")
        return int(text) if text.isdigit() else None

    @property
    def offset(self) -> int | None:
        """How far an upload is."""
        text = self.headers.get("upload-offset", "")
        return int(text) if text.isdigit() else None


def over_http(url: str) -> Send:
    """Requests over the network, a connection each."""
    where = urlsplit(url)

    def send(
        method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        line = http.client.HTTPConnection(where.hostname or "", where.port, timeout=LIMIT_SECONDS)
        try:
            line.request(method, path, body=body, headers=dict(headers))
            answer = line.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            line.close()

    return send


class Wire:
    """Asks with a nonce and believes only answers that bring it back. Keeps the cookie."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._cookie = ""

    def call(
        self, method: str, path: str, body: Any = None, *, nonce: str = "", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Bytes go as they are, anything else as JSON. Never raises for what the line or the server does."""
        nonce = nonce or secrets.token_hex(8)
        given = {"X-Fieldservice-Nonce": nonce, "Sec-Fetch-Site": "same-origin", **(headers or {})}
        if self._cookie:
            given["Cookie"] = f"__Host-session={self._cookie}"
        if body is not None:
            is_bytes = isinstance(body, bytes)
            given["Content-Type"] = "application/offset+octet-stream" if is_bytes else "application/json"
            body = body if is_bytes else json.dumps(body).encode()
        sent = clock_ms()
        try:
            status, answered, content = self._send(method, path, given, body)
        except (OSError, http.client.HTTPException):
            return Reply()
        told = {name.lower(): value for name, value in answered.items()}
        if told.get("x-fieldservice") != nonce or ("Tus-Resumable" in given and "tus-resumable" not in told):
            return Reply()
        self._keep_cookie(told.get("set-cookie", ""))
        try:
            found = json.loads(content) if "json" in told.get("content-type", "") else None
        except ValueError:
            return Reply()
        return Reply(status, told, found, sent, clock_ms() - sent)

    def _keep_cookie(self, text: str) -> None:
        found = SimpleCookie(text).get("__Host-session")
        if found is not None:
            self._cookie = found.value


def clock_ms() -> int:
    """A clock that nobody sets; begins anywhere."""
    return int(time.monotonic() * 1000)
