"""What it costs to guess a password from its hash; other tests hash cheaply (tests/support/hasty.py)."""

from argon2 import Type, extract_parameters

from fieldservice.core.passwords import hash_password, is_outdated
from tests.support.hasty import own_hasher


def test_a_guess_costs_what_owasp_asks_for() -> None:
    asked = extract_parameters(own_hasher().hash("rivers and trees"))
    assert (asked.type, asked.time_cost, asked.memory_cost, asked.parallelism) == (Type.ID, 2, 19 * 1024, 1)


def test_a_hash_of_less_is_outdated() -> None:
    cheap = extract_parameters(own_hasher().hash("rivers and trees"))
    weaker = type(own_hasher())(time_cost=1, memory_cost=cheap.memory_cost, parallelism=1)
    assert own_hasher().check_needs_rehash(weaker.hash("rivers and trees"))
    assert not is_outdated(hash_password("rivers and trees"))
