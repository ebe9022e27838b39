"""What this server sends to others: https, the name resolved once, no private ranges, no redirects, 5 seconds in all."""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

#: from the look-up of the name to the first line of the answer
SECONDS = 5.0

#: addresses that carry an IPv4 address of their own (NAT64); what they lead to is not told by the range
_CARRIERS = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


class Refused(Exception):
    """Nothing was sent: the address is not one we send to. The text says why, for the log and the administrator."""


class Failed(Exception):
    """No answer came, or none that can be understood; what was sent may have arrived."""


def post(address: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool) -> int:
    """Sends `body` and gives the status of the answer (a redirect is just its status). What the answer says is not read.

    allow_private: addresses inside the own network are good, and plain http to this machine. Raises Refused, Failed.
    """
    return ask(address, body, headers, allow_private=allow_private, most_bytes=0)[0]


def get(
    address: str, headers: Mapping[str, str], *, allow_private: bool, most_bytes: int, seconds: float | None = None
) -> tuple[int, bytes]:
    """Asks for what stands at `address`. Raises Refused, Failed."""
    return ask(
        address, None, headers, allow_private=allow_private, most_bytes=most_bytes, method="GET", seconds=seconds
    )


def ask(
    address: str,
    body: bytes | None,
    headers: Mapping[str, str],
    *,
    allow_private: bool,
    most_bytes: int,
    method: str = "POST",
    seconds: float | None = None,
) -> tuple[int, bytes]:
    """As `post`, and what the answer says: at most `most_bytes` (0: it is not read). Raises Refused, Failed.

    `seconds`: in all, for who takes long to answer; None: SECONDS.
    """
    target = _checked(address, allow_private=allow_private)
    limit = SECONDS if seconds is None else seconds
    deadline = time.monotonic() + limit
    port = target.port or (443 if target.scheme == "https" else 80)
    places = _resolved(str(target.hostname), port, limit)
    for place in places:
        if not (_is_public(place) or allow_private):
            raise Refused(f"{target.hostname} leads to {place}, which is no public address")
        if target.scheme == "http" and not ipaddress.ip_address(place).is_loopback:
            raise Refused("only https is sent to")
    return _exchanged(target, places[0], port, _Sent(method, body, headers), deadline, most_bytes)


@dataclass(frozen=True)
class _Sent:
    """What is sent: None for a body where there is none."""

    method: str
    body: bytes | None
    headers: Mapping[str, str]


def _checked(address: str, *, allow_private: bool) -> SplitResult:
    try:
        target = urlsplit(address)
        port = target.port
    except ValueError as error:
        raise Refused("this is no address") from error
    if target.scheme not in (("https", "http") if allow_private else ("https",)):
        raise Refused("only https is sent to")
    if not target.hostname or target.username is not None or port == 0:
        raise Refused("this is no address of a server")
    if any(letter <= " " or letter == "\x7f" for letter in address) or not address.isascii():
        raise Refused("this is no address of a server")
    return target


def _is_public(place: str) -> bool:
    found = ipaddress.ip_address(place)
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if inner is not None:
        found = inner
    return found.is_global and not found.is_multicast and not any(found in one for one in _CARRIERS)


def _resolved(host: str, port: int, seconds: float) -> list[str]:
    """Numbers of a name, asked for once. Raises Failed."""
    found: list[str] = []

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(str(row[4][0]).partition("%")[0] for row in rows))

    thread = threading.Thread(target=look_up, daemon=True)  # the resolver knows no deadline
    thread.start()
    thread.join(seconds)
    if not found:
        raise Failed(f"{host} could not be found")
    return found


def _exchanged(
    target: SplitResult, place: str, port: int, sent: _Sent, deadline: float, most_bytes: int
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(str(target.hostname), port)
    watch: threading.Timer | None = None
    try:
        plain = socket.create_connection((place, port), _left(deadline))
        connection.sock = plain
        if target.scheme == "https":
            tls = ssl.create_default_context()
            name = str(target.hostname)
            connection.sock = tls.wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)
        watch = threading.Timer(_left(deadline), _cut, [connection.sock])  # who drips an answer does not hold us
        watch.daemon = True
        watch.start()
        if isinstance(connection.sock, ssl.SSLSocket):
            connection.sock.do_handshake()
        path = target.path or "/"
        whole = f"{path}?{target.query}" if target.query else path
        connection.request(sent.method, whole, sent.body, dict(sent.headers))
        answer = connection.getresponse()
        said = answer.read(most_bytes + 1) if most_bytes else b""
        if len(said) > most_bytes or (most_bytes and answer.length):
            raise ValueError("the answer is too long, or was cut short")
        return answer.status, said
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Failed(f"{target.hostname} did not answer: {type(error).__name__}") from error
    finally:
        if watch is not None:
            watch.cancel()
        connection.close()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # that of TLS would first say goodbye
