"""The travel formula is the same on the phone, to the second."""

import json
from pathlib import Path

from fieldservice.routing.travel import TravelModel, estimate, metres_between

SLOW = TravelModel(
    detour_far=1.35, detour_near=0.3, detour_km=3, speed_slow=15, speed_gain=20, speed_km=10, parking_seconds=300,
    factor_per_mille=tuple(900 + hour * 137 % 500 for hour in range(24)),
)  # fmt: skip


def test_vectors_agree_with_the_phone() -> None:
    vectors = json.loads((Path(__file__).parents[1] / "vectors" / "travel.json").read_text())
    assert len(vectors) >= 300
    for lat, lng, to_lat, to_lng, metres, seconds, hour, then in vectors:
        assert metres_between((lat, lng), (to_lat, to_lng)) == metres
        assert (estimate(metres), estimate(metres, SLOW, hour=hour)) == (seconds, then)
