"""The audit chain: one line whoever writes, and each tampering named by its entry."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldservice.core import audit, merkle
from fieldservice.core.audit import Entry, Fact, TreeHead
from fieldservice.core.db import db
from fieldservice.core.i18n import speaking
from fieldservice.core.oplog import LogEntry, log_office_edit
from fieldservice.customers.models import Customer
from tests.builders import MOMENT, a_customer, a_job
from tests.support.statements import counted


def note(number=1, **facts):
    told = {"entity_type": "test", "entity_id": str(number), "by_id": None, "at": MOMENT}
    audit.note("test.noted", **told, facts=facts or {"n": number})


def noted(count, session):
    """So many entries, each in a transaction of its own; the number of the last."""
    for number in range(count):
        note(number)
        session.commit()
    return audit.size()


def chain(session):
    session.expire_all()
    return list(session.scalars(sa.select(Entry).order_by(Entry.seq)))


@pytest.fixture
def unlocked(session, database):
    """Somebody who has the database in their hands: the triggers are gone."""
    names = ("audit_kept", "audit_never_deleted", "audit_in_order", "audit_fact_kept", "audit_fact_once",
             "tree_head_kept", "tree_head_never_deleted", "tree_head_once")
    for name in names:
        if database.kind == "sqlite":
            session.execute(sa.text(f"DROP TRIGGER {name}"))
    if database.kind == "postgresql":
        for table in ("audit", "audit_fact", "tree_head"):
            session.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    session.commit()

    def change(statement, **values):
        session.execute(sa.text(statement), values)
        session.commit()

    return change


def test_what_is_logged_is_chained_with_its_own_transaction(cast, session):
    before = audit.size()
    customer = a_customer(cast.store)
    entry = log_office_edit("add_customer", customer, by=cast.dispatcher, at=MOMENT, name=customer.name)
    session.commit()
    place = audit.position_of("op_log", entry.id)
    assert place.seq == before + 1 == audit.size()
    assert (place.kind, place.is_erased) == ("office.add_customer", False)
    chained = chain(session)[-1]
    assert customer.name not in "".join(map(str, vars(chained).values()))
    assert audit.walk().wrong is None


def test_what_is_rolled_back_is_not_chained(cast, session):
    before = audit.size()
    note()
    session.rollback()
    note(1)
    part = session.begin_nested()
    note(2)
    with session.begin_nested():
        note(3)
        log_office_edit("edit", a_customer(cast.store), by=None, at=MOMENT)
        session.flush()
    part.rollback()
    note(4)
    session.commit()
    kinds = session.scalars(sa.select(Fact.entity_id).where(Fact.seq > before).order_by(Fact.seq)).all()
    assert kinds == ["1", "4"]
    assert audit.walk().wrong is None


def test_many_entries_cost_as_many_statements_as_one(cast, session):
    counts = []
    for many in (1, 200):
        for number in range(many):
            note(number)
        with counted(db.engine) as statements:
            session.commit()
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 4


def test_writers_at_once_make_one_line(app, cast, session):
    """With and without synced rows, with and without common ones: nobody is locked out."""
    customers = [a_customer(cast.store).id for _ in range(2)]
    session.commit()
    before, errors = audit.size(), []
    session.rollback()  # holds nothing

    def write(number):
        try:
            with app.app_context():
                for turn in range(6):
                    note(number)
                    if number % 2:
                        for key in customers:
                            db.session.get(Customer, key).remark = f"{number} {turn}"
                            log_office_edit("edit", db.session.get(Customer, key), by=None, at=MOMENT)
                    db.session.commit()
        except Exception as error:  # told below, in the thread that asserts
            errors.append(error)

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert audit.size() == before + 4 * 6 + 2 * 6 * 2
    assert audit.walk().wrong is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET kind = 'x' WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 1",
        "UPDATE audit_fact SET facts = '{}' WHERE seq = 1",
        "UPDATE tree_head SET root = entry_hash, sent_at = at",
        "DELETE FROM tree_head",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit",
        "INSERT OR REPLACE INTO audit_fact SELECT * FROM audit_fact",
        "INSERT OR REPLACE INTO tree_head SELECT * FROM tree_head",
        "INSERT INTO audit SELECT seq + 5, at, kind, commitment, prev_hash, entry_hash FROM audit WHERE seq = 1",
        "TRUNCATE audit CASCADE",
        "TRUNCATE tree_head CASCADE",
    ],
)
def test_the_database_refuses_changes(cast, session, database, statement):
    only = "postgresql" if "TRUNCATE" in statement else "sqlite" if "INSERT" in statement else database.kind
    if database.kind != only:
        return  # PostgreSQL has no REPLACE, and its gaps are found by walking
    noted(1, session)
    audit.make_head(MOMENT)
    session.commit()
    with pytest.raises(sa.exc.DBAPIError, match=r"append-only|never changed"):
        session.execute(sa.text(statement))
    session.rollback()
    assert audit.walk().wrong is None


def test_that_a_head_arrived_is_written_once(cast, session):
    noted(1, session)
    row = audit.make_head(MOMENT)
    session.commit()
    row.sent_at = MOMENT
    session.commit()
    row.sent_at = MOMENT + timedelta(days=1)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        session.commit()
    session.rollback()


def recompute(session, change, first):
    """Chains everything from `first` on anew, as somebody would who knows how it is done."""
    entries = chain(session)
    prev_hash = entries[first - 2].entry_hash if first > 1 else audit.BEGINNING
    for one in entries[first - 1 :]:
        entry_hash = audit.entry_hash_of(one.seq, one.at, one.kind, one.commitment, prev_hash)
        change("UPDATE audit SET prev_hash = :p, entry_hash = :h WHERE seq = :s", p=prev_hash, h=entry_hash, s=one.seq)
        prev_hash = entry_hash


TAMPERINGS = {
    "number": ["DELETE FROM audit_fact WHERE seq = :s", "DELETE FROM audit WHERE seq = :s"],
    "link": ["UPDATE audit SET prev_hash = entry_hash WHERE seq = :s"],
    "hash": ["UPDATE audit SET at = at + 1 WHERE seq = :s"],
    "facts": ["UPDATE audit_fact SET facts = replace(facts, 'n', 'm') WHERE seq = :s"],
    "facts ": ["UPDATE audit_fact SET entity_id = 'other' WHERE seq = :s"],
    "facts  ": ["UPDATE audit_fact SET salt = 'no hex' WHERE seq = :s"],
    "gone": ["DELETE FROM audit_fact WHERE seq = :s"],
    "gone ": ["UPDATE audit_fact SET salt = '', facts = '' WHERE seq = :s"],
}


@pytest.mark.parametrize(("code", "anew"), [*((code, False) for code in TAMPERINGS), ("hash", True)])
def test_the_first_wrong_entry_is_named(cast, session, unlocked, code, anew):
    last = noted(6, session)
    audit.make_head(MOMENT)
    session.commit()
    seq = last - 3
    for statement in TAMPERINGS[code]:
        unlocked(statement, s=seq)
    code = code.strip()
    if anew:
        recompute(session, unlocked, seq)
        code, seq = "head", last
    found = audit.walk()
    assert (found.wrong.seq, found.wrong.code) == (seq, code)
    with speaking("en"):
        assert str(seq) in found.wrong.what
        assert "%" not in found.wrong.what


def test_an_end_cut_off_is_found_by_its_head(cast, session, unlocked):
    last = noted(3, session)
    audit.make_head(MOMENT)
    session.commit()
    kept = audit.head_of(session.get(TreeHead, last))
    unlocked("DELETE FROM audit_fact WHERE seq = :s", s=last)
    unlocked("DELETE FROM audit WHERE seq = :s", s=last)
    assert (audit.walk().wrong.code, audit.walk().wrong.seq) == ("short", last)
    unlocked("DELETE FROM tree_head")
    assert audit.walk().wrong is None, "nothing here knows any more"
    assert audit.walk(taken=[kept]).wrong.code == "short", "the head that left the house does"


@pytest.mark.parametrize(
    ("code", "statement"),
    [
        ("row_edited", "UPDATE op_log SET body = '{\"reason\":\"other\"}' WHERE id = :id"),
        ("row_edited", "UPDATE op_log SET person_id = 'x' WHERE id = :id"),
        ("row_gone", "DELETE FROM op_log WHERE id = :id"),
    ],
)
def test_an_edited_row_is_found(cast, session, unlocked, code, statement):
    from fieldservice.core.versions import unversioned_writes

    job = a_job(cast.store, cast.technician)
    entry = log_office_edit("cancel_job", job, by=cast.dispatcher, at=MOMENT, reason="客户取消")
    session.commit()
    seq = audit.position_of("op_log", entry.id).seq
    noted(2, session)
    with unversioned_writes():
        unlocked(statement, id=entry.id)
    wrong = audit.walk().wrong
    assert (wrong.code, wrong.seq) == (code, seq)


def test_a_row_put_in_past_the_chain_is_found(cast, session, unlocked):
    from fieldservice.core.versions import unversioned_writes

    job = a_job(cast.store, cast.technician)
    entry = log_office_edit("cancel_job", job, by=cast.dispatcher, at=MOMENT)
    session.commit()
    columns = [name for name in sa.inspect(LogEntry).columns.keys() if name != "id"]  # noqa: SIM118
    with unversioned_writes():
        unlocked(f"INSERT INTO op_log (id, {', '.join(columns)}) SELECT 'forged', {', '.join(columns)} FROM op_log "
                 "WHERE id = :id", id=entry.id)
    assert (audit.walk().wrong.code, audit.walk().wrong.facts["id"]) == ("unchained", "forged")


def test_erased_facts_are_counted_and_nothing_else_is_let_off(cast, session, unlocked):
    last = noted(5, session)
    gone = [last - 3, last - 2]
    assert audit.erase_facts(gone, entity_type="customer", entity_id="c", by_id=None, at=MOMENT, facts={}) == 2
    session.commit()
    found = audit.walk()
    assert (found.wrong, found.erased, found.entries) == (None, 2, last + 1)
    row = session.get(Fact, gone[0])
    assert (row.salt, row.facts, row.entity_id) == ("", "", "1")
    # again: nothing is left of them
    assert audit.erase_facts(gone, entity_type="customer", entity_id="c", by_id=None, at=MOMENT, facts={}) == 0
    session.commit()
    unlocked("UPDATE audit_fact SET salt = '', facts = '' WHERE seq = :s", s=last)
    assert (audit.walk().wrong.code, audit.walk().wrong.seq) == ("gone", last)


def test_a_head_proves_each_entry(cast, session):
    noted(5, session)
    audit.make_head(MOMENT)
    session.commit()
    last = noted(4, session)
    head = audit.head()
    assert (head.size, head.entry_hash) == (last, chain(session)[-1].entry_hash)
    for one in chain(session):
        assert merkle.is_in(one.entry_hash, one.seq - 1, head.size, audit.proof(one.seq, head.size), head.root)
    with pytest.raises(ValueError, match="shorter"):
        audit.proof(1, last + 1)
    assert audit.make_head(MOMENT).size == last
    session.commit()
    assert audit.make_head(MOMENT) is None, "nothing new"
    found = audit.walk()
    assert (found.heads, found.head.root) == (2, head.root)


def test_a_role_is_chained_with_what_it_was(client, cast, session):
    from fieldservice.accounts.actions import change_person
    from fieldservice.accounts.rules import PersonEntry

    person = cast.technician
    values = {name: getattr(person, name) for name in ("staff_no", "name", "phone", "badge_no", "branch_id", "language")}
    entry = PersonEntry(**values, roles=frozenset({"technician", "dispatcher"}))
    change_person(person, entry, expected_version=person.version, by=cast.administrator, at=MOMENT)
    session.commit()
    facts = session.scalar(sa.select(Fact.facts).join(Entry, Entry.seq == Fact.seq).where(Entry.kind == "role.changed"))
    assert '"said":{"after":["dispatcher","technician"],"before":["technician"]}' in facts
