"""Arrows, circles and words on a copy: kept as data, drawn by the server, taken off again, and never on the original."""

import hashlib
import io

import pytest
from flask.testing import FlaskClient
from PIL import Image

from fieldservice.core import files
from fieldservice.core.errors import RuleBroken
from fieldservice.core.oplog import log_of
from fieldservice.evidence import picture
from fieldservice.evidence.models import ANNOUNCED
from fieldservice.jobs.models import Job
from fieldservice.visits import markup
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.support.own_forms import send_form
from tests.visits.scene import planks, shoot

ARROW = {"kind": "arrow", "x1": "10", "y1": "10", "x2": "50.5", "y2": "50", "text": ""}
CIRCLE = {"kind": "circle", "x1": "60", "y1": "30", "x2": "80", "y2": "60", "text": ""}
WORDS = {"kind": "text", "x1": "5", "y1": "80", "x2": "", "y2": "", "text": "缝宽 3 mm <script>"}


@pytest.fixture
def job(cast: Cast) -> Job:
    return a_job(cast.store, cast.technician, state="working")


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> FlaskClient:
    client.set_cookie("lang", "en", domain="localhost")
    return sign_in(client, cast.dispatcher)


def form(*rows: dict[str, str], words: str = "") -> dict[str, object]:
    """As a browser sends the rows."""
    return {name: [row[name] for row in rows] for name in ARROW} | {"words": words}


def test_it_is_drawn_on_a_copy_kept_and_taken_off(desk: FlaskClient, job: Job, cast: Cast) -> None:
    content = planks()
    photo = shoot(job, cast.technician, content)
    page = f"/jobs/{job.id}/photos/{photo.id}"
    empty = dict.fromkeys(ARROW, "")
    assert send_form(desk, f"{page}/markups", form(ARROW, CIRCLE, empty, WORDS, words="看这里")).status_code == 303
    assert send_form(desk, f"{page}/markups", form(CIRCLE)).status_code == 303
    first, second = markup.markups_of(photo)
    assert first.shapes[0] == {"kind": "arrow", "x1": 1000, "y1": 1000, "x2": 5050, "y2": 5000, "text": ""}
    assert [shape["kind"] for shape in first.shapes] == ["arrow", "circle", "text"]
    served = desk.get(f"{page}/markups/{first.id}.jpg")
    drawn = Image.open(io.BytesIO(served.data)).convert("RGB")
    plain = Image.open(files.variant_path(photo.sha256, picture.VIEW))
    assert (served.mimetype, drawn.size) == ("image/jpeg", plain.size)
    red, green, blue = drawn.getpixel((drawn.width * 70 // 100, drawn.height * 30 // 100))  # type: ignore[misc]
    assert (red > 150, green < 110, blue < 110) == (True, True, True)
    assert files.sha256_of(files.path_of(photo.sha256)) == photo.sha256 == hashlib.sha256(content).hexdigest()
    markup.path_of(first).unlink()
    assert desk.get(f"{page}/markups/{first.id}.jpg").status_code == 200  # made again
    shown = desk.get(page).text
    assert "看这里" in shown
    assert "<script>alert" not in shown
    for _again in range(2):
        assert send_form(desk, f"{page}/markups/{first.id}/removal", {}).status_code == 303
    assert markup.standing_of(photo) == [second]
    assert "Removed drawings: 1" in desk.get(page).text
    told = desk.get(f"/jobs/{job.id}").text
    assert "Drew on a copy of a photo" in told
    assert "Removed what was drawn on a photo" in told
    kinds = [entry.kind for entry in log_of("job", job.id)]
    assert (kinds.count("office.mark_photo"), kinds.count("office.void_markup")) == (2, 1)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "shapes_missing"), ([{"kind": ""}], "shapes_missing"), ([ARROW] * 21, "shapes_too_many"),
        ([ARROW | {"kind": "polygon"}], "shape_bad"), ([ARROW | {"x1": "101"}], "shape_bad"),
        ([ARROW | {"x1": "-1"}], "shape_bad"), ([ARROW | {"x1": "NaN"}], "shape_bad"),
        ([ARROW | {"x1": "1e1"}], "shape_bad"), ([ARROW | {"y2": ""}], "shape_bad"),
        ([ARROW | {"x2": "10.5", "y2": "10.5"}], "shape_bad"), ([WORDS | {"text": "\u202e \n"}], "shape_text_missing"),
        ([WORDS | {"text": "长" * 61}], "shape_bad"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_says_why(rows: list[dict[str, str]], code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        markup.read_shapes(rows)
    assert refused.value.code == code


def test_what_was_typed_stays_when_it_is_refused(desk: FlaskClient, job: Job, cast: Cast) -> None:
    photo = shoot(job, cast.technician, planks())
    page = f"/jobs/{job.id}/photos/{photo.id}"
    refused = send_form(desk, f"{page}/markups", form(ARROW, WORDS | {"text": ""}, words="门槛"))
    assert refused.status_code == 422
    assert "Row 2 needs its words." in refused.text
    assert 'value="50.5"' in refused.text
    assert "门槛" in refused.text
    assert markup.markups_of(photo) == []
    waiting = shoot(job, cast.technician, planks(9), state=ANNOUNCED)
    assert send_form(desk, f"/jobs/{job.id}/photos/{waiting.id}/markups", form(ARROW)).status_code == 422
    other = shoot(job, cast.technician, planks(5))
    assert send_form(desk, f"{page}/markups", form(ARROW)).status_code == 303
    mine = markup.markups_of(photo)[0]
    for address in (f"/jobs/{job.id}/photos/{other.id}/markups/{mine.id}.jpg", f"{page}/markups/nonsense.jpg"):
        assert desk.get(address).status_code == 404
