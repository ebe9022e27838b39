"""A search must not tell, digit by digit, a number that is masked."""

import pytest
from flask import Flask

from tests.builders import a_customer, a_job, a_site
from tests.cast import Cast, sign_in


@pytest.mark.parametrize("address", ["/jobs?q=", "/customers?q=", "/day?day=2026-11-21&q="])
def test_who_may_not_open_numbers_finds_by_the_last_four_or_the_whole(
    app: Flask, cast: Cast, address: str
) -> None:
    a_job(cast.store, site=a_site(a_customer(cast.store, phone="13812342716", name="张丽华")))
    finance, desk = (sign_in(app.test_client(), person) for person in (cast.finance, cast.service_desk))
    shown = {
        part: "张丽华" in finance.get(address + part).text or "张女士" in finance.get(address + part).text
        for part in ("2716", "13812342716", "13812", "42716", "1234", "138")
    }
    assert [part for part, is_shown in shown.items() if is_shown] == ["2716", "13812342716"]
    text = desk.get(address + "13812").text
    assert "张丽华" in text or "张女士" in text
