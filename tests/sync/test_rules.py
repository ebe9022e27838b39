"""Pure rules of sync."""

from hypothesis import given
from hypothesis import strategies as st

from fieldservice.sync.rules import Anchor, corrected_time, manifest_hash

RECEIVED = 1_795_000_000_000
ms = st.integers(min_value=0, max_value=253_402_300_799_999)
small = st.integers(min_value=0, max_value=10**10)


def corrected(**given_values):
    values = {"device_ms": RECEIVED, "device_now_ms": RECEIVED, "received_ms": RECEIVED, "t": None, "anchor": None,
              "all_sent_ms": None}  # fmt: skip
    return corrected_time(**values | given_values)


def test_a_right_clock_is_taken_as_it_is():
    assert corrected(device_ms=RECEIVED - 5_000).at_ms == RECEIVED - 5_000


def test_a_clock_a_day_ahead_is_set_back():
    day = 86_400_000
    assert corrected(device_ms=RECEIVED + day - 5_000, device_now_ms=RECEIVED + day).at_ms == RECEIVED - 5_000


def test_it_says_how_far_off_it_may_be():
    assert corrected(device_now_ms=RECEIVED).uncertainty_ms == 1_000
    assert corrected(device_now_ms=RECEIVED - 90_000).uncertainty_ms == 90_000
    assert corrected(t=5, anchor=Anchor(RECEIVED - 10, 0, 80)).uncertainty_ms == 40


def test_nothing_happens_after_it_was_received_or_before_the_phone_was_empty():
    assert corrected(device_ms=RECEIVED + 60_000).at_ms == RECEIVED
    assert corrected(device_ms=RECEIVED - 10**9, all_sent_ms=RECEIVED - 300_000).at_ms == RECEIVED - 420_000


@given(device=ms, now=ms, t=small, server=ms, since=small, sent=st.none() | ms)
def test_whatever_the_clocks_say_it_lies_before_the_receipt(device, now, t, server, since, sent):
    for anchor in (None, Anchor(server, since, 80)):
        found = corrected(device_ms=device, device_now_ms=now, t=t, anchor=anchor, all_sent_ms=sent)
        assert found.at_ms <= RECEIVED
        assert found.uncertainty_ms >= 0


def test_a_manifest_has_one_hash_whatever_its_order():
    pairs = [("b", 2), ("a", 1)]
    assert manifest_hash(pairs) == manifest_hash(pairs[::-1]) != manifest_hash([("a", 2), ("b", 1)])
    assert manifest_hash([]) == "4f53cda18c2baa0c"
