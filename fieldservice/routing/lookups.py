"""Where addresses lie: asked for by the worker, kept with what speaks against it, put right by hand.

Only the address goes out: neither whose it is nor which floor, and telephone numbers in it are left out. A pin that
somebody set is never touched, not even when it is set while the answer is under way.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import current_app

from fieldservice.accounts.models import Person
from fieldservice.core import clock, positions
from fieldservice.core.coords import Point, metres
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.customers.actions import locate_site
from fieldservice.customers.models import GEOCODER, Customer, Site
from fieldservice.people.availability import branch_place
from fieldservice.routing import services
from fieldservice.routing.models import CONFIRMED, DOUBTFUL, FAILED, FOUND, NONE_FOUND, SiteLookup

if TYPE_CHECKING:
    from fieldservice.routing.geocoders.base import Candidate, Geocoder

#: addresses of one round, and how long it may take
ROUND = 30
ROUND_SECONDS = 30.0
#: an address whose request failed is asked for again after so long, at most so often
AGAIN = timedelta(minutes=30)
MOST_FAILURES = 5
#: two places farther apart than this are not the same one told twice
ALIKE_METRES = 500
#: known addresses that say where a branch works, and how many there must be
AREA_SITES, LEAST_SITES = 400, 5

_NUMBERS = re.compile(r"(?<!\d)\+?\d[\d -]{5,}\d(?!\d)")
_CITY = re.compile(r"\A(?:[^市省]{2,8}(?:省|自治区))?([^市省]{2,8}市)")
#: words of streets and estates with the sign of a town that name none
_NO_TOWN = re.compile(r"[城都超夜菜]市|市[场政民集]")


def service_code() -> str:
    """How the geocoder that is set is called among the services; '' none is."""
    code = str(current_app.config["GEOCODER"])
    return f"geocoder:{code}" if code else ""


def look_up_due(at: datetime) -> int:
    """Looks up addresses without a position; how many were asked for. Commits as it goes."""
    code = service_code()
    due = _due(at) if code else []
    db.session.rollback()
    if not due:
        return 0
    left = services.take(code, at, current_app.config["GEOCODER_PER_HOUR"])
    if not left:
        return 0
    asked, trouble, detail = 0, "", ""
    from fieldservice.routing.geocoders.base import Failed

    try:
        geocoder = _geocoder()
        end = time.monotonic() + ROUND_SECONDS
        for site_id in due[:left]:
            if time.monotonic() > end:
                break
            if asked:
                time.sleep(geocoder.pause_seconds)
            asked += _look_up(site_id, geocoder)
    except Failed as error:
        trouble, detail, asked = error.code, str(error), asked + 1
    finally:
        db.session.rollback()
        services.give_back(code, clock.now(), asked=asked, trouble=trouble, detail=detail)
    return asked


def asked_text(site: Site) -> str:
    """What the geocoder is told of an address: town, district, street. No name, no telephone, no floor."""
    text = f"{site.district} {site.address}"
    for name in (site.customer.name, site.customer.address_form):
        if len(name) > 1:
            text = text.replace(name, " ")
    text = " ".join(_NUMBERS.sub(" ", text).split())
    return f"{assumed_town(site)} {text}".strip() if text else ""


def assumed_town(site: Site) -> str:
    """The town of the branch's own address, for an address that names none. '': it names one, or none is known."""
    city = _CITY.match(site.customer.branch.address)
    return city[1] if city and "市" not in _NO_TOWN.sub("", f"{site.district} {site.address}") else ""


def confirm(site: Site, *, by: Person, at: datetime) -> None:
    """Somebody says that a doubtful position is right: from now on it is a pin. Raises RuleBroken('no_position')."""
    row = db.session.get(SiteLookup, site.id, with_for_update=True)
    if row is None or site.lat is None or site.lng is None or site.position_source != GEOCODER:
        raise RuleBroken("no_position")
    locate_site(site, Point(site.lat, site.lng), "pin", by=by, at=at)
    row.outcome, row.confirmed_by_id = CONFIRMED, by.id


def ask_again(site_id: str, at: datetime) -> None:
    """The address is another one now, or somebody wants it looked up again; the caller commits."""
    row = db.session.get(SiteLookup, site_id)
    if row is not None:
        row.next_at, row.failures = at, 0


def judge(candidates: Sequence[Candidate], area: Point | None, far_km: int) -> tuple[Point | None, list[str]]:
    """The place that is meant and what speaks against it. None: none, or one that nobody should be sent to.

    `area`: the middle of where the branch works; None: not known.
    """
    from fieldservice.routing.geocoders import base

    if not candidates:
        return None, []
    first = candidates[0]
    doubts = [base.AREA_ONLY] if first.is_area else []
    if first.is_unsure:
        doubts.append(base.LOW_CONFIDENCE)
    if any(metres(first.point, other.point) > ALIKE_METRES and not other.is_area for other in candidates[1:]):
        doubts.append(base.SEVERAL)
    if not positions.is_likely(first.point):
        doubts.append(base.ABROAD)
    elif area is not None and metres(first.point, area) > far_km * 1000:
        doubts.append(base.FAR)
    is_useless = {base.AREA_ONLY, base.FAR, base.ABROAD} & set(doubts)
    return (None if is_useless else first.point), doubts


def _due(at: datetime) -> list[str]:
    """Addresses to ask for, the newest first: never asked, changed since, or failed a while ago."""
    query = (
        sa.select(Site.id).join(Customer, Customer.id == Site.customer_id)
        .outerjoin(SiteLookup, SiteLookup.site_id == Site.id)
        .where(Customer.erased_at.is_(None), Site.address != "",
               sa.or_(Site.lat.is_(None), Site.position_source == GEOCODER),
               sa.or_(SiteLookup.site_id.is_(None), SiteLookup.next_at <= at))
        .order_by(Site.id.desc()).limit(ROUND)
    )  # fmt: skip
    return list(db.session.scalars(query))


def _look_up(site_id: str, geocoder: Geocoder) -> int:
    """One address: asked for while nothing is held, then kept. How many requests that took. Raises Failed."""
    from fieldservice.routing.geocoders.base import Failed

    site = db.session.get(Site, site_id)
    if site is None:
        db.session.rollback()
        return 0
    text, area = asked_text(site), _area_of(site.customer.branch_id)
    db.session.rollback()
    if not text:
        _keep(site_id, "", geocoder.code, None, [], NONE_FOUND)
        return 0
    try:
        found = geocoder.candidates(text)
    except Failed as error:
        if error.code in ("answer", "away"):
            _keep_failure(site_id, text, geocoder.code)
        raise
    point, doubts = judge(found, area, current_app.config["GEOCODER_FAR_KM"])
    outcome = DOUBTFUL if doubts else FOUND if point else NONE_FOUND
    _keep(site_id, text, geocoder.code, point, doubts, outcome)
    return 1


def _keep(site_id: str, text: str, code: str, point: Point | None, doubts: list[str], outcome: str) -> None:
    at = clock.now()
    site = db.session.get(Site, site_id, with_for_update=True, populate_existing=True)
    if site is None or site.customer.erased_at is not None or asked_text(site) != text:
        db.session.rollback()  # another address by now: it is asked for anew
        return
    row = _row(site_id, text, code, at)
    row.outcome, row.doubts, row.failures, row.next_at = outcome, doubts, 0, None
    if point is not None:
        try:
            locate_site(site, point, GEOCODER, by=None, at=at)
        except RuleBroken:
            row.outcome, row.doubts = CONFIRMED, []  # somebody set the pin meanwhile
    elif site.position_source == GEOCODER:
        _take_away(site, at)
    db.session.commit()


def _take_away(site: Site, at: datetime) -> None:
    """What was found for the address of before is not where the new one is."""
    from fieldservice.core.oplog import log_office_edit

    site.lat, site.lng, site.position_source = None, None, ""
    log_office_edit("locate_site", site, by=None, at=at, changed=["lat", "lng"], lat=None, lng=None, position_source="")


def _keep_failure(site_id: str, text: str, code: str) -> None:
    at = clock.now()
    if db.session.get(Site, site_id) is None:
        db.session.rollback()
        return
    row = _row(site_id, text, code, at)
    row.outcome, row.doubts, row.failures = FAILED, [], row.failures + 1
    row.next_at = at + AGAIN if row.failures < MOST_FAILURES else None
    db.session.commit()


def _row(site_id: str, text: str, code: str, at: datetime) -> SiteLookup:
    row = db.session.get(SiteLookup, site_id, with_for_update=True)
    if row is None:
        row = SiteLookup(site_id=site_id, failures=0)
        db.session.add(row)
    row.asked_for, row.asked_at, row.geocoder = hashlib.sha256(text.encode()).hexdigest()[:32], at, code
    return row


def _area_of(branch_id: str) -> Point | None:
    """Where a branch works: its own place, else the middle of its addresses that people have pinned."""
    place = branch_place(branch_id)
    if place is not None:
        return Point(*place)
    query = (
        sa.select(Site.lat, Site.lng).join(Customer, Customer.id == Site.customer_id)
        .where(Customer.branch_id == branch_id, Site.lat.is_not(None), Site.position_source != GEOCODER)
        .order_by(Site.id.desc()).limit(AREA_SITES)
    )  # fmt: skip
    known = [Point(lat or 0.0, lng or 0.0) for lat, lng in db.session.execute(query)]
    if len(known) < LEAST_SITES:
        return None
    return Point(median(point.lat for point in known), median(point.lng for point in known))


def _geocoder() -> Geocoder:
    from fieldservice.routing.geocoders import GEOCODERS
    from fieldservice.routing.geocoders.base import Failed

    config = current_app.config
    kind = GEOCODERS[config["GEOCODER"]]
    if kind.needs_key and not config["GEOCODER_KEY"]:
        raise Failed("unset", "GEOCODER_KEY")
    return kind(config["GEOCODER_URL"], config["GEOCODER_KEY"])


def lookups_of(site_ids: Iterable[str]) -> dict[str, SiteLookup]:
    """By site, of those that were looked up."""
    ids = list(site_ids)
    if not ids:
        return {}
    return {row.site_id: row for row in db.session.scalars(sa.select(SiteLookup).where(SiteLookup.site_id.in_(ids)))}
