"""What stands in a cell, as people mean it."""

from datetime import date

import pytest

from fieldservice.core.coords import Datum, Point
from fieldservice.imports import cells, headings, land

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "day", "rest"),
    [
        ("2026/11/22", "2026-11-22", ""),
        ("2026年11月22日", "2026-11-22", ""),
        ("2026年11月22日 星期日 上午", "2026-11-22", "上午"),
        ("22.11.2026", "2026-11-22", ""),
        ("22/11/2026", "2026-11-22", ""),
        ("20261122", "2026-11-22", ""),
        ("２０２６－１１－２２", "2026-11-22", ""),
        ("Nov 22, 2026", "2026-11-22", ""),
        ("22 Nov 2026", "2026-11-22", ""),
        ("46348", "2026-11-22", ""),
        ("11月23日", "2026-11-23", ""),
        ("1月3号", "2027-01-03", ""),
        ("2026-11-22 09:30:00", "2026-11-22", "09:30:00"),
    ],
)
def test_a_day(text: str, day: str, rest: str) -> None:
    assert cells.day(text, today=TODAY) == (date.fromisoformat(day), rest)


def test_a_serial_of_the_other_calendar() -> None:
    assert cells.day(str(46348 - 1462), epoch=1904, today=TODAY)[0] == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "code"),
    [("11/12/2026", "day_ambiguous"), ("1970-01-01", "day_out_of_range"), ("2026-02-30", "import_day_unreadable"),
     ("soon", "import_day_unreadable"), ("0", "import_day_unreadable")],
)  # fmt: skip
def test_no_day(text: str, code: str) -> None:
    with pytest.raises(cells.Unreadable) as caught:
        cells.day(text, today=TODAY)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("9:00-11:00", "09:00-11:00"),
        ("９：００～１１：００", "09:00-11:00"),
        ("9点到11点", "09:00-11:00"),
        ("9点半-11点", "09:30-11:00"),
        ("上午", "08:00-12:00"),
        ("全天", "08:00-18:00"),
        ("下午2-4点", "14:00-16:00"),
        ("下午2点-下午4点", "14:00-16:00"),
        ("中午12点-2点", "12:00-14:00"),
        ("上午(9:00-12:00)", "09:00-12:00"),
        ("2-4pm", "14:00-16:00"),
        ("morning", "08:00-12:00"),
        ("9:00 am to 11:00 am", "09:00-11:00"),
    ],
)
def test_a_window(text: str, window: str) -> None:
    start, end = cells.window(text)
    assert f"{start:%H:%M}-{end:%H:%M}" == window


@pytest.mark.parametrize(
    ("text", "code"), [("09:00", "window_one_time"), ("11-9", "window_order"), ("25:00-26:00", "import_time_unreadable")]
)
def test_no_window(text: str, code: str) -> None:
    with pytest.raises(cells.Unreadable) as caught:
        cells.window(text)
    assert caught.value.code == code


def test_lengths_and_amounts() -> None:
    assert [cells.minutes(text) for text in ("30", "90分钟", "1.5 小时", "2h")] == [30, 90, 90, 120]
    assert [cells.fen(text) for text in ("180元", "¥1,180.50", "180.500")] == [18000, 118050, 18050]
    with pytest.raises(cells.Unreadable):
        cells.fen("-3")


def test_texts() -> None:
    assert cells.clean("\ufeff 䶮𬱖\u200b ") == "䶮𬱖"
    assert cells.clean("'=1+1") == "=1+1"
    assert cells.clean("无") == ""
    for text, code in (("a\x07", "cell_control"), ("a\u202eb", "cell_control"), ("a\ufffd", "cell_undecodable")):
        with pytest.raises(cells.Unreadable) as caught:
            cells.clean(text)
        assert caught.value.code == code


def test_headings() -> None:
    given = ["序号", "客户姓名*", "联系 电话", "LNG_gcj02", "lat_gcj02", "小区名称", "上门日期（必填）", "金额(元)", "？"]
    assert headings.columns_of(given) == {
        "customer": 1, "phone": 2, "lng": 3, "lat": 4, "address": 5, "visit_on": 6, "amount": 7,
    }  # fmt: skip
    assert headings.datum_of(given) == Datum.GCJ02
    assert headings.datum_of(["经度(百度)"]) == Datum.BD09
    assert headings.key_of(given) == headings.key_of([" 序号", *given[1:], "Why it was not imported"])


@pytest.mark.parametrize("place", [(39.9, 116.4), (31.2, 121.5), (18.25, 109.5), (43.8, 87.6), (22.3, 114.2),
                                   (25.0, 121.5), (38.9, 121.6), (29.9, 122.2), (45.8, 126.5), (29.6, 91.1)])  # fmt: skip
def test_towns_lie_on_land(place: tuple[float, float]) -> None:
    assert land.is_on_land(Point(*place))


@pytest.mark.parametrize(
    "place", [(35.0, 123.5), (20.0, 116.0), (38.5, 119.8), (37.5, 127.0), (35.7, 139.7), (21.0, 105.8)]
)
def test_the_sea_and_neighbours_do_not(place: tuple[float, float]) -> None:
    assert not land.is_on_land(Point(*place))
