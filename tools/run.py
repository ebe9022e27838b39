"""`make run`: the product on this machine, with sample data, until Ctrl-C."""

from __future__ import annotations

import os
import sys

import environment

HOST = "127.0.0.1"


def main() -> int:
    """Check, prepare, serve; the exit code."""
    environment.enter("requirements.txt")
    import launch

    port = launch.chosen_port(8000)
    launch.check_port_free(HOST, port, "run")
    os.environ["FIELDSERVICE_DATA_DIR"] = str(launch.data_dir())
    address = os.environ.setdefault("FIELDSERVICE_BASE_URL", f"http://{HOST}:{port}")
    sign_in = launch.prepare_data()

    def announce() -> None:
        print(f"\n  Desk        {address}/\n  Technician  {address}/app/\n")
        print(f"{sign_in}\n\nCtrl-C ends it; the data stay in {launch.data_dir()}", flush=True)

    return launch.serve(HOST, port, "http", announce)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except environment.CannotContinue as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(0)
