"""How text is cut: whatever holds a word holds its pieces."""

import random

import pytest

from fieldservice.core import grams

LETTERS = "北京望西园四区一二三12345abc-#.·䶮𬱖"


def found(text: str, word: str) -> bool:
    """As the index finds."""
    pieces = grams.pieces_of(grams.plain(text))
    word = grams.plain(word)
    if len(word) == 1:
        return any(piece.startswith(grams.first_letter(word)) for piece in pieces)
    return set(grams.pieces_to_find(word)) <= pieces


def test_whatever_holds_a_word_is_found_by_its_pieces() -> None:
    luck = random.Random(7)
    for _ in range(3_000):
        text = "".join(luck.choices(LETTERS + "  ", k=luck.randrange(1, 30)))
        word = "".join(luck.choices(LETTERS, k=luck.randrange(1, 4)))
        cut = luck.choice(text.split() or ["x"])
        part = cut[luck.randrange(len(cut)) :][: luck.randrange(1, 16)] if luck.random() < 0.5 else word
        holds = any(grams.plain(part) in one for one in grams.plain(text).split())
        assert found(text, part) or not holds, (text, part)
        if not grams.needs_look(grams.plain(part)):
            assert found(text, part) == holds, (text, part)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("ＢＪ０１", "bj01"), ("  张\u3000丽\n华 ", "张 丽 华"), ("Straße", "strasse"), ("ａ\0Ｂ", "ab"), ("", "")],
)
def test_one_form_of_each_letter(typed: str, kept: str) -> None:
    assert grams.plain(typed) == kept


def test_a_phone_is_found_by_its_parts_and_not_as_a_word() -> None:
    pieces = grams.phone_pieces("13812342716")
    assert set(grams.phone_parts("81234")) <= pieces
    assert grams.PHONE_TAIL + "2716" in pieces
    assert not set(grams.pieces_to_find("2716")) & pieces
    assert grams.phone_pieces("") == set()


def test_a_piece_is_one_word_for_every_tokenizer() -> None:
    text = grams.plain("BJ01-P261121-003 #12 \"a\" 'b' \\ (c) *d* 䶮𬱖 12号楼")
    for piece in grams.pieces_of(text) | {grams.branch_piece("0-1"), grams.facet_piece("open")}:
        assert all(letter.isalnum() or ord(letter) > 0x7F for letter in piece)
        assert "'" not in piece


def test_a_long_word_is_told_by_a_few_pieces() -> None:
    assert len(grams.pieces_to_find("望京西园四区十二号楼三单元六零二室门口左转" * 4)) == grams.MOST_PIECES


def test_digits_of_other_scripts_are_digits() -> None:
    assert grams.digits_of("１３８ 1234-2716") == "13812342716"
