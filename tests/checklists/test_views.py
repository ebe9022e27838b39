"""The desk editor of checklists: who may do what, nothing typed is lost, publishing changes only what has not begun."""

from copy import deepcopy
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldservice.branches.models import Branch
from fieldservice.checklists import actions, queries
from fieldservice.checklists.content import check_content
from fieldservice.checklists.models import DRAFT, PUBLISHED, RETIRED, ChecklistTemplate, ChecklistVersion
from fieldservice.core.db import db
from fieldservice.core.oplog import log_of
from tests.builders import MOMENT, a_job
from tests.cast import Cast, a_person, sign_in
from tests.support.form_fields import form_fields
from tests.support.own_forms import send_form
from tests.sync.phone import Phone

STEP = {
    "type": "confirm",
    "phase": "door",
    "words_zh": "把鞋套穿好",
    "words_en": "Put the shoe covers on",
    "sheet": "",
}


@pytest.fixture
def installed(cast: Cast) -> Cast:
    actions.install_standard(at=MOMENT)
    db.session.commit()
    return cast


@pytest.fixture
def manager(client: FlaskClient, installed: Cast) -> FlaskClient:
    """The manager of all, in English."""
    return english(client, installed.head_office_manager)


@pytest.fixture
def store_manager(app: Flask, installed: Cast) -> FlaskClient:
    """The manager of one store."""
    return english(app.test_client(), installed.branch_manager)


def english(client: FlaskClient, person: Any) -> FlaskClient:
    client.set_cookie("lang", "en", domain="localhost")
    return sign_in(client, person)


def template_of(job_type: str = "repair", branch: Branch | None = None) -> ChecklistTemplate:
    found = queries.template_of(job_type, branch.id if branch else None)
    assert found
    return found


def in_force(job_type: str = "repair", branch: Branch | None = None) -> ChecklistVersion:
    found = queries.published_of(template_of(job_type, branch))
    assert found
    return found


def post(client: FlaskClient, address: str, page: str = "/checklists", **data: Any) -> TestResponse:
    return send_form(client, address, data, page=page)


def begin(client: FlaskClient, job_type: str = "repair") -> ChecklistVersion:
    """A new draft of the organisation's checklist."""
    answer = post(client, f"/checklists/{template_of(job_type).id}/drafts")
    assert answer.status_code == 303
    return draft_at(answer)


def draft_at(answer: TestResponse) -> ChecklistVersion:
    return db.session.get_one(ChecklistVersion, answer.location.rsplit("/", 1)[1].split("#")[0])


def items_of(version: ChecklistVersion) -> dict[str, Any]:
    db.session.refresh(version)
    return {item["key"]: item for item in version.content["items"]}


def step_address(version: ChecklistVersion, key: str = "new") -> str:
    return f"/checklists/versions/{version.id}/steps/{key}"


def add(client: FlaskClient, version: ChecklistVersion, **given: Any) -> TestResponse:
    page = f"{step_address(version)}?phase=door&kind={given.get('type', 'confirm')}"
    return send_form(client, step_address(version), STEP | given, page=page)


def added(client: FlaskClient, version: ChecklistVersion, **given: Any) -> dict[str, Any]:
    before = set(items_of(version))
    answer = add(client, version, **given)
    assert answer.status_code == 303, answer.text
    [key] = set(items_of(version)) - before
    found: dict[str, Any] = items_of(version)[key]
    return found


# who


def test_the_list_says_what_is_in_force_and_what_has_none(manager: FlaskClient) -> None:
    text = manager.get("/checklists").text
    assert text.count("Version 1<") == 6
    assert text.count("No checklist: these visits have no required steps") == 2
    assert "came with the product" in text


def test_whoever_reads_the_desk_may_look_and_no_more(app: Flask, installed: Cast) -> None:
    template, version = template_of(), in_force()
    for person in (installed.dispatcher, installed.service_desk, installed.finance, installed.quality):
        client = english(app.test_client(), person)
        for address in ("", f"/{template.id}", f"/versions/{version.id}", f"/versions/{version.id}/preview"):
            assert client.get(f"/checklists{address}").status_code == 200
        assert "New draft" not in client.get(f"/checklists/{template.id}").text
        assert post(client, f"/checklists/{template.id}/drafts").status_code == 403
        assert post(client, f"/checklists/versions/{version.id}/copies").status_code == 403
        assert client.get(step_address(version)).status_code == 403
    technician = sign_in(app.test_client(), installed.technician)
    assert technician.get("/checklists").status_code == 403
    assert 'href="/checklists"' not in technician.get("/app/").text
    assert app.test_client().get("/checklists").status_code == 302


def test_a_branch_manager_changes_only_the_own_branch(
    store_manager: FlaskClient, manager: FlaskClient, installed: Cast
) -> None:
    draft, version = begin(manager), in_force()
    key = version.content["items"][0]["key"]
    assert "Edit" not in store_manager.get(f"/checklists/versions/{draft.id}").text
    for address in (
        f"/checklists/{version.template_id}/drafts",
        f"/checklists/versions/{draft.id}/steps/{key}/place",
        f"/checklists/versions/{draft.id}/steps/{key}/removal",
        f"/checklists/versions/{draft.id}/discarding",
        f"/checklists/versions/{draft.id}/publishing",
        f"/checklists/versions/{version.id}/withdrawal",
        step_address(draft, key),
    ):
        assert post(store_manager, address).status_code == 403, address
    other = {"branch_id": installed.other_store.id}
    assert post(store_manager, f"/checklists/versions/{version.id}/copies", **other).status_code == 403
    assert post(store_manager, "/checklists", job_type="courtesy_visit").status_code == 403
    own = {"branch_id": installed.store.id}
    copy = post(store_manager, f"/checklists/versions/{version.id}/copies", **own)
    assert draft_at(copy).template.branch_id == installed.store.id
    assert add(store_manager, draft_at(copy)).status_code == 303


def test_the_checklist_of_another_branch_is_not_there(
    app: Flask, manager: FlaskClient, installed: Cast
) -> None:
    other = {"branch_id": installed.other_store.id}
    copy = draft_at(post(manager, f"/checklists/versions/{in_force().id}/copies", **other))
    key = copy.content["items"][0]["key"]
    addresses = [
        f"/checklists/{copy.template_id}",
        *(f"/checklists/versions/{copy.id}{rest}" for rest in ("", "/preview", "/publishing")),
        step_address(copy),
        step_address(copy, key),
        f"/checklists/versions/{copy.id}/phrases/new",
    ]
    store = english(app.test_client(), installed.branch_manager)
    assert {store.get(address).status_code for address in addresses} == {404}
    assert post(store, f"/checklists/versions/{copy.id}/withdrawal").status_code == 404
    assert post(store, f"/checklists/{copy.template_id}/drafts").status_code == 404
    send_form(manager, f"/checklists/versions/{copy.id}/publishing", {"note": ""})
    assert "浦东店" not in store.get("/checklists").text
    assert "浦东店" not in store.get(f"/checklists/{template_of().id}").text
    assert "浦东店" in manager.get(f"/checklists/{template_of().id}").text
    assert "浦东店" in manager.get("/checklists").text
    assert manager.get(step_address(begin(manager), "nothing")).status_code == 404
    outside = a_person("0901", "外店店长", installed.other_store, "branch_manager")
    assert english(app.test_client(), outside).get(addresses[0]).status_code == 200


# steps


def test_a_step_is_added_changed_moved_and_deleted(manager: FlaskClient) -> None:
    draft = begin(manager)
    item = added(manager, draft, hint_zh="不要踩脏", hint_en="Keep it clean", optional="1")
    assert item["words"] == {"zh": "把鞋套穿好", "en": "Put the shoe covers on"}
    assert (item["phase"], item["required"], item["when"], item["sheet"]) == ("door", False, [], "")
    address = step_address(draft, item["key"])
    assert send_form(manager, address, STEP | {"words_en": "Shoe covers"}).status_code == 303
    assert items_of(draft)[item["key"]]["words"]["en"] == "Shoe covers"
    door = [key for key, one in items_of(draft).items() if one["phase"] == "door"]
    assert door[-1] == item["key"]
    post(manager, f"{address}/place", to="up")
    assert [key for key, one in items_of(draft).items() if one["phase"] == "door"][-2] == item["key"]
    for _again in (1, 2):
        post(manager, f"{address}/place", to="down")
    assert items_of(draft)[item["key"]]["phase"] == "during"
    page = f"/checklists/versions/{draft.id}"
    assert post(manager, f"{address}/removal", page=page).status_code == 303
    assert item["key"] not in items_of(draft)
    kinds = [entry.kind for entry in log_of("checklist_version", draft.id)]
    assert kinds[0] == "office.draft_checklist"
    assert set(kinds[1:]) == {"office.save_checklist"}


def test_every_kind_of_step_comes_back_as_it_was_written(manager: FlaskClient) -> None:
    """The shipped standards have steps of every kind: each one saved as it stands changes nothing. Of those with the
    same fields one is enough.
    """
    seen: set[tuple[str, frozenset[str]]] = set()
    for job_type in ("repair", "survey", "delivery_inspection"):
        draft = begin(manager, job_type)
        before = deepcopy(draft.content)
        for item in before["items"]:
            shape = (item["type"], frozenset(key for key, value in item.items() if value))
            if shape in seen:
                continue
            seen.add(shape)
            address = step_address(draft, item["key"])
            page = manager.get(address).text
            assert manager.post(address, data=all_fields(page)).status_code == 303, item["key"]
        for phrase in before["phrases"]:
            address = f"/checklists/versions/{draft.id}/phrases/{phrase['key']}"
            assert manager.post(address, data=all_fields(manager.get(address).text)).status_code == 303
        db.session.refresh(draft)
        assert draft.content == before


def test_the_kinds_bring_their_own_fields(manager: FlaskClient) -> None:
    draft = begin(manager)
    number = added(
        manager, draft, type="number", unit="mm", decimals="1", number_least="０", number_most="100.5",
        warn_above="3", warn_zh="先找平", warn_en="Level it first", sheet="result",
    )  # fmt: skip
    assert (number["least_milli"], number["most_milli"]) == (0, 100_500)
    assert (number["warn_below_milli"], number["warn_above_milli"]) == (None, 3_000)
    say = added(
        manager,
        draft,
        type="say",
        script_zh="{form of address}您好",
        script_en="Hello {Form of Address}, {badge_no}",
    )
    assert say["script"] == {"zh": "{address_form}您好", "en": "Hello {address_form}, {badge_no}"}
    shown = manager.get(step_address(draft, say["key"])).text
    assert "Hello {form of address}, {badge number}" in shown
    photo = added(manager, draft, type="photo", slot="damage", photos_least="2")
    assert (photo["slot"], photo["least"]) == ("damage", 2)
    choose = added(
        manager, draft, type="choose", many="1", option_0_zh="好", option_0_en="Good", option_1_zh="坏",
        option_1_en="Bad", option_1_text="1", option_2_zh="", option_2_en="",
    )  # fmt: skip
    assert [(one["words"]["en"], one["text"]) for one in choose["options"]] == [
        ("Good", False),
        ("Bad", True),
    ]
    assert len({one["key"] for one in choose["options"]}) == 2
    when = [f"item {choose['key']} ={choose['options'][1]['key']}", "fact charge +"]
    text = added(manager, draft, type="text", text_most="120", phase="during", when=when)
    assert text["when"] == [
        {"item": choose["key"], "is": choose["options"][1]["key"]},
        {"fact": "charge", "is": True},
    ]
    assert text["most"] == 120
    assert check_content(draft.content) == []


def test_keys_stay_when_words_change_and_nobody_can_choose_one(manager: FlaskClient) -> None:
    draft = begin(manager)
    fields = all_fields(manager.get(step_address(draft, "fixed")).text)
    fields |= {
        "option_0_zh": "都修好了",
        "option_1_key": "evil key",
        "option_2_zh": "换了新的",
        "option_2_en": "Replaced",
    }
    assert manager.post(step_address(draft, "fixed"), data=fields).status_code == 303
    keys = [option["key"] for option in items_of(draft)["fixed"]["options"]]
    before = [option["key"] for option in in_force().content["items"][_place("fixed")]["options"]]
    assert keys[0] == before[0]
    assert "evil key" not in keys
    assert len(set(keys)) == len(keys)


def _place(key: str) -> int:
    return [item["key"] for item in in_force().content["items"]].index(key)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": "rocket"}, "Choose from the list."),
        ({"phase": "never"}, "Choose from the list."),
        ({"words_zh": "长" * 201}, "at most 200"),
        ({"hint_en": "x" * 5_000}, "at most 300"),
        ({"type": "number", "decimals": "7"}, "At most 3."),
        ({"type": "number", "number_least": "many"}, "Write a number."),
        ({"type": "number", "number_least": "1.23456"}, "too many decimals"),
        ({"type": "number", "number_most": "9" * 40}, "At most 1,000,000,000."),
        ({"type": "number", "number_most": "NaN"}, "Write a number."),
        ({"type": "number", "warn_below": "-Infinity"}, "Write a number."),
        ({"type": "text", "text_most": "0"}, "At least 1."),
        ({"type": "text", "text_most": "ten"}, "Write a number."),
        ({"type": "photo", "slot": "moon", "photos_least": "1"}, "Choose from the list."),
        ({"type": "photo", "slot": "after", "photos_least": "21"}, "At most 20."),
        ({"type": "say", "script_zh": "话" * 601}, "at most 600"),
        ({"type": "choose", "option_0_zh": "长" * 201}, "at most 200"),
        ({"when": ["nonsense"]}, "Choose from the list."),
        ({"when": ["fact charge +"] + [f"fact special_needs =n{n}" for n in range(5)]}, "too many"),
        ({"sheet": "moon"}, "Choose from the list."),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_typed_is_lost(
    manager: FlaskClient, given: dict[str, Any], said: str
) -> None:
    draft = begin(manager)
    before = deepcopy(draft.content)
    answer = add(manager, draft, **({"words_en": "Typed and not lost"} | given))
    assert answer.status_code == 422
    assert said in answer.text
    assert "Typed and not lost" in answer.text
    db.session.refresh(draft)
    assert draft.content == before


def test_thirteen_answers_are_too_many_and_all_stay(manager: FlaskClient) -> None:
    draft = begin(manager)
    given = {f"option_{row}_{language}": f"{language}{row}" for row in range(13) for language in ("zh", "en")}
    answer = add(manager, draft, type="choose", **given)
    assert answer.status_code == 422
    assert "At most 12 answers" in answer.text
    assert 'value="en12"' in answer.text


def test_a_draft_is_kept_with_faults_that_are_said_in_words(manager: FlaskClient) -> None:
    draft = begin(manager)
    item = added(
        manager, draft, words_en="", type="number", decimals="0", number_least="9", number_most="1",
        when=["item gone +"],
    )  # fmt: skip
    page = manager.get(f"/checklists/versions/{draft.id}").text
    for words in ("Words are missing here.", "The limits are crossed", "The step this depends on is gone"):
        assert words in page
    assert "words_missing" not in page
    form = manager.get(step_address(draft, item["key"])).text
    assert 'href="#f-words_en"' in form
    assert 'href="#f-when_0"' in form
    assert "A deleted step" in form


def test_it_cannot_be_published_with_faults(manager: FlaskClient) -> None:
    draft = begin(manager)
    added(manager, draft, words_en="")
    publishing = f"/checklists/versions/{draft.id}/publishing"
    page = manager.get(publishing).text
    assert "To fix before it can be published: 1" in page
    assert "Publish now" not in page
    answer = post(manager, publishing, page=f"/checklists/versions/{draft.id}", note="Mein Wort")
    assert answer.status_code == 422
    db.session.refresh(draft)
    assert draft.state == DRAFT


def test_other_fields_are_shown_without_saving(manager: FlaskClient) -> None:
    draft = begin(manager)
    answer = add(manager, draft, type="number", act="show", words_en="Half typed", unit="mm")
    assert answer.status_code == 200
    assert 'name="number_least"' in answer.text
    assert "Half typed" in answer.text
    moved = add(
        manager, draft, type="choose", act="show:up:1", option_0_en="first", option_0_zh="", option_1_en="second",
        option_1_zh="",
    )  # fmt: skip
    assert moved.text.index('value="second"') < moved.text.index('value="first"')
    assert "Half typed" not in str(draft.content)


def test_rare_characters_stay_and_markup_does_no_harm(manager: FlaskClient) -> None:
    draft = begin(manager)
    item = added(manager, draft, words_zh="䶮\0<b>", words_en="O'Brien & <script>")
    assert item["words"] == {"zh": "䶮<b>", "en": "O'Brien & <script>"}
    for page in ("", "/preview", "/publishing"):
        assert "O'Brien & <script>" not in manager.get(f"/checklists/versions/{draft.id}{page}").text


# two at once


def test_two_who_change_the_same_step_see_both(manager: FlaskClient, app: Flask, installed: Cast) -> None:
    draft = begin(manager)
    address = step_address(draft, "fixed")
    stale = manager.get(address).text
    second = english(app.test_client(), installed.administrator)
    fields = all_fields(second.get(address).text)
    assert second.post(address, data=fields | {"words_en": "Theirs"}).status_code == 303
    answer = manager.post(address, data=all_fields(stale) | {"words_en": "Ours"})
    assert answer.status_code == 409
    assert "Theirs</strong>" in answer.text
    assert 'value="Ours"' in answer.text
    assert items_of(draft)["fixed"]["words"]["en"] == "Theirs"
    assert manager.post(address, data=all_fields(answer.text)).status_code == 303
    assert items_of(draft)["fixed"]["words"]["en"] == "Ours"


def test_two_who_change_different_steps_do_not_disturb_each_other(
    manager: FlaskClient, app: Flask, installed: Cast
) -> None:
    draft = begin(manager)
    first, second = step_address(draft, "fixed"), step_address(draft, "brief")
    stale = all_fields(manager.get(first).text)
    other = english(app.test_client(), installed.administrator)
    assert (
        other.post(second, data=all_fields(other.get(second).text) | {"words_en": "Theirs"}).status_code
        == 303
    )
    assert manager.post(first, data=stale | {"words_en": "Ours"}).status_code == 303
    items = items_of(draft)
    assert (items["fixed"]["words"]["en"], items["brief"]["words"]["en"]) == ("Ours", "Theirs")


def test_a_step_deleted_meanwhile_can_be_added_again(manager: FlaskClient) -> None:
    draft = begin(manager)
    item = added(manager, draft)
    address = step_address(draft, item["key"])
    stale = all_fields(manager.get(address).text)
    post(manager, f"{address}/removal", page=f"/checklists/versions/{draft.id}")
    answer = manager.post(address, data=stale | {"words_en": "Still here"})
    assert answer.status_code == 409
    assert "Somebody deleted this step meanwhile" in answer.text
    again = manager.post(step_address(draft), data=all_fields(answer.text))
    assert again.status_code == 303
    assert "Still here" in str(items_of(draft))


def test_deleting_discarding_and_publishing_by_a_stale_page_is_refused(manager: FlaskClient) -> None:
    draft = begin(manager)
    page = f"/checklists/versions/{draft.id}"
    stale = manager.get(page).text
    publishing = manager.get(f"{page}/publishing").text
    added(manager, draft)
    assert send_form(manager, f"{page}/steps/fixed/removal", {}, text=stale).status_code == 303
    assert "Somebody changed this meanwhile" in manager.get(page).text
    assert "fixed" in items_of(draft)
    send_form(manager, f"{page}/discarding", {}, text=stale)
    assert "Somebody changed this meanwhile" in manager.get(page).text
    answer = send_form(manager, f"{page}/publishing", {"note": "My note"}, text=publishing)
    assert answer.status_code == 409
    assert "My note" in answer.text
    assert in_force().number == 1
    assert send_form(manager, f"{page}/publishing", {"note": "My note"}, text=answer.text).status_code == 303
    assert (in_force().number, in_force().note) == (2, "My note")


def test_a_published_version_cannot_be_edited(manager: FlaskClient) -> None:
    version = in_force()
    before = deepcopy(version.content)
    assert send_form(manager, step_address(version), STEP, page="/account").status_code == 303
    assert "no longer a draft" in manager.get(f"/checklists/versions/{version.id}").text
    for rest in ("steps/fixed/place", "steps/fixed/removal", "discarding", "publishing", "phrases/gift"):
        assert post(manager, f"/checklists/versions/{version.id}/{rest}").status_code == 303
    db.session.refresh(version)
    assert (version.content, version.state) == (before, PUBLISHED)


def test_a_second_draft_is_refused_in_words(manager: FlaskClient) -> None:
    begin(manager)
    answer = post(manager, f"/checklists/{template_of().id}/drafts")
    assert "There is a draft already" in manager.get(answer.location).text
    assert (
        db.session.scalar(sa.select(sa.func.count()).select_from(ChecklistVersion).filter_by(state=DRAFT))
        == 1
    )


# phrases


def test_a_phrase_is_added_changed_and_deleted(manager: FlaskClient) -> None:
    draft = begin(manager)
    new = f"/checklists/versions/{draft.id}/phrases/new"
    given = {
        "title_zh": "下雨",
        "title_en": "Rain",
        "words_zh": "我先擦干。",
        "words_en": "I'll dry off first.",
    }
    assert send_form(manager, new, given | {"title_en": "x" * 41}).status_code == 422
    assert send_form(manager, new, given).status_code == 303
    db.session.refresh(draft)
    phrase = draft.content["phrases"][-1]
    assert phrase["words"]["en"] == "I'll dry off first."
    address = f"/checklists/versions/{draft.id}/phrases/{phrase['key']}"
    assert send_form(manager, address, given | {"words_en": ""}).status_code == 303
    assert "Words are missing here." in manager.get(address).text
    post(manager, f"{address}/place", to="up")
    db.session.refresh(draft)
    assert draft.content["phrases"][-2]["key"] == phrase["key"]
    post(manager, f"{address}/removal", page=f"/checklists/versions/{draft.id}")
    db.session.refresh(draft)
    assert phrase["key"] not in str(draft.content["phrases"])


# new ones, copies, going back


def test_a_kind_of_visit_without_a_checklist_gets_one(manager: FlaskClient) -> None:
    empty = draft_at(post(manager, "/checklists", job_type="courtesy_visit"))
    assert empty.content["items"] == []
    assert "There is no step yet" in manager.get(f"/checklists/versions/{empty.id}").text
    like = draft_at(post(manager, "/checklists", job_type="goods_transport", like=in_force().id))
    assert like.content == in_force().content
    assert post(manager, "/checklists", job_type="moonwalk").status_code == 303
    assert post(manager, "/checklists", job_type="repair", like="nothing").status_code == 404


def test_a_branch_has_its_own_and_goes_back(store_manager: FlaskClient, installed: Cast) -> None:
    organisation = f"/checklists/{template_of().id}"
    assert "Copy for 丰台店" in store_manager.get(organisation).text
    copies = f"/checklists/versions/{in_force().id}/copies"
    draft = draft_at(post(store_manager, copies, branch_id=installed.store.id))
    add(store_manager, draft)
    publishing = f"/checklists/versions/{draft.id}/publishing"
    assert "Compared with the organisation's version 1" in " ".join(
        store_manager.get(publishing).text.split()
    )
    answer = send_form(store_manager, publishing, {"note": "鞋套"})
    assert answer.status_code == 303
    current = queries.current_version("repair", installed.store.id)
    assert current
    assert current.id == draft.id
    page = store_manager.get(answer.location).text
    assert "鞋套" in page
    assert "沈店长" in page
    stale = page.replace(f'value="{draft.version}"', 'value="1"')
    withdrawal = f"/checklists/versions/{draft.id}/withdrawal"
    send_form(store_manager, withdrawal, {}, text=stale)
    assert queries.current_version("repair", installed.store.id) == draft
    assert send_form(store_manager, withdrawal, {}, page=answer.location).status_code == 303
    db.session.refresh(draft)
    assert draft.state == RETIRED
    assert queries.current_version("repair", installed.store.id) == in_force()
    assert "nothing of its own" in store_manager.get("/checklists").text
    assert "office.withdraw_checklist" in [entry.kind for entry in log_of("checklist_version", draft.id)]
    again = draft_at(post(store_manager, f"/checklists/{draft.template_id}/drafts"))
    assert again.content == in_force().content
    post(
        store_manager, f"/checklists/versions/{again.id}/discarding", page=f"/checklists/versions/{again.id}"
    )
    old = draft_at(post(store_manager, f"/checklists/versions/{draft.id}/copies"))
    assert old.content == draft.content


def test_the_organisation_has_nothing_to_go_back_to(manager: FlaskClient) -> None:
    version = in_force()
    answer = post(manager, f"/checklists/versions/{version.id}/withdrawal")
    assert "Only a branch can go back" in manager.get(answer.location).text
    assert in_force() == version


# publishing


def test_before_publishing_it_says_what_differs_and_for_whom(manager: FlaskClient, installed: Cast) -> None:
    for _job in range(3):
        a_job(installed.store, installed.technician)
    a_job(installed.store, installed.technician, checklist_id=in_force().id)
    a_job(installed.store, installed.technician, type="survey")
    draft = begin(manager)
    added(manager, draft)
    fields = all_fields(manager.get(step_address(draft, "clean")).text)
    manager.post(step_address(draft, "clean"), data=fields | {"words_en": "Swept and tidy"})
    page = f"/checklists/versions/{draft.id}"
    post(manager, f"{page}/steps/day_log/removal", page=page)
    post(manager, f"{page}/steps/dress/place", to="up")
    text = " ".join(manager.get(f"{page}/publishing").text.split())
    assert "Open visits that have not begun: 3" in text
    assert "Visits that have begun: 1" in text
    assert "they keep the organisation's version 1" in text
    assert "Steps that differ: 4" in text
    assert "<s>Place cleaned, waste taken away</s> <b>Swept and tidy</b>" in text
    for kind in ("new</span>", "left out</span>", "changed</span>", "moved</span>"):
        assert kind in text


def test_new_words_of_a_step_are_no_change_of_those_that_depend_on_it(manager: FlaskClient) -> None:
    draft = begin(manager)
    fields = all_fields(manager.get(step_address(draft, "fixed")).text)
    manager.post(step_address(draft, "fixed"), data=fields | {"words_en": "Was it fixed?"})
    assert "Steps that differ: 1" in " ".join(
        manager.get(f"/checklists/versions/{draft.id}/publishing").text.split()
    )


def test_a_note_too_long_is_kept_and_nothing_is_published(manager: FlaskClient) -> None:
    draft = begin(manager)
    answer = send_form(manager, f"/checklists/versions/{draft.id}/publishing", {"note": "Word " * 100})
    assert answer.status_code == 422
    assert "300 characters at most" in answer.text
    assert "Word Word" in answer.text
    assert in_force().number == 1


def test_a_published_version_reaches_visits_that_have_not_begun_and_no_others(
    app: Flask, manager: FlaskClient, installed: Cast
) -> None:
    phone = Phone(sign_in(app.test_client(), installed.technician))
    fresh = a_job(installed.store, installed.technician)
    begun = a_job(installed.store, installed.technician, checklist_id=in_force().id)
    first = in_force().id
    phone.sync()
    assert phone.jobs[fresh.id]["checklist"]["id"] == first
    draft = begin(manager)
    added(manager, draft)
    send_form(manager, f"/checklists/versions/{draft.id}/publishing", {"note": ""})
    phone.sync()
    assert phone.jobs[fresh.id]["checklist"]["id"] == draft.id
    assert phone.jobs[begun.id]["checklist"]["id"] == first


# preview


def test_the_preview_asks_what_the_visit_is_like(manager: FlaskClient) -> None:
    address = f"/checklists/versions/{in_force().id}/preview"
    plain = manager.get(address).text
    assert "Ms Zhang, this is our price list" not in plain
    charged = manager.get(f"{address}?charge=1").text
    assert "this is our price list" in charged
    assert "180" in charged
    assert "{amount}" not in charged
    assert "0217" in charged
    elderly = in_force().content["items"][_place("knock_elderly")]["words"]["en"]
    assert plain.count(elderly) == 1  # among what is left out
    assert manager.get(f"{address}?needs=elderly").text.count(elderly) == 1  # on the phone
    sorry = in_force().content["items"][_place("sorry")]["words"]["zh"]
    assert sorry not in plain.split('class="check-lines"')[0]
    assert sorry in manager.get(f"{address}?a_fixed=no").text.split('class="check-lines"')[0]


def test_a_preview_of_a_draft_with_faults_and_odd_questions_opens(manager: FlaskClient) -> None:
    draft = begin(manager)
    added(manager, draft, words_zh="", words_en="", when=["item gone +", "item fixed =gone"])
    added(manager, draft, type="choose", option_0_zh="", option_0_en="")
    added(manager, draft, type="say", script_zh="{nothing}", script_en="")
    for query in ("", "?a_fixed=rubbish&needs=rubbish&charge=maybe", "?a_=1&a_fixed=none"):
        assert manager.get(f"/checklists/versions/{draft.id}/preview{query}").status_code == 200


def all_fields(text: str) -> dict[str, Any]:
    """What a browser would send of the form of the page."""
    return form_fields(text, "check-form")
