"""What this server may send to: never inside the network by itself, never past a redirect, never for long."""

import socket
import threading
import time
from contextlib import suppress

import pytest

from fieldservice.core import outbound
from tests.support.taker import taking


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Name → the numbers it has; asked for nothing else."""
    found: dict[str, list[str]] = {}
    monkeypatch.setattr(outbound, "_resolved", lambda host, _port, _seconds: found[host])
    return found


@pytest.mark.parametrize(
    "place",
    ["127.0.0.1", "10.0.0.8", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1", "fc00::1", "::ffff:10.0.0.8", "64:ff9b::a00:8", "2002:a00:8::1"],
)  # fmt: skip
def test_nothing_is_sent_into_a_network(names: dict[str, list[str]], place: str) -> None:
    names["sms.example"] = ["93.184.216.34", place]
    with pytest.raises(outbound.Refused, match="no public address"):
        outbound.post("https://sms.example/send", b"{}", {}, allow_private=False)


@pytest.mark.parametrize(
    "address",
    ["http://93.184.216.34/", "ftp://sms.example/", "https://", "https://user@sms.example/", "https://sms.example:0/",
     "https://sms.example:99999/", "https://sms.example/a b", "https://sms.example/\r\nX: y", "https://[::1", ""],
)  # fmt: skip
def test_what_is_no_good_address_is_refused(address: str) -> None:
    with pytest.raises(outbound.Refused):
        outbound.post(address, b"{}", {}, allow_private=False)


def test_plain_http_stays_on_this_machine(names: dict[str, list[str]]) -> None:
    names["box.lan"] = ["192.168.1.9"]
    with pytest.raises(outbound.Refused, match="only https"):
        outbound.post("http://box.lan/", b"{}", {}, allow_private=True)


@pytest.mark.parametrize("status", [204, 302, 500])
def test_the_status_is_told_and_a_redirect_not_followed(status: int) -> None:
    with taking(status) as server:
        address = f"http://127.0.0.1:{server.server_port}/a?b=1"
        found = outbound.post(address, b'{"x":1}', {"X-A": "b"}, allow_private=True)
        [(path, headers, body)] = server.taken  # type: ignore[attr-defined]
    assert (found, path, headers["X-A"], body) == (status, "/a?b=1", "b", b'{"x":1}')


def test_what_is_asked_for_by_get_has_no_body_and_comes_back() -> None:
    with taking(200, b'{"a":1}') as server:
        address = f"http://127.0.0.1:{server.server_port}/table?x=1;2"
        assert outbound.get(address, {"X-A": "b"}, allow_private=True, most_bytes=100) == (200, b'{"a":1}')
        with pytest.raises(outbound.Failed, match="did not answer"):
            outbound.get(address, {}, allow_private=True, most_bytes=6)
        path, headers, body = server.taken[0]  # type: ignore[attr-defined]
    assert (path, headers["X-A"], body) == ("/table?x=1;2", "b", b"")


def test_a_server_that_says_nothing_is_left_and_so_is_one_without_our_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"//127.0.0.1:{silent.getsockname()[1]}/"
        for scheme in ("http:", "https:"):
            with pytest.raises(outbound.Failed, match="did not answer"):
                outbound.post(scheme + address, b"", {}, allow_private=True)


def test_a_server_that_drips_its_answer_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "SECONDS", 0.6)
    over = threading.Event()

    def drip(server: socket.socket) -> None:
        with server.accept()[0] as line, suppress(OSError):
            while not over.wait(0.1):
                line.sendall(b"H")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=[server], daemon=True).start()
        began = time.monotonic()
        with pytest.raises(outbound.Failed):
            outbound.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"", {}, allow_private=True)
        assert time.monotonic() - began < 3
        over.set()
