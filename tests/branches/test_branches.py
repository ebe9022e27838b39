"""Branches: added, changed, closed by the administrator alone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from fieldservice.accounts.models import AccessEntry
from fieldservice.branches.actions import add_branch, change_branch, close_branch, reopen_branch
from fieldservice.branches.models import Branch
from fieldservice.branches.rules import NEAR_ZONES, BranchEntry, other_zones
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_of
from tests.cast import Cast, a_cast, sign_in
from tests.support.forms import post_form

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
ENTRY = BranchEntry("TJ01", "河西店", "store", "Asia/Shanghai", "02212345678", "天津市河西区")
FORM = {"code": "tj01", "name": "河西店", "kind": "store", "timezone": "Asia/Shanghai", "phone": "", "address": ""}
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def cast(session: object) -> Cast:
    return a_cast()


def test_zones_have_places() -> None:
    assert "Asia/Shanghai" in NEAR_ZONES
    assert "Europe/Berlin" in other_zones()
    assert not {"UTC", "Etc/GMT+8", "PRC"} & set(other_zones())


def test_a_new_branch_stands_in_both_logs(cast: Cast) -> None:
    branch = add_branch(ENTRY, by=cast.administrator, at=NOON)
    db.session.commit()
    assert branch.version > 0
    assert [log.kind for log in log_of("branch", branch.id)] == ["office.add_branch"]
    assert db.session.scalars(sa.select(AccessEntry.act).filter_by(subject_id=branch.id)).one() == "branch_added"


def test_a_code_is_given_once_whatever_its_case(cast: Cast) -> None:
    with pytest.raises(RuleBroken, match="code_taken"):
        add_branch(replace(ENTRY, code="bj01"), by=cast.administrator, at=NOON)
    entry = replace(ENTRY, code="BJ01")
    change_branch(cast.store, entry, expected_version=cast.store.version, by=cast.administrator, at=NOON)
    assert cast.store.name == "河西店"


def test_who_comes_second_is_told(cast: Cast) -> None:
    with pytest.raises(Conflict):
        change_branch(cast.store, ENTRY, expected_version=cast.store.version - 1, by=cast.administrator, at=NOON)


def test_the_last_head_office_stays(cast: Cast) -> None:
    with pytest.raises(RuleBroken, match="last_head_office"):
        close_branch(cast.head_office, by=cast.administrator, at=NOON)
    with pytest.raises(RuleBroken, match="last_head_office"):
        change_branch(cast.head_office, ENTRY, expected_version=cast.head_office.version, by=cast.administrator, at=NOON)
    add_branch(replace(ENTRY, kind="head_office"), by=cast.administrator, at=NOON)
    close_branch(cast.head_office, by=cast.administrator, at=NOON)
    assert not cast.head_office.is_active


def test_closing_and_opening_twice_changes_nothing_more(cast: Cast) -> None:
    for act in (close_branch, close_branch, reopen_branch, reopen_branch):
        act(cast.store, by=cast.administrator, at=NOON)
    db.session.commit()
    kinds = {log.kind for log in log_of("branch", cast.store.id)}
    assert len(log_of("branch", cast.store.id)) == 2
    assert kinds == {"office.close_branch", "office.reopen_branch"}
    assert cast.store.is_active


@pytest.mark.parametrize("role", ["head_office_manager", "branch_manager", "dispatcher", "finance", "technician"])
def test_only_the_administrator_may(client: FlaskClient, cast: Cast, role: str) -> None:
    sign_in(client, getattr(cast, role))
    for path in ("/branches", "/branches/new", f"/branches/{cast.store.id}"):
        assert client.get(path).status_code == 403
    for path in ("/branches", f"/branches/{cast.store.id}", f"/branches/{cast.store.id}/closure"):
        assert post_form(client, path, FORM).status_code == 403


def test_the_pages_add_change_close_and_reopen(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.administrator)
    assert post_form(client, "/branches", FORM).status_code == 303
    branch = db.session.scalars(sa.select(Branch).filter_by(code="TJ01")).one()
    assert "河西店" in client.get("/branches").text
    changed = {**FORM, "name": "河东店", "version": branch.version}
    assert post_form(client, f"/branches/{branch.id}", changed).status_code == 303
    assert branch.name == "河东店"
    assert post_form(client, f"/branches/{branch.id}/closure").status_code == 303
    assert branch.is_active is False
    assert "closed" in client.get("/branches", headers=ENGLISH).text
    assert post_form(client, f"/branches/{branch.id}/reopening").status_code == 303
    assert branch.is_active is True


@pytest.mark.parametrize(("changes", "words"), [
    ({"code": "x"}, "A branch code has"), ({"code": "BJ01"}, "This branch code is taken."),
    ({"name": " "}, "This is needed."), ({"timezone": "Mars/Base"}, "This time zone is not known."),
    ({"kind": "palace"}, "Choose from the list."), ({"phone": "none"}, "Write a phone number")])
def test_what_is_wrong_stands_beside_its_field(
    client: FlaskClient, cast: Cast, changes: dict[str, str], words: str
) -> None:
    sign_in(client, cast.administrator)
    answer = post_form(client, "/branches", FORM | changes, headers=ENGLISH)
    assert (answer.status_code, words in answer.text) == (422, True)


def test_of_two_who_edit_the_second_sees_what_differs(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.administrator)
    form = {**FORM, "code": "BJ01", "name": "我打的名字", "version": "1"}
    answer = post_form(client, f"/branches/{cast.store.id}", form)
    assert answer.status_code == 409
    assert "我打的名字" in answer.text
    assert "丰台店" in answer.text


def test_the_last_head_office_is_explained_and_a_guessed_id_not_found(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.administrator)
    answer = post_form(client, f"/branches/{cast.head_office.id}/closure")
    assert answer.status_code == 422
    assert client.get(f"/branches/{new_id()}").status_code == 404
    assert post_form(client, f"/branches/{new_id()}/closure").status_code == 404
