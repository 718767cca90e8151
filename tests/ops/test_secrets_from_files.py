"""Each secret may lie in a file that the environment names, rather than in the environment
itself.
"""

import base64
import json
import os
import secrets
import subprocess
import sys

import pytest

from tests.ops import compose


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


VALUES = {
    "SECRET_KEY": secrets.token_urlsafe(64),
    "SECRET_KEY_FALLBACKS": secrets.token_urlsafe(64),
    "CREDENTIAL_KEYS": ",".join(_key() for _n in (1, 2)),
    "APPROVAL_KEY": ",".join(_key() for _n in (3, 4)),
    "DATABASE_URL": "postgres://portal:from-a-file@127.0.0.1:5432/portal",
    "REDIS_URL": "redis://:from-a-file@127.0.0.1:6379/0",
    "EMAIL_URL": "smtp+tls://user:from-a-file@mail.example.vn:587",
    "FACEBOOK_APP_SECRET": "facebook-file",
    "FACEBOOK_VERIFY_TOKEN": "of-facebook-verify-file",
    "ZALO_APP_SECRET": "zalo-file",
    "ZALO_HOOK_SECRET": "of-zalo-hook-file",
    "TIKTOK_CLIENT_SECRET": "tiktok-file",
    "YOUTUBE_CLIENT_SECRET": "youtube-file",
    "YOUTUBE_HOOK_SECRET": "of-youtube-hook-file",
    "THREADS_APP_SECRET": "threads-file",
    "THREADS_VERIFY_TOKEN": "of-threads-verify-file",
    "TELEGRAM_HOOK_SECRET": "of-telegram-hook-file",
}
PLAIN = {
    "PORTAL_MODE": "production",
    "ENV_FILE": os.devnull,
    "ALLOWED_HOSTS": "truyenthong.example.vn",
    "PORTAL_URL": "https://truyenthong.example.vn",
    "ALARM_EMAILS": "truc@example.vn",
    "DEFAULT_FROM_EMAIL": "cong@example.vn",
    "FACEBOOK_APP_ID": "1",
    "ZALO_APP_ID": "2",
    "PROXY_COUNT": "1",
    "MEDIA_PUBLIC_URL": "https://media.example.vn",
    "EGRESS_PROXY": "http://egress:3128",
}
PRINTED = """
import json
from outreach_portal import settings as s
print(json.dumps([s.SECRET_KEY, s.SECRET_KEY_FALLBACKS, s.CREDENTIAL_KEYS, s.DATABASES["default"]["PASSWORD"],
    s.CELERY_BROKER_URL, s.MAILERS["default"]["OPTIONS"]["password"],
    sorted(v for facts in s.PLATFORMS.values() for v in facts.values() if str(v).endswith("-file"))]))
"""  # noqa: E501


def load(environment):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-c", PRINTED]
    return subprocess.run(
        command, cwd=compose.ROOT, env={**kept, **environment}, capture_output=True, text=True
    )


def test_every_secret_is_read_from_the_file_that_is_named(tmp_path):
    files = {}
    for name, value in VALUES.items():
        (tmp_path / name).write_text(value + "\n", encoding="utf-8")
        files[f"{name}_FILE"] = str(tmp_path / name)

    run = load({**PLAIN, **files})

    assert run.returncode == 0, run.stderr
    key, fallbacks, keys, password, broker, mail, platforms = json.loads(run.stdout)
    assert (key, fallbacks) == (VALUES["SECRET_KEY"], [VALUES["SECRET_KEY_FALLBACKS"]])
    assert keys == VALUES["CREDENTIAL_KEYS"].split(",")
    assert (password, broker, mail) == ("from-a-file", VALUES["REDIS_URL"], "from-a-file")
    assert set(platforms) == {value for value in VALUES.values() if value.endswith("-file")}


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_stops_the_start_and_is_named_by_its_variable(tmp_path, content):
    secret = tmp_path / "key"
    if content is not None:
        secret.write_bytes(content)

    run = load({**PLAIN, **VALUES, "SECRET_KEY_FILE": str(secret)})

    assert run.returncode == 1
    assert "SECRET_KEY_FILE cannot be read" in run.stderr
    assert VALUES["SECRET_KEY"] not in run.stderr
