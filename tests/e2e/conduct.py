"""A short checklist with a step of every type, for the tests of the phone's screens."""

from typing import Any

import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts.models import Person
from fieldservice.checklists.content import check_content
from fieldservice.checklists.models import PUBLISHED, RETIRED, ChecklistTemplate, ChecklistVersion
from fieldservice.core import clock
from fieldservice.core.db import db
from tests.e2e.trip import TECHNICIAN


def words(zh: str, en: str) -> dict[str, str]:
    """A text in both languages."""
    return {"zh": zh, "en": en}


NONE = words("", "")


def _item(key: str, phase: str, kind: str, zh: str, en: str, **fields: Any) -> dict[str, Any]:
    common = {"hint": NONE, "required": True, "when": [], "sheet": ""}
    return {"key": key, "phase": phase, "type": kind, "words": words(zh, en), **common, **fields}


GREETING = words(
    "{address_form}您好，我是{branch}的服务员{technician}，工号 {badge_no}，今天来做{visit_type}。请您在旁边看着我做。做完请您验收、签字，再给我打个分。",
    "Hello {address_form}, I am {technician} of {branch}, badge {badge_no}. Today I am here for the {visit_type}. "
    "Please watch the work, and afterwards check it, sign and rate it.",
)

CONTENT: dict[str, Any] = {
    "format": 1,
    "items": [
        _item("brief", "departure", "confirm", "看过派工单和这家以前的记录", "Read the job and the history of this site"),
        _item("packed", "departure", "confirm", "工具、备件、鞋套都带了", "Tools, spare parts and shoe covers are packed"),
        _item("knock", "door", "confirm", "轻敲或按铃，中间停一停", "Knock gently or ring, with pauses"),
        _item("greet", "door", "say", "念问候语", "Greet the customer", script=GREETING),
        _item(
            "badge", "door", "confirm", "出示工牌", "Show the badge",
            hint=words("工牌戴在左胸，客户看得清", "On the left chest, where the customer can read it"),
        ),
        _item(
            "pair", "during", "photo_pair", "修之前和修之后，同一个角度各拍一张",
            "The same view before and after the repair", least=1,
        ),
        _item(
            "moisture", "during", "number", "地面含水率", "Moisture of the ground", sheet="result",
            hint=words("靠窗、门口、中间各测一处，填最高值", "Measure at the window, the door and the middle; the highest counts"),
            unit="%", decimals=1, least_milli=0, most_milli=100_000, warn_below_milli=None, warn_above_milli=8_000,
            warn=words("高于 8%。先找到水从哪来，再换板；跟办公室说一声。", "Above 8%. Find where the water comes from first, and tell the office."),
        ),
        _item(
            "same", "during", "choose", "查到的毛病和报修说的一样吗？", "Is the fault the one that was reported?",
            sheet="found", many=False,
            options=[
                {"key": "yes", "words": words("一样", "Same"), "text": False},
                {"key": "no", "words": words("不一样", "Different"), "text": True},
            ],
        ),
        _item(
            "cause", "during", "choose", "是什么造成的？", "What caused it?", sheet="found", many=True, required=False,
            options=[
                {"key": "water", "words": words("水渗到地板下面", "Water under the floor"), "text": False},
                {"key": "gap", "words": words("伸缩缝被压住或堵住", "The expansion gap is blocked"), "text": False},
                {"key": "ground", "words": words("地面不平", "The ground is uneven"), "text": False},
                {"key": "other", "words": words("其他原因", "Something else"), "text": True},
            ],
        ),
        _item("work", "during", "text", "做了什么", "What was done", sheet="done", most=300),
        _item(
            "price", "leaving", "say", "说清要收多少钱", "Say what is to be paid",
            when=[{"fact": "charge", "is": True}],
            script=words("这次一共 {amount}，价目表请您看一下。", "This comes to {amount}; here is the price list."),
        ),
        _item("shot", "leaving", "photo", "拍一张收拾好的现场", "A photo of the tidy room", slot="after", least=1),
        _item("sign", "leaving", "signature", "请客户签字", "The customer signs"),
        _item("papers", "base", "confirm", "单据当天交给店长", "Papers to the manager the same day"),
        _item("money", "base", "confirm", "钱款当天交财务", "Money to finance the same day", when=[{"fact": "charge", "is": True}]),
    ],
    "phrases": [
        {
            "key": "gift", "title": words("客户送东西、留吃饭", "A gift or a meal is offered"),
            "words": words("您的心意我领了。公司规定不能收，您满意就是最好的礼物。", "Thank you, it is very kind. We may not accept anything; that you are satisfied is enough."),
        },
        {
            "key": "furniture", "title": words("要搬家具", "Furniture has to be moved"),
            "words": words("这件家具要挪一下，可以吗？我先拍张照，轻拿轻放，做完放回原处。", "May I move this piece? I take a photo first, move it gently and put it back afterwards."),
        },
        {
            "key": "scope", "title": words("客户要求做别的", "Something outside the job is asked"),
            "words": words("这一项不在今天的派工单里，我请办公室跟您联系，约好时间专门来做。", "This is not part of today's job. The office will call you and arrange a time for it."),
        },
    ],
}  # fmt: skip


def install(app: Flask, content: dict[str, Any] = CONTENT, job_type: str = "repair") -> str:
    """Publishes the checklist for the technician's branch, above the organisation's own; the version's id."""
    assert check_content(content) == []
    with app.app_context():
        branch_id = db.session.scalars(sa.select(Person.branch_id).filter_by(staff_no=TECHNICIAN)).one()
        made = {"created_at": clock.now()}
        template = db.session.scalar(sa.select(ChecklistTemplate).filter_by(scope=branch_id, job_type=job_type))
        if template is None:
            template = ChecklistTemplate(scope=branch_id, branch_id=branch_id, job_type=job_type, **made)
            db.session.add(template)
            db.session.flush()
        for old in template.versions:
            old.state = RETIRED
        version = ChecklistVersion(
            template=template, number=len(template.versions) + 1, state=PUBLISHED, content=content,
            published_at=made["created_at"], **made,
        )  # fmt: skip
        db.session.add(version)
        db.session.commit()
        return version.id
