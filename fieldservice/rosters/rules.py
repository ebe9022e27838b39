"""What a list of the team can say, and how single cells of it are read. Pure."""

import re
import unicodedata

MOST_BYTES = 2 * 1024 * 1024
MOST_LINES = 3_000

# states of an import
CHECKED, APPLIED, UNDONE = "checked", "applied", "undone"
STATES = (CHECKED, APPLIED, UNDONE)

# what the check makes of a line
CHANGE, SAME, BAD = "change", "same", "bad"

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: field → headings it is known by, plain (`plain_heading`)
HEADINGS = {
    "staff_no": ("staffnumber", "staffno", "staff", "employeeno", "工号", "员工号", "员工编号", "人员编号"),
    "name": ("name", "technician", "person", "姓名", "服务员", "师傅", "员工", "人员"),
    "skills": ("skill", "skills", "certificate", "certificates", "技能", "证书", "技能与证书", "工种"),
    "until": ("certifieduntil", "validuntil", "expires", "expiry", "有效期", "有效期至", "证书有效期", "证书有效期至",
              "到期日"),
    "number": ("certificatenumber", "certificateno", "证书编号", "证号", "证书号"),
    "mon": ("monday", "mon", "星期一", "周一"),
    "tue": ("tuesday", "tue", "星期二", "周二"),
    "wed": ("wednesday", "wed", "星期三", "周三"),
    "thu": ("thursday", "thu", "星期四", "周四"),
    "fri": ("friday", "fri", "星期五", "周五"),
    "sat": ("saturday", "sat", "星期六", "周六"),
    "sun": ("sunday", "sun", "星期日", "星期天", "周日"),
    "first": ("date", "day", "firstday", "from", "日期", "开始日期", "第一天", "休假日期", "请假日期"),
    "last": ("lastday", "until", "to", "结束日期", "最后一天", "截止日期"),
    "kind": ("kind", "what", "type", "类型", "类别", "假别", "班次"),
    "hours": ("hours", "shift", "time", "时间", "工作时间", "上班时间", "时段"),
    "reason": ("reason", "note", "remark", "原因", "事由", "备注"),
}  # fmt: skip
#: kind of a day → words for it, plain
KINDS = {
    "off": ("off", "dayoff", "leave", "vacation", "holiday", "休假", "休", "请假", "事假", "年假", "调休"),
    "sick": ("sick", "ill", "sickleave", "病假", "生病"),
    "shift": ("shift", "otherhours", "changedshift", "调班", "换班", "加班"),
}  # fmt: skip
FREE = frozenset({"free", "off", "-", "–", "休", "休息", "无"})

_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?(?:[-–—~至到]+)(\d{1,2})(?::(\d{2}))?")
_SIGNS = re.compile(r"[\s_\-·.:*#/\"'“”()（）]+")
_UNTIL = re.compile(r"(.*?)\s+(\d{4}-\d{1,2}-\d{1,2})(?:\s+(.{1,40}))?")


def plain(text: str) -> str:
    """A word without what does not matter when two are compared."""
    return _SIGNS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def field_of(heading: str) -> str | None:
    """The field a heading names; None: it is not known."""
    word = plain(heading)
    return next((name for name, known in HEADINGS.items() if word in known), None)


def kind_of(text: str) -> str | None:
    """The kind of a day; None: not known."""
    word = plain(text)
    return next((kind for kind, known in KINDS.items() if word in known), None)


def is_free(text: str) -> bool:
    """Whether a cell of the week says that the day is free."""
    return text.strip() in FREE or plain(text) in FREE


def span_of(text: str) -> tuple[int, int] | None:
    """'8:00-18:00' → (480, 1080), '14–24' → (840, 1440); None: it is none."""
    half = "".join(unicodedata.normalize("NFKC", text).split()).replace("～", "~")
    match = _SPAN.fullmatch(half)
    if not match:
        return None
    start, end = (int(match[place]) * 60 + int(match[place + 1] or 0) for place in (1, 3))
    end = end or 24 * 60
    minutes = (int(match[2] or 0), int(match[4] or 0))
    return (start, end) if max(minutes) < 60 and start < end <= 24 * 60 else None


def parts_of_skill(text: str) -> tuple[str, str, str]:
    """'Electrician 2026-12-31 No 5' → (its name, the day as text, the number)."""
    match = _UNTIL.fullmatch(text.strip())
    return (match[1], match[2], (match[3] or "").strip()) if match else (text.strip(), "", "")
