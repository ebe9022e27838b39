"""Words of the fields that several people change, for what is said after saving."""

from collections.abc import Iterable

from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l

FIELDS = {
    "type": _l("Type"), "brief": _l("Task"), "product_id": _l("Product"), "visit_on": _l("Date"), "day": _l("Date"),
    "start": _l("Window from"), "end": _l("Window until"), "planned_minutes": _l("Planned minutes"),
    "priority": _l("Priority"), "priority_reason": _l("Why it is urgent"), "analysis": _l("Our analysis of the fault"),
    "remedy": _l("Proposed remedy"), "bring": _l("To bring"), "special_needs": _l("Special needs"),
    "special_note": _l("And in words"), "amount_fen": _l("To collect, in yuan"), "amount_reason": _l("What for"),
    "stops_supply": _l("Water, heat or gas"), "lead": _l("Lead technician"), "helpers": _l("Helpers"),
    "kind": _l("Kind"), "name": _l("Name"), "address_form": _l("Form of address"), "phone": _l("Phone"),
    "remark": _l("Remark"), "district": _l("District"), "address": _l("Estate or street with number"),
    "unit": _l("Building, entrance, floor, room"), "access_note": _l("Getting in"), "lng": _l("Position"),
    "lat": _l("Position"), "datum": _l("Position"), "position_source": _l("Position"), "model": _l("Model"),
    "batch": _l("Serial or batch number"), "room": _l("Room"), "area_m2": _l("Area in m²"),
    "purchased_on": _l("Bought on"), "voucher": _l("Purchase voucher"), "installer": _l("Installed by"),
    "warranty_start_on": _l("Warranty starts on"),
    "skills": _l("Skills"), "own_week": _l("Week"), "lunch": _l("Lunch"),
    "lunch_earliest": _l("Lunch begins at the earliest"), "lunch_latest": _l("Lunch begins at the latest"),
    "lunch_minutes": _l("Minutes of lunch"), "start_from": _l("Where the day begins"), "ends": _l("Where the day ends"),
    "van_m2": _l("Load of the van, m² of boards"), "home_address": _l("Address of the home"),
    "home_pasted": _l("Position of the home"), "home_lng": _l("Position of the home"),
    "home_lat": _l("Position of the home"), "home_datum": _l("Position of the home"), "weekdays": _l("Days"),
    "skills_by": _l("Skills"), "load_m2": _l("Boards to bring, m²"), "pinned_lead": _l("Only this technician"),
    "not_promised": _l("Agreed time"), "days_kind": _l("What"), "days_first": _l("First day"),
    "days_last": _l("Last day"), "days_start": _l("Works from"), "days_end": _l("Works until"),
    "days_reason": _l("Reason"), "name_zh": _l("Name in Chinese"), "name_en": _l("Name in English"),
}  # fmt: skip


def saved_words(taken: Iterable[str]) -> str:
    """What is said after saving; `taken`: fields that somebody else had changed and that were kept so."""
    names = list(dict.fromkeys(str(FIELDS[name]) for name in taken if name in FIELDS))
    if not names:
        return _("Saved.")
    return _("Saved. Somebody else changed meanwhile, and it stays: %(fields)s.", fields=_(", ").join(names))
