"""The directions of docs/architecture.md: which Python file may import what."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldservice.features import FEATURES

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "fieldservice"

# What a feature shows to the features below it in the list.
# `operations`: the inbox reads what a phone sent with the same code that took it.
# `charges`: the pure rules of money on site, which what is signed leans on.
# `picture`: the one place where a stranger's picture is opened.
# `drawing`: a signature as lines, for every page that shows it.
# `access`: where a feature below registers who may see what this one keeps.
# `upcasters`: what an operation of an older app means today, wherever operations are read again.
# `found`: where bytes on the disk and the database are brought together after a restore.
# `stamping`: what is drawn below photos, by whoever knows what to say of them.
# `exports`: how a file says what this one keeps, for lists of the same things below.
# `sheet`, `verify`: a sign sheet as it is read and judged, wherever one is.
# `availability`: who is there on a day; `work`: where a feature below says what is planned for people.
# `keys`, `certificates`: what seals reports, for whoever checks seals.
# `model` to `slots`: the engines of routing and what goes in and comes out, without a database.
# `sheets`, `cells`: files of lists made into rows and values, for every kind of list.
SHOWN = {"exports", "actions", "queries", "models", "rules", "stamping", "events", "operations", "access", "items",
         "availability", "charges", "picture", "drawing", "upcasters", "found", "sheet", "verify", "keys",
         "certificates", "model", "travel", "roads", "schedule", "dayorder", "planner", "reasons", "slots", "work",
         "sheets", "cells",
         "road_asking", "services", "calibration", "lookups", "land"}
# `slips`, `messages`: how the day goes, and what customers were told of it.
SHOWN |= {"slips", "messages"}

# Inside a feature: what each file may not import of its neighbours; ONLY: the few it may. Files not named here
# (a folder of kinds, a listener, a helper) stand beside actions: all may use them but the lowest three.
PURE = {"rules", "items"}
ONLY = {"rules": PURE, "items": {"items"}, "events": {"rules", "events"}, "models": {"rules", "models"}}
NEVER = {"queries": {"actions", "views", "api"}, "payloads": {"actions", "views", "api"}}
SEEN_BY_NOBODY = {"views", "api"}


def names() -> list[str]:
    """The features from the first to the last."""
    return list(FEATURES)


def python_files() -> list[Path]:
    """Every Python file of the product."""
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Dotted names a file imports, wherever in the file; `from a import b` counts as `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the full name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def product_imports(path: Path) -> Iterator[tuple[str, ...]]:
    """As `imports`, only the product's own, as parts after `fieldservice`."""
    for name in imports(path):
        if name.startswith("fieldservice."):
            yield tuple(name.split(".")[1:])


def place(path: Path) -> tuple[str, ...]:
    """`fieldservice/jobs/rules.py` → ("jobs", "rules")."""
    return path.relative_to(PACKAGE).with_suffix("").parts


def ids(path: Path) -> str:
    """How a file is called in the list of tests."""
    return str(path.relative_to(ROOT))


FEATURE_FILES = [path for path in python_files() if place(path)[0] in names()]


def test_every_folder_is_a_feature_or_plumbing() -> None:
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders - {"core", "web"} == set(names())


@pytest.mark.parametrize("path", FEATURE_FILES, ids=ids)
def test_a_feature_imports_only_from_features_above_it(path: Path) -> None:
    own, order = place(path)[0], names()
    above = order[: order.index(own)]
    for target in product_imports(path):
        if target[0] in (own, "core", "web"):
            continue
        assert target[0] in above, f"{own} imports {'.'.join(target)}, which does not stand above it"
        assert len(target) > 1, f"import the part of {target[0]} that is meant"
        assert target[1] in SHOWN, f"{own} imports {'.'.join(target)}; {target[0]} shows only {sorted(SHOWN)}"


@pytest.mark.parametrize("path", FEATURE_FILES, ids=ids)
def test_a_feature_is_layered_inside(path: Path) -> None:
    own, layer = place(path)[:2]
    for target in product_imports(path):
        if target[0] != own or len(target) < 2 or layer == "__init__":
            continue
        allowed = (
            target[1] in ONLY[layer]
            if layer in ONLY
            else target[1] not in NEVER.get(layer, SEEN_BY_NOBODY) - {layer}
        )
        assert allowed, f"{own}/{layer} imports {'.'.join(target)}"


@pytest.mark.parametrize("path", [p for p in python_files() if place(p)[0] == "core"], ids=ids)
def test_the_core_knows_no_business(path: Path) -> None:
    for target in product_imports(path):
        assert target[0] in ("core", "config"), f"core imports {'.'.join(target)}"


@pytest.mark.parametrize("path", [p for p in python_files() if place(p)[0] == "web"], ids=ids)
def test_the_web_plumbing_knows_no_business(path: Path) -> None:
    for target in product_imports(path):
        assert target[0] in ("core", "web", "config"), f"web imports {'.'.join(target)}"


@pytest.mark.parametrize("path", [p for p in FEATURE_FILES if place(p)[1] in PURE], ids=ids)
def test_rules_are_pure(path: Path) -> None:
    order = names()
    allowed = {"core", *order[: order.index(place(path)[0]) + 1]}
    for name in imports(path):
        if name.split(".")[0] in sys.stdlib_module_names:
            continue
        parts = name.split(".")
        assert parts[0] == "fieldservice", f"{ids(path)} imports {name}"
        assert parts[1] in allowed, f"{ids(path)} imports {name}"
        assert is_value(parts[2]) if parts[1] == "core" else parts[2] in PURE, f"{ids(path)} imports {name}"


def is_value(module: str) -> bool:
    """Whether a module of core holds values alone: it imports only the standard library and such modules."""
    file = PACKAGE / "core" / f"{module}.py"
    if module == "clock" or not file.exists():
        return False
    return all(
        name.split(".")[0] in sys.stdlib_module_names
        or (name.startswith("fieldservice.core.") and is_value(name.split(".")[2]))
        for name in imports(file)
    )


@pytest.mark.parametrize("path", python_files(), ids=ids)
def test_only_one_sqlite_library_is_used(path: Path) -> None:
    """The database's. Huey uses another one, on a file of its own; nobody but the queue may reach it."""
    found = {name.split(".")[0] for name in imports(path)}
    assert "sqlite3" not in found
    assert "huey" not in found or place(path) == ("core", "queue")


def test_the_decoder_loads_nothing_but_pillow_and_libheif() -> None:
    """It is forked for every picture: what it imports is paid for in memory and time, and could be reached by one."""
    parts = [PACKAGE / "evidence" / f"{name}.py" for name in ("decoder", "drawing", "prints")]
    found = {name.split(".")[0] for part in parts for name in imports(part)}
    assert found - set(sys.stdlib_module_names) == {"PIL", "pillow_heif"}
