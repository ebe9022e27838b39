"""Words for the codes of jobs: kinds of visit, states, steps, needs. The phone has the same in `screens/job-words.js`."""

from typing import Any

from fieldservice.core import i18n
from fieldservice.core.i18n import lazy_gettext as _l

TYPES = {
    "survey": _l("Survey"), "installation": _l("Installation"), "repair": _l("Repair"),
    "maintenance": _l("Maintenance"), "delivery_inspection": _l("Delivery inspection"),
    "repeat_repair": _l("Repeat repair"), "courtesy_visit": _l("Courtesy visit"),
    "goods_transport": _l("Goods transport"),
}

STATES = {
    "unassigned": _l("Not assigned"), "assigned": _l("To be accepted"), "accepted": _l("Accepted"),
    "en_route": _l("On the way"), "arrived": _l("Arrived"), "working": _l("Working"), "finished": _l("Finished"),
    "unfinished": _l("Not finished"), "absent": _l("Customer absent"), "cancelled": _l("Cancelled"),
}

#: colour of a state: blue the plan and the road, pine work going on, amber waiting, grey done
TONES = {
    "unassigned": "", "assigned": "move", "accepted": "move", "en_route": "move", "arrived": "act", "working": "act",
    "finished": "done", "unfinished": "wait", "absent": "wait", "cancelled": "done",
}

STEPS = {
    "accept": _l("Accepted"), "depart": _l("Departed"), "arrive": _l("Arrived"), "start": _l("Started"),
    "finish": _l("Finished"), "cannot_finish": _l("Not finished"), "customer_absent": _l("Customer absent"),
}

NEEDS = {
    "elderly": _l("Elderly person"), "children": _l("Children"), "pets": _l("Pets"), "mobility": _l("Limited mobility"),
    "hearing": _l("Hard of hearing"), "quiet_hours": _l("Quiet hours"), "shoes_off": _l("Shoes off"),
    "parking": _l("Parking is difficult"),
}

#: the icon of a need; an unknown one gets 'info'
NEED_ICONS = {
    "elderly": "hand-heart", "children": "baby", "pets": "dog", "mobility": "accessibility", "hearing": "volume-2",
    "quiet_hours": "volume-x", "shoes_off": "door-open", "parking": "car",
}

PRIORITIES = {"normal": _l("Normal"), "urgent": _l("Urgent"), "emergency": _l("Emergency")}

#: what somebody did to a job, by the kind of its entry in the log
ACTS = {
    "office.create_job": _l("entered the job"), "office.edit_job": _l("changed the details"),
    "office.assign_job": _l("changed who goes"), "office.move_job": _l("changed day or window"),
    "office.cancel_job": _l("cancelled the job"), "office.restore_job": _l("took the cancellation back"),
    "office.undo_assign_job": _l("took back who goes"), "office.undo_move_job": _l("took back day or window"),
    "office.undo_cancel_job": _l("took back the cancellation"), "office.undo_restore_job": _l("cancelled the job again"),
    "office.plan_start": _l("planned when it begins"),
    "office.undo_plan_start": _l("took back when it begins"),
    "office.add_note": _l("wrote a note"), "office.accept_late_steps": _l("accepted work that came in late"),
    "office.decide_inbox": _l("decided about work that came in late"),
    "office.replay_parked": _l("applied what a newer app had sent"),
    "take_step": _l("reported a step"), "office.take_step": _l("reported a step"),
    "take_back_step": _l("took a step back"), "add_note": _l("wrote a note"),
    "record_contact": _l("contacted the customer"),
    "answer_item": _l("answered the checklist"),
    "add_photo": _l("took a photo"),
    "caption_photo": _l("wrote a caption"),
    "void_photo": _l("removed a photo"),
    "state_charges": _l("stated the charges"),
    "report_incident": _l("reported an incident"),
    "sign_sheet": _l("had the customer sign"),
    "order_day": _l("chose the order of the day"),
    "office.waive_photo": _l("did without a photo"),
    "office.look_at_flag": _l("looked at what a photo was flagged for"),
    "office.mark_photo": _l("drew on a copy of a photo"),
    "office.void_markup": _l("removed what was drawn on a photo"),
    "office.close_job": _l("closed the visit"),
    "office.reopen_job": _l("opened the visit again"),
    "office.tell_customer": _l("told the customer when we come"),
    "office.tell_failed": _l("tried to tell the customer when we come"),
}


def helpers() -> dict[str, Any]:
    """What templates call: `type_word('repair')` and so on; an unknown code is shown as it is."""
    lists = {"type": TYPES, "state": STATES, "step": STEPS, "need": NEEDS, "priority": PRIORITIES, "act": ACTS,
             "tone": TONES}
    return {
        **{f"{name}_word": _reader(words) for name, words in lists.items()},
        "need_icon": lambda code: NEED_ICONS.get(code, "info"),
        "local_day": lambda moment, timezone: i18n.local(moment, timezone).date(),
    }


def _reader(words: dict[str, Any]) -> Any:
    return lambda code: words.get(code, code)

#: what speaks gravely against somebody's going; 'off' stands for both in the log: that it is an illness is for planners
AGAINST = {
    "pinned": _l("The customer asked for %(name)s."),
    "no_skill": _l("%(name)s cannot do this: %(skill)s is missing."),
    "certificate_expired": _l("%(name)s: the certificate %(skill)s was good until %(until)s."),
    "off": _l("%(name)s is away on this day."),
    "inactive": _l("The account of %(name)s is disabled."),
}
#: in its place for planners, by what is said of the day
WHY_AWAY = {"off": _l("%(name)s has this day off."), "sick": _l("%(name)s is ill on this day.")}
