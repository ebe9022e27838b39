"""Long lists: others may write in between, and the progress always moves."""

import pytest

from fieldservice.imports import checking, undoing, working
from tests.imports.conftest import HEAD, Desk, codes, jobs, kinds, lines, the_import

NO_REFERENCE = "客户,电话,地址,类型,任务,日期,lng,lat\n"


def unnumbered(count: int) -> str:
    return NO_REFERENCE + "".join(
        f"客户{n},139{n:08},小区{n}号,维修,起拱,2026-12-01,{116.4 if n % 3 else 87.6},{39.9 if n % 3 else 43.8}\n"
        for n in range(count)
    )


@pytest.mark.parametrize(
    ("size", "took_seconds", "next_size"),
    [(50, 0.5, 50), (50, 0.001, 100), (100, 0.1, 100), (100, 1.0, 50), (100, 60.0, 25), (25, 0.1, 50), (25, 0.0, 50)],
)
def test_a_slow_machine_gets_fewer_lines_at_once(size: int, took_seconds: float, next_size: int) -> None:
    assert working.next_size(size, took_seconds) == next_size


def test_progress_moves_while_lines_are_told_apart(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_BATCH", 4)
    seen: list[int] = []
    real = checking._Check._mine

    def watched(self: checking._Check) -> object:
        found = real(self)
        if found:
            seen.append(found.done)
        return found

    monkeypatch.setattr(checking._Check, "_mine", watched)
    address = desk.columns(unnumbered(20))
    assert seen == sorted(seen)
    assert len(set(seen)) >= 10, "it moves with every batch, in the second look too"
    assert max(seen) <= 20
    assert (the_import(address).state, the_import(address).done) == ("checked", 20)
    assert kinds(address) == ["new"] * 20
    assert len({line.known_by for line in lines(address)}) == 20


def test_far_positions_are_said_of_each_batch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_BATCH", 3)
    address = desk.columns(unnumbered(11) + "王女士,13800000001,别处,维修,起拱,2026-12-01,116.4,39.9\n" * 2)
    far = [line.number for line in lines(address) if any(one["code"] == "position_far" for one in line.remarks)]
    assert far == [2, 5, 8, 11]
    assert all(line.has_remarks for line in lines(address) if line.number in far)
    assert the_import(address).findings["far"] == 4
    assert codes(address) == {14: ["line_twice"]}


def test_the_second_edition_of_a_list_without_references(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_BATCH", 3)
    desk.imported(unnumbered(8))
    again = desk.columns(unnumbered(8).replace("小区3号", "小区三十号").replace("客户5,13900000005,小区5号,维修,起拱",
                                                                           "客户5,13900000005,小区5号,维修,裂缝"))
    assert sorted(kinds(again)) == ["changed"] * 2 + ["same"] * 6
    desk.act(again, "start")
    assert {job.brief for job in jobs()} == {"起拱", "裂缝"}
    assert len(jobs()) == 8


def test_undone_in_several_transactions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"R-{n},客户{n},139{n:08},朝阳区,小区{n},{n}号,维修,起拱,2026-12-01,上午,\n" for n in range(7))
    address = desk.imported(HEAD + rows)
    sizes: list[int] = []
    real = undoing._batch
    monkeypatch.setattr(working, "BATCH", 4)

    def watched(import_id: str, size: int) -> bool:
        sizes.append(size)
        return real(import_id, size)

    monkeypatch.setattr(undoing, "_batch", watched)
    desk.act(address, "undo")
    assert sizes[0] == 2
    assert len(sizes) >= 2
    assert [job.state for job in jobs()] == ["cancelled"] * 7
    assert (the_import(address).state, the_import(address).done) == ("undone", 7)
