"""Addresses that come from outside: only ours are followed."""

from urllib.parse import urlsplit


def local_address(address: str | None, otherwise: str = "/") -> str:
    """`address` where it is a path of this site, else `otherwise`: nobody is sent away by a link of ours."""
    if not address or not address.startswith("/") or address.startswith("//"):
        return otherwise
    if any(letter in address for letter in "\\\r\n\t"):
        return otherwise
    parts = urlsplit(address)
    return otherwise if parts.scheme or parts.netloc else address
