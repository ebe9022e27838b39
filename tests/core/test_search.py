"""The search index says what plain matching says, and is right after every change."""

import random

import pytest
import sqlalchemy as sa
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session, scoped_session

from fieldservice.cases.models import Case
from fieldservice.core import grams, search
from fieldservice.core.db import db
from fieldservice.customers.models import Customer, Site
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import JobFilter, search_jobs
from tests.builders import a_case, a_customer, a_job, a_site
from tests.cast import Cast

LETTERS = "北京望西园四区一12ab-%_'\"\\䶮𬱖Ａ ö"


def words_of(luck: random.Random, most: int = 14) -> str:
    """Anything a person may type or paste."""
    return "".join(luck.choices(LETTERS, k=luck.randrange(1, most))).strip() or "北"


def found(cast: Cast, text: str) -> set[str]:
    """Numbers of the jobs the index finds."""
    return {job.number for job in db.session.scalars(search_jobs(cast.dispatcher, JobFilter(search=text))).unique()}


def plainly(text: str) -> set[str]:
    """The same by looking at every row."""
    texts = (Job.number, Job.brief, Case.number, Customer.name, Customer.address_form, Site.district, Site.address,
             Site.unit)  # fmt: skip
    query = sa.select(*texts, Customer.phone).select_from(Job).join(Job.case).join(Job.site).join(Site.customer)
    wanted = grams.plain(text).split()
    return {row[0] for row in db.session.execute(query) if all(_stands_in(word, row) for word in wanted)}


def _stands_in(word: str, row: sa.Row[tuple[str, ...]]) -> bool:
    digits = grams.digits_of(word)
    phone = (len(digits) >= 5 and digits in row[-1]) or (len(digits) == 4 and row[-1].endswith(digits))
    return phone or any(word in one for text in row[:-1] for one in grams.plain(text).split())


@pytest.mark.parametrize("few", [search.FEW, 3])
def test_it_finds_what_plain_matching_finds(cast: Cast, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(search, "FEW", few)  # both ways: begin with what was found, or with the list
    luck = random.Random(3)
    with monkeypatch.context() as patch:
        patch.setattr(db.session, "commit", db.session.flush)
        for number in range(120):
            customer = a_customer(cast.store, name=words_of(luck), phone=f"13{luck.randrange(1000):03}2345")
            site = a_site(customer, district=words_of(luck, 4), address=words_of(luck), unit=words_of(luck, 6))
            case = a_case(site, number=f"F{number}")
            a_job(cast.store, site=site, case=case, number=f"P{number}", brief=words_of(luck, 30))
    db.session.commit()
    hits = 0
    for _ in range(250):
        source = luck.choice(db.session.scalars(sa.select(Site.address).limit(50)).all())
        begin = luck.randrange(len(source))
        text = luck.choice([source[begin : begin + luck.randrange(1, 7)], words_of(luck, 4), words_of(luck, 7), "2345",
                            "13" + words_of(luck, 4), f"{luck.randrange(1000):03}23"])  # fmt: skip
        if not grams.plain(text):
            continue
        expected = plainly(text)
        hits += bool(expected)
        assert found(cast, text) == expected, repr(text)
    assert hits > 80


def test_it_follows_every_change(cast: Cast, session: scoped_session[Session]) -> None:
    customer = a_customer(cast.store, name="张丽华")
    site = a_site(customer, address="望京西园")
    job = a_job(cast.store, site=site, number="P1")
    assert found(cast, "张丽华") == {"P1"}
    customer.name = "李小明"
    db.session.commit()
    assert (found(cast, "张丽华"), found(cast, "李小明")) == (set(), {"P1"})
    site.address = "天通苑"
    db.session.commit()
    assert (found(cast, "望京"), found(cast, "天通")) == (set(), {"P1"})
    job.site = a_site(a_customer(cast.store, name="王五"), address="方庄")
    db.session.commit()
    assert (found(cast, "李小明"), found(cast, "方庄 王五")) == (set(), {"P1"})
    job.brief = "换踢脚线"
    db.session.rollback()
    assert found(cast, "踢脚线") == set()
    with db.session.begin_nested() as inner:
        job.brief = "换踢脚线"
        db.session.flush()
        inner.rollback()
    job.number = "P2"
    db.session.commit()
    assert found(cast, "踢脚线") == set()
    assert found(cast, "p2") == {"P2"}


def test_what_is_deleted_is_found_no_more(cast: Cast) -> None:
    customer = a_customer(cast.store, name="张丽华")
    db.session.commit()
    mine = sa.select(sa.func.count(search.SearchEntry.id)).where(search.SearchEntry.row_id == customer.id)
    assert db.session.scalar(mine) == 1
    db.session.delete(customer)
    db.session.commit()
    assert db.session.scalar(mine) == 0
    wanted = search.Wanted("customer", "张丽华")
    assert wanted.count_up_to(5) == 0


def test_it_is_made_again_from_the_tables(cast: Cast, runner: FlaskCliRunner) -> None:
    job = a_job(cast.store, site=a_site(a_customer(cast.store, name="张丽华")), number="P1")
    db.session.execute(sa.delete(search.SearchEntry).where(search.SearchEntry.kind == "job"))
    gone = search.SearchEntry(kind="job", row_id="gone", branch_id="", words="张丽华", grams="jo张丽")
    if db.session.get_bind().dialect.name == "postgresql":
        gone.grams = "'jo张丽'"
    db.session.add(gone)
    db.session.commit()
    assert found(cast, "张丽华") == set()
    said = runner.invoke(args=["search", "rebuild"])
    assert said.output.splitlines() == ["case: 1", "customer: 1", "job: 1"]
    assert found(cast, "张丽华") == {job.number}
    assert db.session.scalar(sa.select(sa.func.count(search.SearchEntry.id))) == 3


@pytest.mark.parametrize(
    "text", ['"', "'", "*", "a AND", "NEAR(", "北*", "& | !", "(:*)", "\\", "%", "_", "\ue0fd", "😀"]
)
def test_marks_are_only_marks(cast: Cast, text: str) -> None:
    a_job(cast.store, number="P1", brief="地板 a and b 北")
    assert found(cast, text) == plainly(text)
