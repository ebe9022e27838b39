"""What phones seal is opened with this installation's keys, whole or not at all."""

import base64
import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fieldservice.core import sealing, secrets_file
from fieldservice.core.sealing import CannotOpen
from tests.support.sealing import sealed

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "rescue.json").read_text())
KEYS = [sealing.new_private_key(), VECTORS["private"]]


def opened(content: bytes, keys=KEYS) -> bytes:
    return b"".join(sealing.opened(io.BytesIO(content), keys))


def vector(case) -> tuple[bytes, bytes]:
    plain = (case["piece"] * case["times"]).encode()
    key = sealing.PublicKey(VECTORS["key_id"], VECTORS["public"])
    return plain, sealed(plain, key, ephemeral=VECTORS["ephemeral"], salt=base64.b64decode(VECTORS["salt"]))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_what_both_sides_seal_is_opened(case) -> None:
    plain, content = vector(case)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (case["bytes"], case["sha256"])
    assert opened(content) == plain
    if "sealed" in case:
        assert opened(base64.b64decode(case["sealed"])) == plain


def three_frames() -> bytes:
    return vector(VECTORS["cases"][-1])[1]


def frames_of(content: bytes) -> tuple[bytes, list[bytes]]:
    line, _, rest = content.partition(b"\n")
    frames = []
    while rest:
        length = 4 + int.from_bytes(rest[:4])
        frames.append(rest[:length])
        rest = rest[length:]
    return line + b"\n", frames


def test_it_is_cut_nowhere_without_being_noticed() -> None:
    line, frames = frames_of(three_frames())
    assert len(frames) == 3
    whole = line + b"".join(frames)
    first = len(line) + len(frames[0])
    ends = [len(line), len(line) + 2, first, first + len(frames[1]), len(whole) - 1]
    for end in ends:
        with pytest.raises(CannotOpen) as error:
            opened(whole[:end])
        assert error.value.code == "rescue_cut_short", end


@pytest.mark.parametrize("order", [[1, 0, 2], [0, 0, 1, 2], [0, 2, 1], [0, 2], [0, 1, 2, 2]])
def test_frames_are_neither_moved_nor_doubled_nor_left_out(order: list[int]) -> None:
    line, frames = frames_of(three_frames())
    with pytest.raises(CannotOpen) as error:
        opened(line + b"".join(frames[place] for place in order))
    assert error.value.code == "rescue_damaged"


def test_no_bit_is_changed_not_even_of_the_header() -> None:
    content = vector(VECTORS["cases"][1])[1]
    start = content.index(b"\n") + 1
    for place in [*range(0, start - 1, 7), start + 6, len(content) - 1]:
        spoiled = bytearray(content)
        spoiled[place] ^= 1
        with pytest.raises(CannotOpen):
            opened(bytes(spoiled))


def test_a_frame_cannot_claim_to_be_larger_than_frames_are() -> None:
    line, _frames = frames_of(three_frames())
    with pytest.raises(CannotOpen) as error:
        opened(line + (1 << 30).to_bytes(4) + bytes(100))
    assert error.value.code == "rescue_damaged"


def test_another_installation_cannot_open_it() -> None:
    with pytest.raises(CannotOpen) as error:
        opened(three_frames(), [sealing.new_private_key()])
    assert error.value.code == "rescue_other_key"


@pytest.mark.parametrize("line", [
    b"", b"{}\n", b"[1]\n", b"x\n", b'{"format":"fieldservice-unsent","format_version":2}\n',
    b'{"format":"fieldservice-unsent","format_version":3}', b"{" * 2000])
def test_what_is_not_sealed_is_not_taken_for_it(line: bytes) -> None:
    assert not sealing.is_sealed(line)


def test_a_new_key_is_given_out_and_the_old_one_still_opens(tmp_path: Path) -> None:
    before = secrets_file.load_or_make(tmp_path)["rescue_keys"].split()
    carried = sealed(b"work", sealing.public_key(before[0]))
    fresh = secrets_file.add_rescue_key(tmp_path)
    keys = secrets_file.load_or_make(tmp_path)["rescue_keys"].split()
    assert [sealing.public_key(key).id for key in keys] == [fresh, sealing.public_key(before[0]).id]
    assert opened(carried, keys) == b"work"
    assert ((tmp_path / "rescue-keys.json").stat().st_mode & 0o777) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == set(secrets_file.FILES), "no draft is left behind"


def test_starts_at_one_moment_have_one_key(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from fieldservice.core.secrets_file import load_or_make as m; " \
             "print(m(Path(sys.argv[1]))['rescue_keys'])"
    both = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) for _ in range(2)]
    assert len({one.communicate()[0] for one in both}) == 1
