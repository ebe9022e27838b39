"""QR codes as the phone draws them."""

import json
from pathlib import Path

import pytest
import segno

from fieldservice.web.qr import qr_modules

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "qr.json").read_text())


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["address"])
def test_modules_are_packed_row_by_row(case):
    assert qr_modules(case["address"]) == case["qr"]
    rows = ["".join(map(str, row)) for row in segno.make(case["address"], error="m", micro=False, mask=3).matrix]
    assert rows == case["rows"]
