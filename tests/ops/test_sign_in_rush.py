"""Sixty officers sign in at once: the command of the container for sign-ins, within its memory
limit.
"""

import contextlib
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

import pytest
from django.contrib.auth.hashers import make_password
from django.test import override_settings

from accounts.models import User
from accounts.permissions import Role
from tests import factories
from tests.ops import compose
from tests.ops.test_production_processes import (
    HOST,
    answer_of_web,
    broker,  # noqa: F401 -- a fixture
    database_url,
    free_port,
    production,
    started,
    static_files,
    wait_until,
)

OFFICERS = 60


def limit_of(service: str) -> int:
    """Return the bytes that the compose file gives it."""
    return (
        int(
            compose.services()[service]["deploy"]["resources"]["limits"]["memory"].removesuffix("M")
        )
        * 1024
        * 1024
    )


LIMIT = limit_of("web")


class NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = build_opener(ProxyHandler({}), NoRedirect())


def ask(
    port: int, number: int, path: str, cookies: dict[str, str], form: dict[str, str] | None = None
):
    """Send one request of the officer with this number, from an address of their own behind the
    proxy."""
    headers = {
        "Host": HOST,
        "Origin": f"https://{HOST}",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": f"203.0.113.{number}",
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
    }
    body = urlencode(form).encode() if form else None
    try:
        answer = OPENER.open(
            Request(f"http://127.0.0.1:{port}{path}", data=body, headers=headers), timeout=90
        )
    except HTTPError as error:
        answer = error
    with answer:
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            cookies[name] = rest.partition(";")[0]
        return answer.status, answer.headers, text


def sign_in(port: int, number: int) -> tuple[int, str]:
    """Return the status of the sign-in and, when it is refused, its Retry-After."""
    cookies: dict[str, str] = {}
    _, _, page = ask(port, number, "/accounts/login/", cookies)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    form = {
        "login": f"can.bo.gio.cao.diem.{number}",
        "password": factories.PASSWORD,
        "csrfmiddlewaretoken": token,
    }
    status, headers, _ = ask(port, number, "/accounts/login/", cookies, form)
    return status, headers.get("Retry-After", "")


@contextlib.contextmanager
def memory_limited(name: str, to: int = LIMIT) -> Iterator[Path | None]:
    """Make a control group with this limit, ``web``'s unless given; None where this machine lets us
    make none."""
    for parent, limit in (
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        ("/sys/fs/cgroup", "memory.max"),
    ):
        group = Path(parent) / name
        try:
            group.mkdir()
            (group / limit).write_text(str(to))
        except OSError:
            with contextlib.suppress(OSError):
                group.rmdir()
            continue
        try:
            yield group
        finally:
            with contextlib.suppress(OSError):
                group.rmdir()
        return
    yield None


def kills_in(group: Path) -> int:
    for name in ("memory.oom_control", "memory.events"):
        if (group / name).exists():
            return int(re.search(r"^oom_kill (\d+)", (group / name).read_text(), re.M)[1])
    raise AssertionError(f"{group} tells nothing of killed processes")


def processes_of(pid: int) -> list[int]:
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True
    ).stdout
    return [pid, *map(int, children.split())]


def memory_of(pids: list[int]) -> int:
    """Return the bytes that these processes hold together; what they share counts once."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += int(
                re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[
                    1
                ]
            )
    return total * 1024


@pytest.mark.django_db(transaction=True)
def test_sixty_sign_ins_at_once_come_in_and_no_process_is_killed(tmp_path, broker):  # noqa: F811
    unit = factories.UnitFactory()
    with override_settings(PASSWORD_HASHERS=["accounts.sign_in.hashing.BoundedArgon2Hasher"]):
        password = make_password(factories.PASSWORD)
    for number in range(OFFICERS):
        factories.person(Role.OFFICER, unit, username=f"can.bo.gio.cao.diem.{number}")
    User.objects.update(password=password)
    env = production(tmp_path, database_url())
    env["STATIC_ROOT"] = static_files()
    port, over, peak = free_port(), threading.Event(), [0]

    environment = compose.services()["web-accounts"]["environment"]
    env |= {
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "WEB_CONCURRENCY": environment["WEB_CONCURRENCY"],
    }
    limit = limit_of("web-accounts")

    with memory_limited(f"sign-in-rush-{os.getpid()}", limit) as group:
        with started("web-accounts", env, group) as web:
            assert wait_until(lambda: answer_of_web(port, "/healthz") is not None, web)
            assert wait_until(lambda: len(processes_of(web.pid)) == 2, web)
            before = processes_of(web.pid)

            def watch():
                while not over.wait(0.05):
                    peak[0] = max(peak[0], memory_of(before))

            watcher = threading.Thread(target=watch)
            watcher.start()
            try:
                with ThreadPoolExecutor(OFFICERS) as all_at_once:
                    first = list(
                        all_at_once.map(lambda number: sign_in(port, number), range(OFFICERS))
                    )
                with ThreadPoolExecutor(4) as a_moment_later:
                    again = [number for number, (status, _) in enumerate(first) if status != 302]
                    second = list(a_moment_later.map(lambda number: sign_in(port, number), again))
            finally:
                over.set()
                watcher.join()
            after = processes_of(web.pid)
        killed = kills_in(group) if group else 0

    assert {answer for answer in first if answer[0] != 302} <= {(503, "5")}
    assert {status for status, _ in second} <= {302}
    assert (after, killed) == (before, 0)
    assert 0 < peak[0] < limit
