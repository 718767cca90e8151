"""A day of the portal in real processes, each with the database role that production gives it and
no other right.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import lxml.html
import pytest
import requests
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook

from accounts.models import User
from accounts.permissions import Role
from media.scanners.models import Scan
from outreach_portal.celery import app
from posts.models import Post
from posts.states import PostState
from publishing.models import Delivery, Pause
from publishing.states import State
from tests import factories
from tests.core.test_roles import KINDS, prefix  # noqa: F401 -- a fixture
from tests.ops import compose
from tests.ops.processes import INHERITED, free_port, started, wait_until
from tests.ops.test_production_processes import BROKER, broker  # noqa: F401
from tests.posts.editor.composer import picture_file

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = ("--first", "2026-01-01", "--last", "2030-12-31")
HEADINGS = ["Full name", "E-mail", "User name", "Unit", "Role", "Position"]


class Browser:
    """One person at the portal: pages and forms over HTTP, as a browser without JavaScript would
    send them.
    """

    def __init__(self, url: str):
        self.url, self.session = url, requests.Session()
        self.session.trust_env = False
        self.session.headers["Accept-Language"] = "en"

    def get(self, path: str) -> requests.Response:
        return self._checked(self.session.get(self.url + path, timeout=30))

    def form(self, path: str, field: str) -> lxml.html.FormElement:
        """Return the form of a page that has this field, as it is there."""
        page = self.get(path)
        document = lxml.html.fromstring(page.text, base_url=page.url)
        document.make_links_absolute()
        return next(form for form in document.forms if field in form.fields)

    def send(self, form: lxml.html.FormElement, **values: object) -> requests.Response:
        """Send a form with these values instead of what stands there; a tuple is a file."""
        files = {name: value for name, value in values.items() if isinstance(value, tuple)}
        # lxml takes an empty value of a chosen radio button for none, and says "on".
        data = [
            (name, "" if value == "on" else value)
            for name, value in form.form_values()
            if name not in values
        ]
        data += [(name, value) for name, value in values.items() if name not in files]
        return self._post(form.action or form.base_url, data, files)

    def press(self, path: str, **values: object) -> requests.Response:
        """Send a form whose fields are all known."""
        data = [("csrfmiddlewaretoken", self.session.cookies["csrftoken"]), *values.items()]
        return self._post(self.url + path, data)

    def _post(
        self, address: str, data: list[tuple[str, object]], files: dict | None = None
    ) -> requests.Response:
        sent = self.session.post(
            address, data=data, files=files or None, headers={"Referer": address}, timeout=30
        )
        return self._checked(sent)

    def sign_in(self, person: User) -> None:
        login = self.form("/accounts/login/", "login")
        answer = self.send(login, login=person.username, password=factories.PASSWORD)
        if "/2fa/authenticate" in answer.url:
            answer = self.send(
                self.form("/accounts/2fa/authenticate/", "code"), code=factories.code()
            )
        assert answer.url == f"{self.url}/", (
            lxml.html.fromstring(answer.text).find(".//main").text_content()
        )

    def _checked(self, answer: requests.Response) -> requests.Response:
        if answer.status_code >= 400:
            said = lxml.html.fromstring(answer.text).xpath(
                "//*[contains(@class, 'error') or contains(@class, 'alert')]"
            )
            words = [" ".join(message.text_content().split()) for message in said]
            raise AssertionError((answer.url, answer.status_code, words))
        return answer


@pytest.fixture
def roles(prefix, tmp_path, running_simulator):  # noqa: F811
    """Return what each kind of process is told, by the name of its role."""
    running_simulator.reset()
    facts = connection.get_connection_params()
    at = f"{facts['host']}:{facts.get('port') or 5432}/{facts['dbname']}"
    common = {
        **INHERITED,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ENV_FILE": os.devnull,
        "PORTAL_MODE": "test",  # production takes platforms by HTTPS alone
        "REDIS_URL": BROKER,
        "VAR_DIR": str(tmp_path),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "SIMULATOR_URL": running_simulator.url,
        "AUDIT_CHECKPOINT_DIR": str(tmp_path / "checkpoints"),
        "WEB_CONCURRENCY": "1",
        "HOST": "127.0.0.1",
    }
    return {
        kind: {**common, "DATABASE_URL": f"postgres://{prefix}_{kind}:it%27s%20{kind}@{at}"}
        for kind in KINDS
    }


@contextlib.contextmanager
def processes(roles: dict[str, dict[str, str]]) -> Iterator[SimpleNamespace]:
    """Run web, one worker for all queues, and beat; what became of each task is kept by its
    name.
    """
    port = free_port()
    queues = ",".join(settings.CELERY_TASK_QUEUES)
    worker = [
        part.replace("--queues maintenance", f"--queues {queues} --task-events")
        for part in compose.command_of("maintenance")
    ]
    worker = [part.replace("--concurrency 2", "--concurrency 8") for part in worker]
    with (
        started("web", {**roles["web"], "PORT": str(port)}) as web,
        started("maintenance", roles["worker"], command=worker) as maintenance,
        started("beat", roles["worker"]) as beat,
        listening() as became,
    ):
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            with contextlib.suppress(requests.RequestException):
                return requests.get(f"{url}/healthz", timeout=5).ok
            return False

        assert wait_until(answers, web, maintenance, beat)
        yield SimpleNamespace(url=url, all=(web, maintenance, beat), became=became)


@contextlib.contextmanager
def listening() -> Iterator[dict[str, set[str]]]:
    """Hear from the workers how each task ended."""
    became: dict[str, set[str]] = {}
    names: dict[str, str] = {}

    def hear(event: dict[str, object]) -> None:
        if event["type"] == "task-received":
            names[event["uuid"]] = f"{event['name']} {event['kwargs']}"
        elif event["type"] in ("task-succeeded", "task-failed"):
            became.setdefault(names.get(event["uuid"], "?"), set()).add(str(event["type"]))

    with app.connection_for_read() as line:
        receiver = app.events.Receiver(line, handlers={"*": hear})
        thread = threading.Thread(
            target=lambda: receiver.capture(limit=None, timeout=None, wakeup=False)
        )
        thread.start()
        try:
            yield became
        finally:
            receiver.should_stop = True  # seen with the next event: beat goes on until this is over
            thread.join(timeout=60)


def sheet(*rows: list[str]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in (HEADINGS, *rows):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def managed(env: dict[str, str], *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=compose.ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def complaints(folder: Path) -> list[str]:
    """Return what the processes wrote of refusals by the database or of faults."""
    words = re.compile(
        "permission denied|InsufficientPrivilege|Internal Server Error|Traceback|raised unexpected"
    )
    logs = [folder / f"{service}.log" for service in ("web", "maintenance", "beat")]
    return [line for log in logs for line in log.read_text().splitlines() if words.search(line)]


def test_the_whole_day_goes_by_with_the_rights_of_the_roles(roles, simulator, broker, tmp_path):  # noqa: F811
    province = factories.ProvinceFactory(place="Thành phố Hà Nội", code="01")
    unit = factories.UnitFactory(parent=province, place="Phường Ba Đình", code="00004")
    factories.connected(simulator, "facebook", unit)
    with override_settings(
        PASSWORD_HASHERS=["accounts.sign_in.hashing.BoundedArgon2Hasher"]
    ):  # as the processes know them
        officer, chief = factories.person(Role.OFFICER, unit), factories.person(Role.APPROVER, unit)
        admin = factories.person(Role.ADMINISTRATOR, province)
    topic = factories.topic()

    with processes(roles) as run:
        officer_at, chief_at, admin_at = (Browser(run.url) for _n in range(3))
        officer_at.sign_in(officer)
        chief_at.sign_in(chief)
        admin_at.sign_in(admin)

        # An officer drafts, uploads a picture and submits.
        officer_at.get("/")
        words = {
            "title": "Cảnh giác lừa đảo",
            "body": "Công an không yêu cầu chuyển tiền.",
            "topic": topic.pk,
        }
        picture = ("anh.png", picture_file().read(), "image/png")
        new = officer_at.form(reverse("posts:new"), "version")
        officer_at.send(new, **words, files=picture, act="upload")
        post = Post.objects.get()
        edit = reverse("posts:edit", args=[post.public_id])
        shown = post.pictures.get().media
        assert wait_until(lambda: Scan.objects.get(media=shown).is_over, *run.all)
        described = {f"alt-{shown.public_id}": "Ảnh minh họa"}
        officer_at.send(officer_at.form(edit, "version"), **described, act="save")
        officer_at.press(reverse("posts:submit", args=[post.public_id]))
        review = chief_at.form(reverse("publishing:review", args=[post.public_id]), "mark")

        # Administrators invite one person and import another, while the chief reads.
        person = {
            "full_name": "Lê Thị Hoa",
            "email": "hoa@congan.example",
            "unit": "00004",
            "role": "officer",
        }
        admin_at.press(reverse("accounts:invite"), **person, title="Cán bộ")
        people = (
            "can-bo.xlsx",
            sheet(["Trần Bình", "binh@congan.example", "", "00004", "Drafting officer", ""]),
            "",
        )
        preview = admin_at.send(admin_at.form(reverse("accounts:import"), "file"), file=people)
        digest = lxml.html.fromstring(preview.text).xpath("//input[@name='digest']/@value")[0]
        admin_at.press(reverse("accounts:import_preview"), digest=digest)
        assert (
            User.objects.filter(email__in=["hoa@congan.example", "binh@congan.example"]).count()
            == 2
        )

        # The chief approves, for now; the worker publishes.
        assert wait_until(
            lambda: (
                timezone.now() > post.__class__.objects.get().submitted_at + timedelta(seconds=3)
            )
        )
        chief_at.send(review, decision="now")
        post.refresh_from_db()
        assert post.state == PostState.APPROVED
        delivery = Delivery.objects.get()

        # Every task of beat, once, while the approval can still be taken back.
        expected = [
            (entry["task"], entry.get("kwargs", {}))
            for entry in settings.CELERY_BEAT_SCHEDULE.values()
        ]
        for entry in settings.CELERY_BEAT_SCHEDULE.values():
            app.send_task(entry["task"], kwargs=entry.get("kwargs", {}), **entry.get("options", {}))
        names = {f"{task} {kwargs}" for task, kwargs in expected}
        assert wait_until(lambda: names <= set(run.became), *run.all), names - set(run.became)
        assert wait_until(lambda: _state(delivery) == State.PUBLISHED, *run.all), _state(delivery)
        assert len(simulator.visible("facebook")) == 1

        # A recall takes it down, and a pause holds what comes.
        chief_at.press(
            reverse("publishing:recall", args=[delivery.public_id]), reason="Sai số điện thoại"
        )
        assert wait_until(lambda: _state(delivery) == State.RECALLED, *run.all), _state(delivery)
        assert simulator.visible("facebook") == []
        pause = {
            "channel": "",
            "topic": "",
            "reason": "Xác minh",
            "when": "now",
            "starts_at": "",
            "ends_at": "",
        }
        chief_at.press(reverse("publishing:pause_new"), **pause)
        assert Pause.objects.get().started_at
        assert wait_until(lambda: len(letters(tmp_path)) >= 2, *run.all)

        failed = {name for name, ends in run.became.items() if ends != {"task-succeeded"}}

    assert (failed, complaints(tmp_path)) == (set(), [])
    assert list((tmp_path / "checkpoints").iterdir())


def _state(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


def letters(folder: Path) -> list[Path]:
    return list((folder / "mail").glob("*"))


def test_an_audit_reader_verifies_and_exports_the_record_and_does_nothing_else(roles, tmp_path):
    factories.approved()
    keys = {"AUDIT_CHECKPOINT_DIR": str(tmp_path)}

    verified = managed({**roles["auditor"], **keys}, "verify_audit")
    exported = managed(
        {**roles["auditor"], **keys}, "export_audit", str(tmp_path / "export"), *DAYS
    )
    refused = managed({**roles["auditor"], **keys}, "verify_approvals")

    assert (verified[0], exported[0]) == (0, 0), (verified, exported)
    assert refused[0] != 0
    assert "permission denied" in refused[1]
