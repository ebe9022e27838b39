"""`make translations` keeps what is there, takes what people bring, and tells what is missing."""

import json
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tools import translations


def catalogue(**words: str) -> Catalog:
    made = Catalog(locale="zh")
    for message, chinese in words.items():
        made.add(message, chinese, locations=[("fieldservice/a.py", None)])
    return made


def test_it_keeps_the_chinese_that_is_there() -> None:
    code = catalogue(Job="")
    report = translations.merge(code, catalogue(Job="派工单"), {Path("desk.json"): {"Job": "工单"}})
    assert code.get("Job").string == "派工单"
    assert report.differing == [("Job", "派工单", "工单")]


def test_it_takes_what_people_bring() -> None:
    code = catalogue(Job="", Case="")
    report = translations.merge(code, catalogue(), {Path("desk.json"): {"Job": "派工单"}})
    assert code.get("Job").string == "派工单"
    assert report.missing == ["Case"]


def test_it_gives_a_plural_its_one_form() -> None:
    code = Catalog(locale="zh")
    code.add(("%(num)s job", "%(num)s jobs"))
    report = translations.merge(code, catalogue(), {Path("desk.json"): {"%(num)s jobs": "%(num)s 单"}})
    assert code.get("%(num)s job").string == ("%(num)s 单",)
    assert not report.missing
    assert 'msgstr[0] "%(num)s 单"' in translations.as_po(code).decode()


def test_it_forgets_what_no_source_has() -> None:
    code = catalogue(Job="")
    translations.merge(code, catalogue(Job="派工单", Gone="没有了"), {})
    assert "Gone" not in translations.as_po(code).decode()


def test_the_same_words_give_the_same_file() -> None:
    one = translations.as_po(catalogue(Job="派工单", Case="服务单"))
    assert one == translations.as_po(catalogue(Case="服务单", Job="派工单"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(translations, "CATALOGUE", tmp_path / "messages.po")
    monkeypatch.setattr(translations, "PARTS", tmp_path)
    monkeypatch.setattr(translations, "messages_of_code", lambda: catalogue(Job="", Case=""))
    (tmp_path / "messages.po").write_bytes(translations.as_po(catalogue(Job="派工单")))
    return tmp_path


def test_a_part_that_is_taken_in_is_deleted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "desk.json").write_text(json.dumps({"Case": "服务单"}))
    assert translations.main([]) == 0
    assert not list(folder.glob("*.json"))
    assert "服务单" in (folder / "messages.po").read_text()
    assert "0 without Chinese" in capsys.readouterr().out


def test_a_part_ahead_of_its_code_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "desk.json").write_text(json.dumps({"Soon": "很快"}))
    assert translations.main([]) == 1
    assert (folder / "desk.json").exists()
    assert "Soon" in capsys.readouterr().out
    translations.main(["--finish"])
    assert not (folder / "desk.json").exists()
