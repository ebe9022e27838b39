"""Our JSON refuses what only pretends to be JSON."""

import pytest

from fieldservice.core import json
from fieldservice.core.json import BadJson


@pytest.mark.parametrize(
    "text",
    ["", "{", "NaN", "[Infinity]", "-Infinity", "1e999", "'x'", '{"a":1,"a":2}', "[" * 33 + "]" * 33,
     "[" * 100_000, b"\xff"],
)  # fmt: skip
def test_it_refuses(text):
    with pytest.raises(BadJson):
        json.loads(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("[" * 32 + "]" * 32, None), ('"\\"[["', '"[['),
     ('{"a":"[[[[{{{{"}', {"a": "[[[[{{{{"}), ('{"名":"𬱖"}', {"名": "𬱖"})],
)  # fmt: skip
def test_it_takes(text, value):
    assert value is None or json.loads(text) == value


@pytest.mark.parametrize("inside", ["[" * 40, '\\"' + "[" * 40, "\\\\", "]" * 40])
def test_brackets_of_a_text_are_no_depth(inside):
    assert json.loads(f'["{inside}", [{{}}]]')[1] == [{}]


@pytest.mark.parametrize("before", ['"\\"', '"\\\\', '""', '"]]"'])
def test_behind_a_text_they_are(before):
    with pytest.raises(BadJson, match="deeper"):
        json.loads(f'{before}"' + "[" * 33 if before.startswith('"\\') else before + "[" * 33)


def test_it_writes_compact_text_as_it_is():
    assert json.dumps({"名": ["𬱖", 1, None, True]}) == '{"名":["𬱖",1,null,true]}'


def test_it_never_writes_what_it_would_not_read():
    with pytest.raises(ValueError, match="not JSON compliant"):
        json.dumps(float("nan"))


def test_deep_nesting_is_a_clear_answer_not_a_crash(client):
    answer = client.post("/api/session", data="[" * 50_000, content_type="application/json",
                         headers={"Sec-Fetch-Site": "same-origin"})  # fmt: skip
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request")
