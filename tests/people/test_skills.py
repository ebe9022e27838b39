"""The catalogue of skills: who keeps it, who looks, two editors, names that lists can tell apart, retiring."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.people import actions
from fieldservice.people.availability import available
from fieldservice.people.models import PersonSkill, Skill
from fieldservice.people.rules import Held, PlanningEntry, code_of
from tests.builders import a_case, a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.core.test_tables import read_csv, read_xlsx
from tests.people.test_planning import opened, today
from tests.support.as_served import as_served
from tests.support.forms import post_form

NEW = {"name_zh": "楼梯踏步", "name_en": "Stair treads", "kind": "craft"}


def save(client: FlaskClient, code: str, **given: Any) -> Any:
    address = f"/team/skills/{code}"
    return client.post(address, data={**opened(client, address), **given})


def kinds() -> list[str]:
    query = sa.select(LogEntry.kind).filter_by(entity_type="skill").order_by(LogEntry.version, LogEntry.id)
    return list(db.session.scalars(query))


def test_one_is_added_renamed_retired_and_offered_again(client: FlaskClient, cast: Cast) -> None:
    client.set_cookie("lang", "en", domain="localhost")
    sign_in(client, cast.head_office_manager)
    assert post_form(client, "/team/skills", NEW).status_code == 303
    skill = db.session.get_one(Skill, "stair_treads")
    assert (skill.name_zh, skill.is_certificate, skill.is_active) == ("楼梯踏步", False, True)
    again = post_form(client, "/team/skills", NEW)
    assert again.status_code == 422
    assert "There is a skill of this name already" in again.text
    assert save(client, "stair_treads", name_en="Stairs").status_code == 303
    assert save(client, "stair_treads").status_code == 303  # nothing touched, nothing logged
    for _twice in range(2):
        assert post_form(client, "/team/skills/stair_treads/retirement").status_code == 303
    planning = client.get(f"/team/{cast.technician.id}").text
    assert 'value="laminate"' in planning
    assert 'value="stair_treads"' not in planning
    assert post_form(client, "/team/skills/stair_treads/return").status_code == 303
    page = client.get(f"/team/{cast.technician.id}").text
    assert page.index("Stairs") < page.index("Underfloor heating")  # crafts stand before certificates
    assert kinds() == ["office.add_skill", "office.change_skill", "office.retire_skill", "office.bring_back_skill"]
    assert client.get("/team/skills?export=csv").text.count("Stairs") == 1


def test_the_file_says_who_has_it(client: FlaskClient, cast: Cast) -> None:
    db.session.add(PersonSkill(person_id=cast.technician.id, skill="laminate"))
    db.session.commit()
    sign_in(client, cast.dispatcher)
    head, *found = read_csv(as_served(client, "/team/skills?export=csv").data)
    people = {row[head.index("英文名称")]: row[head.index("谁具备")] for row in found}
    assert people["Laminate floors"] == f"{cast.technician.name} {cast.technician.staff_no}"
    sheet = read_xlsx(as_served(client, "/team/skills?export=xlsx").data)
    assert cast.technician.staff_no in str(sheet)


@pytest.mark.one_database
def test_who_keeps_it_who_looks_and_who_neither(client: FlaskClient, cast: Cast) -> None:
    for person, looks, keeps in (
        (cast.administrator, 200, 303), (cast.head_office_manager, 200, 303), (cast.dispatcher, 200, 403),
        (cast.branch_manager, 200, 403), (cast.service_desk, 403, 403), (cast.technician, 403, 403),
        (cast.finance, 403, 403),
    ):  # fmt: skip
        sign_in(client, person)
        assert client.get("/team/skills").status_code == looks, person.name
        page = client.get("/team/skills/laminate")
        assert page.status_code == looks
        assert ("<form class=\"panel\"" in page.text) == (keeps == 303)
        for part in ("", "/retirement", "/return"):
            answer = post_form(client, f"/team/skills/laminate{part}", {
                "name_zh": "强化复合地板", "name_en": "Laminate floors", "kind": "craft", "version": "0"})  # fmt: skip
            assert answer.status_code == keeps, (person.name, part)
        assert client.get("/team/skills/new").status_code == (200 if keeps == 303 else 403)
        assert client.get("/team/skills/nothing").status_code == (404 if looks == 200 else 403)
    assert set(kinds()) == {"office.retire_skill", "office.bring_back_skill"}


@pytest.mark.one_database
def test_it_says_who_has_it_here_and_what_needs_it(client: FlaskClient, cast: Cast) -> None:
    held = Held("electrician", today() - timedelta(days=3), "京 A 1")
    actions.save_planning(cast.technician, PlanningEntry(skills=(held,)), by=None, at=clock.now())
    site = a_site(a_customer(cast.store))
    job = a_job(cast.store, cast.technician, site=site, case=a_case(site))
    job.skills = ["electrician", "laminate"]
    client.set_cookie("lang", "en", domain="localhost")
    for person, sees in ((cast.dispatcher, True), (cast.administrator, True), (cast.outsider, False)):
        sign_in(client, person)
        listed, page = client.get("/team/skills").text, client.get("/team/skills/electrician").text
        assert ("run out: 1" in listed) == sees, person.name
        assert (cast.technician.name in page, "Open visits that need it: 1" in page) == (sees, sees)
        assert (f'href="/team/{cast.technician.id}"' in page) == (person is cast.dispatcher)
        assert "京 A 1" not in page


@pytest.mark.one_database
@pytest.mark.parametrize(("given", "where"), [
    ({"name_zh": ""}, "name_zh"), ({"name_en": "x" * 41}, "name_en"), ({"name_zh": "瓷 砖"}, "name_zh"),
    ({"name_en": "Stairs, treads"}, "name_en"), ({"name_zh": "踏步、扶手"}, "name_zh"), ({"kind": "both"}, "kind"),
    ({"name_en": "floor-heating"}, "name_en"), ({"name_en": "Stairs 2026-01-01"}, "name_en"),
    ({"name_zh": "\0"}, "name_zh"),
])  # fmt: skip
def test_a_name_that_lists_could_not_tell_is_refused(
    client: FlaskClient, cast: Cast, given: dict[str, str], where: str
) -> None:
    sign_in(client, cast.administrator)
    answer = post_form(client, "/team/skills", {**NEW, **given})
    assert answer.status_code == 422
    assert f'id="e-{where}"' in answer.text
    assert not kinds()


def test_the_kind_stays_while_somebody_has_it_and_two_editors_meet(client: FlaskClient, cast: Cast) -> None:
    actions.save_planning(cast.technician, PlanningEntry(skills=(Held("vinyl"),)), by=None, at=clock.now())
    sign_in(client, cast.administrator)
    mine = opened(client, "/team/skills/vinyl")
    refused = save(client, "vinyl", kind="certificate")
    assert refused.status_code == 422
    assert 'id="e-kind"' in refused.text
    assert save(client, "carpet", kind="certificate").status_code == 303
    assert db.session.get_one(Skill, "carpet").is_certificate
    sign_in(client, cast.head_office_manager)
    assert save(client, "vinyl", name_zh="石塑地板").status_code == 303
    sign_in(client, cast.administrator)
    mine["csrf_token"] = opened(client, "/team/skills/vinyl")["csrf_token"]
    assert client.post("/team/skills/vinyl", data={**mine, "name_en": "Vinyl"}).status_code == 303
    skill = db.session.get_one(Skill, "vinyl")
    assert (skill.name_zh, skill.name_en) == ("石塑地板", "Vinyl")
    clash = client.post("/team/skills/vinyl", data={**mine, "name_zh": "弹性地板"})
    assert clash.status_code == 409
    assert cast.head_office_manager.name in clash.text


@pytest.mark.one_database
def test_a_retired_craft_takes_nobody_from_the_visits_that_need_it(client: FlaskClient, cast: Cast) -> None:
    site = a_site(a_customer(cast.store))
    job = a_job(cast.store, cast.technician, site=site, case=a_case(site))
    job.skills = ["tile"]
    sign_in(client, cast.administrator)
    assert post_form(client, "/team/skills/tile/retirement").status_code == 303
    assert all("tile" in one.skills for one in available([cast.store.id], today()))
    sign_in(client, cast.dispatcher)
    assert 'value="tile" checked' in client.get(f"/jobs/{job.id}/edit").text
    assert 'value="tile"' not in client.get(f"/jobs/new?site={site.id}").text


def test_codes_are_letters_and_never_doubled() -> None:
    assert code_of("Stair & treads", ()) == "stair_treads"
    assert code_of("楼梯", ("skill",)) == "skill_2"
    assert code_of("x" * 40, ("x" * 24,)) == "x" * 22 + "_2"
