"""No word without a translation: with the pseudo-language every translated text stands between ⟦ and ⟧, so any letter
outside is either data or forgotten. What is data is asked of the database; `translate="no"` exempts an element, and so
does a `lang` of its own (names of languages, words that stand before any script has run).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from werkzeug.routing import Rule

from fieldservice.accounts.actions.links import make_link
from fieldservice.accounts.models import Device, DeviceKey, Person
from fieldservice.checklists.actions import new_draft, save_draft
from fieldservice.checklists.models import PUBLISHED, ChecklistVersion
from fieldservice.checklists.queries import own_draft_of
from fieldservice.core import clock, events, json
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.i18n import local
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.models import Job
from fieldservice.portal.actions import address_of, badge_link, case_link
from fieldservice.reports.actions import make_reports
from fieldservice.reports.models import Report
from fieldservice.rosters import actions as rosters
from fieldservice.rosters.models import Roster
from fieldservice.signoff.models import SignOff
from fieldservice.sync.events import OperationSetAside
from fieldservice.visits.actions import close_job, report_incident, waive_photo
from fieldservice.visits.models import ChecklistAnswer, Incident, JobClosure
from tests.builders import a_job
from tests.dispatch.made import a_proposal
from tests.e2e.conftest import PHONE
from tests.e2e.trip import TECHNICIAN, sign_in_desk, sign_in_phone
from tests.signoff.sheets import KEY, register_key, signed_on, take_photos
from tests.support.databases import app_on, close
from tests.support.server import Server, running_server, with_sample_data
from tests.visits.scene import a_whole_visit, answer, cut_short, planks, shoot

ADMINISTRATOR, DISPATCHER = "1000", "0102"

#: addresses that answer no page
NO_PAGE = re.compile(
    r"/(static|api|ca\.crt|livez|readyz|robots\.txt|events|app)(/|$)|.*/(proof|portrait)$|.*\.(json|pdf|pem|zip)$|/c/.*/(photos|portraits)/"
    r"|.*/sheets/"  # a sheet and its job belong together: `visit_addresses`
)

#: texts outside the marks that are no words: days, names of languages, zones, datums, files and products, units, builds
NO_WORDS = re.compile(
    r"\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b"
    r"|\b[A-Z]\w+/[A-Z][\w/+-]+|\bUTC\b"
    r"|\b(?:WGS-84|GCJ-02|BD-09)\b"
    r"|\b(?:CSV|Excel|XLSX)\b"
    r"|\b(?:Android|iPhone|iPad|iOS|Windows|macOS|Linux|Chrome|Edge|Firefox|Safari)\b"
    r"|\b(?:kB|MB|GB)\b|\d (?:m|m²|km)(?!\w)|\b[0-9a-f]{12}\b"
    r"|\bhttps?://\S+|^(?:English|中文)$"
)
HAN = re.compile(r"[㐀-鿿]")
WORD = re.compile(r"[㐀-鿿]+|[^\W\d_㐀-鿿][\w-]*")
#: of the phone's places, looked at in so many jobs
PLACES_OF_A_KIND = 4
#: columns that hold no text for people
MACHINE_COLUMNS = re.compile(r"user_agent|token|hash|password|build|(^|_)id$")
CODE = re.compile(r"[a-z]+(_[a-z]+)*\Z")

#: of the page that is open, or of a document that was only fetched
UNMARKED = """(given) => {
  const looked = given ?? document;
  const found = [];
  let depth = 0;
  const outside = (text) => {
    let rest = '';
    for (const letter of text) {
      if (letter === '⟦') depth += 1;
      else if (letter === '⟧') {
        depth -= 1;
        rest += ' '; // 'Repairs⟦, ⟧Carpet' is two words of people
      } else if (depth === 0) rest += letter;
    }
    return rest.trim();
  };
  const note = (text, element, name) => {
    const rest = outside(text);
    const place = `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className}${name}`;
    if (/\\p{L}/u.test(rest)) found.push([rest, place]);
  };
  const named = ['aria-label', 'aria-description', 'aria-valuetext', 'placeholder', 'title', 'alt'];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return note(node.data, node.parentElement ?? node.getRootNode().host, '');
    if (node.nodeType === Node.ELEMENT_NODE) {
      if (node.matches('script, style, noscript, template, kbd, [translate=no], body [lang], .cannot-start')) return;
      const before = depth;
      for (const name of named) {
        depth = 0;
        note(node.getAttribute(name) ?? '', node, `[${name}]`);
      }
      if (node.matches('input[type=submit], input[type=button]')) note(node.value, node, '[value]');
      depth = before;
      if (node.shadowRoot) walk(node.shadowRoot);
    }
    node.childNodes.forEach(walk);
  };
  walk(looked.documentElement);
  return found;
}"""

#: status of an address that opens nothing, and the same of what it answers; null if it opens something
UNMARKED_OF_REFUSED = f"""async (address) => {{
  const asked = new XMLHttpRequest();
  asked.open('GET', address);
  asked.responseType = 'document';
  await new Promise((go) => {{ asked.onloadend = go; asked.send(); }});
  return asked.status === 200 ? null : [asked.status, ({UNMARKED})(asked.response)];
}}"""


@dataclass
class Data:
    """What the product was told by people: the texts of the database."""

    texts: set[str] = field(default_factory=set)

    @cached_property
    def _joined(self) -> str:
        return "\n".join(sorted(self.texts))

    @cached_property
    def _latin(self) -> set[str]:
        return {word for text in self.texts for word in WORD.findall(text)}

    def knows(self, word: str) -> bool:
        """A Latin word stands in a text as it is; Chinese without blanks is parts of texts (朝阳 of 朝阳区)."""
        return word in self._latin or (bool(HAN.match(word)) and self._is_joined(word))

    def _is_joined(self, word: str) -> bool:
        if word in self._joined:
            return True
        cuts = range(len(word) - 2, 1, -1)
        return any(word[:cut] in self._joined and self._is_joined(word[cut:]) for cut in cuts)

    def forgotten(self, found: Iterable[list[str]]) -> list[tuple[str, str]]:
        """Of (text, place): what is neither data nor free of words."""
        left = []
        for text, place in found:
            if any(not self.knows(word) for word in WORD.findall(NO_WORDS.sub(" ", text))):
                left.append((text, place))
        return left


@pytest.fixture(scope="module")
def module_server(server_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product with sample data, offering the pseudo-language."""
    folder = tmp_path_factory.mktemp("pseudo") / "data"
    with running_server(with_sample_data(server_kind), folder, PSEUDO_LANGUAGE="1") as started:
        yield started


@pytest.fixture(scope="module")
def token(module_server: Server) -> str:
    """Of a one-time link; the phone and the work that come with it are not in the sample data either."""
    app = app_on(module_server.database, module_server.data_dir, BASE_URL=module_server.url)
    with app.app_context():
        found = add_what_the_sample_lacks()
    close(app)
    return found


@pytest.fixture
def data(server_app: Flask, token: str) -> Data:
    """Texts of all tables as they are now."""
    found: set[str] = set()
    with server_app.app_context():
        for table in db.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, sa.String) and not MACHINE_COLUMNS.search(column.name):
                    found.update(text for text in db.session.scalars(sa.select(column).distinct()) if text)
        for content in db.session.scalars(sa.select(ChecklistVersion.content)):
            found.update(texts_in(content))
        for value in db.session.scalars(sa.select(ChecklistAnswer.value).where(ChecklistAnswer.value.is_not(None))):
            found.update(text for text in (value.get("text"), value.get("why")) if text)
        for lines in db.session.scalars(sa.select(Roster.lines)):
            found.update(strings_in(lines))
    return Data({text for text in found if not CODE.match(text) and text[0] not in "{["})


def texts_in(content: Any) -> Iterator[str]:
    """The words of a checklist in both languages; keys and codes are none."""
    if isinstance(content, dict):
        yield from (text for name, text in content.items() if name in ("zh", "en") and text)
        yield from (text for part in content.values() for text in texts_in(part))
    elif isinstance(content, list):
        yield from (text for part in content for text in texts_in(part))


def strings_in(content: Any) -> Iterator[str]:
    """Every text in lists and objects."""
    if isinstance(content, str):
        yield from [content] if content else []
    elif isinstance(content, dict | list):
        parts = content.values() if isinstance(content, dict) else content
        yield from (text for part in parts for text in strings_in(part))


@pytest.fixture
def pseudo(open_context: Callable[..., BrowserContext], server: Server) -> Callable[..., Page]:
    """Opens a browser that asks for the pseudo-language."""

    def open_page(**options: Any) -> Page:
        context = open_context(**options)
        context.add_cookies([{"name": "lang", "value": "qps", "url": server.url}])
        context.add_init_script(
            "try { localStorage.setItem('lang', 'qps') } catch { /* about:blank has none */ }"
        )
        return context.new_page()

    return open_page


@pytest.mark.slow
@pytest.mark.expect_console(r"status of (403|404|410)")
@pytest.mark.parametrize("staff_no", [ADMINISTRATOR, DISPATCHER])
def test_every_word_of_the_desk_is_translated(
    pseudo: Callable[..., Page], server: Server, server_app: Flask, token: str, data: Data, staff_no: str
) -> None:
    page = pseudo(viewport={"width": 1366, "height": 768})
    sign_in_desk(page, server, staff_no)
    found, opened, refused = {}, 0, set()
    given = {"token": [token, "no-such-token"], **values_beside(server_app)}
    for address in [*desk_addresses(server_app, given), *visit_addresses(server_app)]:
        kind = server_app.url_map.bind("here").match(address)[0]
        # half of all addresses open nothing for one of the two; what scripts add there is seen on the first of a kind
        answered = page.evaluate(UNMARKED_OF_REFUSED, address) if kind in refused else None
        if answered:
            status, unmarked = answered
        else:
            answer = page.goto(address)
            assert answer is not None
            status, unmarked = answer.status, page.evaluate(UNMARKED)
            refused = refused - {kind} if status == 200 else refused | {kind}
            opened += status == 200
        assert status in (200, 403, 404, 410), address
        if left := data.forgotten(unmarked):
            found[address] = left
    assert not found, listing(found)
    assert opened > 100, "hardly a page was looked at"


def test_every_word_for_a_visitor_is_translated(pseudo: Callable[..., Page], data: Data) -> None:
    page = pseudo(viewport={"width": 360, "height": 640})
    page.goto("/sign-in")
    left = data.forgotten(page.evaluate(UNMARKED))
    page.locator("form").first.evaluate("(form) => form.requestSubmit()")
    left += data.forgotten(page.evaluate(UNMARKED))
    assert not left


@pytest.mark.expect_console(r"status of 404")
def test_every_word_for_a_customer_is_translated(
    pseudo: Callable[..., Page], server_app: Flask, token: str, data: Data
) -> None:
    with server_app.app_context():
        job = db.session.get_one(Incident, db.session.scalars(sa.select(Incident.id)).first()).job
        at = clock.now()
        links = [case_link(job.case_id, at=at), badge_link(job.case_id, job.id, job.lead_id or "", at=at)]
        db.session.commit()
        case, badge = map(address_of, links)
        digits, job_id = job.site.customer.phone[-4:], job.id
    page = pseudo(viewport={"width": 360, "height": 640})
    left = []
    for address in (badge, "/c/no-such-token", case):
        page.goto(address)
        left += data.forgotten(page.evaluate(UNMARKED))
    page.locator("#digits").fill(digits)
    with page.expect_navigation():
        page.locator("main form button").first.click()
    left += data.forgotten(page.evaluate(UNMARKED))
    page.goto(f"{case}/visits/{job_id}/photos")
    left += data.forgotten(page.evaluate(UNMARKED))
    with server_app.app_context():
        signed = db.session.scalars(sa.select(SignOff)).first()
        assert signed
        judged, digits, job_id = address_of(case_link(signed.job.case_id, at=clock.now())), "2716", signed.job_id
        db.session.commit()
    page.goto(judged)
    page.locator("#digits").fill(digits)
    page.locator("main form button").first.click()
    expect(page.locator("#digits")).to_have_count(0)
    page.goto(f"{judged}/visits/{job_id}/judgement")
    expect(page.locator("textarea")).to_have_count(1)
    left += data.forgotten(page.evaluate(UNMARKED))
    assert not left


@pytest.mark.slow
def test_every_word_of_the_phone_is_translated(
    pseudo: Callable[..., Page], server: Server, server_app: Flask, data: Data
) -> None:
    page = pseudo(**PHONE)
    page.goto("/app/#/setup")
    expect(page).to_have_title(re.compile("⟦"))  # the page's own words have come
    found = {"setup": data.forgotten(page.evaluate(UNMARKED))}
    sign_in_phone(page, server)
    for place in phone_places(page):
        found[place] = data.forgotten(page.evaluate(UNMARKED))
        for shown in opened_dialogs(page):
            found[place] += data.forgotten(shown)
    found = {place: left for place, left in found.items() if left}
    assert not found, listing(found)


HALF_TRANSLATED = """<p>⟦All ⟧forgotten <b title="hint">⟦done <i>丰台店</i> so⟧</b> 取消 repair</p>
    <p>丰台店望春园 <span translate="no">free</span> <span lang="zh">中文</span> Sat 21 Nov 2026, 10:42</p>"""


@pytest.mark.expect_console(r"status of 404")
def test_it_finds_a_word_that_was_forgotten(pseudo: Callable[..., Page], data: Data) -> None:
    page = pseudo()
    page.set_content(HALF_TRANSLATED)
    data.texts.update({"丰台店", "望春园西区"})
    left = [text for text, _place in data.forgotten(page.evaluate(UNMARKED))]
    assert left == ["forgotten", "hint", "取消 repair"]
    page.route(
        "**/elsewhere",
        lambda route: route.fulfill(status=404, content_type="text/html; charset=utf-8", body=HALF_TRANSLATED),
    )
    page.goto("/sign-in")
    status, unmarked = page.evaluate(UNMARKED_OF_REFUSED, "/elsewhere")
    assert (status, [text for text, _place in data.forgotten(unmarked)]) == (404, left)
    assert page.evaluate(UNMARKED_OF_REFUSED, "/sign-in") is None


def add_what_the_sample_lacks() -> str:
    """A phone that was in contact, work that sync set aside, and a one-time link; its token."""
    at = clock.now()
    technician = db.session.scalars(sa.select(Person).filter_by(staff_no=TECHNICIAN)).one()
    device = Device(id=new_id(), person_id=technician.id, name="门店手机 07", registered_at=at, user_agent="")
    db.session.add(device)
    jobs = list(db.session.scalars(sa.select(Job).limit(2)))
    rejected = {"kind": "take_step", "args": {"step": "finish"}}
    for number, job in enumerate([*jobs, None], start=1):
        entry = LogEntry(
            origin="phone",
            device_id=device.id,
            seq=number,
            person_id=technician.id,
            kind="take_step",
            entity_type="job",
            entity_id=job.id if job else new_id(),
            body=json.dumps(rejected),
            result="quarantined" if job else "rejected",
            note=json.dumps({"code": "job_reassigned" if job else "job_unknown"}),
            happened_at=at,
            device_at=at,
            received_at=at,
        )
        db.session.add(entry)
        db.session.flush()
        events.publish(OperationSetAside(entry=entry, job=job, author=technician, reason="job_reassigned"))
    add_visits(technician)
    add_roster()
    if db.session.get(DeviceKey, KEY["id"]) is None:
        add_sheets(technician)
    link = make_link(technician, by=None, at=at, good_for=timedelta(hours=2))
    db.session.commit()
    return link.token


def add_visits(technician: Person) -> None:
    """One with everything that can stand on its page, still running; one that waits to be closed; one that is closed."""
    manager = db.session.scalars(sa.select(Person).filter_by(staff_no=DISPATCHER)).one()
    job = a_job(technician.branch, technician, state="working", amount_fen=18000, amount_reason="上门费")
    a_whole_visit(job, technician)
    assert job.checklist_id
    words = job.case.words  # what is typed on a phone stands in JSON, which the list of data leaves out
    answer(job, job.checklist_id, "dress", {"done": False, "why": words}, by=technician)
    when = Happening(at=clock.now(), op_id=new_id())
    report_incident(job, "damage", words, by=technician, when=when)
    db.session.commit()
    ended, closed = (a_job(technician.branch, technician, state="finished") for _ in range(2))
    waived = shoot(ended, technician, cut_short(planks(5)), file_name="IMG_5.jpg")
    waive_photo(waived, words, by=manager, at=clock.now())
    shoot(ended, technician, cut_short(planks(6)), file_name="IMG_6.jpg")
    close_job(closed, expected_version=closed.version, by=manager, at=clock.now())
    db.session.commit()
    make_reports(closed.id, is_asked=True)


def add_sheets(technician: Person) -> None:
    """A signed sheet that is not the current version any more, a weak mark, and one that does not verify."""
    job = a_job(technician.branch, technician, state="working", amount_fen=18000, amount_reason="上门费")
    words = job.case.words
    register_key(technician)
    take_photos(job, technician)
    named = {"customer": {"name": job.site.customer.name, "address_form": job.site.customer.address_form},
             "site": job.site.full_address, "technician.name": technician.name,
             "technician.badge_no": technician.badge_no}  # fmt: skip
    weak = {"signer.name": technician.name, "rating": None, "strokes": [[[100, 100, 0, 500], [120, 110, 16, 500]]]}
    signed_on(job, technician, shown=named, signed=weak)
    signed_on(job, technician, shown=named, revision=2, signed=weak, queued={"reason": words})
    job.state, job.amount_fen = "finished", 29900
    db.session.commit()


def visit_addresses(app: Flask) -> list[str]:
    """The pages of these visits, and what can be done to them."""
    with app.app_context():
        unusable = db.session.scalars(sa.select(Evidence).where(Evidence.file_name == "IMG_6.jpg")).first()
        closed = db.session.scalars(sa.select(JobClosure)).first()
        running = db.session.scalars(sa.select(Incident)).first()
        assert unusable
        assert closed
        assert running
        ended = f"/jobs/{unusable.job_id}"
        sheets = [f"/jobs/{row.job_id}/sheets/{row.id}" for row in db.session.scalars(sa.select(SignOff)).unique()]
        return [f"/jobs/{running.job_id}", ended, f"{ended}/closing", f"{ended}/photos/{unusable.id}/waiver",
                f"/jobs/{closed.job_id}", f"/jobs/{closed.job_id}/reopening", *sheets,
                *(f"{address}/changes" for address in sheets)]  # fmt: skip


def add_roster() -> Roster:
    """A list of the team with a line of each kind."""
    dispatcher = db.session.scalars(sa.select(Person).filter_by(staff_no=DISPATCHER)).one()
    text = "工号,姓名,技能,证书有效期至,星期日,日期,类型,时间,事由\n0217,,瓷砖,,休,,,,\n0218,,,,,2031-03-03,病假,,流感\n"
    text += "0219,,维修,,,,,,\n0219,,,,,2031-03-04,调班,13:00-21:00,\n9999,无名,飞行,,25:00-3,2031-02-30,,,\n"
    with rosters.temporary_folder() as folder:
        found = rosters.take_rows(*rosters.rows_in(text.encode(), Path(folder)), "三月班次.csv", by=dispatcher,
                                  at=clock.now())  # fmt: skip
    db.session.flush()
    return found


def values_beside(app: Flask) -> dict[str, list[str]]:
    """A draft of a checklist with faults, one step of each kind, one phrase; a version in force; codes of reports; a
    proposal for today.
    """
    with app.app_context():
        dispatcher = db.session.scalars(sa.select(Person).filter_by(staff_no=DISPATCHER)).one()
        a_proposal(local(clock.now(), dispatcher.branch.timezone).date(), by=dispatcher)
        manager = db.session.scalars(sa.select(Person).filter_by(staff_no=ADMINISTRATOR)).one()
        in_force = db.session.scalars(sa.select(ChecklistVersion).filter_by(state=PUBLISHED).limit(1)).one()
        draft = own_draft_of(in_force.template) or new_draft(in_force.template, by=manager, at=clock.now())
        content = deepcopy(draft.content)
        content["items"][0]["words"]["en"] = ""
        content["items"][1]["when"] = [{"item": "gone", "is": True}]
        save_draft(draft, content, expected_version=draft.version, by=manager, at=clock.now())
        db.session.commit()
        steps = {item["type"]: item["key"] for item in content["items"]}
        keys = [*steps.values(), content["phrases"][0]["key"]]
        ids = [draft.id] * len(keys)
        codes = list(db.session.scalars(sa.select(Report.code)))
        return {"key": keys, "checklist_version_id": [*ids, in_force.id], "code": codes,
                "skill": ["laminate", "electrician"]}


def desk_addresses(app: Flask, given: dict[str, list[str]]) -> list[str]:
    """Every page that GET opens, with things of the database where the address names one."""
    with app.app_context():
        values = things() | given
        rules = [rule for rule in app.url_map.iter_rules() if is_page(rule)]
        return sorted({address for rule in rules for address in addresses(app, rule, values)})


def is_page(rule: Rule) -> bool:
    """Whether a person opens it."""
    return "GET" in (rule.methods or ()) and not NO_PAGE.match(rule.rule)


def things() -> dict[str, list[str]]:
    """Argument of an address → ids: `job_id` → one job of each state; of others the first three."""
    found: dict[str, list[str]] = {}
    for mapper in db.Model.registry.mappers:
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", mapper.class_.__name__).lower()
        if "id" in mapper.columns:
            found[f"{name}_id"] = list(db.session.scalars(sa.select(mapper.columns["id"]).limit(3)))
    states: Any = sa.select(sa.func.min(Job.id)).group_by(Job.state)
    return found | {"job_id": list(db.session.scalars(states))}


def addresses(app: Flask, rule: Rule, values: dict[str, list[str]]) -> Iterator[str]:
    """The addresses of a rule. A part nobody knows a value for fails: the test gives it."""
    parts = sorted(rule.arguments)
    known = {
        part: found
        for part in parts
        for name, found in values.items()
        if part == name or name.endswith(f"_{part}")
    }
    assert len(known) == len(parts), f"{rule.rule}: which values?"
    with app.test_request_context():
        for turn in range(max((len(found) for found in known.values()), default=1)):
            if all(known.values()):
                yield rule.build({part: found[turn % len(found)] for part, found in known.items()}, False)[1]  # type: ignore[index]


def phone_places(page: Page) -> Iterator[str]:
    """Every kind of place that the app's screens link to, and their forms; the page stands at it. Of one kind, as a step
    of the checklist, in a few jobs; the jobs' own pages all, for they differ.
    """
    seen: list[str] = []
    kinds: Counter[str] = Counter()
    waiting = ["#/today", "#/upcoming", "#/done", "#/outbox", "#/me"]
    while waiting:
        place = waiting.pop(0)
        seen.append(place)
        kind = re.sub(r"^#/job/[^/]+/", "#/job/*/", place)
        kinds[kind] += 1
        if kinds[kind] > PLACES_OF_A_KIND:
            continue
        page.goto(f"/app/{place}")
        page.locator("main").wait_for()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        page.wait_for_timeout(150)
        links = page.eval_on_selector_all(
            "a[href^='#/']", "(links) => links.map((link) => link.getAttribute('href'))"
        )
        waiting += [
            link for link in dict.fromkeys(links) if link not in seen + waiting and "sign-in" not in link
        ]
        yield place


def opened_dialogs(page: Page) -> Iterator[list[list[str]]]:
    """What stands on the screen after each button that opens something."""
    openers = page.locator("main button[aria-haspopup], .dock button[aria-haspopup]")
    for number in range(openers.count()):
        openers.nth(number).click()
        page.wait_for_timeout(100)
        yield page.evaluate(UNMARKED)
        page.keyboard.press("Escape")


def listing(found: dict[str, list[tuple[str, str]]]) -> str:
    """One line for each text."""
    lines = sorted(
        {f"{text!r} in {place} of {where}" for where, left in found.items() for text, place in left}
    )
    return "not translated:\n" + "\n".join(lines)
