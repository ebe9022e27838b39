"""Served scripts name their messages by number; the catalogues are lists in that order."""

import json
import re

import pytest

from fieldservice.web.assets import _assets
from fieldservice.web.js_messages import messages_of, numbered


def test_each_message_becomes_its_number():
    source = "export function t(id) {}\nconst a = t('Yes'), b = t( \"It's {n}\", { n });\nconst c = at('No');\n"
    assert list(messages_of(source)) == [(2, "Yes"), (2, "It's {n}")]
    assert numbered(source, {"Yes": 4, "It's {n}": 0}).splitlines()[1:] == [
        "const a = t(4), b = t( 0, { n });", "const c = at('No');"]  # fmt: skip


def test_what_is_no_plain_literal_is_refused():
    with pytest.raises(ValueError, match="plain quotes"):
        list(messages_of("t(name)"))


def test_every_number_of_a_served_script_has_words_in_every_language():
    files = _assets(True).files
    lists = {name: json.loads(file.content.decode().removeprefix("export default ").rstrip(";\n"))
             for name, file in files.items() if name.startswith("i18n/")}  # fmt: skip
    sizes = {len(words) for words in lists.values()}
    assert len(lists) == 3
    assert len(sizes) == 1
    scripts = {name: file.content.decode() for name, file in files.items()
               if name.startswith("js/") and "/sw/" not in name}  # fmt: skip
    used = {int(number) for text in scripts.values() for number in re.findall(r"(?<![\w.$#])t\((\d+)[,)]", text)}
    assert used
    assert max(used) < sizes.pop()
