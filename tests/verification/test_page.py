"""The page for anybody: plain forms, plain words, nothing of the customer, nothing kept."""

import io
from datetime import timedelta

import pytest

from fieldservice.core import clock
from fieldservice.reports.models import Report
from fieldservice.reports.rules import new_code, shown_code
from tests.verification import sealed


@pytest.fixture
def made(app, cast, session) -> sealed.Made:
    return sealed.a_sealed_report(cast)


def drop(client, pdf: bytes, name: str = "报告.pdf", **form: str):
    page = client.get("/verify").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0] if 'name="csrf_token"' in page else ""
    given = {"file": (io.BytesIO(pdf), name), "csrf_token": token, **form}
    from_here = {"Sec-Fetch-Site": "same-origin"}
    return client.post("/verify", data=given, content_type="multipart/form-data", headers=from_here)


def test_a_dropped_report_is_answered_in_words(client, made, app) -> None:
    answer = drop(client, made.pdf)
    assert answer.status_code == 200, answer.text
    assert "真实且未被改动" in answer.text
    assert shown_code(made.code) in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    changed = drop(client, sealed.appended(made.pdf))
    assert "文件末尾之后被添加了内容" in changed.text
    assert shown_code(made.code) not in changed.text, "a changed file is not vouched for"
    for name in ("张丽华", "王建国", "13812342716"):
        assert name not in answer.text
    kept = [path.read_bytes() for path in (app.config["DATA_DIR"] / "media").rglob("*") if path.is_file()]
    assert sealed.appended(made.pdf) not in kept, "what was dropped is not kept"


def test_english_is_complete(client, made) -> None:
    client.set_cookie("lang", "en")
    assert "Genuine and unchanged" in drop(client, made.pdf).text
    assert "Something was put behind the end" in drop(client, sealed.appended(made.pdf)).text
    assert "We made a report with this code" in client.get(f"/verify/{made.code}").text


def test_a_code_tells_what_anybody_may_know(client, made, cast) -> None:
    asked = client.get("/verify", query_string={"code": f" {shown_code(made.code).lower()} "})
    assert (asked.status_code, asked.location) == (302, f"/verify/{shown_code(made.code)}")
    page = client.get(asked.location)
    assert page.status_code == 200
    assert cast.store.name in page.text
    for name in ("张丽华", "王建国", "0217", "13812342716", "望京"):
        assert name not in page.text
    assert "noindex" in page.headers["X-Robots-Tag"]


def test_unknown_and_impossible_codes_look_the_same(client, made) -> None:
    unknown, impossible = new_code(), "not-a-code"
    pages = [client.get(f"/verify/{code}") for code in (unknown, impossible)]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].text.replace(unknown, "") == pages[1].text.replace(impossible, "")


def test_codes_cannot_be_guessed_for_long(client, made) -> None:
    at = clock.now()
    with clock.frozen(at):
        found = [client.get(f"/verify/{new_code()}").status_code for _ in range(12)]
        assert found == [404] * 10 + [429] * 2
        assert client.get(f"/verify/{made.code}").status_code == 429, "a right one is no way around"
    with clock.frozen(at + timedelta(minutes=2)):
        assert client.get(f"/verify/{made.code}").status_code == 200


def test_right_codes_wait_for_nothing(client, made) -> None:
    assert {client.get(f"/verify/{made.code}").status_code for _ in range(15)} == {200}


def test_a_report_that_is_not_made_yet_is_not_shown(client, made, session) -> None:
    row = session.get_one(Report, made.report_id)
    row.sealed_at = row.sealed_sha256 = None
    session.commit()
    assert client.get(f"/verify/{made.code}").status_code == 404


def test_another_genuine_report_is_told_from_the_one_that_was_asked_for(client, made, cast, session) -> None:
    other = sealed.a_sealed_report(cast, revision=2, job=session.get_one(Report, made.report_id).job)
    session.get_one(Report, made.report_id).superseded_at = clock.now()
    session.commit()
    assert "但不是您要查的那一份" in drop(client, other.pdf, code=shown_code(made.code)).text
    page = client.get(f"/verify/{made.code}").text
    assert "已有更新版本" in page
    assert "真实，但已被新版本取代" in drop(client, made.pdf).text


def test_what_is_no_report_is_said(client, made) -> None:
    no_pdf = "这不是 PDF 文件"
    for content, words in ((b"hello", no_pdf), (b"", no_pdf), (sealed.cut(made.pdf), "文件末尾缺失")):
        answer = drop(client, content)
        assert answer.status_code == 200
        assert words in answer.text
    nothing = client.post("/verify", data={}, headers={"Sec-Fetch-Site": "same-origin"})
    assert nothing.status_code in (400, 403, 422)


def test_a_hundred_megabytes_are_refused_in_words(client, made) -> None:
    answer = drop(client, b"%PDF-1.7" + bytes(100 * 1024 * 1024))
    assert answer.status_code == 413
    assert "20 MB" in answer.text


def test_many_files_have_to_wait(client, made) -> None:
    with clock.frozen(clock.now()):
        found = [drop(client, b"no").status_code for _ in range(22)]
    assert found == [200] * 20 + [429] * 2


def test_trouble_with_our_keys_is_not_told_to_strangers(client, made, app) -> None:
    (app.config["DATA_DIR"] / "sealing" / "certificates.json").write_text("{")
    answer = drop(client, made.pdf)
    assert answer.status_code == 503
    assert "sealing" not in answer.text
