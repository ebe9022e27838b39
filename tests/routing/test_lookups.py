"""Where addresses lie: asked for by address alone, doubted where that is due, and never against somebody's pin."""


from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from fieldservice.core import clock, outbound
from fieldservice.core.coords import Point, metres
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.oplog import log_of
from fieldservice.customers import actions
from fieldservice.customers.models import Customer, Site
from fieldservice.routing import lookups, services
from fieldservice.routing.geocoders.base import Geocoder
from fieldservice.routing.models import SiteLookup
from tests.builders import MOMENT, a_customer, a_site
from tests.cast import Cast

ANSWERS = Path(__file__).parent / "answers"
HOUSE = Point(39.9913, 116.4701)


@pytest.fixture
def geocoder(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the geocoder answers, and what it was asked."""
    state: dict[str, Any] = {"asked": [], "answer": "nominatim_house"}
    app.config.update(GEOCODER="nominatim", GEOCODER_KEY="secret-key")
    monkeypatch.setattr(Geocoder, "pause_seconds", 0)
    for kind in Geocoder.__subclasses__():
        monkeypatch.setattr(kind, "pause_seconds", 0)

    def get(address: str, *_args: Any, **_more: Any) -> tuple[int, bytes]:
        state["asked"].append(unquote_plus(address))
        answer = state["answer"]
        if callable(answer):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, tuple) else (200, (ANSWERS / f"{answer}.json").read_bytes())

    monkeypatch.setattr(outbound, "get", get)
    return state


def an_unknown_site(cast: Cast, **given: Any) -> Site:
    values = {"lat": None, "lng": None, "position_source": ""} | given
    site = a_site(a_customer(cast.store), **values)
    db.session.commit()
    return site


def look_up(at: Any = MOMENT) -> int:
    with clock.frozen(at):
        found = lookups.look_up_due(at)
    db.session.expire_all()
    return found


def lookup_of(site: Site) -> SiteLookup:
    return db.session.get_one(SiteLookup, site.id)


@pytest.mark.parametrize(
    ("code", "answer"),
    [("nominatim", "nominatim_house"), ("baidu", "baidu_house"), ("amap", "amap_geocode_house")],
)
def test_an_address_gets_its_position_in_wgs84(
    session: scoped_session[Any], cast: Cast, geocoder: dict[str, Any], app: Flask, code: str, answer: str
) -> None:
    app.config["GEOCODER"], geocoder["answer"] = code, answer
    site = an_unknown_site(cast)
    version = site.version
    assert look_up() == 1
    assert (site.position_source, lookup_of(site).outcome, lookup_of(site).doubts) == ("geocoder", "found", [])
    assert site.lat is not None
    assert site.lng is not None
    assert metres(Point(site.lat, site.lng), HOUSE) < 120, "in WGS-84, not 500 m or a kilometre beside it"
    assert site.version > version, "phones hear of it"
    assert log_of("site", site.id)[-1].kind == "office.locate_site"
    assert look_up(MOMENT + timedelta(days=9)) == 0, "nobody is asked twice"


def test_only_the_address_goes_out(session: scoped_session[Any], cast: Cast, geocoder: dict[str, Any]) -> None:
    cast.store.address = "北京市丰台区科兴路 9 号"
    an_unknown_site(cast, address="望京西园四区 张丽华 13812342716 收", unit="12 号楼 3 单元 602", access_note="0602#")
    look_up()
    [asked] = geocoder["asked"]
    assert "北京市 朝阳区 望京西园四区" in asked
    for word in ("张丽华", "张女士", "13812342716", "602", "单元", "secret-key"):
        assert word not in asked


@pytest.mark.parametrize(("branch", "district", "address", "town"), [
    ("北京市丰台区科兴路 9 号", "朝阳区", "望京西园四区", "北京市"),
    ("河北省廊坊市广阳区", "", "新华路 3 号", "廊坊市"),
    ("北京市丰台区科兴路 9 号", "朝阳区", "市场街 3 号", "北京市"),
    ("北京市丰台区科兴路 9 号", "", "城市花园二期", "北京市"),
    ("北京市丰台区科兴路 9 号", "", "天津市武清区雍阳西道", ""),
    ("北京市丰台区科兴路 9 号", "三河市", "燕顺路", ""),
    ("", "朝阳区", "望京西园四区", ""), ("丰台科兴路 9 号", "朝阳区", "望京西园四区", ""),
])  # fmt: skip
@pytest.mark.one_database
def test_an_address_without_a_town_is_looked_up_in_that_of_its_branch(
    session: scoped_session[Any], cast: Cast, branch: str, district: str, address: str, town: str
) -> None:
    cast.store.address = branch
    site = an_unknown_site(cast, district=district, address=address)
    assert lookups.assumed_town(site) == town
    assert lookups.asked_text(site) == f"{town} {district} {address}".replace("  ", " ").strip()


def test_no_address_is_not_looked_up_as_the_town_alone(session: scoped_session[Any], cast: Cast) -> None:
    cast.store.address = "北京市丰台区科兴路 9 号"
    assert lookups.asked_text(an_unknown_site(cast, district="", address="13812342716")) == ""


@pytest.mark.parametrize(
    ("code", "answer", "doubt", "is_kept"),
    [
        ("nominatim", "nominatim_city", "area_only", False), ("nominatim", "nominatim_several", "several", True),
        ("baidu", "baidu_city", "area_only", False), ("amap", "amap_geocode_district", "area_only", False),
        ("amap", "amap_geocode_several", "several", True),
    ],
)  # fmt: skip
@pytest.mark.one_database
def test_what_is_doubtful_says_why(
    session: scoped_session[Any], cast: Cast, geocoder: dict[str, Any], app: Flask, code: str, answer: str, doubt: str,
    is_kept: bool,
) -> None:  # fmt: skip
    app.config["GEOCODER"], geocoder["answer"] = code, answer
    site = an_unknown_site(cast)
    look_up()
    assert (lookup_of(site).outcome, doubt in lookup_of(site).doubts) == ("doubtful", True)
    assert (site.lat is not None) is is_kept, "nobody is sent to the middle of a town"


def test_a_place_far_from_where_the_branch_works_is_not_taken(
    session: scoped_session[Any], cast: Cast, geocoder: dict[str, Any]
) -> None:
    for index in range(5):
        a_site(a_customer(cast.store), lat=31.2 + index / 100, lng=121.5)
    site = an_unknown_site(cast)
    look_up()
    assert (site.lat, lookup_of(site).doubts) == (None, ["far"])


def test_a_pin_is_never_touched(session: scoped_session[Any], cast: Cast, geocoder: dict[str, Any]) -> None:
    pinned = an_unknown_site(cast, lat=39.9, lng=116.4, position_source="pin")
    site = an_unknown_site(cast)

    def pinned_meanwhile() -> str:
        site.lat, site.lng, site.position_source = 39.95, 116.45, "typed"
        db.session.commit()
        return "nominatim_house"

    geocoder["answer"] = pinned_meanwhile
    assert look_up() == 1
    assert (site.lat, site.position_source) == (39.95, "typed")
    assert (pinned.lat, pinned.position_source) == (39.9, "pin")
    with pytest.raises(RuleBroken, match="position_set"):
        actions.locate_site(site, HOUSE, "geocoder", by=None, at=MOMENT)


def test_another_address_is_looked_up_anew_and_the_old_place_let_go(
    session: scoped_session[Any], cast: Cast, geocoder: dict[str, Any]
) -> None:
    site = an_unknown_site(cast)
    look_up()
    details = actions.SiteDetails(address="右安门外大街 2 号", district="丰台区", unit=site.unit,
                                  position=Point(*HOUSE), position_source="geocoder")  # fmt: skip
    actions.change_site(site, details, expected_version=site.version, by=cast.dispatcher, at=MOMENT)
    db.session.commit()
    geocoder["answer"] = "nominatim_city"
    assert look_up(MOMENT + timedelta(minutes=5)) == 1
    assert (site.lat, site.position_source, lookup_of(site).outcome) == (None, "", "doubtful")


def test_an_address_changed_while_it_is_asked_for_is_asked_for_again(
    session: scoped_session[Any], cast: Cast, geocoder: dict[str, Any]
) -> None:
    site = an_unknown_site(cast)

    def changed_meanwhile() -> str:
        site.address = "右安门外大街 2 号"
        db.session.commit()
        return "nominatim_house"

    geocoder["answer"] = changed_meanwhile
    look_up()
    assert site.lat is None
    geocoder["answer"] = "nominatim_house"
    assert look_up(MOMENT + timedelta(minutes=5)) == 1
    assert site.lat is not None


@pytest.mark.parametrize(
    ("code", "answer", "trouble"),
    [
        ("nominatim", (200, b"<html>"), "answer"), ("nominatim", (429, b""), "quota"), ("nominatim", (403, b""), "key"),
        ("nominatim", (200, b'[{"lat":"x","lon":"y"}]'), "answer"),
        ("nominatim", (200, b'[{"lat":"95","lon":"9"}]'), "answer"),
        ("nominatim", (200, b'{"a":1}'), "answer"), ("nominatim", outbound.Failed("x"), "away"),
        ("nominatim", outbound.Refused("x"), "address"),
        ("baidu", "baidu_quota", "quota"), ("baidu", (200, b'{"status":0,"result":{"location":{}}}'), "answer"),
        ("amap", "amap_quota", "quota"), ("amap", "amap_key", "key"), ("amap", (200, b'{"status":"1"}'), "answer"),
        ("amap", (200, b'{"status":"1","geocodes":[{"location":[]}]}'), "answer"), ("amap", (200, b"[]"), "answer"),
    ],
)  # fmt: skip
@pytest.mark.one_database
def test_trouble_is_told_and_tried_again(
    session: scoped_session[Any], cast: Cast, geocoder: dict[str, Any], app: Flask, code: str, answer: Any, trouble: str
) -> None:
    app.config["GEOCODER"], geocoder["answer"] = code, answer
    site = an_unknown_site(cast)
    look_up()
    found = services.standing(f"geocoder:{code}")
    assert found is not None
    assert found.trouble == trouble
    assert "secret" not in found.detail
    assert site.lat is None
    good = {"nominatim": "nominatim_house", "baidu": "baidu_house", "amap": "amap_geocode_house"}
    geocoder["answer"] = good[code]
    assert look_up(MOMENT + timedelta(hours=3)) == 1
    assert site.lat is not None


@pytest.mark.parametrize(("code", "answer"), [("amap", "amap_geocode_none"), ("baidu", "baidu_none")])
@pytest.mark.one_database
def test_an_address_nobody_knows_stays_without(
    session: scoped_session[Any], cast: Cast, geocoder: dict[str, Any], app: Flask, code: str, answer: str
) -> None:
    app.config["GEOCODER"], geocoder["answer"] = code, answer
    site = an_unknown_site(cast)
    look_up()
    assert (site.lat, lookup_of(site).outcome) == (None, "none")


def test_somebody_says_that_it_is_right(session: scoped_session[Any], cast: Cast, geocoder: dict[str, Any]) -> None:
    geocoder["answer"] = "nominatim_several"
    site = an_unknown_site(cast)
    look_up()
    lookups.confirm(site, by=cast.dispatcher, at=MOMENT)
    db.session.commit()
    assert (site.position_source, lookup_of(site).outcome) == ("pin", "confirmed")
    with pytest.raises(RuleBroken, match="no_position"):
        lookups.confirm(site, by=cast.dispatcher, at=MOMENT)


def test_nothing_is_asked_for_when_it_is_off_or_erased(
    session: scoped_session[Any], cast: Cast, geocoder: dict[str, Any], app: Flask
) -> None:
    site = an_unknown_site(cast)
    db.session.get_one(Customer, site.customer_id).erased_at = MOMENT
    db.session.commit()
    assert look_up() == 0
    app.config["GEOCODER"] = ""
    an_unknown_site(cast)
    assert look_up() == 0
    assert geocoder["asked"] == []


