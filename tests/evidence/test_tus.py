"""tus 1.0.0 to the letter, and its official client against the product as it is served."""

import base64
import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldservice.accounts import sessions
from tests.evidence.photos import BYTES, NONCE, Sender, announced, metadata, picture
from tests.evidence.test_line import LENGTH, Line, Served, line_to, served
from tests.support.cut_line import cut_line
from tests.support.databases import ROOT

CONTENT = picture()
PIECE = 100_000


@pytest.fixture(scope="module")
def product(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(database_kind, tmp_path_factory.mktemp("tus") / "data") as found:
        yield found


@pytest.fixture
def line(product: Served) -> Line:
    return line_to(product)


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(line: Line, tmp_path: Path) -> Run:
    """Lets the official client upload the photo of `line`: a process of its own, which remembers addresses in a file."""
    file = tmp_path / "photo.jpg"
    file.write_bytes(line.content)

    def go(url: str = "", **wish: Any) -> dict[str, Any]:
        said = {"evidence": line.photo_id, "sha256": line.sha256, "device": line.device_id}
        headers = {"Cookie": f"{sessions.COOKIE}={line.token}", "Sec-Fetch-Site": "same-origin",
                   "X-Fieldservice-Nonce": NONCE}  # fmt: skip
        given = {"endpoint": f"{url or line.server.url}/api/uploads", "headers": headers, "metadata": said,
                 "file": str(file), "storage": str(tmp_path / "addresses.json"), "options": {}} | wish  # fmt: skip
        done = subprocess.run(
            ["node", "tests/js/tus-client.mjs", json.dumps(given)], cwd=ROOT, capture_output=True, text=True, timeout=60,
            check=True,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(done.stdout)
        assert {call["version"] for call in found["calls"]} <= {"1.0.0"}, "every answer says the version"
        return found

    return go


def ways(found: dict[str, Any]) -> list[str]:
    return [f"{call['method']} {call['status']}" for call in found["calls"]]


def is_here(line: Line) -> bool:
    return line.kept() == line.content and line.state() == ("verified", "usable")


@pytest.mark.parametrize("plain", [True, False], ids=["chunked", "with its length"])
def test_the_official_client_sends_all_with_the_creation(run: Run, line: Line, plain: bool) -> None:
    found = run(options={"uploadDataDuringCreation": True, "plain": plain})
    assert (found["end"], ways(found)) == ("done", ["POST 201"])
    assert is_here(line)


@pytest.mark.parametrize("sum", [None, "sha1", "sha256"])
def test_and_in_pieces_with_a_sum_of_each(run: Run, line: Line, sum: str | None) -> None:
    found = run(sum=sum, options={"chunkSize": PIECE})
    pieces = -(-LENGTH // PIECE)
    assert (found["end"], ways(found)) == ("done", ["POST 201", *["PATCH 204"] * pieces])
    assert is_here(line)


def test_a_wrong_sum_is_460_and_nothing_of_it_stays(run: Run, line: Line) -> None:
    found = run(sum="wrong", options={"chunkSize": PIECE, "retryDelays": []})
    assert (found["end"], ways(found)) == ("460", ["POST 201", "PATCH 460"])
    assert line.reached(line.create()) == 0


@pytest.mark.parametrize("then", ["here", "midway"])
def test_paused_and_resumed_it_asks_how_far_it_was(run: Run, line: Line, then: str) -> None:
    found = run(pauseAt=150_000, then=then, options={"chunkSize": PIECE})
    assert found["end"] == "done"
    (asked,) = [number for number, call in enumerate(found["calls"]) if call["method"] == "HEAD"]
    assert found["calls"][asked + 1]["from"] == found["calls"][asked]["offset"] != "0"
    assert is_here(line)


def test_another_process_goes_on_where_the_first_was_ended(run: Run, line: Line) -> None:
    first = run(pauseAt=150_000, then="later", options={"chunkSize": PIECE, "uploadDataDuringCreation": True})
    assert (first["end"], first["found"], ways(first)) == ("paused", 0, ["POST 201", "PATCH 204"])
    second = run(options={"chunkSize": PIECE})
    assert (second["end"], second["found"], second["url"]) == ("done", 1, first["url"])
    assert [second["calls"][0]["method"], second["calls"][0]["offset"]] == ["HEAD", str(2 * PIECE)]
    assert is_here(line)


def test_terminated_it_is_gone_and_the_next_begins_anew(run: Run, line: Line) -> None:
    found = run(pauseAt=150_000, then="terminate", options={"chunkSize": PIECE})
    assert (found["end"], ways(found)) == ("paused", ["POST 201", "PATCH 204", "PATCH 204", "DELETE 204"])
    assert line.call("HEAD", found["url"].removeprefix(line.server.url)).status == 404
    assert run(options={"chunkSize": PIECE})["end"] == "done"
    assert is_here(line)


def test_where_only_get_and_post_pass_the_method_stands_in_a_header(run: Run, line: Line) -> None:
    found = run(options={"chunkSize": PIECE, "overridePatchMethod": True})
    assert (found["end"], ways(found)[:2]) == ("done", ["POST 201", "POST 204"])
    assert is_here(line)


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("request_cut", ["POST", "PATCH"])
def test_over_a_line_that_is_cut_it_comes_whole(run: Run, line: Line, request_cut: str, how: Any) -> None:
    with cut_line(f"{request_cut} /api/uploads.*", keep=70_000, how=how, server=line.server.url) as bad:
        found = run(url=bad.url, options={"uploadDataDuringCreation": request_cut == "POST"})
        assert bad.cuts == 1
    assert (found["end"], found["calls"][-1]["offset"]) == ("done", str(LENGTH))
    assert is_here(line)


def test_what_tus_says_of_every_answer(phone: Sender, job: Any, cast: Any, device: Any) -> None:
    photo = announced(job, cast.technician, device, CONTENT)
    made = phone.create(photo, CONTENT, CONTENT[:1000])
    address = made.headers["Location"]
    assert "GMT" in phone.patch(address, 1000, b"").headers["Upload-Expires"]
    head = phone.head(address)
    assert head.headers["Upload-Metadata"] == metadata(photo.id, photo.sha256, device.id)
    assert (head.headers["Cache-Control"], head.headers["Upload-Length"]) == ("no-store", str(len(CONTENT)))
    for where in ("/api/uploads", address):
        able = phone.client.options(where)
        assert (able.status_code, able.headers["Tus-Version"]) == (204, "1.0.0"), "asked for without a version"
    refused = [phone.client.get(address), phone.head("/api/uploads/x/y"), phone.client.put(address, json={})]
    assert [(answer.status_code, answer.headers["Tus-Resumable"]) for answer in refused] == [
        (405, "1.0.0"), (404, "1.0.0"), (405, "1.0.0")]  # fmt: skip
    other = phone.head(address), phone.call("HEAD", address, None, {"Tus-Resumable": "0.2.2"})
    assert [answer.status_code for answer in other] == [200, 412]
    assert "Upload-Offset" not in phone.head("/api/uploads/none").headers


def test_a_first_piece_of_another_kind_is_415(phone: Sender, job: Any, cast: Any, device: Any) -> None:
    photo = announced(job, cast.technician, device, CONTENT)
    assert phone.create(photo, CONTENT, CONTENT, Content_Type="image/jpeg").status_code == 415


def test_sha1_is_known_and_no_other_sum(phone: Sender, job: Any, cast: Any, device: Any) -> None:
    address = phone.create(announced(job, cast.technician, device, CONTENT), CONTENT).headers["Location"]
    good, other = (base64.b64encode(hashlib.sha1(body).digest()).decode() for body in (CONTENT[:9], b"x"))
    assert phone.patch(address, 0, CONTENT[:9], Upload_Checksum=f"sha1 {other}").status_code == 460
    assert phone.patch(address, 0, CONTENT[:9], Upload_Checksum=f"md5 {good}").status_code == 400
    assert phone.patch(address, 0, CONTENT[:9], Upload_Checksum=f"sha1 {good}").status_code == 204


def test_the_method_in_a_header_is_judged_as_itself(phone: Sender, job: Any, cast: Any, device: Any) -> None:
    """What another site may not send under its name it may not send under this one; elsewhere the header is nothing."""
    address = phone.create(announced(job, cast.technician, device, CONTENT), CONTENT).headers["Location"]

    def meant(method: str, way: str, where: str, **more: str) -> int:
        headers = {"Tus-Resumable": "1.0.0", "X-HTTP-Method-Override": method, "Upload-Offset": "0"} | more
        answer = phone.client.open(where, method=way, data=CONTENT[:9], content_type=BYTES, headers=headers)
        return int(answer.status_code)

    assert meant("PATCH", "POST", address, **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert meant("PUT", "POST", address) == 422, "as any POST here that is no JSON"
    assert meant("DELETE", "GET", "/api/session") == 200
    assert meant("DELETE", "GET", address) == 405, "a GET is never taken for a change"
    for method in ("HEAD", "OPTIONS", "GET"):  # an answer without a body to a POST would leave its reader waiting
        assert meant(method, "POST", address) == 422
    assert meant("PATCH", "POST", address) == 204
    assert phone.head(address).headers["Upload-Offset"] == "9"
    assert meant("DELETE", "POST", address) == 204
    assert phone.head(address).status_code == 404
