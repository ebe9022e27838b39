"""A phone's way to a served product: what Flask's test client can do, over a real connection that can break."""

import json as plain_json
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from typing import Any

from fieldservice.accounts import sessions

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """What came back, named as in Flask's test client."""

    status_code: int
    headers: Message
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode()

    @property
    def json(self) -> Any:
        """None when it is not JSON."""
        return plain_json.loads(self.data) if "json" in self.headers.get("Content-Type", "") else None


class RemoteClient:
    """Signed in with the token of a running session. A line that breaks is an OSError or HTTPException."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token

    def post(self, path: str, *, data: Any = None, json: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """As FlaskClient.post."""
        body = data if json is None else plain_json.dumps(json)
        given = {} if json is None else {"Content-Type": "application/json"}
        return self.open(path, method="POST", data=body, headers={**given, **(headers or {})})

    def open(self, path: str, *, method: str, data: Any = None, headers: dict[str, str]) -> Answer:
        """As FlaskClient.open."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        common = {"Cookie": f"{sessions.COOKIE}={self._token}", "Sec-Fetch-Site": "same-origin", "Connection": "close"}
        try:
            connection.request(method, path, data, common | headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()
