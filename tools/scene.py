"""What `make pictures` shows beside the sample day: a visit in the middle, one to be closed, one closed, two whose
customers were not there to sign (one has signed by the link since), a draft of a checklist, an import.

All of it is done by the product's own actions, as people would; where the tests have hands for that, those are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, sin

import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts.models import Person
from fieldservice.cases.actions import CASE_LETTER, JOB_LETTER, take_number
from fieldservice.core import clock, i18n, json
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_office_edit
from fieldservice.evidence.models import Evidence
from fieldservice.imports.actions import read, take_file
from fieldservice.jobs.actions import StepGiven, take_step
from fieldservice.jobs.models import Job
from fieldservice.people.actions import change_days
from fieldservice.portal import actions as portal
from fieldservice.portal.rules import Said
from fieldservice.signoff import actions as signoff
from fieldservice.signoff.models import SignOff
from fieldservice.signoff.queries import sheets_to_sign
from fieldservice.visits.models import JobClosure
from tests.builders import a_job
from tests.e2e import test_pseudo_language as everything
from tests.signoff import sheets
from tests.support.databases import app_on, close
from tests.support.server import Server
from tests.visits.scene import answer_all, planks, shoot
from tools import screens

#: how long ago they began: beside the sample's own of the technician, not on top of them
BEGAN = tuple(timedelta(hours=hours) for hours in (1, 28, 24.5, 23, 26))
STEPS = ("accept", "depart", "arrive", "start", "finish")
#: how many of them were taken, by the state a job is in
TAKEN = {"working": 4, "finished": 5}
#: the visits that the tests' hands make: customer, form of address, district, estate, door, what it is about, where
HOMES = (
    ("宋佳怡", "宋女士", "朝阳区", "望京西园四区", "12 号楼 3 单元 602", "客厅靠窗起拱", "客厅靠窗又鼓起来了，绊脚。",
     39.9962, 116.4741),
    ("唐立新", "唐先生", "海淀区", "万柳光大花园", "3 号楼 2 单元 1105", "主卧地板空响", "主卧一进门踩着空空响。",
     39.9651, 116.2903),
    ("许静", "许女士", "朝阳区", "柳芳南里", "8 号楼 4 单元 301", "门口扣条翘起", "门口的金属条翘起来了。",
     39.9583, 116.4402),
    ("彭志刚", "彭先生", "丰台区", "怡海花园", "2 号楼 1 单元 902", "次卧地板异响", "夜里走过去咯吱咯吱响。",
     39.8241, 116.3472),
    ("魏秋萍", "魏女士", "西城区", "月坛南街", "5 号楼 1 单元 403", "客厅缝隙变大", "天冷以后缝变大了，能塞进卡片。",
     39.9122, 116.3481),
)  # fmt: skip


def _put_somebody_off(technician: Person, dispatcher: Person, at: datetime) -> None:
    """A day off on which visits are planned, so that the conflict is seen."""
    today = i18n.local(at, technician.branch.timezone).date()
    later = sa.select(Job.visit_on).where(Job.lead_id == technician.id, Job.visit_on > today)
    planned = db.session.scalars(later).first()
    assert planned
    change_days(technician, [planned], "sick", None, "感冒发烧", by=dispatcher, at=at)


@dataclass
class Scene:
    """Addresses by screen, the phone's visit, the digits its customers know."""

    addresses: dict[str, str]
    job_id: str
    digits: str


DIGITS = "2716"


def prepare(server: Server) -> Scene:
    """Writes it into a server's data."""
    app = app_on(server.database, server.data_dir, BASE_URL=server.url)
    try:
        with app.app_context():
            return _scene(app)
    finally:
        close(app)


def _scene(app: Flask) -> Scene:
    token = everything.add_what_the_sample_lacks()
    checklist = everything.values_beside(app)
    people = {person.staff_no: person for person in db.session.scalars(sa.select(Person))}
    dispatcher, technician, at = people[screens.DISPATCHER], people[screens.TECHNICIAN], clock.now()
    visit = db.session.scalars(
        sa.select(Job)
        .join(Evidence, Evidence.job_id == Job.id)
        .where(Job.state == "working")
        .order_by(Job.id.desc())
    ).first()
    unusable = db.session.scalars(sa.select(Evidence).where(Evidence.file_name == "IMG_6.jpg")).first()
    closed = db.session.scalars(sa.select(JobClosure)).first()
    assert visit
    assert visit.lead
    assert unusable
    assert closed
    unsigned, signed = (_visit_of(technician) for _ in range(2))
    visits = [
        visit,
        db.session.get_one(Job, unusable.job_id),
        unsigned,
        signed,
        db.session.get_one(Job, closed.job_id),
    ]
    for number, job in enumerate(visits):
        _make_true(job, number, at - BEGAN[number])
    for job in (unsigned, signed):
        _leave_unsigned(job)
    _sign_by_link(signed)
    link = portal.case_link(visit.case_id, at=at)
    badge = portal.badge_link(visit.case_id, visit.id, visit.lead.id, at=at)
    word = portal.say(
        link, visit, Said("complaint", "客厅靠窗还是有一点响声，请再来看一下。"), new_id(), at=at
    )
    taken = take_file(_LIST.encode(), "本周安装.csv", by=dispatcher, at=at, branch_id=dispatcher.branch_id)
    read(taken, by=dispatcher)
    _put_somebody_off(people["0219"], dispatcher, at)
    db.session.commit()

    def one(state: str) -> str:
        return str(db.session.scalar(sa.select(sa.func.min(Job.id)).where(
            Job.state == state, Job.branch_id == dispatcher.branch_id)))  # fmt: skip

    values: dict[str, str] = {name: found[0] for name, found in everything.things().items() if found}
    site = visit.site
    values |= {"job_id": visit.id, "case_id": visit.case_id, "customer_id": site.customer_id, "site_id": site.id,
               "branch_id": dispatcher.branch_id, "person_id": technician.id, "import_id": taken.id,
               "word_id": word.id, "key": checklist["key"][0], "skill": "electrician",
               "version_id": checklist["checklist_version_id"][0]}  # fmt: skip
    if "product_id" not in values and "floor_product_id" in values:
        values["product_id"] = values["floor_product_id"]
    special = {
        "/jobs/<job_id>/assignment": {"job_id": one("unassigned")},
        "/jobs/<job_id>/placement": {"job_id": one("unassigned")},
        "/jobs/<job_id>/window": {"job_id": one("assigned")},
        "/jobs/<job_id>/slots": {"job_id": one("unassigned")},
        "/jobs/<job_id>/message": {"job_id": one("accepted")},
        "/jobs/<job_id>/cancellation": {"job_id": one("assigned")},
        "/jobs/<job_id>/restoration": {"job_id": one("cancelled")},
        "/jobs/<job_id>/edit": {"job_id": one("assigned")},
        "/jobs/<job_id>/closing": {"job_id": unusable.job_id},
        "/jobs/<job_id>/reopening": {"job_id": closed.job_id},
        "/jobs/<job_id>/photos/<evidence_id>": {"job_id": unusable.job_id, "evidence_id": unusable.id},
        "/jobs/<job_id>/photos/<evidence_id>/waiver": {"job_id": unusable.job_id, "evidence_id": unusable.id},
        "/checklists/versions/<version_id>/phrases/<key>": {"key": checklist["key"][-1]},
        "/go/<token>": {"token": token},
        "/b/<token>": {"token": portal.address_of(badge).rsplit("/", 1)[1]},
        "/c/<token>/visits/<job_id>/signature": {"token": _token_of(unsigned), "job_id": unsigned.id},
        "/jobs/<job_id>/sheets/<sheet_id>": {"job_id": signed.id, "sheet_id": _sheet_of(signed)},
        "/jobs/<job_id>/sheets/<sheet_id>/changes": {"job_id": signed.id, "sheet_id": _sheet_of(signed)},
        "/c/<token>/visits/<job_id>/judgement": {"token": _token_of(signed), "job_id": signed.id},
    }
    customers = portal.address_of(link).rsplit("/", 1)[1]
    addresses = {screens.TO_SIGN: f"/c/{_token_of(unsigned)}", screens.SIGNED: f"/c/{_token_of(signed)}"}
    rules = {rule.rule: rule for rule in app.url_map.iter_rules()}
    with app.test_request_context():
        for route in [*screens.DESK, *screens.PUBLIC]:
            if "<" not in route:
                addresses[route] = route
                continue
            known = {"token": customers} | values | special.get(route, {})
            built = rules[route].build({part: _value(part, known) for part in rules[route].arguments}, False)
            assert built, route
            addresses[route] = built[1]
    return Scene(addresses, visit.id, DIGITS)


def _visit_of(technician: Person) -> Job:
    """The work is done and photographed; the customer has not signed."""
    job = a_job(technician.branch, technician, state="working", amount_fen=18000, amount_reason="上门费")
    for minute, slot, content in ((50, "before", planks(gap=True)), (12, "after", planks(12))):
        shoot(job, technician, content, slot=slot, at=clock.now() - timedelta(minutes=minute))
    answer_all(job, technician)
    return job


def _make_true(job: Job, home: int, start_at: datetime) -> None:
    """Number, customer, hours and steps as if the visit had come about at this store."""
    name, address_form, district, estate, unit, brief, words, lat, lng = HOMES[home]
    site, case, branch = job.site, job.case, job.branch
    site.district, site.address, site.unit, site.lat, site.lng = district, estate, unit, lat, lng
    site.customer.name, site.customer.address_form = name, address_form
    site.customer.phone = f"13{home}1234{DIGITS}"
    start_at = start_at.replace(minute=start_at.minute // 30 * 30, second=0, microsecond=0)
    day = i18n.local(start_at, branch.timezone).date()
    case.number, case.words = take_number(branch, CASE_LETTER, day), words
    case.opened_at, job.created_at = start_at - timedelta(hours=26), start_at - timedelta(hours=3)
    job.number, job.brief, job.visit_on = take_number(branch, JOB_LETTER, day), brief, day
    job.window_start_at, job.window_end_at = start_at, start_at + timedelta(minutes=90)
    taken, job.state = TAKEN[job.state], "assigned"
    for number, step in enumerate(STEPS[:taken]):
        _step(job, step, start_at + timedelta(minutes=(-120, -35, -18, -15, 55)[number]))
    db.session.commit()


def _step(job: Job, step: str, at: datetime) -> None:
    assert job.lead
    entry = log_office_edit("take_step", job, by=job.lead, at=at, step=step)
    take_step(job, StepGiven(step=step), by=job.lead, when=Happening(at=at, op_id=entry.id))


def _sheet_of(job: Job) -> str:
    return str(db.session.scalar(sa.select(SignOff.id).filter_by(job_id=job.id)))


def _leave_unsigned(job: Job) -> None:
    """The customer had to go before the end: the sheet waits for a signature by the link."""
    assert job.lead
    technician, customer = job.lead, job.site.customer
    photo = db.session.scalars(sa.select(Evidence.sha256).filter_by(job_id=job.id, slot="after")).one()
    shown = {
        "customer": {"name": customer.name, "address_form": customer.address_form}, "site": job.site.full_address,
        "branch": {"name": job.branch.name, "phone": job.branch.phone}, "job.number": job.number,
        "technician.name": technician.name, "technician.badge_no": technician.badge_no,
    }  # fmt: skip
    absent = {"outcome": "absent", "signer": {"name": "", "role": ""}, "strokes": [], "photo": photo, "rating": None,
              "reason": "客户临时出门，说好在链接里补签"}  # fmt: skip
    row = sheets.signed_on(job, technician, shown=shown, signed=absent)
    assert row.state == "valid", row.fault
    _step(job, "finish", clock.now())
    db.session.commit()


def _sign_by_link(job: Job) -> None:
    """As the customer does on the page."""
    at, sheet = clock.now(), sheets_to_sign([job])[job.id]
    strokes = [[[round(1200 + 60 * step + 350 * sin(step / 3)), round(2200 + 700 * cos(step / 3)), 16 * step, 500]
                for step in range(90)]]  # fmt: skip
    given = signoff.SigningByLink(
        sheet.id, sheet.presented_sha256, consent="1", language="zh", name=job.site.customer.name, role="customer",
        strokes=json.dumps(strokes),
    )  # fmt: skip
    link = portal.case_link(job.case_id, at=at)
    signoff.sign_by_link(given, case_id=job.case_id, link_id=link.id, at=at)
    db.session.commit()


def _token_of(job: Job) -> str:
    link = portal.case_link(job.case_id, at=clock.now())
    db.session.commit()
    return portal.address_of(link).rsplit("/", 1)[1]


def _value(part: str, known: dict[str, str]) -> str:
    """Of a part of an address: a thing of that name, or one whose name ends so. Raises KeyError."""
    if known.get(part):
        return known[part]
    found = [value for name, value in known.items() if value and name.endswith(f"_{part}")]
    if not found:
        raise KeyError(f"no value for {part}: give it one in _scene")
    return found[0]


_LIST = (
    "单号,客户,电话,区县,地址,门牌,类型,任务,日期,时段,师傅,备注\n"
    "A-1,张丽华,13812342716,朝阳区,望京西园四区,12 号楼 602,维修,地板起拱,2026-12-01,9:00-11:00,0217,有电梯\n"
    "A-2,李强,13900000002,海淀区,厂洼小区,3-201,安装,客厅铺装,2026/12/02,上午,,\n"
    "A-3,物业,,丰台区,政馨园一区,,保养,公共区域,2026年12月3日,下午2点-4点,陈志强,\n"
    "A-4,赵敏,1390000,朝阳区,酒仙桥路,6 号楼,维修,踢脚线松动,1970-01-01,晚上,,\n"
)
