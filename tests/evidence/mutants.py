"""Pictures broken on purpose, the same for the same seed, and what the product as it is served makes of them."""

import hashlib
import io
import random
import struct
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pillow_heif
from flask.testing import FlaskClient
from PIL import Image

from fieldservice.accounts.models import Device, Person
from fieldservice.core import files
from fieldservice.core.db import db
from fieldservice.evidence import picture
from fieldservice.evidence.models import Blob
from fieldservice.jobs.models import Job
from tests.evidence.photos import Sender, announced
from tests.evidence.photos import picture as a_picture

#: seeds from here on; a run of 60 is the first 60 of a run of 500
FIRST_SEED = 6_000
#: the most memory any process of the decoder may take
MOST_KB = 300 * 1024


@cache
def originals() -> list[tuple[str, bytes]]:
    """One of each kind that phones, scanners and strangers send."""
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A phone"
    more = [Image.new("RGB", (64, 64), "red")]
    deep = io.BytesIO()
    Image.new("I;16", (300, 200), 40_000).save(deep, "PNG")
    return [
        ("jpeg", a_picture(800, 600)), ("jpeg exif", a_picture(640, 480, exif=exif)),
        ("progressive", a_picture(640, 480, progressive=True)), ("cmyk", a_picture(400, 300, mode="CMYK")),
        ("grey", a_picture(400, 300, mode="L")),
        ("mpo", a_picture(400, 300, "MPO", save_all=True, append_images=more)),
        ("png", a_picture(400, 300, "PNG")), ("png 16 bit", deep.getvalue()),
        ("png palette", a_picture(400, 300, "PNG", "P")),
        ("apng", a_picture(64, 64, "PNG", save_all=True, append_images=more)), ("webp", a_picture(400, 300, "WEBP")),
        ("webp lossless", a_picture(200, 150, "WEBP", lossless=True)),
        ("webp moving", a_picture(64, 64, "WEBP", save_all=True, append_images=more)),
        ("heic", a_picture(400, 300, "HEIF")), ("heic tiles", a_picture(700, 600, "HEIF", tile_size=256)),
        ("heic turned", a_picture(300, 200, "HEIF", exif=exif.tobytes())),
        ("heic burst", a_picture(200, 200, "HEIF", save_all=True, append_images=more)),
        ("gif", a_picture(64, 64, "GIF")), ("avif", a_picture(64, 64, "AVIF")), ("nothing", b""),
    ]  # fmt: skip


def mutant(seed: int) -> tuple[str, bytes]:
    """What was done to which picture, and the bytes."""
    chance = random.Random(seed)
    name, content = chance.choice(originals())
    done = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        change = chance.choice(_CHANGES)
        content = change(chance, content)
        done.append(change.__name__.strip("_"))
    return f"{name}: {', '.join(done)}", content


def _flip(chance: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 3, 30))):
        if changed:
            # more often in the head, where sizes and tables stand
            most = len(changed) if chance.random() < 0.5 else min(len(changed), 400)
            changed[chance.randrange(most)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(chance: random.Random, content: bytes) -> bytes:
    return content[: int(len(content) * chance.random())]


def _head_gone(chance: random.Random, content: bytes) -> bytes:
    return content[chance.randrange(64) :]


def _run_of_one(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + bytes([chance.choice((0, 0xFF, 0x80))]) * chance.choice((4, 64, 2000)) + content[at + 64 :]


def _doubled(chance: random.Random, content: bytes) -> bytes:
    start, end = sorted((chance.randrange(len(content) + 1), chance.randrange(len(content) + 1)))
    return content[:end] + content[start:end] * 2 + content[end:]


def _tail(chance: random.Random, content: bytes) -> bytes:
    return content + chance.choice((b"PK\3\4" + bytes(40), b"<html><script>alert(1)</script>", b"%PDF-1.7\n", content))


def _head_of_another(chance: random.Random, content: bytes) -> bytes:
    other = chance.choice(originals())[1]
    return other[: chance.choice((12, 100, 600))] + content[chance.choice((0, 12, 100)) :]


def _huge_side(chance: random.Random, content: bytes) -> bytes:
    """The size it says it has: of a PNG, JPEG or HEIC."""
    wide, high = (chance.choice((0, 1, 12_001, 40_000, 65_535)) for _ in range(2))
    if content[:4] == b"\x89PNG":
        head = b"IHDR" + struct.pack(">II", wide, high) + content[24:29]
        return content[:12] + head + struct.pack(">I", zlib.crc32(head)) + content[33:]
    for mark, at in ((b"\xff\xc0", 5), (b"\xff\xc2", 5), (b"ispe", 8)):
        found = content.find(mark)
        if found >= 0:
            size = struct.pack(">II", wide, high) if mark == b"ispe" else struct.pack(">HH", high, wide)
            return content[: found + at] + size + content[found + at + len(size) :]
    return content


def _exif_bomb(chance: random.Random, content: bytes) -> bytes:
    """A directory that is its own next one, or holds a value of four billion entries."""
    if content[:2] != b"\xff\xd8":
        return content
    many = struct.pack("<HHII", 0x0112, 3, 0xFFFFFFFF, 8)
    tiff = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2) + many + many + struct.pack("<I", 8)
    body = b"Exif\0\0" + tiff * chance.choice((1, 500))
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + content[2:]


def _bomb(chance: random.Random, _content: bytes) -> bytes:
    """Little that unpacks to much."""
    side = chance.choice((3_000, 7_000, 11_900))
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    return out.getvalue()


_CHANGES = (_flip, _flip, _flip, _cut, _cut, _head_gone, _run_of_one, _doubled, _tail, _head_of_another, _huge_side,
            _exif_bomb, _bomb)  # fmt: skip


@dataclass
class Report:
    """What became of a run."""

    #: '' usable, why unusable, 'no verdict' → how many
    verdicts: Counter[str] = field(default_factory=Counter)
    most_kb: int = 0
    #: seed and what was wrong
    wrong: list[str] = field(default_factory=list)


def send_all(
    seeds: Iterable[int], *, job: Job, person: Person, device: Device, phone: Sender, desk: FlaskClient, page_every: int
) -> Report:
    """Sends each as a phone does and opens everything that is served of it as the desk does; the page of some."""
    report, real = Report(), picture._ask
    peaks: list[int] = []

    def ask(request: dict[str, Any]) -> dict[str, Any]:
        answer = real(request)
        peaks.append(answer["peak_kb"])
        return answer

    picture._ask = ask
    try:
        for seed in seeds:
            what, content = mutant(seed)
            found = _send_one(content, job=job, person=person, device=device, phone=phone, desk=desk, report=report,
                              opens_page=seed % page_every == 0)  # fmt: skip
            for said in found:
                report.wrong.append(f"seed {seed} ({what}): {said}")
    finally:
        picture._ask = real
    report.most_kb = max(peaks, default=0)
    return report


def _send_one(
    content: bytes, *, job: Job, person: Person, device: Device, phone: Sender, desk: FlaskClient, report: Report,
    opens_page: bool,
) -> Iterable[str]:
    photo = announced(job, person, device, content)
    photo_id, sha256 = photo.id, hashlib.sha256(content).hexdigest()
    sent = phone.create(photo, content, content)
    if sent.status_code != 201:
        yield f"sending it is answered {sent.status_code}"
    blob = db.session.get_one(Blob, sha256, populate_existing=True)
    verdict = blob.why if blob.picture != "unchecked" else "no verdict"
    report.verdicts[verdict] += 1
    db.session.rollback()
    served = [f"/api/blobs/{sha256}?as={name}" for name in ("thumb", "view")] + [f"/api/photos/{photo_id}/stamped"]
    for address in served:
        answer = desk.get(address)
        if answer.status_code != (404 if verdict else 200):
            yield f"{address} is answered {answer.status_code}, though it is {verdict or 'usable'}"
        if answer.status_code == 200 and (answer.data[:3] != b"\xff\xd8\xff" or b"script" in answer.data):
            yield f"{address} is not what we made"
    if desk.get(f"/api/blobs/{sha256}?as=original").data != content:
        yield "the original is not what came"
    if opens_page and desk.get(f"/jobs/{job.id}/photos/{photo_id}").status_code != 200:
        yield "its page does not open"
    left = [path.name for path in (files.media_dir() / "partial").iterdir()]
    if left:
        yield f"left behind: {left}"
