"""Hostile files and texts, many at once: the web container's own command, within its memory limit,
answers others.
"""

import os
import re
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Role
from tests import factories
from tests.media.hostile import deep_png, many_scans, webp_of_one_colour
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
from tests.ops.test_sign_in_rush import (
    LIMIT,
    OPENER,
    kills_in,
    memory_limited,
    memory_of,
    processes_of,
)
from tests.videos import crowded, video_file

TOKEN = "a" * 32
ANSWERED = {200, 409, 422, 429, 503}


def cookies_of(person: User, secret_key: str) -> str:
    """Return the cookies that the browser of somebody who signed in sends along."""
    client = Client()
    with override_settings(SECRET_KEY=secret_key):
        client.force_login(person)
    return f"__Host-session={client.cookies['sessionid'].value}; __Host-csrf={TOKEN}"


def send(port: int, cookies: str, path: str, form: dict[str, object]) -> int:
    headers = {
        "Host": HOST,
        "Origin": f"https://{HOST}",
        "X-Forwarded-Proto": "https",
        "Cookie": cookies,
        "Content-Type": MULTIPART_CONTENT,
    }
    body = encode_multipart(BOUNDARY, {**form, "csrfmiddlewaretoken": TOKEN})
    try:
        with OPENER.open(
            Request(f"http://127.0.0.1:{port}{path}", data=body, headers=headers), timeout=120
        ) as answer:
            answer.read()
            return answer.status
    except HTTPError as error:
        with error:
            error.read()
        return error.code


def get(port: int, cookies: str, path: str, *, seconds: int = 60) -> int:
    headers = {"Host": HOST, "X-Forwarded-Proto": "https", "Cookie": cookies}
    with OPENER.open(
        Request(f"http://127.0.0.1:{port}{path}", headers=headers), timeout=seconds
    ) as answer:
        answer.read()
        return answer.status


def tree_of(pid: int) -> list[int]:
    """Return the process and all below it."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True).stdout
    parents = {
        int(child): int(parent) for child, parent in (line.split() for line in listed.splitlines())
    }
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return list(found)


@pytest.mark.django_db(transaction=True)
def test_while_hostile_uploads_come_pages_are_answered_and_no_process_is_killed(tmp_path, broker):  # noqa: F811
    unit = factories.UnitFactory()
    post = factories.PostFactory(unit=unit)
    video = factories.video(unit)
    officers = [factories.person(Role.OFFICER, unit) for _number in range(4)]
    env = production(tmp_path, database_url())
    env["STATIC_ROOT"] = static_files()
    files = [
        webp_of_one_colour(6324, 6324),
        deep_png(7300, 5470),
        many_scans(20_000),
        video_file(),
        video_file()[:30_000],
    ]
    upload, autosave = (
        reverse(f"posts:{name}", args=[post.public_id]) for name in ("upload", "autosave")
    )
    texts = [
        {"body": "<ol>" * 500_000, "body-is-html": "1"},
        {"body": "", "picture": str(video.public_id), f"captions-{video.public_id}": "<" * 99_900},
    ]
    texts = [{"version": 1, **text} for text in texts]
    port, over, peak = free_port(), threading.Event(), [0]
    people = [cookies_of(officer, env["SECRET_KEY"]) for officer in officers]
    reader = cookies_of(factories.person(Role.OFFICER, unit), env["SECRET_KEY"])

    def attack(cookies: str) -> list[int]:
        answers = [send(port, cookies, autosave, text) for text in texts]
        return answers + [
            send(port, cookies, upload, {"file": SimpleUploadedFile("a.jpg", data)})
            for data in files
        ]

    with memory_limited(f"hostile-uploads-{os.getpid()}") as group:
        with started("web", {**env, "PORT": str(port), "HOST": "127.0.0.1"}, group) as web:
            assert wait_until(lambda: answer_of_web(port, "/healthz") is not None, web)
            assert wait_until(lambda: len(processes_of(web.pid)) == 3, web)
            before = processes_of(web.pid)

            def watch() -> None:
                while not over.wait(0.02):
                    peak[0] = max(peak[0], memory_of(tree_of(web.pid)))

            watcher = threading.Thread(target=watch)
            watcher.start()
            try:
                with ThreadPoolExecutor(8) as at_once:
                    attacks = [at_once.submit(attack, cookies) for cookies in (*people, *people)]
                    ordinary = []
                    while len(ordinary) < 10 or not all(attack.done() for attack in attacks):
                        ordinary += [
                            get(port, "", "/accounts/login/"),
                            get(port, reader, "/posts/"),
                        ]
                    answers = [status for attack in attacks for status in attack.result()]
            finally:
                over.set()
                watcher.join()
            # A program that reads a file may still be there for a moment.
            assert wait_until(lambda: processes_of(web.pid) == before, web)
        killed = kills_in(group) if group else 0

    log = (Path(env["VAR_DIR"]) / "web.log").read_text(errors="replace")
    assert set(ordinary) == {200}
    assert set(answers) <= ANSWERED
    assert {200, 422} <= set(answers)
    assert not re.search("WORKER TIMEOUT|SIGKILL|Traceback", log), log
    assert killed == 0
    assert 0 < peak[0] < LIMIT


@pytest.mark.django_db(transaction=True)
def test_twenty_videos_of_nine_million_samples_by_one_officer_hold_no_page_up(tmp_path, broker):  # noqa: F811
    post = factories.PostFactory()
    env = production(tmp_path, database_url())
    env["STATIC_ROOT"] = static_files()
    officer = cookies_of(factories.person(Role.OFFICER, post.unit), env["SECRET_KEY"])
    port, upload = free_port(), reverse("posts:upload", args=[post.public_id])
    data, begun = crowded(9_000_000), threading.Barrier(21)

    def attack(_number: int) -> int:
        begun.wait()
        return send(port, officer, upload, {"file": SimpleUploadedFile("a.mp4", data)})

    with (
        started("web", {**env, "PORT": str(port), "HOST": "127.0.0.1"}) as web,
        ThreadPoolExecutor(20) as at_once,
    ):
        assert wait_until(lambda: answer_of_web(port, "/healthz") is not None, web)
        attacks = [at_once.submit(attack, number) for number in range(20)]
        begun.wait()
        pages = []
        while not all(attack.done() for attack in attacks) or len(pages) < 3:
            pages.append(get(port, "", "/accounts/login/", seconds=15))
        answers = [attack.result() for attack in attacks]

    assert set(pages) == {200}
    assert set(answers) <= ANSWERED - {200}
    assert 422 in answers  # not only told to wait
    assert not re.search(
        "WORKER TIMEOUT|SIGKILL", (tmp_path / "web.log").read_text(errors="replace")
    )
