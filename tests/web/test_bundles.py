"""Joined scripts: what they contain, what is refused, and that a browser could read them."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from fieldservice.web import assets
from fieldservice.web.bundles import BROWSERS_OWN, joined

ROOT = Path(__file__).resolve().parents[2]

SCRIPTS = {
    "js/a.js": "import { b } from '#app/b.js';\nimport { lit } from '#vendor/lit.js';\nconst own = 1;\n\n"
    "export function a() {\n  return [own, b, lit];\n}\n",
    "js/b.js": "const own = 2;\n\nexport const b = own;\n",
    "js/c.js": "import { a } from '#app/a.js';\n\nvoid import('#app/b.js').then(({ b }) => console.log(a(), b));\n",
}
PLAN = {"two.js": ["a.js", "b.js"], "three.js": ["c.js"]}


def run(files: dict[str, str], folder: Path, script: str) -> str:
    """What Node prints for `script` beside `files`."""
    (folder / "package.json").write_text('{"type": "module"}')
    for name, text in files.items():
        (folder / Path(name).name).write_text(text.replace("'#app/", "'./").replace("'#vendor/", "'./"))
    (folder / "lit.js").write_text("export const lit = 'lit';")
    (folder / "main.js").write_text(script)
    done = subprocess.run(["node", "main.js"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_bundle_does_what_its_modules_did(tmp_path):
    files = joined(SCRIPTS, PLAN)
    assert set(files) == {"js/two.js", "js/three.js"}
    assert run(files, tmp_path, "import './three.js';") == "[ 1, 2, 'lit' ] 2"


def test_a_module_stands_behind_what_it_imports():
    text = joined(SCRIPTS, PLAN)["js/two.js"]
    assert text.index("const own = 2") < text.index("const own = 1")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("export default 1;\n", "cannot be joined"),
        ("export { x } from '#app/b.js';\n", "cannot be joined"),
        ("export let x = 1;\n", "cannot be joined"),
        ("import * as b from '#app/b.js';\n", "cannot be joined"),
        ("import { b as other } from '#app/b.js';\n", "cannot be joined"),
        ("await 1;\n", "cannot be joined"),
    ],
)
def test_what_cannot_be_joined_safely_is_refused(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        joined(SCRIPTS | {"js/a.js": text}, PLAN)


def test_modules_that_import_each_other_are_refused():
    circle = {"js/a.js": "import { b } from '#app/b.js';\nexport const a = b;\n"}
    back = {"js/b.js": "import { a } from '#app/a.js';\nexport const b = a;\n"}
    with pytest.raises(ValueError, match="import each other"):
        joined(SCRIPTS | circle | back, PLAN)


def test_a_module_that_is_missing_is_named():
    with pytest.raises(ValueError, match=r"no js/d\.js"):
        joined(SCRIPTS, {**PLAN, "four.js": ["d.js"]})


def test_a_module_belongs_to_one_bundle():
    with pytest.raises(ValueError, match="two bundles"):
        joined(SCRIPTS, {**PLAN, "four.js": ["b.js"]})


def test_scripts_of_other_pages_keep_a_copy_of_what_they_import():
    files = joined(SCRIPTS | {"js/d.js": "export const d = 1;\n"}, {"two.js": ["a.js", "b.js", "d.js"]})
    assert set(files) == {"js/two.js", "js/c.js", "js/a.js", "js/b.js"}  # nobody else asks for d
    assert files["js/a.js"] == SCRIPTS["js/a.js"]


def test_what_is_fetched_when_needed_stands_in_a_bundle_too():
    with pytest.raises(ValueError, match="stands in no bundle"):
        joined(SCRIPTS, {"three.js": ["c.js", "a.js"]})


#: `name` is two things, and `status` one of the browser's as well
NAMESAKES = {
    "js/one.js": "export const name = 1;\n",
    "js/two.js": "export const name = 2;\n",
    "js/ours.js": "export const status = 'ours';\n",
    "js/a.js": "import { name } from '#app/one.js';\n\nexport const a = () => [name, typeof status];\n",
    "js/b.js": "import { a } from '#app/a.js';\nimport { status } from '#app/ours.js';\n"
    "import { name } from '#app/two.js';\n\nexport const b = () => [...a(), name, status];\n",
    "js/c.js": "import { name } from '#app/two.js';\n\n"
    "void import('#app/b.js').then(({ b }) => console.log(JSON.stringify([name, b()])));\n",
}
NAMESAKES_PLAN = {"x.js": ["one.js", "two.js", "ours.js", "a.js", "b.js"], "y.js": ["c.js"]}


def test_each_module_gets_what_it_asked_for_by_a_name_that_others_use_too(tmp_path):
    assert run(joined(NAMESAKES, NAMESAKES_PLAN), tmp_path, "import './y.js';") == '[2,[1,"undefined",2,"ours"]]'


def test_a_bundle_gives_one_thing_by_one_name():
    scripts = NAMESAKES | {"js/d.js": "import { name } from '#app/one.js';\nvoid name;\n"}
    with pytest.raises(ValueError, match="one name for several things"):
        joined(scripts, {**NAMESAKES_PLAN, "y.js": ["c.js", "d.js"]})


def _exports(member: str) -> set[str]:
    source = (ROOT / "static/js" / member).read_text()
    return set(re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", source, re.M))


def test_no_export_hides_something_of_the_browser():
    """Modules of a bundle see one another's exports: none may be called as a global that another one means."""
    declared = next((ROOT / "node_modules/@typescript").glob("*/lib/lib.dom.d.ts")).read_text()
    browsers = set(re.findall(r"^declare (?:var|function) (\w+)", declared, re.M))
    plan = json.loads((ROOT / "static/js/bundles.json").read_text())
    assert len(browsers) > 500
    for member in (member for members in plan.values() for member in members):
        assert _exports(member) & browsers <= BROWSERS_OWN, member


def test_what_one_file_imports_the_other_exports(app):
    plan = json.loads((ROOT / "static/js/bundles.json").read_text())
    home = {member: bundle for bundle, members in plan.items() for member in members}
    sent = {bundle: app.extensions["assets"].files[f"js/{bundle}"].content.decode() for bundle in plan}
    given = {bundle: re.findall(r"export const\s?\{([^}]*)\}", text)[0].split(",") for bundle, text in sent.items()}
    for text in sent.values():
        for names, other in re.findall(r'import\{([\w$, ]+)\}from"#app/(phone/\w+\.js)"', text):
            assert {name.split(" as ")[0] for name in names.split(",")} <= set(given[other])
    for member in home:
        source = (ROOT / "static/js" / member).read_text()
        for path in re.findall(r"await import\('#app/([\w/.-]+)'\)", source):
            assert _exports(path) <= set(given[home[path]]), f"{member}: {path}"


def test_bundles_are_scripts(app, tmp_path):
    for name, asset in app.extensions["assets"].files.items():
        if name.startswith("js/phone/"):
            file = tmp_path / Path(name).with_suffix(".mjs").name
            file.write_bytes(asset.content)
            subprocess.run(["node", "--check", str(file)], check=True)


def test_no_bundle_waits_for_itself(app):
    sent = app.extensions["assets"]
    for name in sent.files:
        if name.startswith("js/phone/"):
            for other in sent.needed_by(name)[1:]:
                inner = other.split("/static/")[1].split("/", 1)[1]
                assert sent.url(name) not in sent.needed_by(inner), f"{name} and {inner} need each other"


def test_the_page_asks_at_once_for_all_its_first_screen_needs(app, client):
    page = client.get("/app/").text
    asked = re.findall(r'<link rel="modulepreload" href="([^"]+)">', page)
    assert asked == app.extensions["assets"].needed_by("js/phone/day.js")
    assert page.index("importmap") < page.index(
        "modulepreload"
    )  # older browsers refuse a map that comes later


def test_a_script_of_the_phone_that_no_bundle_takes_is_named():
    """It would come twice: once in the phone's bundle and once alone, with a state of its own."""
    with pytest.raises(ValueError, match=r"no bundle .* js/ui/new\.js"):
        assets.joined_scripts({"js/bundles.json": b"{}", "js/ui/new.js": b"", "js/desk.js": b""})
