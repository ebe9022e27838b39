"""Photos of the tests: pictures made here, announced as a phone would, sent by tus."""

import base64
import hashlib
import io
import random
from typing import Any

from flask.testing import FlaskClient
from PIL import Image

from fieldservice.accounts.models import Device, Person
from fieldservice.core import clock, json
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.core.versions import unversioned_writes
from fieldservice.evidence.actions import announce_blob
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.models import Job

NONCE = "0123456789abcdef"
BYTES = "application/offset+octet-stream"
BUNDLE = "/api/uploads/bundle"


def picture(width: int = 640, height: int = 480, kind: str = "JPEG", mode: str = "RGB", **saved: Any) -> bytes:
    """A picture that does not compress to nothing; the same each time."""
    specks = Image.frombytes("RGB", (32, 32), random.Random(1).randbytes(32 * 32 * 3))
    file = io.BytesIO()
    specks.resize((width, height)).convert(mode).save(file, kind, **saved)
    return file.getvalue()


def a_device(person: Person) -> Device:
    """A registered phone; committed."""
    device = Device(id=new_id(), person_id=person.id, name="门店手机 07", registered_at=clock.now())
    db.session.add(device)
    db.session.commit()
    return device


def announced(
    job: Job, person: Person, device: Device, content: bytes, *, sha256: str | None = None, kind: str = "add_photo"
) -> Evidence:
    """A photo whose operation has been taken; its bytes have not come. Committed."""
    at, name = clock.now(), sha256 or hashlib.sha256(content).hexdigest()
    entry = LogEntry(
        id=new_id(), origin="phone", device_id=device.id, person_id=person.id, kind=kind, entity_type="job",
        entity_id=job.id, body=json.dumps({"args": {"sha256": name, "media_type": "image/jpeg"}}), result="applied",
        happened_at=at, received_at=at,
    )  # fmt: skip
    announce_blob(name, len(content), "image/jpeg", at=at)
    photo = Evidence(
        id=entry.id, job_id=job.id, run=job.run, by_id=person.id, sha256=name, slot="before", source="camera",
        happened_at=at, op_id=entry.id,
    )  # fmt: skip
    db.session.add_all([entry, photo])
    with unversioned_writes():
        db.session.commit()
    return photo


class Sender:
    """A phone that sends bytes."""

    def __init__(self, client: FlaskClient, device: Device) -> None:
        self.client = client
        self.device_id = device.id

    def create(self, photo: Evidence, content: bytes, body: bytes | None = None, **headers: str) -> Any:
        """POST; `body` is the first piece, None: none."""
        given = {"Upload-Length": str(len(content)), "Upload-Metadata": metadata(photo.id, photo.sha256, self.device_id)}
        return self.call("POST", "/api/uploads", body, given | headers)

    def bundle(self, some: list[tuple[Evidence, bytes]], body: bytes | None = None, **other: Any) -> Any:
        """POST of several at once; `body`: other bytes than those, `other`: of each part."""
        parts = [part_of(photo, content) | other for photo, content in some]
        sent = b"".join(content for _photo, content in some) if body is None else body
        return self.send_bundle({"device": self.device_id, "parts": parts}, sent)

    def send_bundle(self, head: Any, body: bytes = b"", **headers: str) -> Any:
        """The same with any head."""
        start = head if isinstance(head, bytes) else json.dumps(head).encode()
        return self.call("POST", BUNDLE, start + body, {"Bundle-Head": str(len(start))} | headers)

    def head(self, address: str) -> Any:
        """How far it is."""
        return self.call("HEAD", address, None, {})

    def patch(self, address: str, offset: int, body: bytes, **headers: str) -> Any:
        """The next piece."""
        return self.call("PATCH", address, body, {"Upload-Offset": str(offset)} | headers)

    def call(self, method: str, address: str, body: bytes | None, headers: dict[str, str]) -> Any:
        """Any request, with what every one carries."""
        common = {"Tus-Resumable": "1.0.0", "X-Fieldservice-Nonce": NONCE}
        if body is not None:
            common["Content-Type"] = BYTES
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(address, method=method, data=body, headers=common | given)


def part_of(photo: Evidence, content: bytes, **other: Any) -> dict[str, Any]:
    """What a bundle's head says of one photo."""
    return {"evidence": photo.id, "sha256": photo.sha256, "length": len(content), "here": len(content)} | other


def metadata(evidence_id: str, sha256: str, device_id: str) -> str:
    """The header."""
    pairs = {"evidence": evidence_id, "sha256": sha256, "device": device_id}
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def checksum(body: bytes) -> str:
    """`Upload-Checksum` of a piece."""
    return f"sha256 {base64.b64encode(hashlib.sha256(body).digest()).decode()}"
