"""What the phone writes and signs, the server reads, writes and verifies as the same."""

import hashlib
import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fieldservice.core import canonical
from fieldservice.core import json as strict_json
from fieldservice.core.keys import has_signed, key_id
from fieldservice.signoff import rules
from fieldservice.signoff.sheet import Presented
from fieldservice.signoff.verify import lines_of
from fieldservice.visits import charges

ROOT = Path(__file__).parents[2]
PRESENTED = json.loads((ROOT / "tests" / "vectors" / "presented.json").read_text(encoding="utf-8"))["cases"]
DOCUMENTS = 300


@pytest.mark.parametrize("case", PRESENTED, ids=[case["name"] for case in PRESENTED])
def test_the_server_reads_what_the_phone_presents(case: dict[str, Any]) -> None:
    text = case["text"]
    assert canonical.is_canonical(text, strict_json.loads(text))
    assert hashlib.sha256(text.encode()).hexdigest() == case["sha256"]
    shown = Presented.model_validate_json(text)
    outcome = case["showing"].get("outcome", "signed")
    assert rules.statement(shown.consent, shown.kind, outcome, shown.language) == shown.statement
    assert charges.check_lines(lines_of(shown)) is None
    assert charges.total_fen(lines_of(shown)) == shown.total_fen <= shown.agreed_fen


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node, as all tests of scripts do")
def test_both_sides_write_one_text_and_the_server_verifies_the_phones_signature() -> None:
    seed = random.randrange(2**31)
    print(f"seed {seed}")
    command = ["node", "tests/signoff/sign_documents.mjs", str(seed), str(DOCUMENTS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    documents = [json.loads(line) for line in done.stdout.rstrip("\n").split("\n")]
    assert len(documents) == DOCUMENTS
    for document in documents:
        written = document["written"]
        assert canonical.dumps(json.loads(written)) == written
        assert hashlib.sha256(written.encode()).hexdigest() == document["sha256"]
        assert key_id(document["spki"]) == document["key"]
        assert has_signed(document["spki"], document["signature"], written.encode())
        assert not has_signed(document["spki"], document["signature"], written.encode() + b" ")


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), 2**53, "e\u0301", "\0", "\ud83d", {"e\u0301": 1}, {1: 2}, (1,), b"", [1.0]], ids=repr
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"form|composed|surrogates"):
        canonical.dumps(value)
