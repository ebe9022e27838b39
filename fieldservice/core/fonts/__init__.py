"""The typeface the product brings (README.md beside this file says where it comes from)."""

from pathlib import Path

#: WOFF2 of Noto Sans SC Regular, all characters; FreeType and with it Pillow read it as it is
SANS = Path(__file__).with_name("NotoSansSC-Regular.woff2")
