"""A file of unsent work at the desk: taken exactly once, in its author's name, whoever comes first."""

import io
import json
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldservice.accounts.models import AccessEntry, Device
from fieldservice.core import clock, files
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence.models import Blob, Upload
from fieldservice.inbox import actions as inbox_actions
from fieldservice.inbox.models import InboxItem
from fieldservice.jobs import actions as job_actions
from fieldservice.jobs.models import Job, JobNote, JobStep
from fieldservice.rescue import actions, rules
from fieldservice.rescue.models import RescueFile
from tests.builders import a_job
from tests.cast import sign_in
from tests.evidence.photos import picture
from tests.rescue.exported import exported, sealed_here, shot
from tests.support.html import form_token, text_of
from tests.sync.phone import Phone, results

EN = {"Accept-Language": "en"}
STEPS = ("accept", "depart", "arrive", "start")


@pytest.fixture
def job(cast, session):
    return a_job(cast.store, cast.technician)


@pytest.fixture
def phone(app, cast, job):
    """A phone that has been in contact, with a morning of work on it that was not sent."""
    found = Phone(sign_in(app.test_client(), cast.technician))
    found.sync()
    for step in STEPS:
        found.op("take_step", job.id, step=step)
    return found


@pytest.fixture
def desk(app, cast):
    return sign_in(app.test_client(), cast.dispatcher)


def bring(desk, content, name="fieldservice-0217.json"):
    token = form_token(desk.get("/rescue", headers=EN).text)
    data = {"csrf_token": token, "file": (io.BytesIO(content), name)}
    return desk.post("/rescue", data=data, headers=EN, content_type="multipart/form-data")


def brought(desk, content, **given):
    answer = bring(desk, content, **given)
    assert answer.status_code == 303, answer.text
    return text_of(desk.get(answer.location, headers=EN).text)


def rows(session, kind=LogEntry):
    return session.scalars(sa.select(kind)).all()


def acts(session):
    """What phones did, in the order of doing."""
    return sorted((one for one in rows(session) if one.origin == "phone"), key=lambda one: json.loads(one.body)["seq"])


def count(session, kind):
    return session.scalar(sa.select(sa.func.count()).select_from(kind))


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_file_of_every_format_counts_as_the_authors_work(phone, desk, job, cast, session, version):
    plain = exported(phone, cast.technician.id, version=min(version, 2))
    page = brought(desk, sealed_here(plain) if version == 3 else plain)
    assert "Everything in this file has been taken in." in page
    assert "王建国" in page
    assert session.get(Job, job.id).state == "working"
    entries = acts(session)
    assert [(one.person_id, one.brought_by_id, one.device_id, one.seq, one.result) for one in entries] == [
        (cast.technician.id, cast.dispatcher.id, phone.client_id, None, "applied")] * 4
    row = session.scalars(sa.select(RescueFile)).one()
    assert (row.state, row.format_version, row.author_id) == ("taken", version, cast.technician.id)
    said = session.scalars(sa.select(LogEntry).filter_by(kind="office.bring_rescue")).one()
    assert (said.person_id, json.loads(said.body)["op_ids"]) == (cast.dispatcher.id, [op["id"] for op in phone.waiting])
    assert session.scalars(sa.select(AccessEntry).filter_by(act="rescue_brought")).one().person_id == cast.dispatcher.id


def test_brought_again_and_again_nothing_is_doubled(phone, desk, job, cast, session):
    phone.op("add_note", job.id, text="垫高")
    content = exported(phone, cast.technician.id)
    pages = [brought(desk, content) for _ in range(3)]
    other = exported(phone, cast.technician.id, exported_at_ms=1)  # the same work, saved a second time
    pages.append(brought(desk, other))
    assert (count(session, JobStep), count(session, JobNote), count(session, RescueFile)) == (4, 1, 2)
    assert "The phone had sent it before." not in pages[2]
    assert pages[3].count("The phone had sent it before.") == 5


def test_a_long_file_is_shown_in_pages(phone, desk, job, cast, session):
    for number in range(60):
        phone.op("add_note", job.id, text=f"第 {number} 条")
    brought(desk, exported(phone, cast.technician.id))
    row = rows(session, RescueFile)[0]
    pages = [desk.get(f"/rescue/{row.id}?page={page}", headers=EN).text for page in (1, 2)]
    shown = [re.findall(r"第 \d+ 条", page) for page in pages]
    assert shown[0] + shown[1] == [f"第 {number} 条" for number in range(60)]
    assert f"<dd>{len(phone.waiting)}</dd>" in pages[1]
    assert "Page 2 of 2" in desk.get(f"/rescue/{row.id}?page=9", headers=EN).text


def test_the_phone_comes_back_and_goes_on(phone, desk, job, cast, session):
    brought(desk, exported(phone, cast.technician.id))
    phone.op("take_step", job.id, step="cannot_finish", reason="缺料", no_promise="等料")
    body = phone.sync()
    assert "fork" not in body
    assert results(body) == ["applied"] * 5
    assert phone.waiting == []
    assert session.get(Device, phone.client_id).last_seq == 5
    assert count(session, JobStep) == 5
    phone.op("add_note", job.id, text="后来")
    assert results(phone.sync()) == ["applied"]


def test_the_phone_was_faster_by_half(phone, desk, job, cast, session):
    content = exported(phone, cast.technician.id)
    phone.post(phone.request(ops=phone.waiting[:2]))  # the answer was lost
    brought(desk, content)
    assert results(phone.sync()) == ["applied"] * 4
    assert [one.seq for one in acts(session)] == [1, 2, None, None]
    assert count(session, JobStep) == 4


def test_work_on_a_job_that_was_given_away_is_decided_or_kept_as_evidence(phone, desk, job, cast, session):
    phone.op("add_note", job.id, text="我到过")
    job_actions.assign_job(job, lead=cast.second_technician, helpers=[], expected_version=job.version,
                           by=cast.dispatcher, at=clock.now())
    session.commit()
    page = brought(desk, exported(phone, cast.technician.id))
    assert page.count("waits in the inbox") == 4
    assert "kept as late evidence" in page
    assert session.get(Job, job.id).state == "assigned"
    item = session.scalars(sa.select(InboxItem).filter_by(reason="job_reassigned")).first()
    inbox_actions.accept(item, by=cast.dispatcher, at=clock.now())
    session.commit()
    assert (session.get(Job, job.id).state, session.get(Job, job.id).lead_id) == ("working", cast.technician.id)


def test_photos_come_with_it_once(phone, desk, job, cast, session):
    content = picture(64, 48)
    op = shot(phone, job.id, content)
    gone = shot(phone, job.id, b"lost on the phone")
    torn = shot(phone, job.id, b"as taken")
    plain = exported(phone, cast.technician.id, (op, content), (gone, None), (torn, b"as kept"))
    page = brought(desk, sealed_here(plain))
    for words in ("taken from this file: 1", "the phone had lost it: 1", "damaged in the file: 1"):
        assert words in page, page
    blob = session.get(Blob, op["args"]["sha256"])
    assert (blob.state, session.get(Blob, torn["args"]["sha256"]).state) == ("verified", "announced")
    assert files.path_of(op["args"]["sha256"]).read_bytes() == content
    brought(desk, exported(phone, cast.technician.id, (op, content)))
    assert session.scalar(sa.select(sa.func.count(Upload.id)).where(Upload.finished_at.is_not(None))) == 1
    phone.sync()
    begun = phone.client.post("/api/uploads", headers={
        "Tus-Resumable": "1.0.0", "Upload-Length": str(len(content)), "Upload-Metadata": _metadata(op, phone)})
    assert (begun.status_code, begun.headers["Upload-Offset"]) == (201, str(len(content))), "the phone lets its bytes go"


def _metadata(op, phone):
    from tests.evidence.photos import metadata

    return metadata(op["id"], op["args"]["sha256"], phone.client_id)


def test_a_photo_without_its_entry_is_not_taken(phone, desk, job, cast, session):
    op = shot(phone, job.id, b"bytes")
    phone.waiting.pop()
    assert "belongs to no entry we know: 1" in brought(desk, exported(phone, cast.technician.id, (op, b"bytes")))
    assert session.get(Blob, op["args"]["sha256"]) is None


SPOILT = [
    (lambda text: text[:-1], "rescue_cut_short"),
    (lambda text: text[:-40], "rescue_cut_short"),
    (lambda text: text[: len(text) // 2], "rescue_cut_short"),
    (lambda text: text[: text.index(b' "files"')], "rescue_cut_short"),
    (lambda text: text + b"x", "rescue_unreadable"),
    (lambda text: text.replace(b'"format_version": 2', b'"format_version": 7'), "rescue_unreadable"),
    (lambda text: text.replace(b'"client_id": "0', b'"client_id": "x'), "rescue_unreadable"),
    (lambda text: b"PK\x03\x04" + text, "rescue_unreadable"),
    (lambda text: b"\xff\xfe\x00", "rescue_unreadable"),
    (lambda text: b"[" * 100_000, "rescue_unreadable"),
    (lambda text: sealed_here(text)[:-1], "rescue_cut_short"),
    (lambda text: sealed_here(text)[:-1] + b"\0", "rescue_damaged"),
    (lambda text: sealed_here(text[:-1]), "rescue_cut_short"),
]


def test_what_is_not_whole_is_kept_and_nothing_of_it_is_taken(phone, desk, job, cast, session):
    op = shot(phone, job.id, b"bytes of a photo")
    plain = exported(phone, cast.technician.id, (op, b"bytes of a photo"))
    token = form_token(desk.get("/rescue", headers=EN).text)
    for number, (spoil, reason) in enumerate(SPOILT):
        content = spoil(plain)
        data = {"csrf_token": token, "file": (io.BytesIO(content), f"{number}.json")}
        assert desk.post("/rescue", data=data, content_type="multipart/form-data").status_code == 303
        row = session.scalars(sa.select(RescueFile).filter_by(file_name=f"{number}.json")).one()
        assert (row.state, row.reason) == ("kept", reason), number
        assert files.rescue_path(row.sha256).read_bytes() == content
    assert "Nothing of this file was taken. It is kept whole for an administrator." in brought(desk, content)
    assert acts(session) == []
    assert (session.get(Job, job.id).state, count(session, Blob)) == ("assigned", 0)


def test_a_file_of_another_installation_is_kept_until_its_key_is_here(app, phone, desk, job, cast, session):
    content = sealed_here(exported(phone, cast.technician.id))
    secrets = app.config["SECRETS"]
    from fieldservice.core import sealing

    own, secrets["rescue_keys"] = secrets["rescue_keys"], sealing.new_private_key()
    assert "sealed for another installation" in brought(desk, content)
    secrets["rescue_keys"] = f"{sealing.new_private_key()} {own}"  # the key was renewed, and the old one is back
    row = session.scalars(sa.select(RescueFile)).one()
    token = form_token(desk.get(f"/rescue/{row.id}", headers=EN).text)
    assert desk.post(f"/rescue/{row.id}/again", data={"csrf_token": token}).status_code == 303
    assert (row.state, row.reason, session.get(Job, job.id).state) == ("taken", "", "working")


def test_one_entry_that_cannot_be_read_holds_up_nothing(phone, desk, job, cast, session):
    phone.waiting.insert(1, {"id": "nonsense", "seq": -1})
    phone.waiting.append(dict(phone.waiting[0]))  # twice in one file
    page = brought(desk, exported(phone, cast.technician.id))
    assert "Entries that could not be read: 1." in page
    assert count(session, JobStep) == 4


def test_an_id_that_somebody_else_used_is_left_out(app, phone, desk, job, cast, session):
    other = Phone(sign_in(app.test_client(), cast.second_technician))
    theirs = a_job(cast.store, cast.second_technician)
    op = other.op("take_step", theirs.id, step="accept")
    other.sync()
    phone.waiting.append(op | {"entity": job.id, "seq": 5})
    assert "Entries that belong to somebody else: 1." in brought(desk, exported(phone, cast.technician.id))
    assert session.get(LogEntry, op["id"]).person_id == cast.second_technician.id
    assert count(session, JobStep) == 5


def test_what_a_phone_wrote_that_was_never_here_waits_for_a_decision(phone, desk, job, cast, session):
    stranger = Phone(phone.client, register=False)
    stranger.op("take_step", job.id, step="accept")
    page = brought(desk, exported(stranger, cast.technician.id))
    assert "waits in the inbox" in page
    assert session.get(Job, job.id).state == "assigned"
    item = session.scalars(sa.select(InboxItem)).one()
    assert item.reason == "device_unknown"
    inbox_actions.accept(item, by=cast.dispatcher, at=clock.now())
    session.commit()
    assert session.get(Job, job.id).state == "accepted"


def test_what_a_blocked_phone_wrote_waits_for_a_decision(phone, desk, job, cast, session):
    session.get(Device, phone.client_id).revoked_at = clock.now() + timedelta(minutes=1)
    op = shot(phone, job.id, b"bytes")
    page = brought(desk, exported(phone, cast.technician.id, (op, b"bytes")))
    assert page.count("waits in the inbox") == 5
    assert "taken from this file: 1" in page
    assert {one.reason for one in rows(session, InboxItem)} == {"phone_blocked_before"}


def test_a_phone_of_somebody_else_is_not_taken_for_the_authors(phone, desk, job, cast, session):
    content = exported(phone, cast.second_technician.id)
    assert "Nothing of this file was taken." in brought(desk, content)
    assert session.scalars(sa.select(RescueFile)).one().reason == "device_of_another"


def test_times_are_as_good_as_the_file_says(phone, desk, job, cast, session):
    now = clock.to_ms(clock.now())
    hour = 3_600_000
    for op in phone.waiting:
        op["occurred_at"] = now - 5 * hour
    phone.waiting[1]["mono"] = {"page": "a", "t": 600_000,
                                "anchor": {"server_ms": now - 4 * hour, "t": 0, "rtt": 400}}
    content = exported(phone, cast.technician.id, exported_at_ms=now - 3 * hour, clock_off_ms=120_000)
    brought(desk, content)
    found = acts(session)
    said = [(now - clock.to_ms(one.happened_at), one.uncertainty_ms) for one in found]
    assert said == [(5 * hour + 120_000, 120_000), (4 * hour - 600_000, 200)] + [(5 * hour + 120_000, 120_000)] * 2


def test_of_an_old_file_the_time_it_was_carried_is_unknown(phone, desk, job, cast, session):
    now = clock.to_ms(clock.now())
    brought(desk, exported(phone, cast.technician.id, version=1, exported_at_ms=now - 7_200_000))
    entry = session.scalars(sa.select(LogEntry).filter_by(origin="phone")).first()
    assert entry.uncertainty_ms >= 7_200_000


def test_a_killed_process_left_the_half_of_it(app, phone, desk, job, cast, session, monkeypatch):
    monkeypatch.setattr(rules, "OPS_AT_ONCE", 2)
    taken = actions.take_carried
    calls = []

    def dies(*args, **given):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return taken(*args, **given)

    monkeypatch.setattr(actions, "take_carried", dies)
    with pytest.raises(KeyboardInterrupt):
        bring(desk, exported(phone, cast.technician.id))
    monkeypatch.undo()
    assert count(session, JobStep) == 2
    row = session.scalars(sa.select(RescueFile)).one()
    page = desk.get(f"/rescue/{row.id}", headers=EN).text
    assert "The file was not gone through to its end." in page
    desk.post(f"/rescue/{row.id}/again", data={"csrf_token": form_token(page)})
    assert (count(session, JobStep), row.state) == (4, "taken")


def test_who_may_bring_whose_work(app, phone, job, cast, session):
    content = exported(phone, cast.technician.id)
    outside = sign_in(app.test_client(), cast.outsider)
    assert "of nobody whose files you may bring" in brought(outside, content)
    assert session.get(Job, job.id).state == "assigned"
    row = session.scalars(sa.select(RescueFile)).one()
    own = sign_in(app.test_client(), cast.dispatcher)
    assert own.get(f"/rescue/{row.id}").status_code == 404, "what another store's desk has is not there"
    for role in ("service_desk", "finance", "quality", "technician"):
        client = sign_in(app.test_client(), getattr(cast, role))
        assert client.get("/rescue").status_code == 403
    brought(own, content)
    assert (row.state, session.get(Job, job.id).state) == ("taken", "working")
    assert own.get(f"/rescue/{row.id}").status_code == 200
    brought(outside, content)
    assert row.state == "taken", "what was taken stays taken"


def test_who_was_refused_a_sealed_file_does_not_read_it_later(app, phone, job, cast, session):
    phone.op("add_note", job.id, text="钥匙在门垫下面")
    content = sealed_here(exported(phone, cast.technician.id))
    outside, own = (sign_in(app.test_client(), one) for one in (cast.outsider, cast.dispatcher))
    brought(outside, content)
    row = session.scalars(sa.select(RescueFile)).one()
    assert outside.get(f"/rescue/{row.id}").status_code == 200
    assert "钥匙在门垫下面" in brought(own, content)
    assert outside.get(f"/rescue/{row.id}").status_code == 404
    assert "王建国" not in outside.get("/rescue").text


def test_the_file_itself_is_for_administrators_and_leaves_a_trace(app, phone, desk, cast, session):
    content = exported(phone, cast.technician.id)
    bring(desk, content)
    row = session.scalars(sa.select(RescueFile)).one()
    assert desk.get(f"/rescue/{row.id}/file").status_code == 403
    administrator = sign_in(app.test_client(), cast.administrator)
    answer = administrator.get(f"/rescue/{row.id}/file")
    assert (answer.data, answer.headers["Cache-Control"]) == (content, "no-store")
    assert "attachment" in answer.headers["Content-Disposition"]
    said = session.scalars(sa.select(AccessEntry).filter_by(act="rescue_downloaded")).one()
    assert (said.person_id, said.subject_id) == (cast.administrator.id, row.id)


def test_no_file_an_empty_one_and_too_many(desk, session, monkeypatch):
    token = form_token(desk.get("/rescue", headers=EN).text)
    assert desk.post("/rescue", data={"csrf_token": token}).status_code == 422
    assert bring(desk, b"").status_code == 422
    monkeypatch.setattr(rules, "MOST_A_DAY", 2)
    codes_of = [bring(desk, f"{number}".encode()).status_code for number in range(3)]
    assert codes_of == [303, 303, 429]
    assert bring(desk, b"1").status_code == 303, "one that is here is no new one"


def test_a_form_without_its_token_and_one_too_large_are_refused(desk, session, monkeypatch):
    answer = desk.post("/rescue", data={"file": (io.BytesIO(b"x"), "a")}, content_type="multipart/form-data")
    assert answer.status_code == 403
    monkeypatch.setattr(rules, "MOST_BYTES", 10)
    assert bring(desk, b"x" * 11).status_code == 422
    assert count(session, RescueFile) == 0


# the same by program


def send(client, content, kind="application/json"):
    return client.post("/api/rescue", data=content, headers={"Content-Type": kind})


def test_a_phone_sends_its_own_by_itself(phone, job, cast, session):
    content = exported(phone, cast.technician.id)
    answers = [send(phone.client, content), send(phone.client, content),
               send(phone.client, sealed_here(content), "application/vnd.fieldservice.unsent")]
    for answer in answers:
        assert (answer.status_code, answer.json["state"], answer.json["reason"]) == (200, "taken", "")
        assert answer.json["acks"] == [op["id"] for op in phone.waiting]
    assert count(session, JobStep) == 4
    assert results(phone.sync()) == ["applied"] * 4


def test_a_phone_sends_nobody_elses(app, phone, job, cast, session):
    other = sign_in(app.test_client(), cast.second_technician)
    answer = send(other, exported(phone, cast.technician.id))
    assert (answer.status_code, answer.json["state"], answer.json["reason"]) == (200, "kept", "rescue_person_unknown")
    assert answer.json["acks"] == []
    assert count(session, JobStep) == 0


def test_what_somebody_who_may_has_brought_is_nobody_elses_business(app, phone, desk, job, cast, session):
    content = exported(phone, cast.technician.id)
    assert send(desk, content).json["state"] == "taken"
    answer = send(sign_in(app.test_client(), cast.second_technician), content)
    assert (answer.json["state"], answer.json["acks"], answer.json["photos"]) == ("kept", [], {})
    assert session.scalars(sa.select(RescueFile)).one().state == "taken"


def test_a_blocked_phone_may_bring_its_own_to_be_decided(phone, job, cast, session):
    session.get(Device, phone.client_id).revoked_at = clock.now() - timedelta(hours=1)
    answer = send(phone.client, exported(phone, cast.technician.id))
    assert (answer.status_code, answer.json["state"]) == (200, "taken")
    assert {one.reason for one in rows(session, InboxItem)} == {"phone_blocked"}
    assert session.get(Job, job.id).state == "assigned"


def test_the_key_is_renewed_by_command_and_given_out_after_the_next_start(app, runner, phone, data_dir):
    from fieldservice.core import secrets_file

    before = phone.client.get("/api/session").json["rescue"]["id"]
    assert "Restart the server." in runner.invoke(args=["rescue", "renew-key"]).output
    app.config["SECRETS"] = secrets_file.load_or_make(data_dir)
    assert phone.client.get("/api/session").json["rescue"]["id"] != before


def test_what_nobody_can_parse_is_kept(phone, cast, session):
    answer = send(phone.client, b'{"proto": 99, "everything": ["from", "the", "future"]}')
    assert (answer.status_code, answer.json["state"], answer.json["reason"]) == (200, "kept", "rescue_unreadable")
    row = session.scalars(sa.select(RescueFile)).one()
    assert b"future" in files.rescue_path(row.sha256).read_bytes()


def test_a_program_is_refused_like_a_form(app, phone, cast, session, client, monkeypatch):
    assert send(client, b"{}").status_code == 401
    assert send(sign_in(app.test_client(), cast.finance), b"{}").status_code == 403
    assert send(phone.client, b"{}", "text/plain").status_code == 422
    assert send(phone.client, b"").status_code == 422
    monkeypatch.setattr(rules, "MOST_BYTES_OF_PHONE", 3)
    assert send(phone.client, b"{  }").status_code == 413
    cut = phone.client.post("/api/rescue", data=b"{}", content_type="application/json",
                            environ_overrides={"CONTENT_LENGTH": "3"})
    assert cut.status_code == 400
    assert count(session, RescueFile) == 0


def test_the_inbox_keeps_the_order_of_the_phone(phone, desk, job, cast, session):
    """Some came by the phone itself, the rest in a file: what is accepted is applied as it was done."""
    job_actions.assign_job(job, lead=cast.second_technician, helpers=[], expected_version=job.version,
                           by=cast.dispatcher, at=clock.now())
    session.commit()
    content = exported(phone, cast.technician.id)
    phone.post(phone.request(ops=phone.waiting[:2]))
    brought(desk, content)
    item = session.scalars(sa.select(InboxItem)).first()
    inbox_actions.accept(item, by=cast.dispatcher, at=clock.now() + timedelta(minutes=1))
    session.commit()
    assert [one.step for one in session.get(Job, job.id).steps] == list(STEPS)


def test_somebody_elses_job_stays_somebody_elses(phone, desk, cast, session):
    """Naming one's own id in words of one's own makes nobody a member of the crew."""
    theirs = a_job(cast.other_store, cast.outside_technician)
    phone.waiting.clear()
    phone.op("add_note", theirs.id, text=cast.technician.id)
    brought(desk, exported(phone, cast.technician.id))
    phone.waiting.clear()
    phone.op("add_note", theirs.id, text="again")
    brought(desk, exported(phone, cast.technician.id))
    assert {one.result for one in rows(session) if one.origin == "phone"} == {"rejected"}
