"""The picture check: what strangers may send, and what it costs. Every picture is made here."""

import hashlib
import io
import os
import signal
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from flask import Flask
from PIL import Image

from fieldservice.core import files
from fieldservice.evidence import decoder, picture
from fieldservice.evidence.picture import Found, NoVerdict, look
from tests.evidence.photos import picture as a_picture
from tests.support.media import keep_bytes

MOST_KB = 300 * 1024


@pytest.fixture
def there(tmp_path: Path) -> Iterator[None]:
    """A data folder and nothing else: no database is needed."""
    bare = Flask("bare")
    bare.config["DATA_DIR"] = tmp_path
    with bare.app_context():
        yield


def look_at(content: bytes) -> Found:
    sha256 = keep_bytes(content)
    return look(files.path_of(sha256), sha256)


def shown(content: bytes, name: str = picture.VIEW) -> Image.Image:
    return Image.open(files.variant_path(hashlib.sha256(content).hexdigest(), name))


def cut(content: bytes, part: float = 0.6) -> bytes:
    return content[: int(len(content) * part)]


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", "b")
    return file.getvalue()


def huge() -> bytes:
    """400 megapixels in some 48 kB."""
    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "PNG", optimize=True)
    assert len(file.getvalue()) < 60_000
    return file.getvalue()


def plain(width: int, height: int, mode: str = "L", kind: str = "PNG", **saved: Any) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height)).save(file, kind, **saved)
    return file.getvalue()


def moving(kind: str) -> bytes:
    more = [Image.new("RGB", (64, 64), "red")]
    return a_picture(64, 64, kind, save_all=True, append_images=more)


def heic(width: int = 640, height: int = 480, **saved: Any) -> bytes:
    """As an iPhone writes it; noise, so that it does not compress to nothing."""
    pillow_heif.register_heif_opener()
    return a_picture(width, height, "HEIF", **saved)


def swapped(content: bytes, at: int, more: bytes) -> bytes:
    return content[:at] + more + content[at + len(more) :]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not_a_picture"),
        (b"<html><script>alert(1)</script></html>", "not_a_picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_a_picture"),
        (a_picture(64, 64, "TIFF"), "not_a_picture"),
        (a_picture(64, 64, "GIF"), "not_a_picture"),
        (zipped(), "not_a_picture"),
        (bytes(range(256)) * 20, "not_a_picture"),
        (cut(a_picture()), "truncated"),
        (cut(a_picture(progressive=True)), "truncated"),
        (cut(a_picture(kind="PNG")), "truncated"),
        (cut(a_picture(kind="WEBP")), "truncated"),
        (a_picture()[:100], "truncated"),
        (huge(), "too_many_pixels"),
        (plain(5000, 5000, "RGB", "WEBP", method=0), "too_many_pixels"),
        (plain(12_001, 20), "too_large_side"),
        (plain(20, 12_001), "too_large_side"),
        (moving("PNG"), "animated"),
        (moving("WEBP"), "animated"),
        (b"\xff\xd8\xff\xe0 not really \xff\xd9", "damaged"),
        (cut(heic()), "truncated"),
        (heic()[:300], "truncated"),
        (b"\0\0\0\x18ftypheic" + bytes(12), "damaged"),
        (a_picture(64, 64, "AVIF"), "not_a_picture"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_used_says_why(there: None, content: bytes, why: str) -> None:
    found = look_at(content)
    assert (found.why, found.format, found.width) == (why, "", None)
    assert found.peak_kb < MOST_KB
    assert not picture.has_variants(hashlib.sha256(content).hexdigest())
    assert list((files.media_dir() / "partial").iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "mode", "saved"),
    [
        ("JPEG", "RGB", {}), ("JPEG", "RGB", {"progressive": True}), ("JPEG", "L", {}), ("JPEG", "CMYK", {}),
        ("PNG", "RGB", {}), ("PNG", "RGBA", {}), ("PNG", "P", {}), ("PNG", "LA", {}), ("PNG", "1", {}),
        ("PNG", "I;16", {}), ("WEBP", "RGB", {}), ("WEBP", "RGBA", {}), ("WEBP", "RGB", {"lossless": True}),
    ],
)  # fmt: skip
def test_every_usual_kind_is_usable(there: None, kind: str, mode: str, saved: dict[str, Any]) -> None:
    source = Image.new("I;16", (2100, 700), 40_000) if mode == "I;16" else None
    file = io.BytesIO()
    if source:
        source.save(file, kind)
    content = file.getvalue() if source else a_picture(2100, 700, kind, mode, **saved)
    found = look_at(content)
    assert (found.why, found.format, found.width, found.height) == ("", kind, 2100, 700)
    assert (shown(content).format, shown(content).mode, shown(content).size[0]) == ("JPEG", "RGB", 1600)
    assert shown(content, picture.THUMB).size[0] == 480


@pytest.mark.parametrize(
    "saved", [{}, {"tile_size": 512}, {"save_all": True, "append_images": [Image.new("RGB", (64, 64), "red")]}]
)
def test_a_heic_is_usable_plain_in_tiles_or_with_a_burst_behind(there: None, saved: dict[str, Any]) -> None:
    content = heic(2100, 700, **saved)
    found = look_at(content)
    assert (found.why, found.format, found.width, found.height) == ("", "HEIC", 2100, 700)
    assert (shown(content).format, shown(content).size) == ("JPEG", (1600, 533))
    assert found.peak_kb < MOST_KB


def test_a_heic_is_upright_as_the_camera_says(there: None) -> None:
    upright = Image.new("RGB", (160, 120), "white")
    upright.paste("red", (0, 0, 40, 40))
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    pillow_heif.register_heif_opener()
    upright.transpose(Image.Transpose.ROTATE_90).save(file, "HEIF", quality=90, exif=exif.tobytes())
    found = look_at(file.getvalue())
    assert (found.width, found.height) == (160, 120)
    red, green, _blue = shown(file.getvalue()).getpixel((10, 10))  # type: ignore[misc]
    assert red > 200
    assert green < 80


def test_what_is_served_of_a_heic_is_the_picture_not_a_thumbnail_in_it(there: None) -> None:
    """A good thumbnail before a picture that was cut is no picture."""
    whole = heic(1600, 1200, thumbnails=[512])
    found = look_at(cut(whole, 0.7))
    assert found.why in ("truncated", "damaged")


def test_a_damaged_picture_that_opens_is_shown_as_it_is(there: None) -> None:
    """Data are broken in the middle, the end is there: every decoder opens it."""
    whole = a_picture(1200, 900)
    content = swapped(whole, len(whole) // 2, bytes(200))
    assert look_at(content).why == ""


def test_a_photo_with_a_second_picture_behind_is_no_film(there: None) -> None:
    content = a_picture(640, 480, "MPO", save_all=True, append_images=[Image.new("RGB", (64, 64))])
    found = look_at(content)
    assert (found.why, found.format) == ("", "JPEG")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_upright_as_the_camera_says(there: None, orientation: int) -> None:
    """A picture with a red corner, written as a camera held in each way writes it: the corner is at the top left."""
    upright = Image.new("RGB", (80, 60), "white")
    upright.paste("red", (0, 0, 20, 20))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the turn that undoes each
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(back[orientation]))
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    stored.save(file, "JPEG", quality=95, exif=exif)
    found = look_at(file.getvalue())
    assert (found.width, found.height) == (80, 60)
    red, green, _blue = shown(file.getvalue()).getpixel((5, 5))  # type: ignore[misc]
    assert red > 200
    assert green < 80


@pytest.mark.parametrize("exif", [b"nonsense", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"])
def test_nonsense_about_the_camera_is_no_reason(there: None, exif: bytes) -> None:
    assert look_at(a_picture(exif=b"Exif\0\0" + exif)).why == ""


@pytest.mark.slow
def test_a_picture_as_large_as_may_be_stays_within_its_memory(there: None) -> None:
    for content in (a_picture(8000, 6250), plain(8000, 6250, "RGBA"), plain(8000, 6250, "P")):
        found = look_at(content)
        assert found.why == ""
        assert found.peak_kb < MOST_KB


def test_a_decoder_that_was_killed_is_replaced(there: None) -> None:
    content = a_picture()
    look_at(content)
    picture._decoders.idle[-1].send_signal(signal.SIGKILL)
    time.sleep(0.1)
    assert look_at(content).why == ""


def test_a_full_disk_is_no_verdict(there: None, monkeypatch: pytest.MonkeyPatch) -> None:
    real = picture._ask
    monkeypatch.setattr(picture, "_ask", lambda request: real(request | {"view": "/nowhere/view.jpg"}))
    with pytest.raises(NoVerdict):
        look_at(a_picture())


def test_time_memory_or_a_process_that_ended_is_no_verdict(there: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fork itself, with a stand-in for the picture: no file is known that does it."""

    def run(act: Any, wall_seconds: float = 0.3) -> str:
        monkeypatch.setattr(decoder, "look", act)
        answered: dict[str, Any] = decoder.forked._in_a_fork(
            decoder._answer, {"path": __file__}, wall_seconds, {"failed": "silent"}
        )
        return str(answered["failed"])

    monkeypatch.setattr(decoder, "_MEMORY_BYTES", 4 * 1024**3)  # this process is larger than the decoder
    assert run(lambda *_a, **_n: time.sleep(60)) == "silent"
    assert run(lambda *_a, **_n: os.kill(os.getpid(), signal.SIGKILL), 30) == "silent"
    assert run(lambda *_a, **_n: bytearray(8 * 1024**3), 30) == "no memory"
