"""A message as JSON to an address of the company's own choice, signed, so that whoever takes it knows it is ours.

`POST` with `{"v":1,"id","to","text","sent_ms"}`; `X-Fieldservice-Time` repeats `sent_ms`, `X-Fieldservice-Signature`
is the hex HMAC-SHA256, with SMS_SECRET, of that time, a dot, and the body. A status of 2xx says that it was taken.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Self

from fieldservice.core import clock, json, outbound
from fieldservice.portal.gateways.base import Gateway, NotSent

#: shorter ones can be guessed
LEAST_SECRET = 16  # characters


class Webhook(Gateway):
    """Any service that takes JSON over https."""

    def __init__(self, address: str, secret: str, *, allow_private: bool) -> None:
        self._address, self._secret, self._allow_private = address, secret.encode(), allow_private

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        address, secret, allow_private = settings["SMS_URL"], settings["SMS_SECRET"], settings["OUTBOUND_PRIVATE"]
        if not address.startswith(("https://", "http://") if allow_private else "https://"):
            raise ValueError("SMS_URL must be an https address")
        if len(secret) < LEAST_SECRET:
            raise ValueError(f"SMS_SECRET must have at least {LEAST_SECRET} characters")
        return cls(address, secret, allow_private=allow_private)

    def send(self, number: str, text: str, message_id: str) -> None:
        sent_ms = clock.to_ms(clock.now())
        body = json.dumps({"v": 1, "id": message_id, "to": number, "text": text, "sent_ms": sent_ms}).encode()
        signature = hmac.digest(self._secret, f"{sent_ms}.".encode() + body, hashlib.sha256).hex()
        headers = {"Content-Type": "application/json", "X-Fieldservice-Time": str(sent_ms),
                   "X-Fieldservice-Signature": signature}  # fmt: skip
        try:
            status = outbound.post(self._address, body, headers, allow_private=self._allow_private)
        except (outbound.Refused, outbound.Failed) as error:
            raise NotSent(str(error)) from error
        if not 200 <= status < 300:
            raise NotSent(f"the gateway answered {status}")
