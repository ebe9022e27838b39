"""docs/sync-protocol.md is what the product does: its examples are run, its tables compared with the code.

Whoever changes a field, an operation, an error code or a call finds here what to write on the page.
"""

import hashlib
import json
import secrets
from base64 import b64encode
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import BaseModel

from fieldservice.accounts.actions.passwords import set_password
from fieldservice.cases.models import KINDS as CASE_KINDS
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.evidence.models import BYTE_STATES, PICTURE_STATES
from fieldservice.evidence.payloads import ALGORITHMS
from fieldservice.evidence.rules import MOST_BUNDLE_BYTES, MOST_BYTES, MOST_PARTS, UPLOAD_LIFE
from fieldservice.jobs import rules as job_rules
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import STEPS
from fieldservice.portal import actions as portal
from fieldservice.signoff.models import KINDS as SHEET_KINDS
from fieldservice.signoff.models import OUTCOMES
from fieldservice.sync import rules
from fieldservice.sync.operations import OPERATIONS
from fieldservice.web.job_words import NEEDS
from fieldservice.web.openapi import Described, description_of
from tests.builders import a_case, a_checklist, a_customer, a_job, a_product, a_site
from tests.cast import Cast
from tests.signoff.sheets import KEY, true_sheet
from tests.sync.protocol_page import Bound, Example, examples, page, parsed, quoted, table, tables

CHECKLIST = json.loads((Path(__file__).parents[1] / "vectors" / "visit_checklist.json").read_text())
PHOTO_SHA256 = hashlib.sha256(b"twelve bytes").hexdigest()
PASSWORD = "a long floor of oak"
#: the page is about these; others are not for phones
PREFIX = "/api/"
NOT_OF_PHONES = {"/api/openapi.json"}


class Reader:
    """Somebody who does what the page says, one example after the other."""

    def __init__(self, client: FlaskClient, bound: Bound) -> None:
        self.client = client
        self.bound = bound
        self.last: Any = None
        self.manifest: list[Any] = []

    def follow(self, example: Example) -> list[str]:
        """Sends the request; what is not as it is written."""
        if example.kind == "json":
            found = next(change["fields"] for change in self.last["changes"] if change["type"] == example.name)
            return list(self.bound.differences(parsed(example.answer), found))
        for name in [name for name in self.bound.values if name == "nonce" or name.startswith("now")]:
            del self.bound.values[name]
        nonce = self.bound.value("nonce")
        self.bound.values["hash of the manifest"] = rules.manifest_hash(self.manifest)
        headers = {name: self.bound.fill(value) for name, value in example.headers.items()}
        answer = self.client.open(
            self.bound.fill(example.path), method=example.method, data=self._body(example),
            headers={"X-Fieldservice-Nonce": nonce} | headers,
        )  # fmt: skip
        found = [] if answer.headers.get("X-Fieldservice") == nonce else ["the nonce does not come back"]
        if answer.status_code != example.status:
            return [*found, f"the answer is {answer.status_code} {answer.text}, on the page {example.status}"]
        for name, value in example.answer_headers.items():
            found += self.bound.differences(value, answer.headers.get(name), name)
        return found + self._compare(example, answer)

    def _body(self, example: Example) -> bytes:
        if "json" in example.headers.get("Content-Type", ""):
            return json.dumps(self.bound.filled_json(example.body)).encode()
        return self.bound.fill(example.body).encode()

    def _compare(self, example: Example, answer: Any) -> list[str]:
        if not answer.is_json:
            return [] if example.answer == answer.text else [f"the body is {answer.text!r}"]
        self.last = answer.json
        if isinstance(self.last, dict) and self.last.get("manifest") is not None:
            self.manifest = self.last["manifest"]
        return list(self.bound.differences(parsed(example.answer), self.last))


@pytest.fixture
def job(cast: Cast) -> Job:
    """The visit of the examples, with all a visit can have."""
    set_password(cast.technician, PASSWORD)
    checklist_id, past_id, job_id = sorted(new_id() for _ in range(3))  # the page shows them in this order
    a_checklist("repair", CHECKLIST, id=checklist_id)
    site = a_site(a_customer(cast.store))
    product = a_product(site, room="客厅", area_m2="26.40", purchased_on=date(2026, 3, 1), voucher="V-2026-0301",
                        installer="王建国", warranty_start_on=date(2026, 3, 14))  # fmt: skip
    a_job(cast.store, cast.second_technician, site=site, state="finished", type="survey", brief="量房", number="P-0007",
          visit_on=date(2026, 2, 10), id=past_id)  # fmt: skip
    case = a_case(site, number="F-0021")
    job = a_job(
        cast.store, cast.technician, helpers=(cast.second_technician,), site=site, case=case, number="P-0042",
        product_id=product.id, amount_fen=18000, amount_reason="上门费", analysis="受潮", remedy="换三块板",
        bring="同批次板 3 块", special_needs=["elderly"], special_note="老人在家", priority="urgent", id=job_id,
    )  # fmt: skip
    portal.case_link(job.case_id, at=clock.now())
    portal.badge_link(job.case_id, job.id, cast.technician.id, at=clock.now())
    db.session.commit()
    return job


def makes(job: Job, cast: Cast, bound: Bound) -> dict[str, Any]:
    """What a request may be the first to name."""
    sheets: list[dict[str, str]] = []

    def sheet(part: str) -> str:
        if not sheets:
            db.session.expire_all()
            found = db.session.get_one(Job, job.id)
            sheets.append(true_sheet(found, cast.technician))
        return sheets[0][part]

    def base64_of(name: str) -> Any:
        return lambda: b64encode((PHOTO_SHA256 if name == "sha256" else bound.value(name)).encode()).decode()

    names = [f"{what} {number}" for what in ("op", "client") for number in range(1, 40)]
    ids = dict(zip(names, sorted(new_id() for _ in names), strict=True))  # as if made one after another
    return {name: partial(ids.get, name) for name in ids} | {
        f"{name} in base64": base64_of(name) for name in [*ids, "sha256"]} | {
        "nonce": lambda: secrets.token_hex(8),
        "now": lambda: clock.to_ms(clock.now()),
        "sha256": lambda: PHOTO_SHA256,
        "password": lambda: PASSWORD,
        "public key": lambda: KEY["spki"],
        "presented": lambda: sheet("presented"),
        "payload": lambda: sheet("payload"),
        "signature": lambda: sheet("signature"),
    }


def test_every_example_is_what_the_product_does(app: Flask, job: Job, cast: Cast) -> None:
    bound = Bound({})
    bound.makes.update(makes(job, cast, bound))
    reader = Reader(app.test_client(), bound)
    reader.client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    found = examples()
    assert len({example.name for example in found}) == len(found) >= 25, "each has a name of its own"
    for example in found:
        wrong = reader.follow(example)
        assert not wrong, f"docs/sync-protocol.md, example {example.name}:\n" + "\n".join(wrong)


def test_an_example_that_is_no_longer_true_is_noticed() -> None:
    bound = Bound({})
    assert list(bound.differences(parsed('{"a":<n>,"b":"x<t>"}'), {"a": 1, "b": "xy"})) == []
    assert bound.values == {"n": 1, "t": "y"}
    for written in ('{"a":<n>}', '{"a":<n>,"b":"x<t>","c":1}', '{"a":<n>,"b":"<n>"}', '{"a":"<n>","b":"xy"}',
                    '{"a":2,"b":"xy"}', '{"a":true,"b":"xy"}', '{"a":<n>,"b":["xy"]}', "[]"):  # fmt: skip
        assert list(bound.differences(parsed(written), {"a": 1, "b": "xy"})), written


def calls(app: Flask) -> dict[str, Described]:
    """'POST /api/sync' → what it takes and gives, of all calls of phones."""
    found = {}
    for rule in app.url_map.iter_rules():
        described = description_of(app.view_functions[rule.endpoint])
        if not rule.rule.startswith(PREFIX) or rule.rule in NOT_OF_PHONES or described is None:
            continue
        view = app.view_functions[rule.endpoint]
        only_options = view.__name__ == "abilities"
        methods = (rule.methods or set()) - (set() if only_options else {"OPTIONS"})
        for method in methods - ({"HEAD"} if "GET" in methods else set()):
            found[f"{method} {rule.rule}"] = described
    return found


@pytest.fixture
def described(app: Flask) -> dict[str, Described]:
    return calls(app)


def compare(kind: str, code: set[Any], written: set[Any]) -> None:
    missing, too_much = sorted(code - written, key=str), sorted(written - code, key=str)
    assert not missing, f"write on docs/sync-protocol.md, {kind}: {missing}"
    assert not too_much, f"take out of docs/sync-protocol.md, {kind}; there is no such: {too_much}"


def test_every_call_stands_on_the_page(described: dict[str, Described]) -> None:
    written = {name for row in table("calls") for name in quoted(row[0])}
    compare("table of calls", set(described), written)


def test_every_call_has_an_example_or_is_said_to_have_none(described: dict[str, Described]) -> None:
    without = {"OPTIONS /api/uploads/<upload_id>", "PUT /api/account/password"}
    tried = {f"{example.method} {example.path.split('?')[0]}" for example in examples() if example.kind == "http"}
    untried = {name for name in described if not any(_fits(name, one) for one in tried)}
    compare("examples: calls without one", untried, without)


def _fits(route: str, call: str) -> bool:
    parts, others = route.split("/"), call.split("/")
    return len(parts) == len(others) and all(
        one == other or one.startswith("<") for one, other in zip(parts, others, strict=True))


def errors_of(described: dict[str, Described]) -> set[tuple[int, str]]:
    return {
        (status, code.split(":")[0].strip())
        for call in described.values() for status, codes in call.errors.items() for code in codes.split(",")
    }  # fmt: skip


def test_every_error_stands_on_the_page(described: dict[str, Described]) -> None:
    written = {(int(row[0]), code) for row in table("errors") for code in quoted(row[1])}
    always = {(500, "server_trouble"), (404, "not_found"), (405, "not_found"), (422, "json_expected")}
    compare("table of errors (status, code)", errors_of(described) | always, written)


def models_of(described: dict[str, Described]) -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    waiting = [model for call in described.values() for model in (call.body, call.answer) if model]
    while waiting:
        model = waiting.pop()
        if model.__name__ not in found:
            found[model.__name__] = model
            waiting += [inner for field in model.model_fields.values() for inner in _models_in(field.annotation)]
    return found


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def fields_of(model: type[BaseModel]) -> set[str]:
    """Names on the wire, with a question mark where it may be left out."""
    return {
        (field.serialization_alias or field.alias or name) + ("" if field.is_required() else "?")
        for name, field in model.model_fields.items()
    }


def test_every_field_of_a_payload_stands_on_the_page(described: dict[str, Described]) -> None:
    models = models_of(described)
    for name, model in models.items():
        written = {found for row in table(f"fields of {name}") for found in quoted(row[0])}
        compare(f"table <!-- fields of {name} --> (? behind what may be left out)", fields_of(model), written)
    told = {name.removeprefix("fields of ") for name in tables() if name.startswith("fields of ")}
    compare("tables of fields", set(models), told)


def test_every_operation_stands_on_the_page_with_its_arguments() -> None:
    rows = {quoted(row[0])[0]: row for row in table("operations")}
    compare("table of operations", set(OPERATIONS), set(rows))
    for kind, operation in OPERATIONS.items():
        _kind, args, merge_class, _who = rows[kind]
        compare(f"arguments of {kind} (? behind what may be left out)", fields_of(operation.args), set(quoted(args)))
        assert merge_class.startswith(operation.merge_class), f"docs/sync-protocol.md, class of {kind}"
        for name, field in operation.args.model_fields.items():
            for value in _literals(field.annotation):
                assert not value or f"`{value}`" in args or f" {value}" in args or f"`{value}" in args, (
                    f"docs/sync-protocol.md, {kind}: {name} may be {value}")


def _literals(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
        return
    for part in get_args(annotation):
        yield from _literals(part)


def test_the_steps_and_what_they_need_stand_on_the_page() -> None:
    code = {
        (step.name, *sorted(step.leaves), f"→{step.enters}", step.needs_reason, step.needs_promise)
        for step in STEPS.values()
    }
    written = {
        (quoted(row[0])[0], *sorted(quoted(row[1])), f"→{quoted(row[2])[0]}", "reason" in row[3], "promise" in row[3])
        for row in table("steps")
    }
    compare("table of steps", code, written)


def test_results_and_reasons_that_a_dispatcher_may_accept_stand_on_the_page() -> None:
    compare("results", set(rules.RESULTS), {code for row in table("results") for code in quoted(row[0])})
    reasons = {code for row in table("reasons to decide") for code in quoted(row[0])}
    compare("reasons to decide", set(rules.DECIDABLE), reasons)


def test_the_limits_stand_on_the_page() -> None:
    code = {
        "protocol": rules.PROTO, "schema": rules.SCHEMA, "operations a request": rules.MAX_OPS,
        "bytes of a request": rules.MAX_BYTES, "changes an answer": rules.MAX_CHANGES, "days back": rules.DAYS_BACK,
        "days ahead": rules.DAYS_AHEAD, "bytes of an upload": MOST_BYTES,
        "bytes of a bundle": MOST_BUNDLE_BYTES, "photos of a bundle": MOST_PARTS, "days of an upload": UPLOAD_LIFE.days,
    }  # fmt: skip
    compare("limits", set(code.items()), {(row[0], int(row[1].replace(",", ""))) for row in table("limits")})
    assert "Tus-Checksum-Algorithm: " + ",".join(ALGORITHMS) in page()


def test_the_words_of_documents_stand_on_the_page() -> None:
    code = {frozenset(words) for words in (
        job_rules.TYPES, job_rules.STATES, job_rules.PRIORITIES, NEEDS, CASE_KINDS, BYTE_STATES, PICTURE_STATES,
        SHEET_KINDS, OUTCOMES, ("valid", "quarantined"))}  # fmt: skip
    compare("values of documents", code, {frozenset(quoted(row[1])) for row in table("values")})


def test_the_hash_of_a_manifest_is_as_the_page_reckons_it() -> None:
    (row,) = table("hash of a manifest")
    text, hashed = quoted(row[0])[0], quoted(row[1])[0]
    assert rules.manifest_hash(json.loads(text)) == hashed == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_every_operation_has_an_example() -> None:
    ops = [op["kind"] for example in examples() if example.path == "/api/sync" and "ops" in parsed(example.body)
           for op in parsed(example.body)["ops"]]  # fmt: skip
    compare("examples: operations without one", set(OPERATIONS), set(ops) - {"fly"})
