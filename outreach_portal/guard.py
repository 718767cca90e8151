"""Checks by which a production installation refuses to start unsafely."""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

TRY_OUT_SECRET = "try-out only, never in production: not a secret at all"  # noqa: S105
TRY_OUT_CREDENTIAL_KEY = base64.b64encode(b"try-out credential key, 32 bytes").decode()
TRY_OUT_APPROVAL_KEY = base64.b64encode(b"try-out approval key of 32 bytes").decode()
TRY_OUT_DOMAIN = "try-out.example"


def require_known_mode(mode: str) -> None:
    if mode not in {"try-out", "test", "production"}:
        raise ImproperlyConfigured(f"PORTAL_MODE is {mode!r}; choose try-out, test or production.")


def refuse_unsafe(settings: dict[str, Any]) -> None:
    """Raise ImproperlyConfigured, which names every unsafe setting at once."""
    checks = (_keys, _limits, _ministry_sign_in, _addresses, _in_clear, _platforms)
    wrong = [message for check in checks for message in check(settings)]
    if wrong:
        raise ImproperlyConfigured(
            "This installation is not safe to start:\n- " + "\n- ".join(wrong)
        )


def _keys(settings: dict[str, Any]) -> Iterator[str]:
    credential_keys, approval_keys = settings["CREDENTIAL_KEYS"], settings["APPROVAL_KEYS"]
    if settings["DEBUG"]:
        yield "DEBUG is on: set DEBUG=false."
    if settings["SECRET_KEY"] == TRY_OUT_SECRET or len(settings["SECRET_KEY"]) < 50:
        yield "SECRET_KEY is the try-out's or shorter than 50 characters: make a new one."
    if any(key == TRY_OUT_SECRET or len(key) < 50 for key in settings["SECRET_KEY_FALLBACKS"]):
        yield (
            "SECRET_KEY_FALLBACKS holds the try-out's key or one shorter than 50 "
            "characters: take it out."
        )
    if not credential_keys:
        yield "CREDENTIAL_KEYS is empty: make one with `openssl rand -base64 32`."
    if TRY_OUT_CREDENTIAL_KEY in credential_keys:
        yield "CREDENTIAL_KEYS holds the try-out's key: make one with `openssl rand -base64 32`."
    for key in credential_keys:
        if not _is_aes256(key):
            yield "CREDENTIAL_KEYS holds a key that is not 32 bytes in base64."
    if TRY_OUT_APPROVAL_KEY in approval_keys:
        yield "APPROVAL_KEY holds the try-out's key: make one with `openssl rand -base64 32`."
    if not approval_keys or not all(map(_is_aes256, approval_keys)):
        yield "APPROVAL_KEY is empty or holds a key that is not 32 bytes in base64."
    if set(approval_keys) & set(credential_keys):
        yield "APPROVAL_KEY and CREDENTIAL_KEYS hold the same key: make another one."


def _limits(settings: dict[str, Any]) -> Iterator[str]:
    hosts = settings["ALLOWED_HOSTS"]
    if not hosts or any("*" in host or host.startswith(".") for host in hosts):
        yield "ALLOWED_HOSTS allows every host, or a whole domain, or none: name the portal's own."
    if not settings["CELERY_BROKER_URL"].startswith(("redis://", "rediss://")):
        yield (
            "REDIS_URL must begin with redis:// or rediss://: production's processes "
            "share one broker."
        )
    if not settings["SCAN_MEDIA"]:
        yield "SCAN_MEDIA is off: no picture would be looked into before it is published."
    if settings["ALLAUTH_TRUSTED_PROXY_COUNT"] < 1:
        yield (
            "PROXY_COUNT must be 1 or more: behind a proxy, everybody would come from its address."
        )
    for name in (
        "SESSION_IDLE_SECONDS",
        "SESSION_IDLE_SECONDS_LEADERS",
        "SESSION_IDLE_SECONDS_SHARED",
    ):
        if not 60 <= settings[name] <= settings["SESSION_COOKIE_AGE"]:
            yield f"{name} must lie between a minute and the twelve hours of a session."


def _addresses(settings: dict[str, Any]) -> Iterator[str]:
    if not settings["PORTAL_URL"].startswith("https://"):
        yield "PORTAL_URL must begin with https://."
    if settings["MEDIA_PUBLIC_URL"] and not settings["MEDIA_PUBLIC_URL"].startswith("https://"):
        yield "MEDIA_PUBLIC_URL must begin with https://, or be left out."
    if not settings["ALARM_EMAILS"]:
        yield "ALARM_EMAILS names nobody: who is told when publishing is late?"
    if settings["SQLITE"]:
        yield "DATABASE_URL names SQLite: production needs PostgreSQL."


def _platforms(settings: dict[str, Any]) -> Iterator[str]:
    for platform, facts in settings["PLATFORMS"].items():
        for name, value in facts.items():
            if name.endswith("_url") and not value.startswith("https://"):
                yield f"{platform}: {name} must be an https address, and not the simulator's."
        if str(facts.get("app_secret", "")).startswith("simulator-"):
            yield f"{platform}: the application secret is the simulator's."
        for name, value in facts.items():
            if str(value).startswith("try-out-"):
                yield f"{platform}: {name} is the try-out's word: take one that nobody can guess."


def _ministry_sign_in(settings: dict[str, Any]) -> list[str]:
    needed = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    if not any(settings[name] for name in needed) and not settings["OIDC_REQUIRED"]:
        return []
    wrong = [
        f"{name} is empty: the ministry's sign-in needs {', '.join(needed)}."
        for name in needed
        if not settings[name]
    ]
    issuer = urlsplit(settings["OIDC_ISSUER"])
    if (
        issuer.scheme != "https"
        or not issuer.hostname
        or issuer.username
        or issuer.query
        or issuer.fragment
    ):
        wrong.append(
            "OIDC_ISSUER must be an https address as the server's own description names it."
        )
    if "openid" not in settings["OIDC_SCOPES"].split():
        wrong.append("OIDC_SCOPES must hold openid.")
    if not 30 <= settings["OIDC_MAX_AGE"] <= settings["SESSION_COOKIE_AGE"]:
        wrong.append(
            "OIDC_MAX_AGE must lie between half a minute and the twelve hours of a session."
        )
    return wrong


def _in_clear(settings: dict[str, Any]) -> Iterator[str]:
    """List the connections that would leave this machine without TLS, or without a check of the
    certificate.
    """
    database, mail = settings["DATABASES"]["default"], settings["MAILERS"]["default"]["OPTIONS"]
    if not _is_here(database["HOST"]) and database["OPTIONS"].get("sslmode") not in {
        "verify-ca",
        "verify-full",
    }:
        yield (
            "DATABASE_URL must end with ?sslmode=verify-full, unless PostgreSQL runs "
            "on this machine."
        )
    broker = urlsplit(settings["CELERY_BROKER_URL"])
    if broker.scheme == "redis" and not _is_here(broker.hostname):
        yield "REDIS_URL must begin with rediss://, unless Redis runs on this machine."
    if not (mail["use_tls"] or mail["use_ssl"] or _is_here(mail["host"])):
        yield (
            "EMAIL_URL must begin with smtp+tls:// or smtp+ssl://, unless the mail "
            "server runs on this machine."
        )
    scanner = urlsplit(settings["CLAMAV_ADDRESS"])
    if scanner.scheme == "tcp" and not _is_here(scanner.hostname):
        yield (
            "CLAMAV_ADDRESS must name a socket of this machine, as unix:///path: clamd "
            "speaks no TLS."
        )


def _is_here(host: str | None) -> bool:
    return not host or host.startswith("/") or host in {"localhost", "127.0.0.1", "::1"}


def _is_aes256(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 32
    except ValueError:
        return False


def refuse_try_out_accounts() -> None:
    """Refuse to start with the try-out's accounts, whose passwords are printed on a screen. Called
    when a production process starts: it queries the database.
    """
    from accounts.models import User

    if User.objects.filter(email__endswith=f"@{TRY_OUT_DOMAIN}", is_active=True).exists():
        raise ImproperlyConfigured(
            f"The database holds active try-out accounts (@{TRY_OUT_DOMAIN}). Use a fresh "
            f"database for production."
        )


def refuse_a_locked_house() -> None:
    """Refuse to start where the ministry's sign-in would be the only way in. Called when web
    starts: it queries the database.
    """
    from accounts.queries import break_glass_accounts
    from accounts.sign_in_policy import ministry_is_required

    if ministry_is_required() and not break_glass_accounts().exists():
        raise ImproperlyConfigured(
            "OIDC_REQUIRED is on and no break-glass account would open. Start with "
            "OIDC_REQUIRED=false, then mark one: "
            "manage.py break_glass mark USERNAME --operator NAME --reason WHY"
        )
