"""Training and live installations refuse each other's settings, keys, databases and seals."""

import base64
import os
import secrets
import subprocess
import sys

import pytest
from allauth.mfa.utils import decrypt, encrypt
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from channels import queries
from channels.credentials.sealing import seal_for
from core import approval_keys, installation, sealing
from core.models import Installation
from posts.review import approvals
from tests import factories
from tests.ops import compose
from tests.ops.test_secrets_from_files import PLAIN

MARK = "training-"
LIVE_KEYS = {
    "SECRET_KEY": secrets.token_urlsafe(64),
    **{
        name: base64.b64encode(secrets.token_bytes(32)).decode()
        for name in ("CREDENTIAL_KEYS", "APPROVAL_KEY", "AUDIT_SIGNING_KEY")
    },
}
TRAINING_KEYS = {name: MARK + key for name, key in LIVE_KEYS.items()}
TRAINING = {"PORTAL_MODE": "training", "ENV_FILE": os.devnull, **TRAINING_KEYS}
LIVE = {
    **PLAIN,
    **LIVE_KEYS,
    "DATABASE_URL": "postgres://portal@127.0.0.1/none",
    "REDIS_URL": "redis://127.0.0.1/0",
    "EMAIL_URL": "smtp://127.0.0.1:9",
    "FACEBOOK_APP_SECRET": "of the test",
    "ZALO_APP_SECRET": "of the test",
}
BY_NETWORK = {
    "PORTAL_URL": "https://tap-huan.example.vn",
    "ALLOWED_HOSTS": "tap-huan.example.vn",
    "DATABASE_URL": "postgres://portal@127.0.0.1/none",
    "REDIS_URL": "filesystem://localhost",
    "ALARM_EMAILS": "",
    "DEFAULT_FROM_EMAIL": "cong@tap-huan.example.vn",
    "PROXY_COUNT": "1",
}


def load_settings(environment: dict[str, str], then: str = "") -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", f"from outreach_portal import settings\n{then}"],
        cwd=compose.ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
    )


def refusal(environment: dict[str, str]) -> str:
    """Return why the settings do not load; empty where they do."""
    run = load_settings(environment)
    return run.stderr.rpartition("ImproperlyConfigured: ")[2] if run.returncode else ""


@pytest.mark.parametrize(
    ("env", "expected"),
    [(TRAINING, "True"), (TRAINING | BY_NETWORK, "False"), (LIVE, "False")],
)
def test_sample_people_are_for_one_machine_alone(env, expected):
    assert load_settings(env, "print(settings.SAMPLES)").stdout.strip() == expected


@pytest.mark.parametrize("env", [TRAINING, TRAINING | BY_NETWORK, LIVE])
def test_each_kind_starts_with_what_is_its_own(env):
    assert refusal(env) == ""


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"FACEBOOK_GRAPH_URL": "https://graph.facebook.com"}, "FACEBOOK_GRAPH_URL"),
        ({"TELEGRAM_API_URL": "https://api.telegram.org"}, "TELEGRAM_API_URL"),
        ({"ZALO_API_URL": "http://127.0.0.1:8100.example.vn/zalo"}, "ZALO_API_URL"),
        ({"SIMULATOR_URL": "https://graph.facebook.com"}, "SIMULATOR_URL"),
        ({"SIMULATOR_URL": "http://localhost@graph.facebook.com"}, "SIMULATOR_URL"),
        ({"ZALO_APP_SECRET": "of a live one"}, "ZALO_APP_SECRET"),
        ({"FACEBOOK_VERIFY_TOKEN": secrets.token_hex(24)}, "FACEBOOK_VERIFY_TOKEN"),
        ({"EGRESS_PROXY": "http://egress:3128"}, "EGRESS_PROXY"),
        ({"OIDC_ISSUER": "https://sign-in.example.vn"}, "OIDC_ISSUER"),
        *(({name: key}, name) for name, key in LIVE_KEYS.items()),
        ({"SECRET_KEY_FALLBACKS": LIVE_KEYS["SECRET_KEY"]}, "SECRET_KEY_FALLBACKS"),
    ],
)
def test_training_refuses_what_leads_to_a_live_installation(more, named):
    words = refusal(TRAINING | more)

    assert words.splitlines()[1].startswith(f"- {named}")
    assert len(words.strip().splitlines()) == 2


@pytest.mark.parametrize("name", sorted(LIVE_KEYS))
def test_live_refuses_keys_of_training(name):
    assert f"- {name} is a training installation's" in refusal(LIVE | {name: TRAINING_KEYS[name]})


def test_live_refuses_the_simulator():
    words = refusal(LIVE | {"ZALO_API_URL": "http://127.0.0.1:8100/zalo/openapi"})

    assert "zalo: base_url must be an https address, and not the simulator's" in words


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"PORTAL_URL": "http://tap-huan.example.vn"}, "PORTAL_URL must begin with https"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS allows every host"),
        ({"DATABASE_URL": "postgres://portal@elsewhere.example.vn/p"}, "sslmode=verify-full"),
    ],
)
def test_training_by_network_is_checked_as_live_is(more, named):
    assert named in refusal(TRAINING | BY_NETWORK | more)


def test_secrets_are_made_for_one_kind(tmp_path):
    for kind in ("live", "training"):
        subprocess.run([compose.ROOT / "deploy" / "secrets", tmp_path / kind, kind], check=True)
        files = {
            name: str(tmp_path / kind / name.lower())
            for name in (*LIVE_KEYS, "SECRET_KEY_FALLBACKS")
        }
        made = {f"{name}_FILE": file for name, file in files.items()}
        own = {"PORTAL_MODE": "training", "ENV_FILE": os.devnull} if kind == "training" else LIVE
        assert refusal({name: v for name, v in own.items() if name not in files} | made) == ""
    wrong = subprocess.run(
        [compose.ROOT / "deploy" / "secrets", tmp_path / "none", "trial"], capture_output=True
    )
    assert (wrong.returncode, (tmp_path / "none").exists()) == (1, False)


# --- databases ------------------------------------------------------------------------------------


@pytest.fixture
def mode(settings):
    def set_mode(name: str) -> None:
        settings.MODE, settings.TRAINING = name, name == "training"

    return set_mode


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("made_for", "other"), [("production", "training"), ("training", "production")]
)
def test_a_database_serves_the_kind_of_installation_that_it_was_made_for(mode, made_for, other):
    mode(made_for)
    installation.mark_database()
    installation.refuse_foreign_database()

    mode(other)
    with pytest.raises(ImproperlyConfigured, match="nothing in it was changed"):
        installation.refuse_foreign_database()
    installation.mark_database()  # the first mark stays
    with pytest.raises(ImproperlyConfigured):
        installation.refuse_foreign_database()


@pytest.mark.django_db
def test_an_unmarked_database_is_taken_for_live_where_it_holds_people(mode):
    mode("training")
    installation.refuse_foreign_database()
    factories.UserFactory()

    with pytest.raises(ImproperlyConfigured, match="of a live installation"):
        installation.refuse_foreign_database()
    mode("production")
    installation.refuse_foreign_database()


@pytest.mark.django_db
def test_neither_try_out_nor_tests_leave_a_mark(mode):
    for name in ("test", "try-out"):
        mode(name)
        installation.mark_database()

    assert not Installation.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", [["migrate"], ["try_out"]])
def test_no_command_fills_a_live_database(command):
    Installation.objects.create(pk=1, kind="live")
    facts = connection.settings_dict
    who = f"{facts['USER']}:{facts['PASSWORD']}" if facts["PASSWORD"] else facts["USER"]
    address = f"postgres://{who}@{facts['HOST']}:{facts['PORT'] or 5432}/{facts['NAME']}"

    run = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=compose.ROOT,
        env={"PATH": os.environ["PATH"], **TRAINING, "DATABASE_URL": address},
        capture_output=True,
        text=True,
    )

    assert run.returncode != 0
    assert "This database is of a live installation" in run.stderr


# --- what is sealed -------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("here", "there"), [("production", "training"), ("training", "production")]
)
def test_a_token_carried_to_the_other_kind_does_not_open_even_under_the_same_key(mode, here, there):
    page = factories.ChannelFactory()
    mode(here)
    page.sealed = sealing.seal({"token": "a"}, row=queries.row_name(page))
    page.save()
    assert queries.account_of(page).token == "a"

    mode(there)
    with pytest.raises(sealing.Unsealable):
        queries.account_of(page)
    with pytest.raises(sealing.Unsealable):
        seal_for(page, page)
    assert not sealing.is_newest(page.sealed, row=queries.row_name(page))


@pytest.mark.parametrize(
    ("here", "there"), [("production", "training"), ("training", "production")]
)
def test_a_second_factor_carried_to_the_other_kind_does_not_open(mode, here, there):
    mode(here)
    secret = encrypt("JBSWY3DPEHPK3PXP")
    assert decrypt(secret) == "JBSWY3DPEHPK3PXP"

    mode(there)
    with pytest.raises(sealing.Unsealable):
        decrypt(secret)


@pytest.mark.parametrize(
    ("here", "there"), [("production", "training"), ("training", "production")]
)
def test_seals_of_approvals_and_of_schedules_prove_nothing_in_the_other_kind(mode, here, there):
    mode(here)
    name, seal = approval_keys.make_seal("at nine")
    key = approval_keys.load_keys()[0]
    approval = approvals._seal(key, "approved", "password", None)
    assert approval_keys.is_sealed("at nine", by=name, seal=seal)

    mode(there)
    assert not approval_keys.is_sealed("at nine", by=name, seal=seal)
    assert approvals._seal(key, "approved", "password", None) != approval
