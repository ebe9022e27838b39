"""What a password, a staff record and a try to sign in must be like. Pure: no request, no clock, no database."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from fieldservice.core.errors import RuleBroken
from fieldservice.core.ids import CODE_LETTERS
from fieldservice.core.permissions import PERMISSIONS, holds

PASSWORD_LEAST = 10  # characters; a phrase is easier to type on a phone than signs
PASSWORD_MOST = 200
LANGUAGES = ("zh", "en")

#: tries without waiting, then a wait that doubles
FREE_TRIES_ACCOUNT = 5
FREE_TRIES_NETWORK = 30  # a whole store signs in from one address
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
#: wrong tries older than this are forgotten
FORGET_AFTER = timedelta(hours=1)

#: unsent work on a phone older than this is looked after; older than the next it is overdue
UNSENT_AFTER = timedelta(hours=4)
UNSENT_OVERDUE_AFTER = timedelta(hours=24)
#: a phone's clock this far off is told; less is not worth a word
CLOCK_TOLERANCE = timedelta(minutes=2)

_COMMON_WORDS = """
    password passw0rd p@ssword p@ssw0rd passwort admin administrator root welcome letmein changeme qwerty qwertyuiop
    qwertyuiopasdfghjkl asdfghjkl asdfghjklzxcvbnm zxcvbnm 1qaz2wsx 1qaz2wsx3edc qazwsx qazwsxedc q1w2e3r4 q1w2e3r4t5
    abc abcabc iloveyou woaini woaini1314 woaiwojia woaizhongguo wodemima mima zhongguo beijing shanghai guangzhou
    shenzhen sunshine princess football baseball monkey dragon master superman batman trustno login hello helloworld
    secret default test testtest temp guest user company flooring floor diban fieldservice service dispatch technician
    aini aiqing baobei laopo laogong xiaoxiao wangyi taobao alibaba weixin wechat tencent qq qqqqqq a1b2c3d4 a1b2c3d4e5
    5201314 1314520 520520 147258369 123654789 789456123 159357 135792468 31415926 1234qwer qwer1234 asdf1234"""
_COMMON = frozenset(_COMMON_WORDS.split())
_RUNS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba",
         "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6y7u8i9o0p")


@dataclass(frozen=True)
class PersonEntry:
    """A staff record as it shall be, cleaned and checked (`payloads.PersonForm`)."""

    staff_no: str
    name: str
    branch_id: str
    roles: frozenset[str]
    phone: str | None = None
    badge_no: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class Owner:
    """Whose password it is: it must not be made of these."""

    staff_no: str
    name: str
    phone: str | None = None
    parts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        known = (self.phone or "", self.name, self.staff_no)
        object.__setattr__(self, "parts", tuple(_plain(part) for part in known if len(part) >= 2))


def check_password(password: str, owner: Owner) -> None:
    """Raises RuleBroken: too short, too long, easy to guess, or made of the person's own data."""
    if len(password) < PASSWORD_LEAST:
        raise RuleBroken("password_short", least=PASSWORD_LEAST)
    if len(password) > PASSWORD_MOST:
        raise RuleBroken("password_long", most=PASSWORD_MOST)
    plain = _plain(password)
    if is_common(plain):
        raise RuleBroken("password_common")
    if _is_personal(plain, owner):
        raise RuleBroken("password_personal")


def is_common(password: str) -> bool:
    """Whether a list of a hundred tries would find it: known words, runs of the keyboard, a pattern repeated."""
    plain = _plain(password)
    core = plain.strip("0123456789!@#$%^&*.-_ ?~")
    return (plain in _COMMON or core in _COMMON or len(set(plain)) < 4 or _is_repeated(plain)
            or any(plain in run + run for run in _RUNS))


def _is_repeated(plain: str) -> bool:
    """'abcabcabcabc', '12341234': one short piece over and over."""
    return any(plain == (plain[:size] * len(plain))[:len(plain)] for size in range(1, 6))


def _is_personal(plain: str, owner: Owner) -> bool:
    """Less than six characters are left when the person's own data is taken out."""
    rest = plain
    for part in owner.parts:
        rest = rest.replace(part, "")
    return rest != plain and len(rest) < 6


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def clean_phone(text: str) -> str | None:
    """'+86 138-1234-2716' → '13812342716'; nothing typed → None; anything else as typed, for `problems`."""
    plain = re.sub(r"[\s()（）.\-–]", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"^(\+86|0086)", "", plain) or None


def can_help(helper_roles: frozenset[str], roles: frozenset[str]) -> bool:
    """Whether somebody may make a one-time link for a person with `roles`: a manager never for one who may do more.

    Who makes a link could use it too. Working on a phone is no power over others and does not count.
    """
    if not holds(helper_roles, "people.help"):
        return False
    if holds(helper_roles, "people.manage"):
        return True
    theirs = {name for name in PERMISSIONS if name != "phone.use" and holds(roles, name)}
    return all(holds(helper_roles, name) for name in theirs)


def code_of(token: str, length: int = 8) -> str:
    """The short code of a link's token: so the link's page can show it, and nothing but the token is kept."""
    number = int.from_bytes(hashlib.sha256(f"code:{token}".encode()).digest())
    return "".join(CODE_LETTERS[number // len(CODE_LETTERS) ** place % len(CODE_LETTERS)] for place in range(length))


def wait_until(failures: int, last_failure_at: datetime, free_tries: int) -> datetime:
    """When the next try is taken: at once for the first, then 30 s, 1 min, 2 min … up to 15 min after the last."""
    if failures < free_tries:
        return last_failure_at
    return last_failure_at + min(FIRST_WAIT * 2 ** min(failures - free_tries, 10), LONGEST_WAIT)


def network_of(address: str) -> str:
    """'203.0.113.9' → '203.0.113.0/24', IPv6 → its /64: what one household or office has."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    mapped = getattr(found, "ipv4_mapped", None)
    if mapped:
        found = mapped
    return str(ip_network(f"{found}/{24 if found.version == 4 else 64}", strict=False))


def hash_secret(secret: str) -> str:
    """What is kept of a random token or code: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def clean_code(text: str) -> str:
    """A short code as people type it: '7k4m-q2wx' → '7K4MQ2WX'."""
    return re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", text).upper())
