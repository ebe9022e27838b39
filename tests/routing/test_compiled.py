"""Where compiled code is kept, and who never loads the compiler."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from fieldservice.routing import planner

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.one_database
def test_compiled_code_is_kept_in_the_data_folder(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    with app.app_context():
        planner.keep_beside_the_data()
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    assert folder == app.config["DATA_DIR"] / "numba"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_server_does_not_load_the_compiler() -> None:
    code = "import sys, fieldservice; fieldservice.import_all(); print('numba' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
