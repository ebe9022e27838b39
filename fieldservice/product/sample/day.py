"""Thirty jobs around now: done, running, late, to come, without a time, unassigned, cancelled."""

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.cases.actions import JOB_LETTER, open_case, take_number
from fieldservice.cases.models import Case
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.i18n import local
from fieldservice.core.oplog import log_office_edit
from fieldservice.customers.models import Site
from fieldservice.jobs import actions, rules
from fieldservice.jobs.actions import JobPlan, StepGiven
from fieldservice.jobs.models import Job

CASE_KINDS = {
    "survey": "survey",
    "installation": "installation",
    "maintenance": "maintenance",
    "courtesy_visit": "enquiry",
    "delivery_inspection": "installation",
    "goods_transport": "return_exchange",
}

ACCEPT = ("accept",)
DEPART = (*ACCEPT, "depart")
ARRIVE = (*DEPART, "arrive")
START = (*ARRIVE, "start")
FINISH = (*START, "finish")


class Visit(NamedTuple):
    """One job of the sample day. `start` is hours from now, None: no time agreed; `tech` None: unassigned."""

    home: int
    type: str
    brief: str
    start: float | None
    tech: int | None = None
    steps: tuple[str, ...] = ()
    day: int = 0
    words: str = ""
    remedy: str = ""
    bring: str = ""
    amount_fen: int | None = None
    priority: str = "normal"
    helpers: tuple[int, ...] = ()
    cancelled: str = ""
    #: the customer's earlier repair again: a further visit under the same case
    again: bool = False
    #: what whoever goes must be able to do; None: what such a visit usually needs
    skills: tuple[str, ...] | None = None
    #: None: as long as such a visit usually takes
    minutes: int | None = None


DAY = (
    # done earlier
    Visit(5, "installation", "收尾，装踢脚线", -5, 0, FINISH, helpers=(1,), bring="踢脚线 12 米、收口条", minutes=90),
    Visit(8, "repair", "门口扣条松动", -4.5, 1, FINISH, words="一进门的金属条翘起来了，绊脚。"),
    Visit(16, "maintenance", "全屋打蜡", -4, 2, FINISH),
    # running now, one of them late
    Visit(0, "repair", "地板起拱", -0.5, 0, DEPART,
          words="客厅靠窗那边又鼓起来了，老人走路差点绊着。上次修完不到三个月。",
          remedy="拆 2 米踢脚线，补切 10 毫米缝，换起拱板 3–4 片。",
          bring="同批次板 5 片、含水率仪、切缝锯、踢脚线 2.4 米、鞋套",
          amount_fen=18000, again=True),
    Visit(9, "repair", "地暖漏水后换板", -2, 1, START, priority="urgent", skills=("floor_heating", "repair"),
          words="楼上漏水，卧室地板泡了一片。",
          remedy="测含水率，换泡水板，约一周后复查。"),
    Visit(10, "survey", "量房，3 间约 58 ㎡", -1, 2, ARRIVE),
    # late: the window has begun, nobody has left
    Visit(2, "repeat_repair", "踢脚线再次开裂", -0.75, 2, ACCEPT, words="补过的地方又裂了。"),
    # to come today
    Visit(1, "delivery_inspection", "到货 38 箱", 2, 0, ACCEPT, bring="验货单、塞尺"),
    Visit(3, "survey", "卧室异响", 4, 0, words="踩上去吱吱响，夜里特别明显。"),
    Visit(6, "repair", "更换受潮板 4 片", 5.5, 0, ACCEPT, amount_fen=32050),
    Visit(13, "repair", "卫生间门口鼓包", 1.5, 1, ACCEPT, words="门口那块踩着软。"),
    Visit(14, "maintenance", "年度保养", 3.5, 1),
    Visit(15, "installation", "次卧 12.8 ㎡", 2.5, 2, ACCEPT, helpers=(1,), bring="板 15 平、垫层、工具", minutes=150),
    Visit(18, "goods_transport", "取回剩余板 2 箱", 6, 2),
    # no time agreed
    Visit(4, "courtesy_visit", "问使用情况", None, 0),
    Visit(11, "courtesy_visit", "送保养手册", None, 1),
    # nobody yet
    Visit(7, "repair", "入户门口扣条断裂", 1, words="老人听力不好，敲门请用力。", priority="urgent"),
    Visit(12, "survey", "量房，全屋 84 ㎡", 3),
    Visit(17, "maintenance", "办公区地板", 4.5),
    Visit(19, "repair", "阳台地板褪色", 5, words="买了不到一年就褪色了。"),
    Visit(3, "repair", "厨房门口起翘", None),
    # called off
    Visit(11, "survey", "量房", 2, 1, ACCEPT, cancelled="客户出差，改到下月"),
    Visit(13, "repair", "换门口压条", 6, cancelled="客户自己修好了"),
    # could not be finished, nobody home
    Visit(12, "repair", "卧室地板空响", -3.5, 0, (*START, "cannot_finish"), words="走路空空响。"),
    Visit(18, "repair", "书房地板缝隙大", -3, 2, (*ARRIVE, "customer_absent")),
    # the days after
    Visit(0, "repeat_repair", "复查起拱处含水率", 1, 0, day=1),
    Visit(7, "maintenance", "客厅打蜡", 3, 0, ACCEPT, day=1),
    Visit(8, "installation", "主卧 18.25 ㎡", 0, 1, day=1, helpers=(0,), minutes=240),
    Visit(14, "survey", "量房，2 间", 2, 2, day=2),
    Visit(16, "delivery_inspection", "到货 12 箱", -1, 0, day=2),
)  # fmt: skip

#: earlier visits at five homes: days ago, home, type, brief, technician, note
EARLIER = (
    (254, 0, "survey", "客厅", 2, "西晒，靠窗有暖气管。有平面图。"),
    (243, 0, "installation", "26.4 ㎡", 0, "地面含水率 7.1%，验收合格。"),
    (79, 0, "repair", "客厅起拱", 1, "换板 2 片，没动踢脚线。"),
    (180, 2, "installation", "全屋 84 ㎡", 2, "两天完工，余板 2 箱放阳台。"),
    (60, 2, "repair", "踢脚线开裂", 1, "补胶，客户要求下次换整条。"),
    (200, 6, "installation", "次卧", 0, "验收合格。"),
    (120, 7, "repair", "扣条松动", 1, "重新打胶固定。"),
    (30, 9, "survey", "地暖", 2, "地暖分水器在厨房，进水温度 45 度。"),
)  # fmt: skip


def load_day(branch: Branch, sites: list[Site], crew: list[Person], *, at: datetime) -> int:
    """Writes today's jobs once a day; how many."""
    planned = sa.select(sa.func.count(Job.id)).filter_by(branch_id=branch.id, created_by_id=None)
    if db.session.scalar(planned.where(Job.created_at >= _midnight(at, branch.timezone))):
        return 0
    if not db.session.scalar(planned):
        _load_earlier(branch, sites, crew, at)
    for visit in DAY:
        _load(visit, branch, sites[visit.home], crew, at)
    return len(DAY)


def _midnight(at: datetime, timezone: str) -> datetime:
    return local(at, timezone).replace(hour=0, minute=0, second=0, microsecond=0)


def _load_earlier(branch: Branch, sites: list[Site], crew: list[Person], at: datetime) -> None:
    for days, home, kind, brief, tech, note in EARLIER:
        then = at - timedelta(days=days)
        visit = Visit(home, kind, brief, -2, tech, FINISH)
        job = _load(visit, branch, sites[home], crew, then)
        entry = log_office_edit("add_note", job, by=job.lead, at=then, text=note)
        assert job.lead is not None
        actions.add_note(job, note, by=job.lead, when=Happening.at_desk(then, entry.id))
        job.created_at = then


def _load(visit: Visit, branch: Branch, site: Site, crew: list[Person], at: datetime) -> Job:
    opened_at = at - timedelta(days=1, hours=2)
    case = _case(visit, site, opened_at)
    start_at, end_at = _window(visit, at, branch.timezone)
    plan = JobPlan(
        type=visit.type,
        brief=visit.brief,
        planned_minutes=visit.minutes or rules.PLANNED_MINUTES[visit.type],
        visit_on=local(start_at or at + timedelta(days=visit.day), branch.timezone).date(),
        window_start_at=start_at,
        window_end_at=end_at,
        priority=visit.priority,
        priority_reason="漏水或绊倒风险" if visit.priority != "normal" else "",
        remedy=visit.remedy,
        bring=visit.bring,
        amount_fen=visit.amount_fen,
        skills=visit.skills,
        amount_reason="材料费" if visit.amount_fen else "",
    )
    number = take_number(branch, JOB_LETTER, local(at, branch.timezone).date())
    product = site.products[0] if site.products else None
    lead = crew[visit.tech] if visit.tech is not None else None
    helpers = [crew[index] for index in visit.helpers]
    planned_at = _planned_at(start_at or at, at, branch.timezone)
    job = actions.create_job(
        plan, number=number, case=case, site=site, product=product, lead=lead, helpers=helpers, by=None, at=planned_at
    )
    db.session.flush()
    _walk(job, visit, start_at or at, at)
    if visit.cancelled:
        actions.cancel_job(job, visit.cancelled, expected_version=job.version, by=_office(branch), at=at)
    return job


def _case(visit: Visit, site: Site, at: datetime) -> Case:
    """A new case, or the customer's earlier one where the same trouble came back."""
    kind = CASE_KINDS.get(visit.type, "repair")
    query = sa.select(Case).filter_by(customer_id=site.customer_id, kind=kind).order_by(Case.id.desc())
    earlier = db.session.scalar(query) if visit.again else None
    if earlier is not None:
        earlier.words = visit.words
        return earlier
    product = site.products[0] if site.products else None
    return open_case(site.customer, kind, visit.words, product=product, by=None, at=at)


def _window(visit: Visit, at: datetime, timezone: str) -> tuple[datetime | None, datetime | None]:
    """Half-hours around now, but inside the day: started at night, the day's jobs still are today's."""
    if visit.start is None:
        return None, None
    day = at + timedelta(days=visit.day)
    first = _midnight(day, timezone)
    wished = local(day, timezone) + timedelta(hours=visit.start)
    start = min(max(wished, first), first + timedelta(hours=22))
    start = start.replace(minute=start.minute // 30 * 30, second=0, microsecond=0)
    return start, start + timedelta(minutes=90)


def _planned_at(start_at: datetime, at: datetime, timezone: str) -> datetime:
    """The day's work is given out in the early morning: before anybody sets out, and never later than now."""
    return max(_midnight(at, timezone), min(at, start_at - timedelta(hours=3)))


def _walk(job: Job, visit: Visit, start_at: datetime, now: datetime) -> None:
    """The steps taken so far, each at a plausible time, the last not after now."""
    assert job.lead is not None or not visit.steps
    for position, step in enumerate(visit.steps):
        happened_at = min(
            start_at + timedelta(minutes=20 * (position - 2)),
            now - timedelta(minutes=len(visit.steps) - position),
        )
        promise = now + timedelta(days=2) if step == "cannot_finish" else None
        reason = {"cannot_finish": "缺同批次板，已订货", "customer_absent": "敲门无人应，电话未接"}.get(
            step, ""
        )
        given = StepGiven(step=step, reason=reason, promised_at=promise)
        entry = log_office_edit("take_step", job, by=job.lead, at=happened_at, step=step)
        assert job.lead is not None
        actions.take_step(job, given, by=job.lead, when=Happening(at=happened_at, op_id=entry.id))


def _office(branch: Branch) -> Person:
    query = sa.select(Person).filter_by(branch_id=branch.id, is_active=True).order_by(Person.staff_no)
    return next(person for person in db.session.scalars(query) if person.can("jobs.assign"))
