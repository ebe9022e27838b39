"""The customer's page: what it says at each stage, what it keeps back before the digits, what it never shows."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.evidence import tasks
from fieldservice.evidence.models import Evidence
from fieldservice.jobs import actions as job_actions
from fieldservice.people.actions import set_portrait
from fieldservice.portal import actions
from fieldservice.portal.models import CustomerWord, LinkOpening
from tests.builders import MOMENT, a_case, a_customer, a_job, a_site
from tests.cast import sign_in
from tests.evidence.photos import Sender, a_device, announced, picture
from tests.portal.visitor import PHONE_BROWSER, Visitor, link_of, path_of
from tests.signoff.sheets import register_key, signed_on, take_photos
from tests.visits.scene import cut_short

SECRETS = ("望京西园四区", "602", "张丽华", "13812342716", "2716", "320.50", "地板起拱")


@pytest.fixture(autouse=True)
def _clock():
    with clock.frozen(MOMENT):
        yield


@pytest.fixture
def job(cast):
    return a_job(cast.store, cast.technician, state="accepted", amount_fen=32050, amount_reason="换板")


@pytest.fixture
def visitor(client, job):
    return Visitor(client, link_of(job))


def test_before_the_digits_nothing_is_personal(visitor):
    answer = visitor.get()
    assert not [secret for secret in SECRETS if secret in answer.text]
    for part in ("Technician 王建国 comes today 10:00–11:30", "B217", "丰台店", "张**", "138********"):
        assert part in answer.text, part


def test_with_the_digits_everything_is_there(visitor):
    assert visitor.let_in().status_code == 303
    text = visitor.words
    for part in ("望京西园四区 12 号楼 3 单元 602", "地板起拱", "¥320.50", "To pay at most", "换板", "to complain"):
        assert part in text, part


@pytest.mark.parametrize("digits", ["0000", "", "27", "271６６", "abcd", "2716'", "\u0662\u0667\u0661\u0666x"])
def test_wrong_digits_open_nothing(visitor, digits):
    answer = visitor.let_in(digits)
    assert answer.status_code == 422
    assert "望京" not in answer.text
    assert "望京" not in visitor.words


@pytest.mark.parametrize("digits", ["２７１６", " 27 16 "])
def test_digits_are_taken_however_they_are_typed(visitor, digits):
    assert visitor.let_in(digits).status_code == 303


def test_guessing_digits_slows_down_and_the_right_ones_must_wait_too(visitor, app):
    assert [visitor.let_in("0000").status_code for _ in range(6)] == [422] * 5 + [429]
    late = visitor.let_in()
    assert late.status_code == 429
    assert "Wait" in late.text
    with clock.frozen(MOMENT + timedelta(minutes=2)):
        assert visitor.let_in().status_code == 303


def test_the_digits_are_believed_for_a_while_and_for_this_link_alone(visitor, client, cast, job):
    visitor.let_in()
    other = Visitor(client, link_of(a_job(cast.store, cast.technician, amount_fen=999)))
    assert "602" not in other.words
    with clock.frozen(MOMENT + timedelta(hours=2, seconds=1)):
        assert "602" not in visitor.words
    assert "602" in visitor.words
    job.site.customer.phone = "13812349999"
    db.session.commit()
    assert "602" not in visitor.words


def test_somebody_without_a_number_is_helped_by_the_office(client, cast):
    job = a_job(cast.store, cast.technician, site=a_site(a_customer(cast.store, phone="12")))
    visitor = Visitor(client, link_of(job))
    assert "Please call 丰台店 between 9:00–22:00" in visitor.words
    assert visitor.post("/digits", digits="0012").status_code == 422


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("state", "said", "following"),
    [
        ("assigned", "Technician 王建国 comes today 10:00–11:30", "will show a badge"),
        ("en_route", "Technician 王建国 is on the way", "by 11:30 at the latest"),
        ("arrived", "Technician 王建国 is with you", "until about 11:00"),
        ("working", "Technician 王建国 is with you", "until about 11:00"),
        ("finished", "Finished", "Please tell us below, by"),
        ("unfinished", "Not finished yet", "丰台店 will call you by tomorrow 10:00"),
        ("absent", "nobody was at home", "丰台店 will call you by tomorrow 10:00"),
        ("cancelled", "Your visit is cancelled", "Call 丰台店 between 9:00–22:00"),
    ],
)
def test_each_state_is_said_with_what_comes_next(client, cast, state, said, following):
    job = a_job(cast.store, cast.technician, state=state, cancelled_from="accepted" if state == "cancelled" else None)
    words = Visitor(client, link_of(job)).words
    assert said in words
    assert following in words


@pytest.mark.parametrize(
    ("given", "said", "following"),
    [
        ({}, "We are planning your visit", "丰台店 will call you by today 18:00"),
        ({"visit_on": "later"}, "Your visit is planned for", "丰台店 will call you by"),
        ({"visit_on": "later", "window": 50}, "Your visit is agreed for", "the name and badge number here by tomorrow"),
    ],
)
def test_a_visit_without_a_technician_says_by_when_one_hears(client, cast, given, said, following):
    start = MOMENT + timedelta(hours=given["window"]) if "window" in given else None
    day = (MOMENT + timedelta(days=2)).date() if "visit_on" in given else None
    job = a_job(cast.store, start_at=start, visit_on=day)
    words = Visitor(client, link_of(job)).words
    assert said in words
    assert following in words


def test_a_case_without_a_visit_says_who_calls_by_when(client, cast):
    case = a_case(a_site(a_customer(cast.store)))
    link = actions.case_link(case.id, at=MOMENT)
    db.session.commit()
    visitor = Visitor(client, link)
    assert "We have your request" in visitor.words
    assert "丰台店 will call you by today 18:00" in visitor.words
    with clock.frozen(MOMENT + timedelta(days=1)):
        assert "This is taking longer than we promised" in visitor.words


def test_being_late_is_said(client, cast, job, visitor):
    with clock.frozen(MOMENT + timedelta(hours=3)):
        assert "We are running late, and we are sorry" in visitor.words


def test_the_present_visit_comes_first_of_several(client, cast, job, visitor):
    a_job(cast.store, cast.second_technician, site=job.site, case=job.case, state="finished",
          start_at=MOMENT - timedelta(days=9), brief="第一次上门")  # fmt: skip
    a_job(cast.store, site=job.site, case=job.case, start_at=MOMENT + timedelta(days=4), brief="第三次上门")
    visitor.let_in()
    words = visitor.words
    assert "visit 2 of 3" in words
    assert words.index("地板起拱") < words.index("第三次上门") < words.index("第一次上门")


def test_what_people_typed_is_shown_as_text(client, cast):
    site = a_site(a_customer(cast.store, name="<b>张</b>"), address="<script>alert(1)</script>")
    job = a_job(cast.store, cast.technician, site=site, brief='"><img src=x>')
    visitor = Visitor(client, link_of(job))
    visitor.let_in()
    page = visitor.get().text
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "<b>张" not in page


# ---- what may not get out, and robots ----


def test_a_link_that_opens_nothing_looks_the_same_whatever_the_reason(client, cast, job):
    link = link_of(job)
    guessed, never = "/c/" + "A" * 32, "/c/x"
    old = path_of(link)
    actions.rotate_link(job.case, by=cast.dispatcher, at=MOMENT)
    db.session.commit()
    pages = [_plain(client.get(path)) for path in (old, guessed, never, "/c/", "/b/", f"{old}/words/x")]
    actions.revoke_link(job.case, by=cast.dispatcher, at=MOMENT)
    job.state = "finished"
    db.session.commit()
    pages.append(_plain(client.get(path_of(link))))
    actions.rotate_link(job.case, by=cast.dispatcher, at=MOMENT)
    db.session.commit()
    with clock.frozen(MOMENT + timedelta(days=91)):
        pages.append(_plain(client.get(path_of(link))))
    assert set(pages) == {pages[0]}
    assert pages[0][0] == 404
    assert "丰台店" not in pages[0][1]


def _plain(answer) -> tuple[int, str]:
    return answer.status_code, re.sub(r'name="(csrf_token|next)" value="[^"]*"', "", answer.text)


def test_a_case_that_goes_on_keeps_its_link_good(client, cast, job, visitor):
    with clock.frozen(MOMENT + timedelta(days=200)):
        assert visitor.get().status_code == 200
    job.state = "finished"
    db.session.commit()
    with clock.frozen(MOMENT + timedelta(days=200)):
        assert visitor.get().status_code == 404


def test_a_badge_link_is_no_case_link(client, cast, job):
    badge = actions.badge_link(job.case_id, job.id, cast.technician.id, at=MOMENT)
    case = link_of(job)
    db.session.commit()
    assert client.get(path_of(badge).replace("/b/", "/c/")).status_code == 404
    assert client.get(path_of(case).replace("/c/", "/b/")).status_code == 404


def test_headers_keep_the_page_to_its_reader(visitor):
    headers = visitor.get().headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in headers["X-Robots-Tag"]


def test_openings_of_people_are_counted_and_those_of_robots_are_not(visitor, client, cast, app):
    for user_agent in ("Mozilla/5.0 (compatible; Googlebot/2.1)", "facebookexternalhit/1.1", "", "curl/8"):
        assert client.get(visitor.path, headers={"User-Agent": user_agent}).status_code == 200
    client.head(visitor.path, headers=visitor.headers)
    visitor.get(**{"Sec-Purpose": "prefetch;prerender"})
    sign_in(app.test_client(), cast.dispatcher).get(visitor.path, headers={"User-Agent": PHONE_BROWSER})
    assert db.session.scalar(sa.select(sa.func.count(LinkOpening.link_id))) == 0
    visitor.get()
    visitor.get()
    assert db.session.scalars(sa.select(LinkOpening.times)).one() == 2


def test_the_page_is_shown_also_while_nothing_can_be_written(visitor, monkeypatch):
    def full(*_args: object, **_named: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(actions, "note_opening", full)
    assert "王建国" in visitor.words


def test_a_robot_that_follows_everything_changes_nothing(visitor, client, job):
    before = job.version
    for below in ("", "/words", "/digits", f"/visits/{job.id}/photos", "/photos/x", "/portraits/x"):
        for method in ("GET", "HEAD", "OPTIONS"):
            client.open(visitor.path + below, method=method, headers={"User-Agent": "x-bot"})
    db.session.expire_all()
    assert job.version == before
    assert db.session.scalar(sa.select(sa.func.count(CustomerWord.id))) == 0


# ---- pictures ----


@pytest.fixture
def photo(app, cast, job) -> Evidence:
    """A photo of the job, whole and checked."""
    return _sent(app, cast.technician, job)


def _sent(app, person, job, content=None) -> Evidence:
    device, content = a_device(person), content or picture()
    found = announced(job, person, device, content)
    Sender(sign_in(app.test_client(), person), device).create(found, content, content)
    return db.session.get(Evidence, found.id)


def test_photos_are_for_who_knows_the_digits(visitor, photo, job):
    address = f"/photos/{photo.id}"
    assert visitor.get(address).status_code == 404
    assert visitor.get(f"/visits/{job.id}/photos").status_code == 302
    visitor.let_in()
    assert address in visitor.get(f"/visits/{job.id}/photos").text
    for size in ("", "?as=thumb"):
        answer = visitor.get(address + size)
        assert answer.mimetype == "image/jpeg"
        assert answer.headers["Cache-Control"] == "no-store"


def test_photos_of_another_case_and_those_that_do_not_stand_are_not_shown(visitor, app, cast, job):
    visitor.let_in()
    other = _sent(app, cast.second_technician, a_job(cast.store, cast.second_technician))
    broken = _sent(app, cast.technician, job, cut_short(picture()))
    void = _sent(app, cast.technician, job, picture(320, 200))
    void.voided_at = MOMENT
    stolen = announced(job, cast.technician, a_device(cast.technician), picture())
    assert stolen.sha256 == other.sha256
    db.session.commit()
    for photo in (other, broken, void, stolen):
        assert visitor.get(f"/photos/{photo.id}").status_code == 404
    assert visitor.get(f"/visits/{other.job_id}/photos").status_code == 404


def test_a_photo_whose_small_copy_is_lost_is_missing_till_it_is_made_again(visitor, photo, app):
    from fieldservice.core import files
    from fieldservice.evidence.picture import VIEW

    visitor.let_in()
    files.variant_path(photo.sha256, VIEW).unlink()
    assert visitor.get(f"/photos/{photo.id}").status_code == 404
    tasks.check_picture(photo.sha256)
    assert visitor.get(f"/photos/{photo.id}").status_code == 200


def test_only_who_goes_to_the_case_shows_a_face(visitor, cast):
    for person in (cast.technician, cast.second_technician):
        set_portrait(person, b"\xff\xd8jpeg", by=None, at=MOMENT)
    db.session.commit()
    assert visitor.get(f"/portraits/{cast.technician.id}").data == b"\xff\xd8jpeg"
    assert visitor.get(f"/portraits/{cast.second_technician.id}").status_code == 404
    assert f"/portraits/{cast.technician.id}" in visitor.get().text


# ---- what was done ----


def test_a_finished_visit_shows_what_was_signed(client, cast):
    job = a_job(cast.store, cast.technician, state="working", amount_fen=18000)
    take_photos(job, cast.technician)
    register_key(cast.technician)
    with clock.frozen(clock.now()):
        signed_on(job, cast.technician, work={})
    job.state = "finished"
    db.session.commit()
    visitor = Visitor(client, link_of(job))
    assert "张伟" not in visitor.get().text
    visitor.let_in()
    page = visitor.get().text
    for part in ("换板 4 片", "上门费", "Signed by 张伟", '<path d="M', "Rated on site: 5"):
        assert part in page, part


def test_cancelling_and_moving_is_seen_at_once(client, cast, job, visitor):
    visitor.let_in()
    job_actions.cancel_job(job, "客户出差，内部备注", expected_version=job.version, by=cast.dispatcher, at=MOMENT)
    db.session.commit()
    assert "Your visit is cancelled" in visitor.words
    assert "内部备注" not in visitor.words
