"""Passwords, names, networks, codes and who may help whom."""

from datetime import UTC, datetime, timedelta

import pytest

from fieldservice.accounts import rules
from fieldservice.accounts.browsers import browser_of
from fieldservice.accounts.rules import (
    Owner,
    can_help,
    check_password,
    clean_code,
    clean_phone,
    code_of,
    network_of,
)
from fieldservice.core.errors import RuleBroken

OWNER = Owner("0217", "王建国", "13812342716")
LATIN_OWNER = Owner("20170217", "Jonathan", None)
NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("password", [
    "rivers and trees", "木地板要先晾四十八小时", "9f3k-2mqz-77", "correct horse battery", "Zx8!vNq2#t",
    "0217 likes long walks"])
def test_a_long_own_password_is_taken(password: str) -> None:
    check_password(password, OWNER)


@pytest.mark.parametrize(("password", "code"), [
    ("", "password_short"), ("nine char", "password_short"), ("x" * 201, "password_long"),
    ("password123", "password_common"), ("Password2026!", "password_common"), ("1234567890", "password_common"),
    ("qwertyuiop", "password_common"), ("aaaaaaaaaaaa", "password_common"), ("abcabcabcabc", "password_common"),
    ("0123456789", "password_common"), ("woaini1314", "password_common"), ("ＰＡＳＳＷＯＲＤ１２３", "password_common"),
    ("13812342716", "password_personal"), ("王建国13812342716", "password_personal"),
    ("0217021702170217ab", "password_personal"), ("王建国王建国王建国!!", "password_personal"),
])
def test_a_password_that_is_guessed_is_refused(password: str, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_password(password, OWNER)
    assert refused.value.code == code


@pytest.mark.parametrize("password", ["jonathan2017", "20170217abcd", "JONATHAN!!!!"])
def test_the_case_of_a_name_does_not_help(password: str) -> None:
    with pytest.raises(RuleBroken, match="password_personal"):
        check_password(password, LATIN_OWNER)


@pytest.mark.parametrize(("typed", "kept"), [
    ("138 1234 2716", "13812342716"), ("+86 138-1234-2716", "13812342716"), ("０１０－８７６５", "0108765"),
    ("", None), ("  ", None), ("abc", "abc")])
def test_a_phone_number_is_kept_as_digits(typed: str, kept: str | None) -> None:
    assert clean_phone(typed) == kept


@pytest.mark.parametrize(("address", "network"), [
    ("203.0.113.9", "203.0.113.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
    ("::ffff:203.0.113.9", "203.0.113.0/24"), ("", "unknown"), ("not an address", "unknown")])
def test_a_network_is_what_one_office_has(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_wait_grows_and_ends() -> None:
    waits = [(rules.wait_until(failures, NOON, 5) - NOON).total_seconds() for failures in (0, 4, 5, 6, 7, 9, 10, 1000)]
    assert waits == [0, 0, 30, 60, 120, 480, 900, 900]
    assert rules.wait_until(10**9, NOON, 5) - NOON == timedelta(minutes=15)


@pytest.mark.parametrize(("helper", "person", "may"), [
    ({"branch_manager"}, {"technician"}, True),
    ({"branch_manager"}, {"dispatcher", "finance"}, True),
    ({"branch_manager"}, {"administrator"}, False),
    ({"branch_manager"}, {"technician", "administrator"}, False),
    ({"head_office_manager"}, {"branch_manager"}, True),
    ({"head_office_manager"}, {"administrator"}, False),
    ({"dispatcher"}, {"technician"}, False),
    ({"administrator"}, {"finance"}, True),
    ({"administrator"}, {"administrator"}, True),
    ({"administrator"}, {"dispatcher"}, True),
    ({"administrator"}, {"branch_manager"}, True),
])
def test_nobody_lets_in_somebody_who_may_do_more(helper: set[str], person: set[str], may: bool) -> None:
    assert can_help(frozenset(helper), frozenset(person)) is may


def test_a_short_code_belongs_to_its_token_and_is_typed_freely() -> None:
    assert code_of("a") == code_of("a") != code_of("b")
    assert len(code_of("a")) == 8
    code = code_of("some token")
    assert clean_code(f" {code[:4].lower()}-{code[4:].lower()} ") == code


WECHAT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0.50"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1"


@pytest.mark.parametrize(("user_agent", "in_app", "system", "name"), [
    (WECHAT, "wechat", "android", "chrome"),
    (f"{WECHAT} wxwork/4.1", "wecom", "android", "chrome"),
    (f"{IPHONE} QQ/9.0", "qq", "ios", "safari"),
    (f"{IPHONE} MQQBrowser/15.0", "", "ios", "qqbrowser"),
    (f"{IPHONE} DingTalk/7", "dingtalk", "ios", "safari"),
    (f"{IPHONE} AliApp(AP/10) AlipayClient/10", "alipay", "ios", "safari"),
    (f"{IPHONE} Weibo (iPhone)", "weibo", "ios", "safari"),
    (IPHONE, "", "ios", "safari"),
    ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36 EdgA/126", "", "android", "edge"),
    ("Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH) Chrome/114 HuaweiBrowser/15", "", "harmony", "huawei"),
    ("Mozilla/5.0 (Linux; U; Android 14) Chrome/118 XiaoMi/MiuiBrowser/18", "", "android", "xiaomi"),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140 Safari/537.36", "", "linux", "chrome"),
    ("", "", "", ""),
])
def test_a_browser_is_known_by_what_it_says(user_agent: str, in_app: str, system: str, name: str) -> None:
    found = browser_of(user_agent)
    assert (found.in_app, found.system, found.name) == (in_app, system, name)
