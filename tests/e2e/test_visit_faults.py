"""What goes wrong on a visit: in the office, in the phone's storage, on the line, by somebody's hand; nothing is lost."""

import copy
import hashlib
import io
import zipfile

import pytest
import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import expect

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.checklists.events import ChecklistPublished
from fieldservice.core import clock, events
from fieldservice.core.db import db
from fieldservice.evidence.models import Evidence
from fieldservice.inbox.models import InboxItem
from fieldservice.jobs.models import Job
from fieldservice.signoff.models import SignOff
from fieldservice.web.words import REASONS
from tests.builders import a_customer, a_job, a_site
from tests.e2e.conduct import CONTENT, install
from tests.e2e.conftest import PHONE
from tests.e2e.trip import (
    TECHNICIAN,
    a_job_for,
    ops_on_server,
    reading,
    sign_in_desk,
    sign_in_phone,
    state_on_server,
)
from tests.e2e.visit import (
    NEXT,
    a_file,
    answer,
    answers_on_server,
    check_log,
    check_photos,
    confirm,
    go,
    held,
    noise,
    shoot,
    shots,
    sign,
    slot,
    take_back,
    turn,
    unfold,
    wait_until_all_is_there,
)
from tests.e2e.words import zh
from tests.support.browser import NETWORK_ERROR, offline
from tests.support.cut_line import cut_line

HELPER = "0218"
DONE = {"done": True}
SAID = {"said": True, "language": "zh"}
#: all that the short checklist asks for before the signature, photos apart
ANSWERS = {
    "brief": DONE, "packed": DONE, "knock": DONE, "greet": SAID, "badge": DONE, "moisture": {"milli": 7000},
    "same": {"chosen": ["yes"], "text": ""}, "work": {"text": "换板 2 片"},
}  # fmt: skip
SMALL = [noise(320, 240, 70, shade) for shade in range(1, 7)]

#: somebody with a tool changes what is queued; `how`: "presented" what was shown, "both" the signed text to match it
TAMPER = """async (how) => {
  const { name } = (await indexedDB.databases()).find((one) => /^fieldservice-0/.test(one.name));
  const open = (opening) => new Promise((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const db = await open(indexedDB.open(name));
  const op = (await open(db.transaction('ops').objectStore('ops').getAll())).find(({ kind }) => kind === 'sign_sheet');
  const before = op.args.presented;
  op.args.presented = before.replaceAll('18000', '16000');
  if (how === 'both') {
    const digest = (text) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
    const hex = (byte) => byte.toString(16).padStart(2, '0');
    const hash = async (text) => [...new Uint8Array(await digest(text))].map(hex).join('');
    op.args.payload = op.args.payload.replace(await hash(before), await hash(op.args.presented));
  }
  await open(db.transaction('ops', 'readwrite').objectStore('ops').put(op));
  db.close();
  return before !== op.args.presented;
}"""

#: the browser grants no byte beyond so many rows of a store, until there is room again
NO_ROOM = """() => {
  const { add, put } = IDBObjectStore.prototype;
  let kept = 0;
  const grudging = (write) => function (...given) {
    if (this.name === 'STORE' && (kept += 1) > MOST) throw new DOMException('full', 'QuotaExceededError');
    return write.apply(this, given);
  };
  Object.assign(IDBObjectStore.prototype, { add: grudging(add), put: grudging(put) });
  window.makeRoom = () => Object.assign(IDBObjectStore.prototype, { add, put });
}"""
NO_ROOM_FOR_THE_FIFTH = NO_ROOM.replace("STORE", "bytes").replace("MOST", "4")
NO_ROOM_FOR_ACTS = NO_ROOM.replace("STORE", "ops").replace("MOST", "0")


@pytest.fixture(autouse=True)
def quiet(watch):
    """The network goes on purpose."""
    watch.expect(NETWORK_ERROR)


def open_job(page, server, job_id, staff_no=TECHNICIAN):
    """Signs in and waits until the job is on the phone with all its parts."""
    sign_in_phone(page, server, staff_no)
    page.evaluate("dispatchEvent(new Event('online'))")
    go(page, job_id)
    expect(page.locator("job-screen .dock")).to_be_visible(timeout=15_000)


def send(page):
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_all_is_there(page)


def sign_off(page):
    """From the hand-over to the customer and back."""
    turn(page)
    sign(page)
    confirm(page)
    take_back(page)


def publish_another(app):
    """The office asks for one thing more, and no longer for the badge, from now on."""
    content = copy.deepcopy(CONTENT)
    items = content["items"]
    badge = next(index for index, item in enumerate(items) if item["key"] == "badge")
    items[badge] = items[badge] | {"key": "shoes", "words": {"zh": "穿鞋套", "en": "Put on overshoes"}}
    version_id = install(app, content)
    with app.app_context():
        branch_id = db.session.scalars(sa.select(Person.branch_id).filter_by(staff_no=TECHNICIAN)).one()
        events.publish(ChecklistPublished("repair", branch_id))
        db.session.commit()
    return version_id


def test_a_template_published_while_a_visit_runs_changes_only_visits_to_come(phone, server, server_app):
    old = install(server_app)
    running = a_job_for(server_app, type="repair", state="working")
    other = a_job_for(server_app, type="repair", state="working")
    open_job(phone, server, running)
    items = {item["key"]: item for item in CONTENT["items"]}
    with offline(phone.context):
        go(phone, running, "visit")
        answer(phone, items["brief"], DONE)
        new = publish_another(server_app)
        for key, value in ANSWERS.items():
            if key != "brief":
                answer(phone, items[key], value)
        shoot(slot(phone, "pair", "before"), SMALL[0])
    send(phone)  # half way the phone hears of the new version
    with offline(phone.context):
        go(phone, running, "visit")
        expect(phone.locator("#at-badge .tick-yes")).to_be_visible()
        expect(phone.locator("#at-shoes")).to_have_count(0)
        shoot(slot(phone, "pair", "after"), SMALL[1])
        shoot(slot(phone, "shot"), SMALL[2])
        go(phone, running, "handover")
        sign_off(phone)
        phone.wait_for_url(f"**/app/#/job/{running}/closing")
        expect(phone.locator(".missing a")).to_have_count(0)
        phone.locator(NEXT).click()
        expect(phone.locator("job-screen")).to_be_visible(timeout=15_000)
        go(phone, other, "visit")
        expect(phone.locator("#at-shoes")).to_be_visible()
        expect(phone.locator("#at-badge")).to_have_count(0)
    send(phone)
    assert state_on_server(server_app, running) == "finished"
    check_log(server_app, running, held(phone)["ops"])
    with reading(server_app):
        assert db.session.get_one(Job, running).checklist_id == old != new


def test_the_helper_takes_photos_while_the_lead_answers(open_context, server, server_app):
    install(server_app)
    with server_app.app_context():
        lead, helper = (db.session.scalars(sa.select(Person).filter_by(staff_no=no)).one() for no in (TECHNICIAN, HELPER))
        branch = db.session.get_one(Branch, lead.branch_id)
        site = a_site(a_customer(branch, name="龚晓琳", address_form="龚女士", phone="13877776666"))
        given = {"type": "repair", "state": "working", "start_at": clock.now()}
        job_id = a_job(branch, lead, helpers=(helper,), site=site, **given).id
    of_lead, of_helper = (open_context(**PHONE).new_page() for _ in range(2))
    open_job(of_lead, server, job_id)
    open_job(of_helper, server, job_id, HELPER)
    items = {item["key"]: item for item in CONTENT["items"]}
    with offline(of_lead.context), offline(of_helper.context):
        go(of_lead, job_id, "visit")
        go(of_helper, job_id, "photos")
        answer(of_lead, items["brief"], DONE)
        during = of_helper.locator("photo-slot").nth(2)
        shoot(during, SMALL[0])
        answer(of_lead, items["packed"], DONE)
        shoot(during, SMALL[1])
        unfold(of_lead, "pair")
        shoot(slot(of_lead, "pair", "before"), SMALL[2])
    send(of_helper)
    send(of_lead)
    assert sorted(ops_on_server(server_app, job_id)) == sorted(
        [("answer_item", "applied")] * 2 + [("add_photo", "applied")] * 3
    )
    assert answers_on_server(server_app, job_id) == {"brief": DONE, "packed": DONE}
    check_photos(server_app, job_id, 3)
    for page in (of_lead, of_helper):
        page.evaluate("dispatchEvent(new Event('online'))")
        go(page, job_id, "photos")
        expect(page.locator("photo-slot button.photo:not(.photo-empty) img")).to_have_count(3, timeout=20_000)
    go(of_helper, job_id, "visit")
    expect(of_helper.locator(".steps .tick-yes")).to_have_count(2, timeout=20_000)


def test_storage_full_at_the_fifth_of_six_photos(phone, server, server_app):
    job_id = a_job_for(server_app, state="working")
    open_job(phone, server, job_id)
    names = [f"IMG_{number}.jpg" for number in range(1, 7)]
    with offline(phone.context):
        go(phone, job_id, "photos")
        during = phone.locator("photo-slot").nth(2)
        phone.evaluate(NO_ROOM_FOR_THE_FIFTH)
        during.locator("input[multiple]").set_input_files([a_file(*one) for one in zip(names, SMALL, strict=True)])
        report = during.get_by_role("alert")
        expect(report).to_contain_text(names[5], timeout=20_000)
        lines = {name: report.locator("li", has_text=name) for name in names}
        full = zh("The phone's storage is full: this was not saved. Make room and try again.")
        for name in names[:4]:
            expect(lines[name]).not_to_contain_text(full)
        for name in names[4:]:
            expect(lines[name]).to_contain_text(full)
        expect(report).to_contain_text(zh("Photos of this slot that are safe: {count}"))
        expect(shots(during)).to_have_count(4)
        assert list(held(phone)["bytes"].values()) == [len(one) for one in sorted(SMALL[:4], key=hash_of)]
        phone.reload()
        expect(shots(during)).to_have_count(4, timeout=20_000)  # what is safe is safe, and there is room again
        again = [a_file(*one) for one in zip(names[4:], SMALL[4:], strict=True)]
        during.locator("input[multiple]").set_input_files(again)
        expect(shots(during)).to_have_count(6, timeout=20_000)
    send(phone)
    assert check_photos(server_app, job_id, 6) == [hash_of(content) for content in SMALL]


def test_quick_taps_are_all_counted(phone, server, server_app):
    install(server_app)
    job_id = a_job_for(server_app, type="repair", state="working")
    open_job(phone, server, job_id)
    go(phone, job_id, "visit")
    unfold(phone, "cause")
    boxes = phone.locator("#at-cause input")
    boxes.evaluate_all("found => found.slice(0, 3).forEach((one) => one.click())")  # faster than a disk
    for number in range(3):
        expect(boxes.nth(number)).to_be_checked()
    send(phone)
    assert answers_on_server(server_app, job_id) == {"cause": {"chosen": ["water", "gap", "ground"], "text": ""}}
    boxes.evaluate_all("found => found.slice(1, 3).forEach((one) => one.click())")
    send(phone)
    assert answers_on_server(server_app, job_id) == {"cause": {"chosen": ["water"], "text": ""}}


def test_storage_full_in_the_customers_hands_loses_no_signature(phone, server, server_app):
    job_id = a_job_for(server_app, state="working")
    open_job(phone, server, job_id)
    with offline(phone.context):
        go(phone, job_id, "handover")
        turn(phone)
        sign(phone)
        phone.wait_for_timeout(500)
        phone.evaluate(NO_ROOM_FOR_ACTS)
        phone.locator(NEXT).click()
        full = zh("The phone's storage is full: this was not saved. Make room and try again.")
        expect(phone.locator("turned-screen .dock [role=alert]")).to_contain_text(full, timeout=15_000)
        expect(phone.locator(".turned-thanks")).to_have_count(0)
        assert not [op for op in held(phone)["ops"] if op["kind"] == "sign_sheet"]
        phone.evaluate("() => window.makeRoom()")
        confirm(phone)
        take_back(phone)
    send(phone)
    assert ops_on_server(server_app, job_id) == [("sign_sheet", "applied")]
    with reading(server_app):
        assert db.session.scalars(sa.select(SignOff).filter_by(job_id=job_id)).one().state == "valid"


def a_picture_of(kind, **saved):
    out = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(out, kind, **({"save_all": True, "append_images": frames[1:]} if saved.pop("moves", False) else saved))
    return out.getvalue()


def odd_files():
    """Named as photos all of them: bytes and what the server says."""
    huge, archive = io.BytesIO(), io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(huge, "PNG", optimize=True)
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a", "b")
    return {
        "page.jpg": (b"<html><script>alert(1)</script></html>", "not_a_picture"),
        "drawing.jpg": (b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>', "not_a_picture"),
        "scan.jpg": (a_picture_of("TIFF"), "not_a_picture"),
        "packed.jpg": (archive.getvalue(), "not_a_picture"),
        "bomb.jpg": (huge.getvalue(), "too_many_pixels"),
        "film.jpg": (a_picture_of("PNG", moves=True), "animated"),
        "cut.jpg": (SMALL[0][: len(SMALL[0]) * 6 // 10], "truncated"),
        "good.jpg": (SMALL[1], ""),
    }


def test_odd_files_named_as_photos_are_kept_named_and_hold_nothing_up(phone, open_context, server, server_app):
    job_id = a_job_for(server_app, state="working")
    open_job(phone, server, job_id)
    odd = odd_files()
    with offline(phone.context):
        go(phone, job_id, "photos")
        during = phone.locator("photo-slot").nth(2)
        chosen = [a_file(name, content) for name, (content, _why) in odd.items()]
        during.locator("input[multiple]").set_input_files(chosen)
        expect(shots(during)).to_have_count(len(odd), timeout=30_000)
        expect(during.locator(".photo-tag-risk")).to_have_count(6)  # all but the film and the good one
    send(phone)
    with reading(server_app):
        photos = db.session.scalars(sa.select(Evidence).filter_by(job_id=job_id)).all()
        assert {one.file_name: (one.blob.state, one.blob.why) for one in photos} == {
            name: ("verified", why) for name, (_content, why) in odd.items()
        }
        assert all(one.sha256 == hash_of(odd[one.file_name][0]) for one in photos)
    phone.evaluate("dispatchEvent(new Event('online'))")
    expect(during.locator(".photo-tag-risk")).to_have_count(7, timeout=20_000)
    go(phone, job_id, "closing")
    expect(phone.locator("closing-screen .missing a")).to_have_count(7)
    desk = open_context(viewport={"width": 1366, "height": 768}).new_page()
    sign_in_desk(desk, server)
    desk.goto(f"/jobs/{job_id}")
    shown = desk.locator("section[aria-labelledby=photos]")
    expect(shown.locator("figure")).to_have_count(len(odd))
    expect(shown.locator("figure img")).to_have_count(1)
    for name, (_content, why) in odd.items():
        if why:
            expect(shown.locator("figure", has_text=name)).to_contain_text(zh(str(REASONS[why])))


def hash_of(content):
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("how", ["reset", "close"])
def test_an_upload_cut_on_the_line_goes_on_where_it_stopped(open_context, server, server_app, how):
    job_id = a_job_for(server_app, state="working")
    # each its own picture: bytes that this person has sent before need not come again
    large = noise(900, 700, 95, shade=1 if how == "reset" else 2)
    keep = len(large) // 2
    with cut_line(r"POST /api/uploads", keep=keep, how=how) as line:
        page = open_context(**PHONE, proxy={"server": line.proxy}).new_page()
        open_job(page, server, job_id)
        asked = []
        page.on(
            "request",
            lambda request: "/api/uploads" in request.url
            and asked.append((request.method, request.headers.get("upload-offset"))),
        )
        go(page, job_id, "photos")
        shoot(page.locator("photo-slot").nth(2), large, source="gallery")
        wait_until_all_is_there(page)
    assert line.cuts == 1
    assert check_photos(server_app, job_id, 1) == [hash_of(large)]
    methods = [method for method, _offset in asked]
    assert methods[:2] == ["POST", "POST"]
    offset = int(next(offset for method, offset in asked if method == "PATCH"))
    assert offset <= keep if how == "reset" else offset == keep


@pytest.mark.parametrize(("how", "fault"), [("presented", "sign_presented_changed"), ("both", "sign_invalid")])
def test_a_price_changed_in_the_queue_is_noticed_and_told(phone, open_context, server, server_app, how, fault):
    job_id = a_job_for(server_app, state="working", amount_fen=18000, amount_reason="踢脚线 2.4 米")
    open_job(phone, server, job_id)
    with offline(phone.context):
        go(phone, job_id, "handover")
        sign_off(phone)
        assert phone.evaluate(TAMPER, how)
        phone.reload()
    send(phone)
    assert ops_on_server(server_app, job_id) == [("sign_sheet", "quarantined")]
    with reading(server_app):
        sheet = db.session.scalars(sa.select(SignOff).filter_by(job_id=job_id)).one()
        assert (sheet.state, sheet.fault, sheet.is_current) == ("quarantined", fault, False)
        assert db.session.scalars(sa.select(InboxItem).filter_by(job_id=job_id)).one().reason == fault
    told = zh("The signature could not be verified and does not count. Please have it signed again, and call the office.")
    phone.goto("/app/#/outbox")
    expect(phone.locator(".trouble-row")).to_contain_text(told)
    go(phone, job_id, "handover")
    expect(phone.locator("handover-screen .note-wait").first).to_contain_text(told)
    sign_off(phone)  # as it says: signed again, it counts
    send(phone)
    with reading(server_app):
        query = sa.select(SignOff).filter_by(job_id=job_id).order_by(SignOff.happened_at)
        assert [(one.state, one.is_current) for one in db.session.scalars(query)] == [
            ("quarantined", False),
            ("valid", True),
        ]
    desk = open_context(viewport={"width": 1366, "height": 768}).new_page()
    sign_in_desk(desk, server)
    desk.goto("/inbox")
    group = desk.locator(".inbox-group", has=desk.locator(f"a[href='/jobs/{job_id}']"))
    expect(group).to_contain_text(zh(str(REASONS[fault])))
    desk.goto(f"/jobs/{job_id}")
    expect(desk.locator(".chip-risk").first).to_be_visible()
