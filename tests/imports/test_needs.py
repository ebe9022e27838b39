"""Lists say what a visit needs of whoever goes, who must go, and whether the time was agreed."""

from tests.imports.conftest import Desk, codes, jobs, kinds

HEAD = "单号,客户姓名,手机号,地址,服务类型,服务内容,日期,时段,服务师傅,所需技能,随车地板,指定师傅,已约定\n"
ROW = "N-1,张丽华,13812342716,望京西园四区,安装,客厅铺装,2026-12-01,9:00-11:00,王建国,"
ROW += "强化复合地板、Electrician's certificate,35.5㎡,是,否\n"
PLAIN = "N-2,刘强,13812342717,望京西园五区,维修,起拱,2026-12-01,9:00-11:00,,,,,\n"


def test_they_are_read_kept_and_changed(desk: Desk) -> None:
    desk.imported(HEAD + ROW + PLAIN)
    first, second = jobs()
    assert (first.skills, first.load_m2, first.pinned_lead, first.is_promised) == (
        ["laminate", "electrician"], 36, True, False)  # fmt: skip
    assert (second.skills, second.load_m2, second.pinned_lead, second.is_promised) == (["repair"], None, False, True)
    assert kinds(desk.columns(HEAD + ROW + PLAIN)) == ["same", "same"]
    changed = ROW.replace("、Electrician's certificate", "").replace("王建国", "陈志强")
    address = desk.columns(HEAD + changed + PLAIN)
    assert kinds(address) == ["changed", "same"]
    desk.act(address, "start")
    first, _second = jobs()
    assert (first.skills, first.pinned_lead) == (["laminate"], True)
    assert first.lead
    assert first.lead.name == "陈志强"
    desk.act(address, "undo")
    first, _second = jobs()
    assert (first.skills, first.pinned_lead, first.lead and first.lead.name) == (
        ["laminate", "electrician"], True, "王建国")  # fmt: skip


def test_bad_ones_are_named(desk: Desk) -> None:
    bad = ROW.replace("强化复合地板", "飞行").replace("35.5㎡", "很多").replace("王建国", "").replace(",否", ",也许")
    address = desk.columns(HEAD + bad + PLAIN)
    assert sorted(codes(address)[2]) == ["area_unreadable", "pin_without_lead", "skill_unknown", "word_unknown"]
