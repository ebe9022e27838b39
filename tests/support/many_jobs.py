"""Years of work in some seconds: customers, cases and jobs written in bulk, as a store would have them."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person, PersonRole
from fieldservice.branches.models import HEAD_OFFICE, STORE, Branch
from fieldservice.cases.models import Case
from fieldservice.core import search
from fieldservice.core.db import count_rows, db
from fieldservice.core.ids import new_nonce
from fieldservice.core.versions import unversioned_writes
from fieldservice.customers.models import Customer, Site
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import TYPES

TODAY = date(2026, 11, 21)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国志红玉兰"
DISTRICTS = ("朝阳区", "海淀区", "丰台区", "通州区", "昌平区", "大兴区", "西城区", "东城区")
ESTATES = ("望京西园", "天通苑", "回龙观", "方庄", "莲花池", "金鱼胡同", "和平里", "劲松", "亚运村", "花家地", "双桥")
BRIEFS = ("地板起拱", "踢脚线松动", "厨房地板泡水", "安装强化复合地板 80 平米", "上门测量", "换板 4 片", "保养", "异响")
STORES, CREW = 4, 6
#: what has not ended is as much in a small store as in one of many years: the visits of these days, and a few forgotten
AT_HAND, FORGOTTEN = 60, range(100, 900, 100)
STEP = 5_000


def fill(jobs: int, *, seed: int = 1) -> dict[str, Person]:
    """Writes them, committed and indexed; gives {'manager': of the head office, 'dispatcher': of the first store}."""
    luck = random.Random(seed)
    people = _staff(luck)
    technicians = [person for person in people if any(row.role == "technician" for row in person.role_rows)]
    stores = sorted({person.branch_id for person in technicians})
    crews = {store: [person.id for person in technicians if person.branch_id == store] for store in stores}
    for begin in range(0, jobs, STEP):
        rows = list(_rows(range(begin, min(jobs, begin + STEP)), jobs, stores, crews, luck))
        with unversioned_writes():
            for place, model in enumerate((Customer, Site, Case, Job)):
                db.session.execute(sa.insert(model), [row[place] for row in rows])
            db.session.commit()
    search.rebuild()
    tidy()
    return {"manager": people[0], "dispatcher": people[1], "technician": technicians[0]}


def tidy() -> None:
    """What the database does by itself in time: counts what stands where."""
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    else:
        count_rows()


def _staff(luck: random.Random) -> list[Person]:
    head = Branch(code="HQ", name="总部", kind=HEAD_OFFICE, timezone="Asia/Shanghai")
    stores = [
        Branch(code=f"BJ{number:02}", name=f"第{number}门店", kind=STORE, timezone="Asia/Shanghai")
        for number in range(1, STORES + 1)
    ]
    db.session.add_all([head, *stores])
    db.session.flush()
    staff = [_person("1001", "总经理", head, "head_office_manager"), _person("0101", "沈女士", stores[0], "dispatcher")]
    for store in stores:
        staff += [_person(f"{store.code}-{number}", _name(luck), store, "technician") for number in range(CREW)]
    db.session.add_all(staff)
    db.session.commit()
    return staff


def _person(staff_no: str, name: str, branch: Branch, role: str) -> Person:
    at = datetime(2023, 1, 1, tzinfo=UTC)
    person = Person(staff_no=staff_no, name=name, branch_id=branch.id, created_at=at)
    person.role_rows.append(PersonRole(role=role))
    return person


def _rows(
    numbers: range, jobs: int, stores: list[str], crews: dict[str, list[str]], luck: random.Random
) -> Iterator[tuple[dict[str, Any], ...]]:
    for number in numbers:
        from_the_last = jobs - number
        is_open = from_the_last <= AT_HAND or from_the_last in FORGOTTEN
        age = from_the_last % 5 - 2 if from_the_last <= AT_HAND else 3 + from_the_last * 1000 // jobs  # days
        day = TODAY - timedelta(days=age)
        at = datetime(day.year, day.month, day.day, luck.randrange(1, 10), tzinfo=UTC)
        store = luck.choice(stores)
        name, kind = _name(luck), luck.choices(TYPES, weights=(5, 8, 60, 10, 6, 6, 5, 0.01))[0]
        customer_id, site_id, case_id, job_id = (f"{number:08}-0000-7000-8000-{at_:012}" for at_ in range(4))
        lead = None if is_open and luck.random() < 0.3 else luck.choice(crews[store])
        state = ("assigned" if lead else "unassigned") if is_open else _ended(age, luck)
        yield (
            {"id": customer_id, "branch_id": store, "kind": "person", "name": name, "address_form": name[0] + "女士",
             "phone": f"13{luck.randrange(10**9):09}", "special_needs": [], "created_at": at, "version": 1},
            {"id": site_id, "customer_id": customer_id, "district": f"北京市{luck.choice(DISTRICTS)}",
             "address": f"{luck.choice(ESTATES)}{luck.randrange(1, 30)} 区",
             "unit": f"{luck.randrange(1, 30)} 号楼 {luck.randrange(1, 6)} 单元 {luck.randrange(101, 2500)}",
             "version": 1},
            {"id": case_id, "number": f"BJ-F{day:%y%m%d}-{number:06}", "branch_id": store, "kind": "repair",
             "customer_id": customer_id, "words": "", "opened_at": at, "version": 1},
            {"id": job_id, "number": f"BJ-P{day:%y%m%d}-{number:06}", "case_id": case_id, "branch_id": store,
             "site_id": site_id, "type": kind, "state": state, "lead_id": lead, "visit_on": day, "window_start_at": at,
             "window_end_at": at + timedelta(minutes=90), "planned_minutes": 60, "brief": luck.choice(BRIEFS),
             "special_needs": [], "sign_nonce": new_nonce(), "created_at": at, "version": 1},
        )  # fmt: skip


def _ended(age: int, luck: random.Random) -> str:
    """Lately everybody was at home: who was not waits for a next visit, which is a matter of the day."""
    return luck.choice(("finished",) * 9 + ("absent",)) if age > 60 else "finished"


def _name(luck: random.Random) -> str:
    return luck.choice(SURNAMES) + "".join(luck.choices(GIVEN, k=luck.choice((1, 2, 2))))
