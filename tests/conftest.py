import gc
import os
import time
from datetime import datetime

os.environ.setdefault("PORTAL_MODE", "test")
os.environ.setdefault(
    "DJANGO_ALLOW_ASYNC_UNSAFE", "1"
)  # Playwright's loop runs in the thread that asks the database

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from django.utils import timezone, translation

from accounts.sign_in.session_store import SessionStore
from accounts.step_up import STEPPED_UP_AT
from platforms.registry import CONNECTORS
from simulator.testing import RunningSimulator
from tests import ahead, postgresql


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    postgresql.copy_from_template(django_settings.DATABASES["default"])
    postgresql.empty_only_what_is_full()
    postgresql.wait_for_no_disk(django_settings.DATABASES["default"])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    postgresql.stop_writing_what_stays()


def tries_again(item):
    """Tell whether `make test` tries it once more when it fails: what a busy machine can disturb,
    such as browsers, processes, platforms over HTTP. A test that is named there often is mended.
    """
    marks = ("browser", "scanners", "try_out")
    return (
        any(item.get_closest_marker(mark) for mark in marks)
        or "simulator" in item.fixturenames
        or item.nodeid.startswith(("tests/ops/", "tests/faults/"))
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Sort tests that empty the database after those that want what its migrations brought: pytest
    puts some of them first again, after its plugins have sorted them. Browsers last: Playwright's
    loop stays in this thread, and tests that run a loop of their own could not."""
    if "FAKETIME" in os.environ:
        # PostgreSQL never ends a wait for a lock there: a signal that comes in the middle of the
        # wait finds the true time, at which nothing is over.
        items[:] = [item for item in items if not item.get_closest_marker("true_clock")]
    if os.environ.get("TRY_AGAIN"):  # a whole run
        for item in filter(tries_again, items):
            item.add_marker(pytest.mark.flaky(reruns=1))
    late = ("browser", "ahead")
    items.sort(
        key=lambda item: (
            *(bool(item.get_closest_marker(m)) for m in late),
            _empties_the_database(item),
        )
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect no garbage while tests are gathered, and never look through what they are: all of it
    stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_collection_finish(session):
    if not session.config.option.collectonly:
        ahead.begin(session.items)


def _empties_the_database(item):
    mark = item.get_closest_marker("django_db")
    return bool(mark and mark.kwargs.get("transaction")) or not {
        "live_server",
        "transactional_db",
    }.isdisjoint(item.fixturenames)


@pytest.fixture(autouse=True)
def _clock(request):
    """Begin a test that is marked ``clock`` at that moment in Viet Nam; from there time goes on.
    PostgreSQL keeps its own time.
    """
    mark = request.node.get_closest_marker("clock")
    if mark is None:
        yield
        return
    with time_machine.travel(timezone.make_aware(datetime.fromisoformat(*mark.args))):
        yield


@pytest.fixture(autouse=True)
def _words_as_written(request):
    """Sentences are compared in the language of the source; browsers see Vietnamese, as officers
    do.
    """
    if request.node.get_closest_marker("browser"):
        yield
        return
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True, scope="session")
def _sign_in_by_a_session_alone():
    """Let ``force_login`` write a session that proved a factor a moment ago, and do nothing else of
    a sign-in: half of all tests begin so. Tests of the sign-in go through its pages, those of the
    proof let it grow old with `proof_is_old`.
    """
    sign_in = Client.force_login

    def force_login(client, user, backend=None):
        if django_settings.SESSION_COOKIE_NAME in client.cookies:  # from one person to the next
            sign_in(client, user, backend)
            session = client.session
        else:
            session = SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = backend or client._get_backend()
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session["began"] = session["seen"] = int(time.time())
        session[STEPPED_UP_AT] = int(time.time())
        session.save()
        client.cookies[django_settings.SESSION_COOKIE_NAME] = session.session_key

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "force_login", force_login)
        yield


@pytest.fixture
def proof_is_old():
    """Six minutes have passed since the client's session proved a factor."""

    def grow_old(client):
        session = client.session
        session[STEPPED_UP_AT] = int(time.time()) - 360
        session.save()

    return grow_old


@pytest.fixture
def client(settings):
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path):
    """No test writes into the installation's folders, and none pays for strong password hashing."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _nothing_found_in_pictures(request, settings):
    """Pictures and videos count as looked into with nothing found, unless a test is marked
    ``scanners``: then the real ones run, by `jobs.run_job`.
    """
    settings.SCAN_MEDIA = bool(request.node.get_closest_marker("scanners"))


@pytest.fixture(scope="session")
def running_simulator():
    with RunningSimulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator, settings):
    """The three platforms over real HTTP, empty; the portal's settings point at them."""
    running_simulator.reset()
    point_platforms_at(settings, running_simulator.url)
    return running_simulator


def point_platforms_at(settings, url: str) -> None:
    settings.PLATFORMS = platforms_at(url)


def platforms_at(url: str) -> dict[str, dict[str, str]]:
    """Return the settings of the platforms when all of them are at ``url``."""
    platforms = {name: dict(facts) for name, facts in django_settings.PLATFORMS.items()}
    for platform, connector in CONNECTORS.items():
        for name, setting in connector.settings.items():
            if setting.simulated:
                platforms[platform][name] = url + setting.simulated
    return platforms
