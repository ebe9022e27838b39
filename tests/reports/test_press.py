"""What comes out of the press: PDF/A-3u, every glyph there, hostile words shown as words, nothing fetched."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from fieldservice import create_app
from fieldservice.core import fonts, json
from fieldservice.reports import pressing, queries, tasks
from tests.reports.scene import a_visit, finish, pdf_path, poppler, sign, words_of
from tests.visits.scene import planks

AT = datetime(2026, 11, 21, 4, 20, tzinfo=UTC)
#: long enough to break a layout, and everything that could break out of a page
NAMES = {
    "rare": "䶮𬱖",
    "turned": "\u202e张\u200f三\u2067",
    "script": "<script>alert(1)</script>",
    "file": "<img src=file:///etc/passwd>",
    "style": "</style><style>@import url(http://127.0.0.1:9/a.css);p{background:url(file:///etc/passwd)}",
    "attachment": "<link rel=attachment href=file:///etc/passwd>",
    "template": "{{ 7 * 7 }}{% include 'app/shell.html' %}",
    "no_glyph": "😀\U0010fffd",
    "controls": "\x01\x07\x1b[31m",
}
LONG = "长" * 9_990 + "W" * 10


@pytest.fixture(scope="module", autouse=True)
def _press_ends():
    yield
    pressing.end()


def printed(page: str, **pictures: bytes) -> pressing.Printed:
    return pressing.print_pdf(pressing.Sheet(page, b'{"a":1}', "evidence.json", pictures, "t", AT))


def test_words_of_people_are_words_on_the_page(session, cast, tmp_path):
    """Through the whole of it: database, sheet, template, press, seal."""
    job = a_visit(cast, photos=0)
    job.case.words = LONG[:1000]
    job.product.model = NAMES["file"]
    # one that is signed shows what the customer saw, whatever it was
    sign(job, cast, shown={
        "customer.name": NAMES["rare"] + NAMES["turned"] + NAMES["file"], "site": "长" * 500,
    }, work={"found": [LONG[at : at + 2000] for at in range(0, 10_000, 2000)],
             "done": [NAMES[name] for name in ("script", "no_glyph", "style", "attachment", "template")], "results": [],
             "checklist": {"id": None, "done": 0, "of": 0, "not_done": []},
             "photos": [], "lines": [], "total_fen": 0, "agreed_fen": 0})  # fmt: skip
    finish(job, cast)
    tasks.make(job.id)
    report = queries.latest(job.id, "zh")
    assert report.fault == ""
    said = words_of(report)
    for name in ("rare", "script", "file", "style", "attachment", "template"):
        assert "".join(NAMES[name].split()) in said, name
    assert "〔U+1F600〕〔U+10FFFD〕" in said
    assert said.count("长") >= 9_990 + 1_000 + 500
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", said)
    assert "root:" not in said
    evidence = json.loads(attachments(pdf_path(report))["evidence.json"])
    presented = json.loads(evidence["sign_off"]["presented"])
    assert presented["customer"]["name"].startswith(NAMES["rare"] + "\u202e"), "what was signed is kept as it was signed"


FOREIGN = (
    '<img src="file:///etc/passwd">', '<img src="/etc/passwd">', '<img src="http://127.0.0.1:9/x">',
    '<img src="report:other">',     "<style>@import url(file:///etc/passwd);</style>", '<p style="background:url(file:///etc/passwd)">x',
    '<link rel="attachment" href="file:///etc/passwd">', '<a rel="attachment" href="file:///etc/passwd">x</a>',
    '<link rel="stylesheet" href="file:///etc/passwd">', '<base href="file:///etc/"><img src="passwd">',
    "<style>@font-face{font-family:x;src:url(file:///etc/passwd)}</style><p style='font-family:x'>x",
    '<svg width="9" height="9"><image href="file:///etc/passwd" width="9" height="9"/></svg>',
    '<object data="file:///etc/passwd"></object>', '<embed src="file:///etc/passwd">',
    '<p style="list-style:url(ftp://127.0.0.1/x);display:list-item">x',
)  # fmt: skip


def test_what_was_not_handed_over_is_refused_and_never_sealed(app):
    with app.app_context():
        for page in FOREIGN:
            with pytest.raises(pressing.PressTrouble, match="press_refused"):
                printed(page)
        assert printed("<p>x").pages == 1, "and it goes on with the next"


def test_no_file_is_opened_while_a_page_is_made(app, tmp_path):
    """Even by code that gets past the fetcher: the audit hook of Python refuses it."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    with app.app_context():
        places = [fonts.sans(), fonts.sans_bold(), fonts.sans_narrow()]
        folder = app.config["DATA_DIR"] / "fontconfig"
    program = f"""
import sys; sys.argv = ["press"]; sys.path.insert(0, {str(Path(pressing.__file__).parent)!r})
from pathlib import Path
import press
style = Path({str(Path(pressing.__file__).with_name("report.css"))!r})
made = press.Press(Path({str(folder)!r}), style, [Path(place) for place in {[str(place) for place in places]!r}])
import socket
tried = []
def tries(act):
    try: act()
    except PermissionError: tried.append("refused")
    else: tried.append("done")
with made._guard.serving({{}}):
    tries(lambda: open({str(secret)!r}))
    tries(lambda: socket.create_connection(("127.0.0.1", 9)))
    tries(lambda: __import__("subprocess").run(["true"]))
    tries(lambda: open({str(tmp_path / "new")!r}, "w"))
tries(lambda: open({str(secret)!r}))
print(tried)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str(["refused"] * 4 + ["done"]), done.stderr


def attachments(path: Path) -> dict[str, bytes]:
    reader = PdfFileReader(path.open("rb"))
    names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    return {str(names[at + 1].get_object()["/UF"]): names[at + 1].get_object()["/EF"]["/F"].data
            for at in range(0, len(names), 2)}  # fmt: skip


class TestPdfA:
    """veraPDF is in none of the registries: what makes a PDF/A-3u is asked for here, with the reader of pyHanko."""

    @pytest.fixture(scope="class")
    def made(self, tmp_path_factory) -> Path:
        folder = tmp_path_factory.mktemp("press")
        page = ('<html lang="zh-CN"><meta name=author content="丰台店"><title>报告</title>'
                '<p>张丽华䶮𬱖 <b>标题</b> “don’t” ·</p><img src="report:a">')  # fmt: skip
        with create_app({"DATA_DIR": folder}).app_context():
            found = printed(page, a=planks(3))
        path = folder / "made.pdf"
        path.write_bytes(found.pdf)
        return path

    def test_it_says_what_it_is(self, made):
        reader = PdfFileReader(made.open("rb"))
        xmp = reader.root["/Metadata"].data.decode()
        assert re.search(r"<pdfaid:part>3</pdfaid:part>|pdfaid:part=.3.", xmp)
        assert re.search(r"<pdfaid:conformance>U</pdfaid:conformance>|pdfaid:conformance=.U.", xmp)
        intent = reader.root["/OutputIntents"][0]
        assert intent["/S"] == "/GTS_PDFA1"
        assert intent["/DestOutputProfile"].data[36:40] == b"acsp", "an ICC profile"
        assert reader.root["/Lang"] == "zh-CN"
        assert reader.trailer_view["/ID"]
        assert "/Encrypt" not in reader.trailer_view
        assert made.read_bytes()[:9] == b"%PDF-1.7\n"

    def test_the_evidence_is_an_associated_file(self, made):
        reader = PdfFileReader(made.open("rb"))
        specs = [spec.get_object() for spec in reader.root["/AF"]]
        assert {str(spec["/UF"]) for spec in specs} == {"evidence.json"}
        assert {str(spec["/AFRelationship"]) for spec in specs} == {"/Data"}
        assert attachments(made) == {"evidence.json": b'{"a":1}'}
        stream = specs[0]["/EF"]["/F"]
        assert str(stream["/Subtype"]).replace("#2f", "/").endswith("application/json")
        assert stream["/Params"]["/ModDate"]

    def test_every_font_is_embedded_and_every_letter_has_its_code(self, made):
        lines = poppler("pdffonts", made).splitlines()[2:]
        assert len(lines) >= 2
        for line in lines:
            assert re.search(r"yes yes yes\s+\d+\s+\d+$", line), line
        assert "张丽华䶮𬱖" in poppler("pdftotext", made)

    def test_no_glyph_is_missing_and_nothing_is_forbidden(self, made):
        reader = PdfFileReader(made.open("rb"))
        page = reader.root["/Pages"]["/Kids"][0]
        states = page["/Resources"].get("/ExtGState", {})
        for name in states:
            state = states[name]
            assert state.get("/ca", 1) == 1
            assert state.get("/CA", 1) == 1
            assert "/SMask" not in state
        assert "/JavaScript" not in reader.root.get("/Names", {})
        assert "/OpenAction" not in reader.root
        assert "/AcroForm" not in reader.root
        assert not [image for image in images_of(page) if "/SMask" in image or image.get("/Interpolate")]


def images_of(page: Any) -> list[Any]:
    objects = page["/Resources"].get("/XObject", {})
    return [objects[name] for name in objects if objects[name]["/Subtype"] == "/Image"]


def test_a_press_is_replaced_when_it_is_spent(app, monkeypatch):
    monkeypatch.setattr(pressing, "MOST_REPORTS", 2)
    with app.app_context():
        pressing.end()
        numbers = []
        for _time in range(4):
            printed("<p>x")
            numbers.append(pressing._running._process.pid)
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]


def test_a_press_that_dies_is_told_and_the_next_report_has_a_new_one(app):
    with app.app_context():
        printed("<p>x")
        pressing._running._process.kill()
        pressing._running._process.wait()
        assert printed("<p>x").pages == 1


def test_without_its_parts_it_says_what_installs_them(app, monkeypatch, runner, tmp_path):
    broken = tmp_path / "press.py"
    broken.write_text("import sys; sys.stdout.write('{\"failed\":\"OSError: cannot load library pango\"}\\n')")
    with app.app_context():
        pressing.end()
    monkeypatch.setattr(pressing, "_PROGRAM", broken)
    with app.app_context():
        done = runner.invoke(args=["reports", "check"])
        assert done.exit_code == 1
        assert pressing.INSTALL in done.output
        assert "pango" in done.output
        tasks.look_at_the_press()
        ready = app.test_client().get("/readyz").json
        assert pressing.INSTALL in ready["checks"]["reports"]["found"]
        assert ready["ok"]
        monkeypatch.undo()
        tasks.look_at_the_press()
    assert app.test_client().get("/readyz").json["checks"]["reports"]["found"].startswith("WeasyPrint")
    assert runner.invoke(args=["reports", "check"]).exit_code == 0
