"""`make phone`: the product for a phone on the same network, over TLS, until Ctrl-C."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import socket
import struct
import sys

import environment

SIOCGIFADDR = 0x8915


def main() -> int:
    """Check, make certificates, prepare, serve on all addresses; the exit code."""
    environment.enter("requirements.txt")
    import launch
    import segno
    from certificates import ensure_certificates

    port = launch.chosen_port(8443)
    launch.check_port_free("0.0.0.0", port, "phone")  # noqa: S104
    addresses = network_addresses()
    if not addresses:
        raise environment.CannotContinue("This machine is in no network; join the phone's Wi-Fi.")
    folder = launch.data_dir()
    files = ensure_certificates(
        folder / "tls",
        names=["localhost", *host_names()],
        addresses=["127.0.0.1", *addresses],
        now=dt.datetime.now(dt.UTC),
    )
    address = os.environ.setdefault("FIELDSERVICE_BASE_URL", f"https://{addresses[0]}:{port}")
    os.environ.update(
        FIELDSERVICE_DATA_DIR=str(folder),
        FIELDSERVICE_CA_FILE=str(files.ca_file),
        FIELDSERVICE_TLS_CERTIFICATE=str(files.certificate_file),
        FIELDSERVICE_TLS_KEY=str(files.key_file),
    )
    sign_in = launch.prepare_data()

    def announce() -> None:
        print(f"\n  On the phone  {address}/app/")
        for other in addresses[1:]:
            print(f"  or            https://{other}:{port}/app/")
        print(f"  Certificate   {address}/ca.crt  (the phone must trust it once; README says how)\n")
        segno.make(f"{address}/app/", error="m").terminal(compact=True)
        print(f"\n{sign_in}\n\nCtrl-C ends it; the data stay in {folder}", flush=True)

    return launch.serve("0.0.0.0", port, "https", announce)  # noqa: S104


def network_addresses() -> list[str]:
    """IPv4 addresses of this machine without loopback, the one of the default route first."""
    found = [_default_route_address(), *(_interface_address(name) for _, name in socket.if_nameindex())]
    return list(dict.fromkeys(a for a in found if a and not a.startswith("127.")))


def host_names() -> list[str]:
    """The names under which a phone may find this machine: bare and `.local`."""
    bare = socket.gethostname().split(".")[0].lower()
    # A machine's name may hold characters that no DNS name (and so no certificate) may.
    if not bare or bare == "localhost" or not bare.replace("-", "").isalnum() or not bare.isascii():
        return []
    return [bare, f"{bare}.local"]


def _default_route_address() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # An address kept for documentation; connecting a datagram socket sends nothing.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _interface_address(name: str) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe.fileno(), SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
        except OSError:  # no IPv4 address on it, or a system without this call
            return None
        return socket.inet_ntoa(answer[20:24])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except environment.CannotContinue as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(0)
