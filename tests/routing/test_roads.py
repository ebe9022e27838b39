"""Road times: as a service told them, or estimated, and never anything that cannot be."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from fieldservice.core import outbound
from fieldservice.core.coords import Point
from fieldservice.routing import road_asking, road_cells, roads, services, travel
from fieldservice.routing.providers import PROVIDERS
from fieldservice.routing.providers.base import Declined, NotUnderstood
from tests.builders import MOMENT
from tests.cast import Cast
from tests.support.taker import taking

ANSWERS = Path(__file__).parent / "answers"
A, B, C = (39.9911, 116.4698), (39.94, 116.41), (39.858, 116.287)
HTML = b"<html><title>502 Bad Gateway</title>"


def recorded(name: str) -> bytes:
    return (ANSWERS / f"{name}.json").read_bytes()


@pytest.mark.parametrize(
    ("code", "answer", "seconds", "metres"),
    [
        ("osrm", "osrm_table", [[0, 612.4, 1480.9], [655.1, 0, None]], [[0, 5120.3, 16210.7], [5399.8, 0, None]]),
        ("valhalla", "valhalla_matrix", [[0, 1012, 2280], [1044, 0, None]], [[0, 9130, 24300], [9400, 0, None]]),
        ("valhalla", "valhalla_concise", [[0, 1012, 2280], [1044, 0, None]], [[0, 9130, 24300], [9400, 0, None]]),
        ("tencent", "tencent_matrix", [[0, 1120, 2410], [1190, 0, None]], [[0, 9180, 23900], [9377, 0, None]]),
    ],
)  # fmt: skip
def test_what_a_service_answers_is_read(code: str, answer: str, seconds: Any, metres: Any) -> None:
    told = PROVIDERS[code]("https://roads.example", "k").read(json.loads(recorded(answer)), 2, 3)
    assert told.seconds == seconds
    assert [[value if value is None else pytest.approx(value) for value in row] for row in metres] == told.metres


def test_amap_answers_many_to_one_in_texts() -> None:
    told = PROVIDERS["amap"]("", "k").read(json.loads(recorded("amap_distance")), 3, 1)
    assert (told.seconds, told.metres) == ([[0], [1320], [None]], [[0], [9377], [None]])


@pytest.mark.parametrize(
    ("code", "answer", "why"),
    [("amap", "amap_quota", "quota"), ("amap", "amap_key", "key"), ("tencent", "tencent_quota", "quota")],
)
def test_who_will_not_answer_says_why(code: str, answer: str, why: str) -> None:
    with pytest.raises(Declined) as found:
        PROVIDERS[code]("", "k").read(json.loads(recorded(answer)), 1, 1)
    assert found.value.code == why


@pytest.mark.parametrize("code", list(PROVIDERS))
@pytest.mark.parametrize(
    "answer",
    [None, [], "x", 7, {}, {"code": "Ok"}, {"code": "Ok", "durations": [[1]]}, {"code": "Ok", "durations": [1, 2]},
     {"status": "1", "results": [{}, {}]}, {"status": "1", "results": [{"origin_id": "1"}, {"origin_id": "1"}]},
     {"status": 0}, {"status": 0, "result": {"rows": [{"elements": [1, 2, 3]}] * 2}}, {"status": 0, "result": 7},
     {"sources_to_targets": [[1, 2, 3], [4, 5, 6]]}, {"sources_to_targets": {}}, {"units": "miles"},
     {"error_code": 171, "error": "No suitable edges near location"}],
)  # fmt: skip
def test_what_is_no_answer_is_not_understood(code: str, answer: Any) -> None:
    with pytest.raises(NotUnderstood):
        PROVIDERS[code]("https://roads.example", "k").read(answer, 2, 3)


def test_places_go_out_in_the_datum_of_the_service() -> None:
    """AMap and Tencent draw China some 500 m beside where a receiver says it is."""
    point = Point(*A)
    assert "116.469800,39.991100" in PROVIDERS["osrm"]("http://o", "").ask_for([point], [point]).address
    for code, there in (("amap", "116.475"), ("tencent", "39.992")):
        assert there in PROVIDERS[code]("", "k").ask_for([point], [point]).address


@pytest.mark.parametrize(
    ("seconds", "metres", "straight", "found"),
    [(600, 9000, 8000, (600, 9000)), (600.4, None, 1000, (600, 1300)), (None, None, 9, (-1, -1)), (-1, 9, 9, None),
     (float("nan"), 9, 9, None), (float("inf"), 9, 9, None), (10**9, 9, 9, None), ("600", 9, 9, None), (True, 9, 9, None),
     (3, 9000, 8000, None), (600, -1, 9, None), (600, 10, 8000, None), (600, 10**9, 9, None)],
)  # fmt: skip
def test_a_way_that_cannot_be_is_none(seconds: Any, metres: Any, straight: int, found: Any) -> None:
    assert road_asking.checked_way(seconds, metres, straight) == found


def test_cells_are_kept_and_replaced() -> None:
    import numpy as np

    keys = road_cells.keys_of([A, B, C])
    first = road_cells.pack(b"", keys, np.array([1, 2, 3], np.int32), np.array([4, 5, 6], np.int32), 100)
    both = road_cells.pack(first, keys[1:2], np.array([20], np.int32), np.array([50], np.int32), 200)
    assert road_cells.look_up(both, keys, 0)[0].tolist() == [1, 20, 3]
    assert road_cells.look_up(both, keys, 150)[1].tolist() == [-2, 50, -2]
    assert road_cells.look_up(both[:-1], keys, 0)[0].tolist() == [-2, -2, -2]
    assert len(road_cells.unpack(road_cells.pack(both, np.arange(4100), *[np.zeros(4100, np.int32)] * 2, 300))) == 4000


@pytest.fixture
def service(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An OSRM of the tests: what it answers, and what it was asked."""
    state: dict[str, Any] = {"asked": [], "answer": None}
    app.config.update(ROADS="osrm", ROADS_URL="https://roads.example")

    def ask(address: str, body: bytes | None, *_args: Any, **_more: Any) -> tuple[int, bytes]:
        state["asked"].append(address)
        answer = state["answer"] or straight_roads
        found = answer(address) if callable(answer) else answer
        if isinstance(found, Exception):
            raise found
        return found  # type: ignore[no-any-return]

    monkeypatch.setattr(outbound, "ask", ask)
    return state


def straight_roads(address: str) -> tuple[int, bytes]:
    """Ten minutes and twice the straight line for every way."""
    lines, options = address.rpartition("/")[2].split("?")
    places = [tuple(float(text) for text in pair.split(",")[::-1]) for pair in lines.split(";")]
    firsts, lasts = ([int(text) for text in part.partition("=")[2].split(";")] for part in options.split("&")[:2])
    ways = [[2 * travel.metres_between(places[one], places[other]) for other in lasts] for one in firsts]
    return 200, json.dumps({"code": "Ok", "durations": [[600 if way else 0 for way in row] for row in ways],
                            "distances": ways}).encode()  # fmt: skip


def test_without_a_service_all_is_estimated(session: scoped_session[Any], cast: Cast) -> None:
    found = roads.matrix_for(cast.store, [A, B, C], MOMENT)
    assert (found.source, found.missing) == ("estimate", 0)
    assert (found.seconds == travel.matrix([A, B, C])).all()
    assert found.metres[0, 1] > travel.metres_between(A, B)
    assert road_asking.learn([A, B, C], MOMENT) == 0


def test_what_was_told_is_kept_and_not_asked_again(
    session: scoped_session[Any], cast: Cast, service: dict[str, Any]
) -> None:
    assert roads.matrix_for(cast.store, [A, B], MOMENT).missing == 2
    assert road_asking.learn([A, B, A], MOMENT) == 1
    assert road_asking.learn([A, B], MOMENT + timedelta(days=1)) == 0
    found = roads.matrix_for(cast.store.id, [A, B, C, A], MOMENT)
    assert (found.source, found.missing) == ("osrm", 6)
    assert found.seconds[:2, :2].tolist() == [[0, 720], [720, 0]], "ten minutes, and two to park"
    assert found.seconds[0, 2] == travel.estimate(travel.metres_between(A, C)), "not known: estimated"
    assert found.seconds[0, 3] == 0, "the same place"
    later = MOMENT + timedelta(days=31)
    assert roads.matrix_for(cast.store, [A, B], later).missing == 2, "too old"
    assert road_asking.learn([A, B], later) == 1


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        ((200, HTML), "answer"), ((500, b""), "answer"), ((429, b""), "quota"), ((403, b""), "key"),
        (outbound.Failed("x"), "away"), (outbound.Refused("x"), "address"),
        ((200, b'{"code":"Ok","durations":[[0,1e9],[1e9,0]]}'), "answer"),
        ((200, b'{"code":"Ok","durations":[[0,NaN],[NaN,0]]}'), "answer"),
        ((200, b'{"code":"Ok","durations":[[0,-5],[-5,0]]}'), "answer"),
        ((200, b'{"code":"Ok","durations":[[0,5,5],[5,0,5]]}'), "answer"),
    ],
)  # fmt: skip
@pytest.mark.one_database
def test_trouble_is_told_and_the_estimate_stands(
    session: scoped_session[Any], cast: Cast, service: dict[str, Any], answer: Any, trouble: str
) -> None:
    service["answer"] = answer if isinstance(answer, tuple) else lambda _address: answer
    assert road_asking.learn([A, B], MOMENT) == 1
    found = services.standing("osrm")
    assert found is not None
    assert (found.trouble, found.since) == (trouble, MOMENT)
    assert roads.matrix_for(cast.store, [A, B], MOMENT).source == "estimate"
    assert road_asking.learn([A, B], MOMENT + timedelta(seconds=30)) == 0, "not asked again at once"
    service["answer"] = None
    assert road_asking.learn([A, B], MOMENT + timedelta(hours=2)) == 1
    assert services.standing("osrm") is None


def test_many_places_are_asked_for_in_blocks_within_the_quota(
    session: scoped_session[Any], cast: Cast, service: dict[str, Any], app: Flask
) -> None:
    places = [(39.8 + index * 0.003, 116.3) for index in range(60)]
    app.config["ROADS_PER_HOUR"] = 3
    assert road_asking.learn(places, MOMENT) == 3
    assert road_asking.learn(places, MOMENT + timedelta(minutes=2)) == 0
    assert road_asking.learn(places, MOMENT + timedelta(hours=1)) == 1
    assert all(len(address.split("?")[0].split(";")) <= 100 for address in service["asked"])
    found = roads.matrix_for(cast.store, places, MOMENT)
    assert (found.source, found.missing) == ("osrm", 0)
    assert len(set(service["asked"])) == 4, "nothing twice"


def test_a_place_no_road_leads_to_does_not_stop_the_others(
    session: scoped_session[Any], cast: Cast, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PROVIDERS["osrm"], "most_sources", 1)
    monkeypatch.setattr(PROVIDERS["osrm"], "most_targets", 3)
    sea = "116.287"
    service["answer"] = lambda address: (
        (400, b"") if address.rpartition("/")[2].startswith(sea) else straight_roads(address))
    assert road_asking.learn([A, B, C], MOMENT) == 3
    assert services.standing("osrm") is None
    assert roads.matrix_for(cast.store, [A, B, C], MOMENT).missing == 2
    assert road_asking.learn([A, B, C], MOMENT + timedelta(hours=2)) == 0, "left for a day"
    assert road_asking.learn([A, B, C], MOMENT + timedelta(hours=30)) == 1


def test_a_server_of_ones_own_is_asked_only_when_that_is_allowed(
    session: scoped_session[Any], cast: Cast, app: Flask
) -> None:
    answer = b'{"code":"Ok","durations":[[0,600],[600,0]],"distances":[[0,9000],[9000,0]]}'
    with taking(200, answer) as server:
        app.config.update(ROADS="osrm", ROADS_URL=f"http://127.0.0.1:{server.server_port}")
        road_asking.learn([A, B], MOMENT)
        assert server.taken == []  # type: ignore[attr-defined]
        app.config["OUTBOUND_PRIVATE"] = True
        road_asking.learn([A, B], MOMENT + timedelta(minutes=5))
        assert len(server.taken) == 1  # type: ignore[attr-defined]
    assert roads.matrix_for(cast.store, [A, B], MOMENT).seconds[0, 1] == 720


def test_a_worker_that_dies_while_it_asks_is_followed_by_another(
    session: scoped_session[Any], cast: Cast, service: dict[str, Any]
) -> None:
    assert services.take("osrm", MOMENT, 100) == 100
    assert road_asking.learn([A, B], MOMENT + timedelta(seconds=10)) == 0, "somebody is at it"
    assert road_asking.learn([A, B], MOMENT + timedelta(seconds=91)) == 1


def test_a_service_without_key_or_address_says_so(session: scoped_session[Any], cast: Cast, app: Flask) -> None:
    for code, lacks in (("amap", "ROADS_KEY"), ("valhalla", "ROADS_URL")):
        app.config["ROADS"] = code
        road_asking.learn([A, B], MOMENT)
        found = services.standing(code)
        assert found is not None
        assert (found.trouble, found.detail) == ("unset", lacks)


