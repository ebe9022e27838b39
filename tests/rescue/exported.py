"""Files as phones export them, of every format that was ever released."""

import base64
import hashlib
import json
from typing import Any

from flask import current_app

from fieldservice.core import clock, sealing
from tests.support.sealing import sealed
from tests.sync.phone import Phone


def exported(phone: Phone, person_id: str, *photos: tuple[dict[str, Any], bytes | None], version: int = 2,
             **given: Any) -> bytes:
    """What waits on `phone`, and the bytes of these photos (None: lost on the phone)."""
    head = {"format": "fieldservice-unsent", "format_version": version, "exported_at_ms": clock.to_ms(clock.now()),
            "person_id": person_id, "client_id": phone.client_id, "epoch": phone.epoch,
            "ops": [{"n": op["seq"], **op, "number": "J-1", "open": 1} for op in phone.waiting]} | given
    text = json.dumps(head, indent=1, ensure_ascii=False)
    if version == 1:
        return text.encode()
    lines = [_photo(op, data) for op, data in photos]
    return (text.removesuffix("\n}") + ',\n "files": [' + ",".join(lines) + "]\n}").encode()


def _photo(op: dict[str, Any], data: bytes | None) -> str:
    about = {"id": op["id"], "job": op["entity"], "sha256": op["args"]["sha256"], "size": op["args"]["size"],
             "type": "image/jpeg", "at_ms": op["occurred_at"]}
    text = json.dumps(about, separators=(",", ":")).removesuffix("}")
    return f'\n  {text},"base64":"{base64.b64encode(data or b"").decode()}"}}'


def sealed_here(plain: bytes) -> bytes:
    """Sealed with the key that the application gives out."""
    return sealed(plain, sealing.public_key(current_app.config["SECRETS"]["rescue_keys"].split()[0]))


def shot(phone: Phone, job_id: str, content: bytes, **args: Any) -> dict[str, Any]:
    """A photo taken on the phone."""
    given = {"slot": "before", "sha256": hashlib.sha256(content).hexdigest(), "size": len(content),
             "media_type": "image/jpeg"}
    return phone.op("add_photo", job_id, **given | args)
