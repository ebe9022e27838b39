"""Every reason code that can be given has words: on the server's pages and, where it can reach the phone, there too."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from fieldservice.web.words import REASONS

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "fieldservice"
SCRIPTS = ROOT / "static" / "js"

#: calls besides the errors of core/errors.py that carry a code: name → which argument it is
CODE_ARGUMENT = {"Refused": 0, "Unusable": 0, "Doubtful": 1, "problem": 0, "_answer": 1, "add": 1}
CODE = re.compile(r"[a-z]+(?:_[a-z]+)*\Z")

#: what the phone's requests run through
PHONE_SOURCES = (
    "sync/**/*.py",
    "evidence/*.py",
    "jobs/rules.py",
    "jobs/actions.py",
    "visits/actions.py",
    "accounts/api.py",
    "accounts/rules.py",
    "accounts/actions/signing_in.py",
    "accounts/actions/links.py",
    "accounts/actions/passwords.py",
    "accounts/actions/throttling.py",
    "accounts/actions/devices.py",
    "core/passwords.py",
    "web/access.py",
    "web/csrf.py",
    "web/error_pages.py",
)
#: raised in these files, but only for what the desk does or for what is no request of our app
NEVER_FOR_PHONE = {
    "cannot_undo",
    "changed_meanwhile",
    "closed_already",
    "cross_site",
    "day_missing",
    "day_unreadable",
    "device_wiped",
    "form_expired",
    "job_not_ended",
    "json_expected",
    "link_unknown",
    "not_a_technician",
    "not_cancelled",
    "not_closed",
    "photo_not_unusable",
    "priority_reason_missing",
    "window_order",
}
#: answered by the phone itself: it registers anew, or sends less at once (docs/sync-protocol.md)
HANDLED_BY_PHONE = {
    "device_of_another",
    "device_unknown",
    "too_large",
    # of uploads: it asks how far they are, sends entries first, begins anew; pictures are asked for when they are usable
    "evidence_unknown",
    "offset_differs",
    "checksum_differs",
    "hash_differs",
    "gone",
    "not_found",
    "not_ready",
    "unusable",
}


def test_every_code_of_the_server_has_words() -> None:
    missing = {code: place for code, place in codes_of(SERVER.rglob("*.py")).items() if code not in REASONS}
    assert not missing, f"no words in fieldservice/web/words.py: {missing}"


def test_every_code_that_reaches_the_phone_has_words_there() -> None:
    files = [path for pattern in PHONE_SOURCES for path in SERVER.glob(pattern)]
    missing = set(codes_of(files)) - NEVER_FOR_PHONE - HANDLED_BY_PHONE - phone_codes()
    assert not missing, f"no words in static/js/core/reasons.js: {sorted(missing)}"


def test_every_code_of_the_phone_has_words() -> None:
    given = {
        code: path.name
        for path in SCRIPTS.rglob("*.js")
        for code in re.findall(r"(?:new AppError\(|refused: )'(\w+)'", path.read_text())
    }
    missing = {code: name for code, name in given.items() if code not in phone_codes()}
    assert not missing, f"no words in static/js/core/reasons.js: {missing}"


def test_a_file_of_the_phone_sources_exists() -> None:
    assert all(any(SERVER.glob(pattern)) for pattern in PHONE_SOURCES)


@cache
def phone_codes() -> frozenset[str]:
    """The codes of reasons.js."""
    return frozenset(re.findall(r"^  (\w+): \(", (SCRIPTS / "core" / "reasons.js").read_text(), re.MULTILINE))


def codes_of(files: Iterator[Path] | list[Path]) -> dict[str, str]:
    """Code → a place where it is given."""
    found: dict[str, str] = {}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            for code in _codes_in(node):
                found.setdefault(code, f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def _codes_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        place = _code_argument(node)
        if place is not None and len(node.args) > place:
            yield from _texts(node.args[place])
    elif isinstance(node, ast.Dict):  # {"code": "late_evidence"}: a note of the sync
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "code":
                yield from _texts(value)


def _code_argument(call: ast.Call) -> int | None:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name == "add" and len(call.args) < 2:
        return None  # a set's
    return 0 if name in error_names() else CODE_ARGUMENT.get(name)


def _texts(value: ast.expr) -> Iterator[str]:
    """The code, or both of `a if … else b`."""
    if isinstance(value, ast.IfExp):
        yield from _texts(value.body)
        yield from _texts(value.orelse)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str) and CODE.match(value.value):
        yield value.value


@cache
def error_names() -> frozenset[str]:
    """AppError and everything made from it."""
    bases = {
        node.name: {getattr(base, "attr", getattr(base, "id", "")) for base in node.bases}
        for path in SERVER.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    names = {"AppError"}
    while more := {name for name, parents in bases.items() if parents & names} - names:
        names |= more
    return frozenset(names)
