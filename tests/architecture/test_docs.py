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
    assert f"`FIELDSERVICE_{setting.name}`" in OPERATIONS.read_text()


@pytest.mark.parametrize("name", SERVER_SETTINGS)
def test_a_setting_of_the_server_is_documented(name: str) -> None:
    assert f"`{name}`" in OPERATIONS.read_text()
