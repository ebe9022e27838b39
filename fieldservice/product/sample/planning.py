"""What planning knows of the sample store and its three technicians: skills, one certificate that runs out soon, one that
has run out, hours, homes, a day off.
"""

from datetime import datetime, timedelta

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core.i18n import local
from fieldservice.people import actions
from fieldservice.people.availability import branch_plannings
from fieldservice.people.rules import BranchEntry, Held, Lunch, PlanningEntry

#: every day, so that the sample day is a working day whenever it is loaded
EVERY_DAY = tuple(range(7))
HOURS = (8 * 60, 20 * 60)
LUNCH = (11 * 60 + 30, 13 * 60 + 30, 45)
PLACE = (39.8586, 116.2869)


def load_planning(branch: Branch, crew: list[Person], *, at: datetime) -> None:
    """Writes it once."""
    if branch_plannings([branch.id]):
        return
    actions.save_branch_planning(branch, BranchEntry(*PLACE, EVERY_DAY, *HOURS, *LUNCH), by=None, at=at)
    today = local(at, branch.timezone).date()
    first, second, third = crew
    actions.save_planning(first, PlanningEntry(
        skills=(Held("electrician", today + timedelta(days=210), "京A-2209-0317"), Held("hardwood"), Held("laminate"),
                Held("repair"), Held("survey")),
        start_from="home", ends="home", home=(39.8321, 116.3064), home_address="丰台区科兴佳园 4 号楼", van_m2=60,
    ), by=None, at=at)  # fmt: skip
    actions.save_planning(second, PlanningEntry(
        skills=(Held("floor_heating", today + timedelta(days=12), "DN-2023-1184"), Held("laminate"), Held("repair"),
                Held("vinyl")),
        lunch=Lunch(12 * 60, 13 * 60, 30), ends="open", van_m2=40,
    ), by=None, at=at)  # fmt: skip
    actions.save_planning(third, PlanningEntry(
        skills=(Held("heights", today - timedelta(days=9), "GC-2021-0562"), Held("laminate"), Held("repair"),
                Held("survey"), Held("tile")),
        week=dict.fromkeys(EVERY_DAY, (9 * 60, 21 * 60)), start_from="home", ends="branch", home=(39.9069, 116.2282),
        home_address="石景山区永乐西小区 12 号楼",
    ), by=None, at=at)  # fmt: skip
    actions.change_days(second, [today + timedelta(days=5)], "off", None, "孩子家长会", by=None, at=at)
    actions.change_days(third, [today + timedelta(days=6)], "shift", (13 * 60, 21 * 60), "", by=None, at=at)
