"""The table of the sample people, as `make run` and `make passwords` print it."""

from flask.testing import FlaskCliRunner

from fieldservice.product.sample import staff
from tests.builders import MOMENT


def test_the_table_says_what_each_column_is(runner: FlaskCliRunner, session: object) -> None:
    staff.load_staff(at=MOMENT)
    session.commit()  # type: ignore[attr-defined]
    head, *rows = runner.invoke(args=["sample", "passwords"]).output.splitlines()
    assert head.split() == ["角色", "姓名", "工号", "密码"]
    assert len(rows) == len(staff.STAFF)
    assert all(row.startswith("  ") for row in (head, *rows))
    dispatcher = next(row for row in rows if "0102" in row)
    assert "派工员、客服" in dispatcher
    assert "何晓燕" in dispatcher
