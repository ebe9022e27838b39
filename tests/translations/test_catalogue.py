"""The catalogue is whole: every message has Chinese that fits it, and no Chinese stands in the code."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from flask import Flask, render_template_string

from fieldservice.core import i18n
from fieldservice.core.catalogue import TRANSLATIONS, read_catalogue
from fieldservice.core.i18n import gettext, lazy_gettext, ngettext
from fieldservice.web.catalogues import catalogue_modules
from tools import js_messages, translations

ROOT = Path(__file__).resolve().parents[2]
HAN = re.compile(r"[㐀-鿿]")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")

#: Chinese outside the catalogue, with the reason
ALLOWED = {
    "fieldservice/core/i18n.py": "formats of dates",
    "static/js/core/i18n.js": "formats of dates",
    "fieldservice/accounts/cli.py": "names of the first branch and person of an empty installation",
    "fieldservice/rosters/rules.py": "what columns and days are called in lists of the team",
    "fieldservice/jobs/rules.py": "what floors are called in the names of products",
    "fieldservice/product/views.py": "name of the app in its manifest",
    "fieldservice/checklists/items/base.py": "answers in the language asked for, whoever reads the page",
    "fieldservice/checklists/items/confirm.py": "the same",
    "fieldservice/checklists/items/say.py": "the same",
    "static/js/screens/checklist/visit-view.js": "types of visits in the scripts, in the customer's language",
    "static/js/rules/consents.js": "what customers sign: fixed texts by version, in the customer's language",
    "static/js/screens/job-words.js": "how names of districts end",
    "fieldservice/routing/lookups.py": "how names of towns end, in addresses",
    "fieldservice/routing/geocoders/amap.py": "what the service answers",
    "fieldservice/routing/geocoders/baidu.py": "the same",
    "templates/app/shell.html": "what stands before any script has run, in both languages",
}
#: names of languages, each in itself
ALLOWED_WORDS = {"中文", "简体中文"}
SAMPLE_DATA = "fieldservice/product/sample/"


@pytest.fixture(scope="module")
def code() -> Catalog:
    return translations.messages_of_code()


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    return read_catalogue("zh")


def test_every_message_has_chinese(code: Catalog, catalogue: Catalog) -> None:
    missing = [m.id for m in code if m.id and not any(words_of(catalogue.get(m.id, m.context)))]
    assert not missing, f'without Chinese ("make translations" lists them): {missing}'


def test_the_catalogue_is_as_make_translations_writes_it(code: Catalog) -> None:
    translations.merge(code, translations.kept_words(), {})
    assert translations.as_po(code) == translations.CATALOGUE.read_bytes(), 'run "make translations"'


def test_placeholders_are_the_same_in_both_languages(catalogue: Catalog) -> None:
    for message in catalogue:
        for words in words_of(message):
            in_english = {frozenset(PLACEHOLDER.findall(english)) for english in sentences(message.id)}
            assert frozenset(PLACEHOLDER.findall(words)) in in_english, (message.id, words)


def test_chinese_uses_full_width_punctuation(catalogue: Catalog) -> None:
    half = re.compile(r"[㐀-鿿][,;:!?()]|[,;!?][㐀-鿿]")
    found = [words for message in catalogue for words in words_of(message) if half.search(words)]
    assert not found


def test_chinese_keeps_a_space_beside_digits_and_latin(catalogue: Catalog) -> None:
    tight = re.compile(r"[㐀-鿿][A-Za-z0-9]|[A-Za-z0-9%][㐀-鿿]")
    found = [w for m in catalogue for w in words_of(m) if tight.search(PLACEHOLDER.sub("", w))]
    assert not found


def test_no_part_is_left_over() -> None:
    assert not translations.parts(), 'run "make translations"'


def test_nothing_compiled_lies_about() -> None:
    assert not list(TRANSLATIONS.rglob("*.mo")), "the .po is read at start"


def test_no_chinese_stands_in_the_code(code: Catalog) -> None:
    known = {sentence for message in code if message.id for sentence in sentences(message.id)}
    found = {}
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        chinese = [text for text in texts_of(path) if HAN.search(text)]
        texts = [text for text in chinese if HAN.search(without_known(text, known))]
        if texts and name not in ALLOWED and not name.startswith(SAMPLE_DATA):
            found[name] = texts
    assert not found


def test_every_allowance_is_needed() -> None:
    assert all(any(HAN.search(text) for text in texts_of(ROOT / name)) for name in ALLOWED)


@pytest.mark.parametrize(
    "script",
    [
        "html`<p>${t('One')}</p>`",
        "html`<p>${open ? html`<b title=${t('One')}>don't</b>` : html`${nothing}`}</p>`",
        "html`${rows.map((row) => html`<li>${row.late ? html`${t('One')}` : ''}</li>`)}`",
        "t(  'One', { count: `${t2}` })",
        'const say = () => t("One");',
    ],
)
def test_a_message_is_found_wherever_it_stands_in_a_script(script: str) -> None:
    assert [found[2] for found in js_messages.messages(io.BytesIO(script.encode()), {}, (), {})] == ["One"]


def test_escapes_of_a_script_are_read() -> None:
    script = io.BytesIO(rb"t('The phone\'s \u201cday\u201d')")
    assert next(js_messages.messages(script, {}, (), {}))[2] == "The phone's “day”"


@pytest.mark.parametrize("script", ["t(`One`)", "t(words)", "t('One' + name)", "t(open ? 'One' : 'Two')"])
def test_a_message_that_is_no_plain_text_is_refused(script: str) -> None:
    with pytest.raises(ValueError, match="plain quotes"):
        list(js_messages.messages(io.BytesIO(script.encode()), {}, (), {}))


@pytest.fixture
def speaker() -> Any:
    """Runs a template in a language; `cookie` chooses it."""
    app = Flask("fieldservice")
    app.config["PSEUDO_LANGUAGE"] = True
    i18n.init_app(app)

    def say(template: str, cookie: str, **values: Any) -> str:
        with app.test_request_context("/", headers={"Cookie": f"lang={cookie}"}):
            return render_template_string(template, **values)

    return say


LATE = lazy_gettext("The job was cancelled.")


def test_words_follow_the_language_of_the_request(speaker: Any) -> None:
    template = "{{ _('The job was cancelled.') }} {{ late }}"
    assert speaker(template, "en", late=LATE) == "The job was cancelled. The job was cancelled."
    assert speaker(template, "zh", late=LATE) == "派工单已取消。 派工单已取消。"


def test_the_pseudo_language_marks_every_kind_of_message(speaker: Any) -> None:
    assert speaker("{{ _('For %(who)s', who='<b>') }}", "qps") == "⟦For &lt;b&gt;⟧"
    assert speaker("{{ ngettext('%(num)s job', '%(num)s jobs', 2) }}", "qps") == "⟦2 jobs⟧"
    assert speaker("{% trans %}Yes{% endtrans %}", "qps") == "⟦Yes⟧"
    assert speaker("{{ late }}", "qps", late=LATE) == "⟦The job was cancelled.⟧"
    assert speaker("{{ call() }}", "qps", call=lambda: gettext("Yes")) == "⟦Yes⟧"
    assert speaker("{{ call() }}", "qps", call=lambda: ngettext("Yes", "Yeses", 1)) == "⟦Yes⟧"


def test_other_words_can_be_asked_for_within_a_request(speaker: Any) -> None:
    def call() -> str:
        with i18n.speaking("zh"):
            return str(LATE)

    assert speaker("{{ call() }} {{ late }}", "qps", call=call, late=LATE) == (
        "派工单已取消。 ⟦The job was cancelled.⟧"
    )


def test_the_pseudo_language_is_not_offered_unless_asked_for() -> None:
    app = Flask("fieldservice")
    app.config["PSEUDO_LANGUAGE"] = False
    i18n.init_app(app)
    with app.test_request_context("/", headers={"Cookie": "lang=qps", "Accept-Language": "en"}):
        assert gettext("Yes") == "Yes"
    assert "i18n/qps.js" not in catalogue_modules(["Yes"], pseudo=False)
    assert catalogue_modules(["Yes"], pseudo=True)["i18n/qps.js"] == 'export default ["⟦Yes⟧"];\n'.encode()


def words_of(message: Message | None) -> list[str]:
    """The Chinese of a message; none for the header and for what has none."""
    if message is None or not message.id:
        return []
    return [words for words in sentences(message.string or "") if words]


def sentences(value: Any) -> list[str]:
    """A message may be a pair: one thing, several things."""
    return [value] if isinstance(value, str) else list(value)


def sources() -> Iterator[Path]:
    """What may hold texts for people."""
    for folder, pattern in (("fieldservice", "*.py"), ("templates", "*.*"), ("static/js", "*.js")):
        yield from (ROOT / folder).rglob(pattern)


def texts_of(path: Path) -> list[str]:
    """The texts of a file, without what only its readers see."""
    source = path.read_text()
    if path.suffix == ".py":
        return _texts_of_python(source)
    hidden = r"/\*.*?\*/|(?m:^\s*//.*$|\s//\s.*$)" if path.suffix == ".js" else r"\{#.*?#\}|<!--.*?-->"
    return re.sub(hidden, "", source, flags=re.DOTALL).splitlines()


def _texts_of_python(source: str) -> list[str]:
    """Its strings; docstrings, which stand alone on their lines, are not."""
    return [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.STRING and not token.line.lstrip().startswith(('"""', 'r"""'))
    ]


def without_known(text: str, known: set[str]) -> str:
    """What is left when messages (some name a Chinese example) and names of languages are taken out."""
    for words in sorted((w for w in known | ALLOWED_WORDS if HAN.search(w)), key=len, reverse=True):
        text = text.replace(words, "")
    return text
