"""Codes of reports: what is printed is what is read, and the first one is known before the report is."""

from datetime import timedelta

import pytest

from fieldservice.core.ids import new_nonce
from fieldservice.reports import rules


def test_the_code_of_a_visit_follows_from_the_visit_alone() -> None:
    nonce = new_nonce()
    code = rules.code_of_visit("job", 1, nonce)
    assert code == rules.code_of_visit("job", 1, nonce)
    others = {rules.code_of_visit("job", 2, nonce), rules.code_of_visit("jo", 1, nonce),
              rules.code_of_visit("job", 1, new_nonce())}  # fmt: skip
    assert len(others | {code}) == 4
    assert len(code) == rules.CODE_LENGTH
    assert set(code) <= set(rules.LETTERS)


def test_all_letters_of_a_code_are_used() -> None:
    """Twelve times five bits: a slip in the shifts would leave a place constant."""
    codes = [rules.code_of_visit("job", run, "n") for run in range(400)]
    assert all(len({code[place] for code in codes}) == 32 for place in range(rules.CODE_LENGTH))


@pytest.mark.parametrize(
    "typed", ["7K3M-0Q2W-X19Z", "7k3m0q2wx19z", " 7K3M OQ2W XI9Z ", "７Ｋ３Ｍ－０Ｑ２Ｗ－Ｘ１９Ｚ", "7k3m–0q2w–xL9z"]
)
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert rules.read_code(typed) == "7K3M0Q2WX19Z"


@pytest.mark.parametrize("typed", ["", "7K3M-0Q2W", "7K3M-0Q2W-X19ZZ", "7K3M-0Q2W-X1@Z", "7K3M-0Q2W-X19U", "长" * 5000])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert rules.read_code(typed) is None


def test_shown_and_read_are_the_same() -> None:
    code = rules.new_code()
    assert rules.read_code(rules.shown_code(code)) == code


def test_pauses_grow_up_to_an_hour() -> None:
    assert [rules.pause_after(tries) for tries in (1, 2, 3, 50)] == [
        timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4), timedelta(hours=1)
    ]  # fmt: skip
