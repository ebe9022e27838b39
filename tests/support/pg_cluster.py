"""A PostgreSQL cluster of the tests' own, in the session's folder, without network and without root.

The first process that needs it starts it; the session's owner stops it at the end. Nothing in it is durable: it lives
minutes and need not survive a power cut. Where the session's folder is durable, a commit waits for the disk.
"""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from tests.support.shared_folder import is_durable, locked, shared_folder

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
    "log_min_messages": "fatal",
    "timezone": "UTC",
    "jit": "off",
}
UNSAFE_BUT_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off"}


class NoPostgreSQL(RuntimeError):
    """PostgreSQL is not installed; the tests say so instead of leaving half of themselves out."""


def cluster_address(database: str = "postgres") -> str:
    """SQLAlchemy address of a database in the running cluster; starts the cluster if nobody has yet."""
    folder = shared_folder() / "postgresql"
    with locked("postgresql"):
        if not (folder / "ready").exists():
            _start(folder)
    return f"postgresql+psycopg://tests@/{database}?host={folder}"


def stop_cluster(session_folder: Path) -> None:
    """Stop the cluster of a session, this one's or a killed one's; nothing happens if there is none."""
    data = session_folder / "postgresql" / "data"
    if (data / "postmaster.pid").exists():
        how = ("-m", "immediate", "-w", "-t", "20")
        _as_owner(data.parent, "pg_ctl", "stop", "-D", str(data), *how, check=False)


def _start(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o755)
    if os.getuid() == 0:
        user = _unprivileged_user()
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    how = ("-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    _as_owner(folder, "initdb", "-D", str(data), *how)
    settings = {**SETTINGS, **({} if is_durable() else UNSAFE_BUT_FAST), "unix_socket_directories": str(folder)}
    with (data / "postgresql.auto.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    _as_owner(folder, "pg_ctl", "start", "-D", str(data), "-w", "-t", "60", "-l", str(folder / "log"))
    (folder / "ready").touch()


def _as_owner(folder: Path, program: str, *arguments: str, check: bool = True) -> None:
    """Run a PostgreSQL program as the owner of `folder`: PostgreSQL refuses to run as root."""
    owner = pwd.getpwuid(folder.stat().st_uid)
    other = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    done = subprocess.run(
        [str(_binaries() / program), *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
        stderr=subprocess.STDOUT if program == "initdb" else subprocess.DEVNULL,
        text=True,
        check=False,
        **other,
    )
    if check and done.returncode:
        log = folder / "log"
        reason = log.read_text() if log.exists() else done.stdout
        raise RuntimeError(f"{program} failed: {reason}")


def _unprivileged_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _binaries() -> Path:
    """Where `initdb` is: the newest of Debian's folders, else what pg_config says, else the search path."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(versions, key=lambda path: int(path.parts[-3]), reverse=True)
    if newest:
        return newest[0].parent
    if shutil.which("pg_config"):
        said = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        if (Path(said.stdout.strip()) / "initdb").exists():
            return Path(said.stdout.strip())
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise NoPostgreSQL("PostgreSQL is missing: apt-get install postgresql (or choose --db sqlite)")
