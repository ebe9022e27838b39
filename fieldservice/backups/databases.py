"""The two databases, saved and put back: SQLite by its online backup, PostgreSQL by `pg_dump` and `pg_restore`."""

import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import quote

import psycopg
import sqlalchemy as sa

from fieldservice.backups.manifest import BackupError, Facts, Say, replace_file
from fieldservice.core import audit
from fieldservice.core.db import sqlite_module
from fieldservice.core.files import sync_folder

Ask = Callable[[str], list[Any]]


class Store(Protocol):
    """What a backup asks of a database."""

    kind: str
    file_name: str

    def save(self, target: Path) -> Facts:
        """Writes the database as it stands at one moment, while others work on it."""

    def look_into(self, saved: Path, say: Say) -> Facts | None:
        """Opens what was saved, somewhere else; None when that cannot be tried here. Raises BackupError."""

    def is_empty(self) -> bool:
        """Whether there is nothing to be replaced."""

    def epoch(self) -> int:
        """Of the database that is there; 0 when there is none or it cannot be read."""

    def others(self) -> int:
        """Connections of others to it, as far as the database tells."""

    def replace(self, saved: Path, *, epoch: int, at: datetime) -> str:
        """Puts back what was saved, in that epoch, whole or not at all; where the old one is kept, '' for nowhere."""


def store_of(url: sa.URL) -> Store:
    """The database of an address."""
    return SQLite(Path(str(url.database))) if url.get_backend_name() == "sqlite" else PostgreSQL(url)


def _facts(ask: Ask, verified: list[Any]) -> Facts:
    (schema,), (epoch, counter) = ask("SELECT version_num FROM alembic_version")[0], _counted(ask)
    return Facts(schema, epoch, counter, {row[0]: row[1] for row in verified}, _chain_fault(ask, schema))


#: the migration that made the audit chain, and how some of its entries are read
_CHAINED_SINCE = "0015"
_ENTRIES = ("SELECT seq, at, kind, commitment, prev_hash, entry_hash FROM audit "
            "WHERE seq > {below} ORDER BY seq LIMIT 10000")  # fmt: skip


def _chain_fault(ask: Ask, schema: str) -> str:
    """Numbers, links, hashes and heads of the chain; the rest says `flask fieldservice audit-verify`."""
    if schema < _CHAINED_SINCE:
        return ""
    links = audit.Links((size, entry_hash, root) for size, entry_hash, root in
                        ask("SELECT size, entry_hash, root FROM tree_head"))  # fmt: skip
    while rows := ask(_ENTRIES.format(below=links.seq)):
        for row in rows:
            if not links.fits(*row):
                return f"its audit chain is broken at entry {links.seq + 1}"
    return "" if links.is_complete else "its audit chain is shorter than one of its heads says"


def _counted(ask: Ask) -> tuple[int, int]:
    epoch, counter = ask("SELECT epoch, counter FROM installation")[0]
    return epoch, counter


_VERIFIED = "SELECT sha256, size FROM blob WHERE state = 'verified'"


class SQLite:
    """One file, with its log beside it while somebody works on it."""

    kind = "sqlite"
    file_name = "database.sqlite3"

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, target: Path) -> Facts:
        """Writes the database as it stands at one moment, while others work on it."""
        if not self._path.exists():
            raise BackupError(f"There is no database: {self._path}")
        with closing(_connect(self._path, "rw")) as source, closing(_connect(target, "rwc")) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        target.chmod(0o600)
        with target.open("rb") as file:
            os.fsync(file.fileno())
        return self._look(target)

    def look_into(self, saved: Path, say: Say) -> Facts | None:
        """Opens what was saved, without writing. Raises BackupError."""
        return self._look(saved)

    def _look(self, saved: Path) -> Facts:
        try:
            with closing(_connect(saved, "ro&immutable=1")) as opened:
                found = [row[0] for row in opened.execute("PRAGMA integrity_check(5)")]
                if found != ["ok"] or opened.execute("PRAGMA foreign_key_check").fetchone():
                    raise BackupError(f"{saved.name} is not sound: {'; '.join(found)}")
                return _facts(lambda text: opened.execute(text).fetchall(), _sqlite_verified(opened))
        except _driver().DatabaseError as error:
            raise BackupError(f"{saved.name} cannot be opened: {error}") from error

    def is_empty(self) -> bool:
        """Whether there is no table."""
        if not self._path.exists():
            return True
        try:
            with closing(_connect(self._path, "ro")) as opened:
                return not opened.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        except _driver().DatabaseError:
            return False

    def epoch(self) -> int:
        """Of the database that is there; 0 when there is none or it cannot be read."""
        try:
            with closing(_connect(self._path, "ro")) as opened:
                return _counted(lambda text: opened.execute(text).fetchall())[0]
        except (_driver().DatabaseError, IndexError):
            return 0

    def others(self) -> int:
        """SQLite does not tell."""
        return 0

    def replace(self, saved: Path, *, epoch: int, at: datetime) -> str:
        """Moves the old file and its log aside and the new one into place; the old log must never meet the new file."""
        draft = self._path.with_name(f".{self._path.name}.restoring")
        replace_file(saved, draft)
        with closing(_connect(draft, "rw")) as opened:
            opened.execute("UPDATE installation SET epoch = ?", (epoch,))
            opened.commit()
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        aside = self._path.with_name(f"{self._path.name}.before-{at:%Y%m%dT%H%M%SZ}")
        kept = [self._aside(end, aside) for end in ("-wal", "")]
        self._path.with_name(f"{self._path.name}-shm").unlink(missing_ok=True)
        draft.replace(self._path)
        sync_folder(self._path.parent)
        return str(aside) if any(kept) else ""

    def _aside(self, end: str, aside: Path) -> bool:
        present = self._path.with_name(f"{self._path.name}{end}")
        if not present.exists():
            return False
        present.replace(aside.with_name(f"{aside.name}{end}"))
        return True


def _driver() -> Any:
    """The SQLite that the product uses: two of them must never meet on one file in one process."""
    return sqlite_module()


def _connect(path: Path, mode: str) -> Any:
    return _driver().connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=10)


def _sqlite_verified(opened: Any) -> list[Any]:
    has_blobs = opened.execute("SELECT 1 FROM sqlite_master WHERE name = 'blob'").fetchone()
    return list(opened.execute(_VERIFIED)) if has_blobs else []


class PostgreSQL:
    """A database of a server, with PostgreSQL's own programs."""

    kind = "postgresql"
    file_name = "database.dump"

    def __init__(self, url: sa.URL) -> None:
        self._url = url

    def save(self, target: Path) -> Facts:
        """Writes the database as it stands at one moment; what is said of it is of the same moment."""
        with self._connected() as connection:
            connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
            snapshot = connection.execute("SELECT pg_export_snapshot()").fetchall()[0][0]
            facts = self._facts(connection)
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
            self._run("pg_dump", *options, f"--file={target}", f"--dbname={self._conninfo()}")
        target.chmod(0o600)
        with target.open("rb") as file:
            os.fsync(file.fileno())
        return facts

    def look_into(self, saved: Path, say: Say) -> Facts | None:
        """Puts it into a database of its own for a moment, where the account may make one; else reads all of it."""
        name = f"fieldservice_verify_{uuid.uuid4().hex[:12]}"
        try:
            with self._connected(autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}"')
        except psycopg.Error as error:
            say(f"Not tried in a database of its own ({str(error).splitlines()[0]}); only read from end to end.")
            self._run("pg_restore", "--file=/dev/null", str(saved))
            return None
        try:
            options = ["--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={self._conninfo(name)}"]
            self._run("pg_restore", *options, str(saved))
            with self._connected(name) as connection:
                return self._facts(connection)
        except (psycopg.Error, IndexError) as error:
            raise BackupError(f"{saved.name} cannot be put back: {error}") from error
        finally:
            with self._connected(autocommit=True) as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def is_empty(self) -> bool:
        """Whether there is no table."""
        with self._connected() as connection:
            return not connection.execute(_TABLES).fetchall()

    def epoch(self) -> int:
        """Of the database that is there; 0 when there is none."""
        try:
            with self._connected() as connection:
                return self._facts(connection).epoch
        except (psycopg.Error, IndexError):
            return 0

    def others(self) -> int:
        """Connections of others to the database; those that were just closed get a moment to be gone."""
        until = time.monotonic() + _CLOSING_SECONDS
        with self._connected(autocommit=True) as connection:
            while (count := int(connection.execute(_OTHERS).fetchall()[0][0])) and time.monotonic() < until:
                time.sleep(0.05)
        return count

    def replace(self, saved: Path, *, epoch: int, at: datetime) -> str:
        """Takes the old tables away and puts the saved ones there, in one transaction: it ends with COMMIT only when
        `pg_restore` has ended well, so that whatever is killed has changed nothing.
        """
        psql = [_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={self._conninfo()}"]
        reader = [_program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(saved)]
        with (
            self._piped(reader, stdout=subprocess.PIPE) as read,
            self._piped(psql, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as write,
        ):
            said = self._pass_on(read, write, epoch)
        if read.returncode or write.returncode:
            raise BackupError(f"The database could not be put back, nothing was changed: {said}")
        return ""

    def _pass_on(self, read: "subprocess.Popen[bytes]", write: "subprocess.Popen[bytes]", epoch: int) -> str:
        source, target = _pipe(read.stdout), _pipe(write.stdin)
        try:
            target.write(f"BEGIN;\n{_DROP_ALL}\n".encode())
            shutil.copyfileobj(source, target)
            if read.wait() == 0:
                target.write(f"\nUPDATE public.installation SET epoch = {int(epoch)};\nCOMMIT;\n".encode())
            target.close()
        except BrokenPipeError:  # it says why
            read.terminate()
        errors = [_pipe(one.stderr).read().decode(errors="replace").strip() for one in (write, read)]
        return next((text for text in errors if text), "")

    def _facts(self, connection: Any) -> Facts:
        has_blobs = connection.execute("SELECT to_regclass('public.blob')").fetchall()[0][0]
        verified = connection.execute(_VERIFIED).fetchall() if has_blobs else []
        return _facts(lambda text: connection.execute(text).fetchall(), verified)

    @contextmanager
    def _connected(self, database: str = "", *, autocommit: bool = False) -> Iterator[Any]:
        password = self._url.password or None
        try:
            opened = psycopg.connect(self._conninfo(database), password=password, autocommit=autocommit)
        except psycopg.Error as error:
            raise BackupError(f"The database does not answer: {error}") from error
        with opened as connection:
            yield connection

    def _conninfo(self, database: str = "") -> str:
        """Without the password, which everybody on the machine could read from the list of processes."""
        given = {key: str(value) for key, value in self._url.query.items()}
        url = self._url
        named = {"host": url.host, "port": url.port, "user": url.username, "dbname": database or url.database}
        return psycopg.conninfo.make_conninfo(**{key: str(value) for key, value in (named | given).items() if value})

    def _environment(self) -> dict[str, str]:
        password = {"PGPASSWORD": self._url.password} if self._url.password else {}
        return {**os.environ, **password, "PGCLIENTENCODING": "UTF8"}

    def _piped(self, command: list[str], **pipes: int) -> "subprocess.Popen[bytes]":
        # it says little: what it has to say fits into the pipe
        return subprocess.Popen(command, stderr=subprocess.PIPE, env=self._environment(), **pipes)  # type: ignore[call-overload]  # noqa: S603

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603
            [_program(program), *arguments], env=self._environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BackupError(f"{program} failed: {done.stderr.strip()}")


_CLOSING_SECONDS = 2
_TABLES = "SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1"
_OTHERS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
#: whatever a version of ours made; what others put beside it stays
_DROP_ALL = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP TABLE IF EXISTS public.%I CASCADE', found.tablename);
    END LOOP;
    FOR found IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP SEQUENCE IF EXISTS public.%I CASCADE', found.sequencename);
    END LOOP;
    FOR found IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            AND oid NOT IN (SELECT objid FROM pg_depend WHERE deptype = 'e') LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', found.name);
    END LOOP;
END $$;
"""


def _pipe(found: IO[bytes] | None) -> IO[bytes]:
    assert found is not None
    return found


def _program(name: str) -> str:
    """The newest that is installed: it must not be older than the server. Raises BackupError."""
    places = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = sorted(places, key=lambda path: float(path.parts[-3]), reverse=True)
    found = str(newest[0]) if newest else shutil.which(name)
    if not found:
        raise BackupError(f"{name} is missing: apt-get install postgresql-client (of the server's version or newer)")
    return found
