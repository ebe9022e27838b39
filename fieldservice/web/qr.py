"""QR codes of our own addresses."""

import io

import segno
from markupsafe import Markup


def qr_svg(address: str) -> Markup:
    """The code as an SVG, black; `.qr-code` gives the white ground."""
    out = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(out, kind="svg", xmldecl=False, svgns=False, nl=False, border=0, omitsize=True, svgclass=None,
              lineclass=None)
    return Markup(out.getvalue().decode())  # noqa: S704 made here, of our own address
