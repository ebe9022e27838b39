"""The typeface the product brings."""

from pathlib import Path

from flask import Flask
from PIL import ImageFont

from fieldservice.core import fonts


def test_it_is_unpacked_whole_and_has_the_rare_characters_of_names(tmp_path: Path) -> None:
    bare = Flask("bare")
    bare.config["DATA_DIR"] = tmp_path
    with bare.app_context():
        place = fonts.sans()
        place.write_bytes(place.read_bytes()[:1000])  # the disk was full, or somebody cut it
        assert fonts.sans().stat().st_size > 10_000_000
    font = ImageFont.truetype(str(place), 40)
    missing = bytes(font.getmask("\U0010fffd"))
    assert all(bytes(font.getmask(letter)) != missing for letter in "王䶮𬱖é·±")
    assert [path.name for path in (tmp_path / "fonts").iterdir()] == [place.name]
