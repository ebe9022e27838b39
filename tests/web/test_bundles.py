"""Joined scripts: what they contain, what is refused, and that a browser could read them."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from fieldservice.web.bundles import joined

ROOT = Path(__file__).resolve().parents[2]

SCRIPTS = {
    "js/a.js": "import { b } from '#app/b.js';\nimport { lit } from '#vendor/lit.js';\nconst own = 1;\n\n"
    "export function a() {\n  return [own, b, lit];\n}\n",
    "js/b.js": "const own = 2;\n\nexport const b = own;\n",
    "js/c.js": "import { a } from '#app/a.js';\n\nexport const c = () => import('#app/b.js');\nvoid a;\n",
}
PLAN = {"two.js": ["a.js", "b.js"]}


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
    assert set(files) == {"js/two.js", "js/c.js"}
    printed = run(
        files,
        tmp_path,
        "import { a } from './two.js'; import { c } from './c.js'; console.log(a(), (await c()).b);",
    )
    assert printed == "[ 1, 2, 'lit' ] 2"


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
        ("export const b = 1;\n", "one name for several things"),
    ],
)
def test_what_cannot_be_joined_safely_is_refused(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        joined(SCRIPTS | {"js/a.js": text}, PLAN)


def test_modules_that_import_each_other_are_refused():
    circle = {"js/a.js": "import { b } from '#app/b.js';\nexport const a = b;\n"}
    back = {"js/b.js": "import { a } from '#app/a.js';\nexport const b = a;\n"}
    with pytest.raises(ValueError, match="import each other"):
        joined(circle | back, PLAN)


def test_a_module_belongs_to_one_bundle():
    with pytest.raises(ValueError, match="two bundles"):
        joined(SCRIPTS, {**PLAN, "three.js": ["b.js"]})


def test_every_module_of_the_phone_travels_and_no_name_is_lost(app, tmp_path):
    assets = app.extensions["assets"]
    plan = json.loads((ROOT / "static/js/bundles.json").read_text())
    for bundle, members in plan.items():
        sent = assets.files[f"js/{bundle}"].content.decode()
        for member in members:
            source = (ROOT / "static/js" / member).read_text()
            for name in re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", source, re.M):
                assert re.search(rf"export const\s?{{[^}}]*\b{name}\b", sent), f"{member}: {name}"
        file = tmp_path / Path(bundle).with_suffix(".mjs").name
        file.write_text(sent)
        subprocess.run(["node", "--check", str(file)], check=True)


def test_no_bundle_waits_for_itself(app):
    assets = app.extensions["assets"]
    for name in assets.files:
        if name.startswith("js/phone/"):
            for other in assets.needed_by(name)[1:]:
                inner = other.split("/static/")[1].split("/", 1)[1]
                assert assets.url(name) not in assets.needed_by(inner), f"{name} and {inner} need each other"


def test_the_page_asks_at_once_for_all_its_first_screen_needs(app, client):
    page = client.get("/app/").text
    asked = re.findall(r'<link rel="modulepreload" href="([^"]+)">', page)
    assert asked == app.extensions["assets"].needed_by("js/technician.js")
    assert page.index("importmap") < page.index(
        "modulepreload"
    )  # older browsers refuse a map that comes later
