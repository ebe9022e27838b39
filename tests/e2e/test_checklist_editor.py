"""The desk editor of checklists in a real browser: from a draft to what is in force, at a desk and on a small phone."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from fieldservice.checklists.queries import published_of, template_of
from tests.e2e.test_desk_forms import assert_good, save
from tests.e2e.trip import reading, sign_in_desk
from tests.support.server import Server

MANAGER = "1000"
in_both_languages = pytest.mark.parametrize("language", ["zh-CN", "en"])


@pytest.fixture
def manager(desk: Page, server: Server) -> Page:
    """The administrator at a desk."""
    sign_in_desk(desk, server, MANAGER)
    return desk


def address_of(app: Flask, job_type: str) -> str:
    """The page of the organisation's checklist."""
    with reading(app):
        found = template_of(job_type, None)
        assert found
        return f"/checklists/{found.id}"


def open_draft(page: Page, app: Flask, job_type: str) -> str:
    """Begins a draft, or takes the one there is; its address."""
    page.goto(address_of(app, job_type))
    page.locator("form[action$='/drafts'] button").click()
    if page.locator(".crumbs li").count() == 2:  # there is one already
        page.locator("tbody a.row-link").first.click()
    page.wait_for_url(re.compile(r"/versions/[0-9a-f-]{36}$"))
    return page.url


@in_both_languages
def test_a_step_is_written_looked_at_and_published(manager: Page, server_app: Flask) -> None:
    draft = open_draft(manager, server_app, "maintenance")
    assert_good(manager)
    manager.locator("[aria-labelledby=phase-door] .check-head a").click()
    assert_good(manager)
    manager.locator("a[href$='kind=confirm']").click()
    manager.locator("[name=words_zh]").fill("穿好鞋套")
    manager.locator("[name=words_en]").fill("Put the shoe covers on")
    manager.locator("[name=type]").select_option("say")
    script = manager.locator("[name=script_en]")
    expect(script).to_be_visible()
    expect(manager.locator("[name=words_en]")).to_have_value("Put the shoe covers on")
    script.fill("Hello , may I come in?")
    script.evaluate("(area) => area.setSelectionRange(6, 6)")
    manager.locator("[data-into=f-script_en] button").first.click()
    expect(script).to_have_value(re.compile(r"^Hello \{.+\}, may I come in\?$"))
    manager.locator("[name=script_zh]").fill("我可以进来吗？")
    assert_good(manager)
    save(manager)
    manager.wait_for_url(re.compile("#at-"))
    step = manager.locator(".check-step:target")
    expect(step).to_contain_text(re.compile("穿好鞋套|Put the shoe covers on"))
    key = (step.get_attribute("id") or "").removeprefix("at-")
    place = "(row) => [...row.parentElement.children].indexOf(row)"
    before = manager.locator(f"#at-{key}").evaluate(place)
    manager.locator(f"#up-{key}").click()
    expect(manager.locator(f"li#at-{key}:nth-child({before})")).to_be_visible()  # counted from 1: one up
    expect(manager.locator(f"#up-{key}")).to_be_focused()
    manager.goto(f"{draft}/preview")
    expect(manager.locator(".check-phone")).to_have_count(2)
    asked = manager.locator("#preview .count").inner_text()
    manager.locator("#s-charge").check()
    expect(manager.locator("#preview .count")).not_to_have_text(asked)
    expect(manager).to_have_url(re.compile("charge=1"))
    assert_good(manager)
    manager.goto(f"{draft}/publishing")
    assert_good(manager)
    manager.locator("[name=note]").fill("鞋套")
    save(manager)
    manager.wait_for_url(re.compile(r"/checklists/[0-9a-f-]{36}$"))
    expect(manager.locator("tbody tr").first).to_contain_text("鞋套")
    assert_good(manager)
    with reading(server_app):
        found = template_of("maintenance", None)
        assert found
        in_force = published_of(found)
        assert in_force
        assert [item["words"]["zh"] for item in in_force.content["items"]].count("穿好鞋套") >= 1


@pytest.mark.expect_console(r"status of 422")
def test_what_is_wrong_leads_to_its_field(manager: Page, server_app: Flask) -> None:
    draft = open_draft(manager, server_app, "installation")
    manager.goto(f"{draft}/steps/new?phase=during&kind=number")
    manager.locator("[name=words_zh]").fill("别丢了我")
    manager.locator("[name=number_least]").fill("many")
    save(manager)
    expect(manager.locator(".errors")).to_be_focused()
    expect(manager.locator("[name=words_zh]")).to_have_value("别丢了我")
    manager.locator(".errors a[href='#f-number_least']").click()
    expect(manager.locator("[name=number_least]")).to_be_focused()
    assert_good(manager)
    manager.locator("[name=number_least]").fill("9.5")
    manager.locator("[name=words_zh]").press("Enter")
    manager.wait_for_url(re.compile("#at-"))
    expect(manager.locator(".check-faulty")).to_have_count(1)
    assert_good(manager)
    manager.locator(".check-faulty .check-delete summary").click()
    manager.locator(".check-faulty .check-confirm button").click()
    expect(manager.locator(".check-faulty")).to_have_count(0)


@in_both_languages
def test_every_page_fits_a_small_phone(
    small_phone: BrowserContext, server: Server, server_app: Flask, language: str
) -> None:
    page = small_phone.new_page()
    sign_in_desk(page, server, MANAGER)
    page.goto("/checklists")
    assert_good(page)
    draft = open_draft(page, server_app, "repair")
    assert_good(page)
    for rest in (
        "/steps/new?phase=door",
        "/steps/greet",
        "/steps/fixed",
        "/steps/moisture",
        "/phrases/gift",
        "/preview",
        "/publishing",
    ):
        page.goto(f"{draft}{rest}")
        assert_good(page)


def test_it_works_without_scripts(
    open_context: Callable[..., BrowserContext], server: Server, server_app: Flask, manager: Page
) -> None:
    draft = open_draft(manager, server_app, "survey")
    plain = open_context(java_script_enabled=False, storage_state=manager.context.storage_state()).new_page()
    plain.goto(f"{draft}/steps/new?phase=door&kind=confirm")
    plain.locator("[name=words_zh]").fill("不用脚本")
    plain.locator("[name=type]").select_option("text")
    plain.locator("noscript button, button[value=show]").first.click()
    plain.locator("[name=text_most]").fill("50")
    expect(plain.locator("[name=words_zh]")).to_have_value("不用脚本")
    plain.locator(".form-actions button").click()
    row = plain.locator(".check-step", has_text="不用脚本")
    expect(row).to_have_count(1)
    row.locator("button[value=up]").click()
    expect(plain.locator("#notices .toast")).to_be_visible()
