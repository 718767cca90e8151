"""The server of our own that `make run` and `make test` start: on one folder, again and again."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from scripts import local_postgresql
from scripts.local_postgresql import Hindered, Server


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder with a short name, which the server's user may enter where we are root."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        yield Path(name)


def serving(data: Path, *, durable: bool = False) -> contextlib.AbstractContextManager[Server]:
    return local_postgresql.serving(data, log=data.parent / "log", durable=durable)


def execute(server: Server, sql: str) -> list[tuple]:
    with (
        contextlib.closing(psycopg2.connect(server.address("postgres"))) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("name", ["postgresql", "dữ liệu", "one,two", "long" * 30])
def test_a_folder_of_any_name_keeps_its_data(name, folder):
    data = folder / name
    with serving(data) as server:
        execute(server, "CREATE TABLE kept AS SELECT 7 AS number")
    assert not runs(server.pid)
    assert not Path(server.host, ".s.PGSQL.5432").exists()

    with serving(data) as server:
        assert execute(server, "SELECT number FROM kept") == [(7,)]
        assert Path(server.host).stat().st_mode & 0o077 == 0  # nobody else may enter


def test_a_server_that_was_killed_comes_back_though_its_number_is_another_programs(folder):
    data = folder / ("long" * 30)
    with serving(data, durable=True) as server:
        execute(server, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(server.pid, signal.SIGKILL)
    noted = data / "postmaster.pid"
    lines = noted.read_text().splitlines()
    noted.write_text("\n".join([str(os.getpid()), *lines[1:]]))

    with serving(data) as server:
        assert execute(server, "SELECT number FROM kept") == [(7,)]
    assert not Path(lines[4]).exists()  # the killed one's folder in /tmp


def test_only_the_socket_folder_of_a_killed_server_is_removed(folder):
    """Its user writes the file, and root reads it."""
    data, stays = folder / "data", folder / "stays"
    stays.mkdir()
    with serving(data) as server:
        os.kill(server.pid, signal.SIGKILL)
    noted = data / "postmaster.pid"
    lines = noted.read_text().splitlines()
    with tempfile.TemporaryDirectory(prefix="outreach-socket-", dir="/tmp") as step:
        lines[4] = f"{step}/../../{stays}"
        noted.write_text("\n".join(lines))

        with serving(data):
            assert stays.exists()


def test_the_server_of_a_run_that_was_killed_is_ended(folder):
    data = folder / "data"
    with serving(data) as leftover, serving(data) as server:
        assert server.pid != leftover.pid
        assert execute(server, "SELECT 1") == [(1,)]


def test_it_runs_below_a_folder_that_is_closed_to_others(folder):
    """As root it runs as another user, to whom /root is closed."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)

    with serving(closed / "data") as server:
        assert execute(server, "SELECT 1") == [(1,)]


def test_its_programs_are_found_below_a_folder_that_is_closed_to_others(folder):
    """PostgreSQL asks by access() whether its own program is there."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    shutil.copy("/bin/true", closed / "postgres")
    identity = local_postgresql._Identity.of(closed / "data", closed)
    ask = "import os, sys; sys.exit(not os.access(sys.argv[1], os.X_OK))"

    assert identity.run([sys.executable, "-c", ask, closed / "postgres"]).wait() == 0


def test_a_data_folder_that_was_not_finished_is_made_again(folder):
    making = folder / "data.new"
    making.mkdir()
    (making / "PG_VERSION").write_text("15")

    with serving(folder / "data") as server:
        assert execute(server, "SELECT 1") == [(1,)]
    assert not making.exists()


def test_data_of_a_version_that_is_gone_are_not_touched(folder):
    data = folder / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("12\n")

    with pytest.raises(Hindered, match="made by PostgreSQL 12, which is not here any more"):
        serving(data).__enter__()


@pytest.mark.parametrize(
    ("installed", "packaged", "made_by", "chosen"),
    [
        ({17: "a", 15: "b"}, {18: "wheel"}, None, "a"),
        ({}, {18: "wheel"}, None, "wheel"),
        ({17: "a", 15: "b"}, {18: "wheel"}, 15, "b"),
        ({17: "a"}, {18: "wheel"}, 18, "wheel"),
        ({18: "a"}, {18: "wheel"}, 18, "a"),
    ],
)
def test_what_is_installed_goes_before_the_wheel_and_what_made_the_data_before_both(
    installed, packaged, made_by, chosen, folder, monkeypatch
):
    monkeypatch.setattr(local_postgresql, "find_installed", lambda: installed)
    monkeypatch.setattr(local_postgresql, "find_packaged", lambda: packaged)
    if made_by:
        (folder / "PG_VERSION").write_text(f"{made_by}\n")

    assert local_postgresql._choose_programs(folder) == chosen


def test_without_any_programs_it_says_what_to_install(folder, monkeypatch):
    monkeypatch.setattr(local_postgresql, "find_installed", dict)
    monkeypatch.setattr(local_postgresql, "find_packaged", dict)

    with pytest.raises(Hindered, match="Install version 15 or newer"):
        serving(folder / "data").__enter__()
