"""QR codes of our own addresses."""

import io
from base64 import b64encode
from functools import lru_cache

import segno
from markupsafe import Markup


def qr_svg(address: str) -> Markup:
    """The code as an SVG, black; `.qr-code` gives the white ground."""
    out = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(out, kind="svg", xmldecl=False, svgns=False, nl=False, border=0, omitsize=True, svgclass=None,
              lineclass=None)
    return Markup(out.getvalue().decode())  # noqa: S704 made here, of our own address


#: a mask of our choice: trying all eight takes four times as long, and a phone asks for many codes at once
_MASK = 3


@lru_cache(maxsize=4096)
def qr_modules(address: str) -> str:
    """The code for whoever draws it without being able to make it: its modules row by row, a bit each (1 is dark), the
    first one highest, filled up with zeros to whole bytes, as base64. The side is the root of their number.
    """
    code = segno.make(address, error="m", micro=False, mask=_MASK)
    bits = "".join(str(bit) for row in code.matrix for bit in row)
    bits += "0" * (-len(bits) % 8)
    return b64encode(bytes(int(bits[place : place + 8], 2) for place in range(0, len(bits), 8))).decode()
