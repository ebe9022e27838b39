"""How text is cut so that any part of it is found, Chinese as well as numbers: pure, the same for both databases.

Chinese has no spaces between words, so there are no words to keep. Kept are all pairs of neighbouring letters, and all
fours of neighbouring ASCII letters (pairs of digits stand in every number). What is looked for is cut in the same way:
whatever holds it holds all its pieces. The other way round holds for one or two letters (and four of ASCII); a longer
word is looked at once more in the plain text (`needs_look`).

A piece never holds a space and nothing that a tokenizer would cut: marks of ASCII become letters of the private area.
"""

import unicodedata
from collections.abc import Iterable

#: behind the last letter of a word, so that each letter begins a pair
END = "\ue0ff"
#: before a four, a branch, a facet, the parts, the tail and the whole of a phone number: pieces of another kind
FOUR, BRANCH, FACET, PHONE_PART, PHONE_TAIL, PHONE = "\ue0fe", "\ue0fd", "\ue0fc", "\ue0fb", "\ue0fa", "\ue0f9"
#: what is looked for is told by so many of its pieces: more make no difference, and cost
MOST_PIECES = 10
#: digits of the piece of a phone number
PHONE_PIECE = 3
#: letters of that area in what people write, and NUL, are none of ours
_OURS = {**dict.fromkeys(range(0xE000, 0xE100), "\ufffd"), 0: None}
_MARKS = {code: 0xE000 + code for code in range(0x80) if not chr(code).isalnum()}


def plain(text: str) -> str:
    """As text is kept and looked for: one form of each letter (full-width is ASCII), small letters, single spaces."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.translate(_OURS).split())


def pieces_of(text: str) -> set[str]:
    """All pieces of a plain text."""
    found: set[str] = set()
    for word in set(text.split()):
        marked = word.translate(_MARKS)
        found.update(map("".join, zip(marked, marked[1:] + END, strict=True)))
        found.update(FOUR + marked[at : at + 4] for at in range(len(word) - 3) if word[at : at + 4].isascii())
    return found


def pieces_to_find(word: str) -> list[str]:
    """Pieces that all stand in every text that holds this plain word of two letters or more."""
    fours = [at for at in range(len(word) - 3) if word[at : at + 4].isascii()]
    covered = {place for at in fours for place in (at, at + 1, at + 2)}
    found = [FOUR + word[at : at + 4] for at in fours]
    found += [word[at : at + 2] for at in range(len(word) - 1) if at not in covered]
    return [piece.translate(_MARKS) for piece in _spread(list(dict.fromkeys(found)))]


def first_letter(word: str) -> str:
    """What every pair begins with that stands for a word of one letter."""
    return word.translate(_MARKS)


def needs_look(word: str) -> bool:
    """Whether the pieces may stand in a text that does not hold the word."""
    return len(word) > 2 and not (len(word) == 4 and word.isascii())


def phone_pieces(digits: str) -> set[str]:
    """The pieces of a phone number of its own kind: nobody finds them by looking for words."""
    if not digits:
        return set()
    return {PHONE + digits, PHONE_TAIL + digits[-4:], *phone_parts(digits)}


def phone_parts(digits: str) -> list[str]:
    """Pieces that stand in every number that holds these digits, at least PHONE_PIECE of them."""
    return [PHONE_PART + digits[at : at + PHONE_PIECE] for at in range(len(digits) - PHONE_PIECE + 1)]


def branch_piece(branch_id: str) -> str:
    """What stands in everything of a branch."""
    return (BRANCH + branch_id).translate(_MARKS)


def facet_piece(facet: str) -> str:
    """What stands in everything with this property."""
    return (FACET + facet).translate(_MARKS)


def digits_of(text: str) -> str:
    """The digits of a text, as ASCII."""
    return "".join(str(unicodedata.digit(letter)) for letter in text if letter.isdigit())


def _spread(pieces: list[str]) -> list[str]:
    """At most MOST_PIECES, from all over the word."""
    if len(pieces) <= MOST_PIECES:
        return pieces
    return [pieces[round(number * (len(pieces) - 1) / (MOST_PIECES - 1))] for number in range(MOST_PIECES)]


def joined(texts: Iterable[str]) -> str:
    """Several texts as one plain one; no word goes from one into the next."""
    return " ".join(filter(None, map(plain, texts)))
