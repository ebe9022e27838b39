"""Versions of the conduct standard: shipped, copied, drafted, published, retired."""

from copy import deepcopy
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldservice.branches.actions import add_branch
from fieldservice.branches.models import HEAD_OFFICE, STORE, Branch
from fieldservice.branches.rules import BranchEntry
from fieldservice.checklists import actions, queries
from fieldservice.checklists.events import ChecklistPublished
from fieldservice.checklists.models import (
    DRAFT,
    PUBLISHED,
    RETIRED,
    ChecklistTemplate,
    ChecklistVersion,
)
from fieldservice.checklists.standards import Standard, shipped_standards
from fieldservice.core import events
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.oplog import log_of
from tests.accounts.test_at_once import at_once
from tests.builders import MOMENT
from tests.support.statements import counted

SHIPPED = len(shipped_standards())


@pytest.fixture
def installed(session):
    actions.install_standard(at=MOMENT)
    db.session.commit()
    return session


@pytest.fixture
def told(monkeypatch):
    """The events published in this test."""
    found = []
    monkeypatch.setitem(events._listeners, ChecklistPublished, [found.append])
    return found


def repair_of(branch=None):
    return queries.template_of("repair", branch.id if branch else None)


def published(branch=None):
    return queries.published_of(repair_of(branch))


def states(template):
    db.session.expire(template)
    return [(version.number, version.state, version.standard) for version in template.versions]


def ship(monkeypatch, number):
    """The product comes with another standard of repairs."""
    content = deepcopy(shipped_standards()[0].content)
    content["items"][0]["words"]["zh"] = f"第 {number} 版"
    monkeypatch.setattr(
        actions, "shipped_standards", lambda: (Standard("repair", f"repair {number}", content),)
    )


def publish_own(by, branch=None, note="改了问候语"):
    """People write and publish a version of their own; the draft it was."""
    shipped = published()
    draft = (
        actions.copy_template(shipped, branch=branch, by=by, at=MOMENT)
        if branch
        else actions.new_draft(repair_of(), by=by, at=MOMENT)
    )
    db.session.commit()
    content = deepcopy(draft.content)
    content["items"][0]["words"] = {"zh": "我们自己的一步", "en": "A step of our own"}
    actions.save_draft(draft, content, expected_version=draft.version, by=by, at=MOMENT)
    db.session.commit()
    actions.publish(draft, note, expected_version=draft.version, by=by, at=MOMENT)
    db.session.commit()
    return draft


def test_the_shipped_standard_is_in_force_at_once(session, told):
    assert actions.install_standard(at=MOMENT) == SHIPPED
    db.session.commit()
    found = session.scalars(sa.select(ChecklistVersion)).all()
    assert {(version.state, version.number) for version in found} == {(PUBLISHED, 1)}
    assert {version.template.job_type for version in found} == {event.job_type for event in told}
    assert {event.branch_id for event in told} == {None}
    assert all(version.version for version in found)


def test_a_second_time_changes_nothing(installed, told):
    assert actions.install_standard(at=MOMENT) == 0
    assert told == []


def test_two_installs_at_the_same_moment(app, session):
    def install():
        with app.app_context():
            added = actions.install_standard(at=MOMENT)
            db.session.commit()
            return added

    assert sorted(at_once(install, install)) == [0, SHIPPED]
    assert session.scalar(sa.select(sa.func.count(ChecklistVersion.id))) == SHIPPED


def test_a_newer_shipped_one_takes_the_place_of_a_shipped_one(installed, monkeypatch, told):
    ship(monkeypatch, 2)
    assert actions.install_standard(at=MOMENT) == 1
    db.session.commit()
    assert states(repair_of()) == [(1, RETIRED, "repair 1"), (2, PUBLISHED, "repair 2")]
    assert told == [ChecklistPublished("repair", None)]


def test_a_newer_shipped_one_waits_where_people_published_their_own(installed, cast, monkeypatch, told):
    publish_own(cast.head_office_manager)
    ship(monkeypatch, 2)
    told.clear()
    assert actions.install_standard(at=MOMENT) == 1
    db.session.commit()
    assert states(repair_of()) == [(1, RETIRED, "repair 1"), (2, PUBLISHED, ""), (3, DRAFT, "repair 2")]
    assert told == []


def test_a_shipped_draft_that_was_thrown_away_does_not_come_back(installed, cast, monkeypatch):
    publish_own(cast.head_office_manager)
    ship(monkeypatch, 2)
    actions.install_standard(at=MOMENT)
    db.session.commit()
    waiting = repair_of().versions[-1]
    actions.discard_draft(waiting, expected_version=waiting.version, by=cast.head_office_manager, at=MOMENT)
    db.session.commit()
    assert actions.install_standard(at=MOMENT) == 0
    assert states(repair_of()) == [(1, RETIRED, "repair 1"), (2, PUBLISHED, "")]


def test_a_shipped_draft_that_was_rewritten_is_people_s_own(installed, cast, monkeypatch):
    publish_own(cast.head_office_manager)
    ship(monkeypatch, 2)
    actions.install_standard(at=MOMENT)
    db.session.commit()
    waiting = repair_of().versions[-1]
    content = {**waiting.content, "phrases": []}
    actions.save_draft(
        waiting, content, expected_version=waiting.version, by=cast.head_office_manager, at=MOMENT
    )
    db.session.commit()
    assert waiting.standard == ""
    assert actions.install_standard(at=MOMENT) == 0


def test_what_a_branch_published_stays_when_a_newer_one_is_shipped(installed, cast, monkeypatch):
    own = publish_own(cast.branch_manager, cast.store)
    ship(monkeypatch, 2)
    actions.install_standard(at=MOMENT)
    db.session.commit()
    assert queries.current_version("repair", cast.store.id).id == own.id
    assert queries.current_version("repair", cast.other_store.id).standard == "repair 2"


def test_the_branch_comes_before_the_organisation(installed, cast):
    own = publish_own(cast.branch_manager, cast.store)
    pairs = [
        ("repair", cast.store.id),
        ("repair", cast.other_store.id),
        ("survey", cast.store.id),
        ("courtesy_visit", cast.store.id),
    ]
    found = queries.current_versions(pairs)
    assert found[pairs[0]].id == own.id
    assert found[pairs[1]].id == published().id
    assert found[pairs[2]].template.job_type == "survey"
    assert pairs[3] not in found
    assert queries.current_versions([]) == {}


def test_a_branch_s_draft_is_not_in_force(installed, cast):
    actions.copy_template(published(), branch=cast.store, by=cast.branch_manager, at=MOMENT)
    db.session.commit()
    assert queries.current_version("repair", cast.store.id).id == published().id


def test_many_are_found_with_one_query(installed, cast):
    pairs = [(kind, branch.id) for kind in ("repair", "survey") for branch in (cast.store, cast.other_store)]
    with counted(db.engine) as statements:
        found = queries.current_versions(pairs)
        assert [version.template.branch for version in found.values()] == [None] * 4
    assert len(statements) == 1


def test_a_retired_version_is_still_found_by_who_has_begun_with_it(installed, cast):
    first = published()
    publish_own(cast.head_office_manager)
    assert first.state == RETIRED
    assert queries.version_for_type(first.id, "repair", cast.store.id).id == first.id
    assert queries.version_for_type(published().id, "repair", cast.store.id) is not None


def test_a_version_of_another_kind_branch_or_a_draft_is_not(installed, cast):
    own = publish_own(cast.branch_manager, cast.store)
    draft = actions.new_draft(repair_of(), by=cast.head_office_manager, at=MOMENT)
    db.session.commit()
    assert queries.version_for_type(own.id, "repair", cast.store.id) is not None
    assert queries.version_for_type(own.id, "repair", cast.other_store.id) is None
    assert queries.version_for_type(own.id, "survey", cast.store.id) is None
    assert queries.version_for_type(draft.id, "repair", cast.store.id) is None
    assert queries.version_for_type("nothing", "repair", cast.store.id) is None


def test_publishing_retires_the_one_before_and_tells(installed, cast, told):
    before = published()
    draft = publish_own(cast.head_office_manager)
    assert (before.state, draft.state, draft.note) == (RETIRED, PUBLISHED, "改了问候语")
    assert (draft.published_at, draft.published_by_id) == (MOMENT, cast.head_office_manager.id)
    assert told == [ChecklistPublished("repair", None)]
    assert [entry.kind for entry in log_of("checklist_version", draft.id)] == [
        "office.draft_checklist",
        "office.save_checklist",
        "office.publish_checklist",
    ]
    assert before.version == draft.version > 0


def test_publishing_for_a_branch_tells_which(installed, cast, told):
    publish_own(cast.branch_manager, cast.store)
    assert told == [ChecklistPublished("repair", cast.store.id)]
    assert published().state == PUBLISHED


def test_a_published_version_never_changes(installed, cast):
    version, by = published(), cast.head_office_manager
    given = {"expected_version": version.version, "by": by, "at": MOMENT}
    for change in (
        lambda: actions.save_draft(version, {**version.content, "phrases": []}, **given),
        lambda: actions.publish(version, "", **given),
        lambda: actions.discard_draft(version, **given),
    ):
        with pytest.raises(RuleBroken, match="not_a_draft"):
            change()


def test_a_draft_changed_meanwhile_is_a_conflict(installed, cast):
    draft = actions.new_draft(repair_of(), by=cast.head_office_manager, at=MOMENT)
    db.session.commit()
    given = {"expected_version": draft.version - 1, "by": cast.head_office_manager, "at": MOMENT}
    for change in (
        lambda: actions.save_draft(draft, draft.content, **given),
        lambda: actions.publish(draft, "", **given),
        lambda: actions.discard_draft(draft, **given),
    ):
        with pytest.raises(Conflict, match="changed_meanwhile"):
            change()


def test_a_draft_thrown_away_meanwhile_is_a_conflict(app, installed, cast):
    draft = actions.new_draft(repair_of(), by=cast.head_office_manager, at=MOMENT)
    db.session.commit()
    draft_id, expected = draft.id, draft.version

    def discard_or_publish(act):
        with app.app_context():
            row = db.session.get(ChecklistVersion, draft_id)
            if row is None:
                return "gone"  # thrown away before it was looked for
            try:
                act(row)
                db.session.commit()
            except (Conflict, RuleBroken) as error:
                return error.code
            return "done"

    given = {"expected_version": expected, "by": None, "at": MOMENT}
    found = at_once(
        lambda: discard_or_publish(lambda row: actions.discard_draft(row, **given)),
        lambda: discard_or_publish(lambda row: actions.publish(row, "", **given)),
    )
    assert found.count("done") == 1
    assert set(found) - {"done"} <= {"changed_meanwhile", "not_a_draft", "gone"}


def test_there_is_one_draft_of_people_s_own_at_a_time(installed, cast):
    actions.new_draft(repair_of(), by=cast.head_office_manager, at=MOMENT)
    with pytest.raises(RuleBroken, match="draft_exists"):
        actions.new_draft(repair_of(), by=cast.head_office_manager, at=MOMENT)
    with pytest.raises(RuleBroken, match="draft_exists"):
        actions.copy_template(published(), branch=None, by=cast.head_office_manager, at=MOMENT)


def test_a_draft_is_not_the_published_content_itself(installed, cast):
    draft = actions.new_draft(repair_of(), by=cast.head_office_manager, at=MOMENT)
    assert draft.content == published().content
    assert draft.content is not published().content
    assert (draft.standard, draft.number, draft.state) == ("", 2, DRAFT)


def test_a_draft_may_be_incomplete_and_cannot_be_published_so(installed, cast):
    by = cast.head_office_manager
    draft = actions.new_draft(repair_of(), by=by, at=MOMENT)
    db.session.commit()
    content = deepcopy(draft.content)
    content["items"][0]["words"]["en"] = ""
    faults = actions.save_draft(draft, content, expected_version=draft.version, by=by, at=MOMENT)
    assert [(fault.path, fault.code) for fault in faults] == [("items.0.words.en", "words_missing")]
    db.session.commit()
    with pytest.raises(RuleBroken, match="content_bad") as broken:
        actions.publish(draft, "", expected_version=draft.version, by=by, at=MOMENT)
    assert broken.value.facts["faults"] == faults


@pytest.mark.parametrize("content", [None, [], {"format": 1}, {"format": 1, "items": "x", "phrases": []}])
def test_a_malformed_draft_is_not_kept(installed, cast, content):
    draft = actions.new_draft(repair_of(), by=cast.head_office_manager, at=MOMENT)
    db.session.commit()
    with pytest.raises(RuleBroken, match="content_bad"):
        actions.save_draft(
            draft, content, expected_version=draft.version, by=cast.head_office_manager, at=MOMENT
        )


def test_a_note_has_an_end(installed, cast):
    draft = actions.new_draft(repair_of(), by=cast.head_office_manager, at=MOMENT)
    db.session.commit()
    with pytest.raises(RuleBroken, match="note_too_long"):
        actions.publish(
            draft, "长" * 301, expected_version=draft.version, by=cast.head_office_manager, at=MOMENT
        )


def test_two_publish_the_same_draft_at_once(app, installed, cast):
    draft = actions.new_draft(repair_of(), by=cast.head_office_manager, at=MOMENT)
    db.session.commit()
    draft_id, expected = draft.id, draft.version

    def publish():
        with app.app_context():
            row = db.session.get(ChecklistVersion, draft_id)
            try:
                actions.publish(row, "", expected_version=expected, by=None, at=MOMENT)
                db.session.commit()
            except (RuleBroken, Conflict) as error:
                return error.code
            return "published"

    assert sorted(at_once(publish, publish)) == ["not_a_draft", "published"]
    assert [state for _number, state, _name in states(repair_of())].count(PUBLISHED) == 1


def test_two_branches_copy_at_once_and_one_template_is_made(app, installed, cast):
    version_id, store_id = published().id, cast.store.id

    def copy():
        with app.app_context():
            version, branch = db.session.get(ChecklistVersion, version_id), db.session.get(Branch, store_id)
            try:
                actions.copy_template(version, branch=branch, by=None, at=MOMENT)
                db.session.commit()
            except RuleBroken as error:
                return error.code
            return "copied"

    assert sorted(at_once(copy, copy)) == ["copied", "draft_exists"]
    count = sa.select(sa.func.count(ChecklistTemplate.id)).filter_by(scope=store_id)
    assert db.session.scalar(count) == 1


def test_a_discarded_draft_stays_in_the_log(installed, cast):
    draft = actions.new_draft(repair_of(), by=cast.head_office_manager, at=MOMENT)
    db.session.commit()
    draft_id = draft.id
    actions.discard_draft(draft, expected_version=draft.version, by=cast.head_office_manager, at=MOMENT)
    db.session.commit()
    assert db.session.get(ChecklistVersion, draft_id) is None
    assert log_of("checklist_version", draft_id)[-1].kind == "office.discard_checklist"
    assert actions.new_draft(repair_of(), by=cast.head_office_manager, at=MOMENT).number == 2


def test_a_template_without_anything_in_force_begins_empty(session, cast):
    template = ChecklistTemplate(job_type="courtesy_visit", created_at=MOMENT)
    session.add(template)
    session.flush()
    draft = actions.new_draft(template, by=cast.head_office_manager, at=MOMENT)
    assert draft.content == {"format": 1, "items": [], "phrases": []}


@pytest.mark.usefixtures("session")
def test_the_first_head_office_brings_the_standard():
    entry = BranchEntry(code="HQ", name="总部", kind=HEAD_OFFICE, timezone="Asia/Shanghai")
    add_branch(entry, by=None, at=MOMENT)
    assert published().standard == "repair 1"


@pytest.mark.usefixtures("session")
def test_a_store_does_not():
    add_branch(BranchEntry(code="S1", name="店", kind=STORE, timezone="Asia/Shanghai"), by=None, at=MOMENT)
    assert repair_of() is None


def test_the_command_line(runner, session):
    added = runner.invoke(args=["checklists", "install"])
    again = runner.invoke(args=["checklists", "install"])
    assert (added.exit_code, added.output) == (0, f"Checklists added: {SHIPPED}\n")
    assert (again.exit_code, again.output) == (0, "Checklists added: 0\n")


@pytest.mark.parametrize("command", [["first-admin"], ["sample", "load"]])
def test_who_sets_up_has_the_standard(runner, session, command):
    assert runner.invoke(args=command).exit_code == 0
    assert published().standard == "repair 1"


class TestWhatAVisitMayBeginWith:
    """The organisation's first version, replaced by its second a month later."""

    @pytest.fixture
    def first(self, installed, cast):
        return published()

    @pytest.fixture
    def replaced_at(self, first, cast):
        draft = actions.new_draft(repair_of(), by=cast.head_office_manager, at=MOMENT)
        db.session.commit()
        at = MOMENT + timedelta(days=30)
        actions.publish(draft, "", expected_version=draft.version, by=cast.head_office_manager, at=at)
        db.session.commit()
        return at

    def may(self, version, cast, at):
        return queries.can_begin_with(version, cast.store.id, at)

    def test_what_is_published_for_ever(self, first, cast):
        assert self.may(first, cast, MOMENT + timedelta(days=3000))

    @pytest.mark.parametrize(("days", "may"), [(0, True), (13, True), (14, False), (400, False)])
    def test_what_was_replaced_as_long_as_a_phone_may_hold_it(self, first, cast, replaced_at, days, may):
        assert self.may(first, cast, replaced_at + timedelta(days=days)) is may
        assert self.may(published(), cast, replaced_at + timedelta(days=days))

    def test_what_was_withdrawn_as_long(self, first, cast):
        own = publish_own(cast.branch_manager, cast.store)
        withdrawn_at = MOMENT + timedelta(days=10)
        actions.withdraw(own, expected_version=own.version, by=cast.branch_manager, at=withdrawn_at)
        db.session.commit()
        assert self.may(own, cast, withdrawn_at + timedelta(days=13))
        assert not self.may(own, cast, withdrawn_at + timedelta(days=14))
        assert queries.version_in_force("repair", cast.store.id, withdrawn_at - timedelta(days=1)) is own
        assert queries.version_in_force("repair", cast.store.id, withdrawn_at + timedelta(days=1)) is first

    def test_the_organisations_not_long_after_the_branch_has_its_own(self, first, cast):
        publish_own(cast.branch_manager, cast.store)
        assert self.may(first, cast, MOMENT + timedelta(days=13))
        assert not self.may(first, cast, MOMENT + timedelta(days=14))
        assert queries.can_begin_with(first, cast.other_store.id, MOMENT + timedelta(days=14))

    def test_an_own_that_was_renewed_covers_since_its_first(self, first, cast):
        own = publish_own(cast.branch_manager, cast.store)
        newer = actions.new_draft(own.template, by=cast.branch_manager, at=MOMENT)
        db.session.commit()
        at = MOMENT + timedelta(days=30)
        actions.publish(newer, "", expected_version=newer.version, by=cast.branch_manager, at=at)
        db.session.commit()
        assert not self.may(first, cast, at)

    def test_nothing_was_in_force_before_the_first(self, first, cast):
        assert queries.version_in_force("repair", cast.store.id, first.published_at - timedelta(days=1)) is None
