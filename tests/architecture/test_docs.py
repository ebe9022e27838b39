"""Every setting stands in docs/operations.md, those of the product and those of the server that runs it."""

import re
from pathlib import Path

import pytest

from fieldservice.config import SETTINGS, Setting

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = ROOT / "docs" / "operations.md"
SERVER_SETTINGS = re.findall(r'"(FIELDSERVICE_\w+)"', (ROOT / "tools" / "gunicorn.conf.py").read_text())


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_setting_is_documented(setting: Setting) -> None:
    default = f"`{setting.default}`" if setting.default else "–"
    row = f"| `FIELDSERVICE_{setting.name}` | {default} | {setting.why} |"
    assert row in OPERATIONS.read_text(), f"docs/operations.md lacks the line\n{row}"


@pytest.mark.parametrize("name", SERVER_SETTINGS)
def test_a_setting_of_the_server_is_documented(name: str) -> None:
    assert f"| `{name}` |" in OPERATIONS.read_text()


def test_no_setting_is_documented_that_is_gone() -> None:
    documented = set(re.findall(r"^\| `(FIELDSERVICE_\w+)` \|", OPERATIONS.read_text(), re.MULTILINE))
    assert documented == {f"FIELDSERVICE_{setting.name}" for setting in SETTINGS} | set(SERVER_SETTINGS)
