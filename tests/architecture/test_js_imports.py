"""The directions of docs/architecture.md in the browser: which module may import what, and who may fetch."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "static" / "js"

# What each folder may import besides itself.
ALLOWED = {
    "core": set(),
    "rules": {"core"},
    "store": {"core", "rules"},
    "sync": {"core", "rules", "store"},
    "device": {"core"},
    "ui": {"core", "rules", "device"},
    "screens": {"core", "rules", "store", "sync", "device", "ui"},
    "behaviours": {"core", "rules", "ui"},
    "sw": set(),
    "types": set(),
}

# The sync engine's way to the server, and the worker that answers for the network.
MAY_FETCH = {"sync/transport.js"}

IMPORT = re.compile(
    r"""(?:^|[;\s])(?:import|export)\b[^'";()]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]""",
    re.M,
)
DYNAMIC = re.compile(r"""(?<![.\w@{])import\(\s*['"]([^'"]+)['"]\s*\)""")
COMMENT = re.compile(r"/\*.*?\*/|(?<![:'\"`])//[^\n]*", re.S)
FETCH = re.compile(
    r"(?<![\w.$#])(?:(?:globalThis|window|self)\.)?fetch\s*\(|\bXMLHttpRequest\b|\bsendBeacon\b"
)
INDEXED_DB = re.compile(r"\bindexedDB\s*\.\s*(open|deleteDatabase)\b|#vendor/idb|\bopenDB\b")

FILES = sorted(path for path in SCRIPTS.rglob("*.js"))
MODULES = [path for path in FILES if len(path.relative_to(SCRIPTS).parts) > 1]


def source(path: Path) -> str:
    """The file without its comments."""
    return COMMENT.sub("", path.read_text())


def imports(path: Path) -> list[str]:
    """The names after `from`, and those of `import(…)`."""
    text = source(path)
    return [first or second for first, second in IMPORT.findall(text)] + DYNAMIC.findall(text)


def name(path: Path) -> str:
    """`store/outbox.js`."""
    return path.relative_to(SCRIPTS).as_posix()


def folder(path: Path) -> str:
    """The first part of the name."""
    return path.relative_to(SCRIPTS).parts[0]


def target_of(path: Path, imported: str) -> str:
    """The name of what is imported; vendored libraries stay as they are written."""
    if imported.startswith("#app/"):
        return imported.removeprefix("#app/")
    if imported.startswith("."):
        return name((path.parent / imported).resolve())
    return imported


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_imports_only_in_the_direction(path: Path) -> None:
    own = folder(path)
    assert own in ALLOWED, f"static/js/{own} has no place in the directions"
    for imported in imports(path):
        assert imported.startswith(("#app/", "#vendor/", ".")), f"{name(path)} imports {imported}"
        target = target_of(path, imported).split("/")[0]
        assert target in {own, "#vendor"} | ALLOWED[own], f"{name(path)} imports {imported}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_the_service_worker_imports_relatively_and_the_rest_by_name(path: Path) -> None:
    for imported in imports(path):
        if folder(path) == "sw":
            assert imported.startswith("."), f"an import map does not reach workers: {imported}"
        elif imported.startswith("."):
            assert target_of(path, imported).split("/")[0] == folder(path), f"write #app/…: {imported}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_the_transport_fetches(path: Path) -> None:
    if name(path) not in MAY_FETCH and folder(path) != "sw":
        assert not FETCH.search(source(path)), f"{name(path)} talks to the network by itself"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_the_store_opens_the_database(path: Path) -> None:
    if folder(path) != "store":
        assert not INDEXED_DB.search(source(path)), f"{name(path)} opens IndexedDB by itself"


@pytest.mark.parametrize("path", [p for p in FILES if folder(p) in {"core", "rules"}], ids=name)
def test_core_and_rules_know_no_page(path: Path) -> None:
    found = re.search(r"\b(document|window|localStorage|sessionStorage)\.", source(path))
    assert not found, f"{name(path)} uses {found and found[1]}"
