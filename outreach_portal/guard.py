"""Checks by which a production or training installation refuses to start unsafely."""

import base64
import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from core import confinement

log = logging.getLogger(__name__)

TRY_OUT_SECRET = "try-out only, never in production: not a secret at all"  # noqa: S105
TRY_OUT_CREDENTIAL_KEY = base64.b64encode(b"try-out credential key, 32 bytes").decode()
TRY_OUT_APPROVAL_KEY = base64.b64encode(b"try-out approval key of 32 bytes").decode()
TRY_OUT_DOMAIN = "try-out.example"
# How the keys of a training installation begin: `deploy/secrets` writes it for training alone, and
# no base64 holds it.
TRAINING_MARK = "training-"
# Where the simulator of a training installation answers: on its machine, or in the network of
# docker-compose.yml.
SIMULATOR_HOSTS = ("localhost", "127.0.0.1", "::1", "training-simulator")
# What a platform gives a live installation; the simulator has words of its own.
_GIVEN_BY_PLATFORMS = ("app_id", "app_secret", "verify_token", "hook_secret")


# Which processes have which key. A key that reaches no other cannot leak from there: the programs
# that read hostile files run below `scans` and web, and beat only sends messages.
_OF_PLATFORMS = frozenset({"web", "publishing", "channels", "counts"})
NEEDED_BY = {
    "SECRET_KEY": _OF_PLATFORMS | {"scans", "maintenance", "migrate"},
    "CREDENTIAL_KEYS": _OF_PLATFORMS,
    "APPROVAL_KEY": frozenset({"web", "publishing"}),
    "AUDIT_SIGNING_KEY": frozenset({"maintenance"}),
    "EMAIL_URL": frozenset({"web", "mail", "maintenance"}),
}
PLATFORM_SECRETS = "PLATFORM_SECRETS"  # what the platforms gave the applications, and hooks' words
NEEDED_BY[PLATFORM_SECRETS] = _OF_PLATFORMS
PROCESSES = (
    "web",
    "publishing",
    "channels",
    "counts",
    "scans",
    "mail",
    "maintenance",
    "beat",
    "migrate",
)


def needs(process: str, key: str) -> bool:
    return process in NEEDED_BY[key]


def require_known_process(process: str) -> None:
    if process not in PROCESSES:
        raise ImproperlyConfigured(
            f"PORTAL_PROCESS is {process!r}; choose one of {', '.join(PROCESSES)}, or leave it out."
        )


def require_known_mode(mode: str) -> None:
    if mode not in {"try-out", "test", "training", "production"}:
        raise ImproperlyConfigured(
            f"PORTAL_MODE is {mode!r}; choose try-out, test, training or production."
        )


def refuse_unsafe(settings: dict[str, Any]) -> None:
    """Raise ImproperlyConfigured, which names every unsafe setting at once."""
    checks: list[Callable[[dict[str, Any]], Iterable[str]]]
    checks = [_keys, _marks, _foreign_keys, _media, _publishing]
    if settings["TRAINING"]:
        checks += [_ways_out]
    else:
        checks += [_hooks, _ministry_sign_in, _addresses, _platforms]
    if settings["DEPLOYED"]:
        checks += [_limits, _portal_address, _in_clear]
    # Each once: a platform may share another's setting.
    wrong = list(dict.fromkeys(message for check in checks for message in check(settings)))
    if wrong:
        raise ImproperlyConfigured(
            "This installation is not safe to start:\n- " + "\n- ".join(wrong)
        )


def _keys(settings: dict[str, Any]) -> Iterator[str]:
    process = settings["PROCESS"]
    if settings["DEBUG"]:
        yield "DEBUG is on: set DEBUG=false."
    if needs(process, "SECRET_KEY") or settings["SECRET_KEY"]:
        yield from _signing_keys(settings)
    for name, keys in _sealing_keys(settings).items():
        if not keys and needs(process, name):
            yield f"{name} is empty: make one with `openssl rand -base64 32`."
        if {TRY_OUT_CREDENTIAL_KEY, TRY_OUT_APPROVAL_KEY} & set(keys):
            yield f"{name} holds the try-out's key: make one with `openssl rand -base64 32`."
        elif not all(map(_is_aes256, keys)):
            yield (
                f"{name} holds a key that is not 32 bytes in base64: make one with "
                "`openssl rand -base64 32`."
            )
        elif any(_is_guessable(base64.b64decode(key), distinct=16) for key in keys):
            yield f"{name} holds a key that can be guessed: take `openssl rand -base64 32`."
    named = [key for keys in _sealing_keys(settings).values() for key in set(keys)]
    if len(named) != len(set(named)):
        names = ", ".join(_sealing_keys(settings))
        yield f"Two of {names} hold the same key: make another one with `openssl rand -base64 32`."


def _sealing_keys(settings: dict[str, Any]) -> dict[str, list[str]]:
    return {
        "CREDENTIAL_KEYS": [*map(unmarked, settings["CREDENTIAL_KEYS"])],
        "APPROVAL_KEY": [*map(unmarked, settings["APPROVAL_KEYS"])],
        "AUDIT_SIGNING_KEY": [unmarked(key) for key in [settings["AUDIT_SIGNING_KEY"]] if key],
    }


def unmarked(key: str) -> str:
    return key.removeprefix(TRAINING_MARK)


def _marks(settings: dict[str, Any]) -> Iterator[str]:
    """Tell keys of training from live ones, so that neither kind of installation has the other's:
    what is sealed or signed here opens nothing there.
    """
    keys = {
        "SECRET_KEY": [settings["SECRET_KEY"]],
        "SECRET_KEY_FALLBACKS": settings["SECRET_KEY_FALLBACKS"],
        "CREDENTIAL_KEYS": settings["CREDENTIAL_KEYS"],
        "APPROVAL_KEY": settings["APPROVAL_KEYS"],
        "AUDIT_SIGNING_KEY": [settings["AUDIT_SIGNING_KEY"]],
    }
    for name, values in keys.items():
        marked = {value.startswith(TRAINING_MARK) for value in values if value}
        if settings["TRAINING"] and False in marked:
            yield (
                f"{name} is no key of training (those begin with {TRAINING_MARK}): make one with "
                "`deploy/secrets secrets/training training`, and keep a live one where it is."
            )
        if not settings["TRAINING"] and True in marked:
            yield f"{name} is a training installation's: make one with `deploy/secrets`."


def _ways_out(settings: dict[str, Any]) -> Iterator[str]:
    """Look at all that would lead a training installation anywhere but to the simulator."""
    simulator = settings["SIMULATOR_URL"]
    if urlsplit(simulator).hostname not in SIMULATOR_HOSTS:
        yield (
            f"SIMULATOR_URL must name the simulator ({', '.join(SIMULATOR_HOSTS)}): training "
            "reaches no platform."
        )
    for platform, connector in settings["CONNECTORS"].items():
        for name, setting in connector.settings.items():
            value = str(settings["PLATFORMS"][platform][name])
            if name.endswith("_url") and not value.startswith(f"{simulator}/"):
                yield (
                    f"{setting.variable} is not the simulator's address: leave it out, training "
                    "reaches no platform."
                )
            elif name in _GIVEN_BY_PLATFORMS and value != str(setting.try_out or ""):
                yield (
                    f"{setting.variable} is not the simulator's: leave it out, what a platform "
                    "gave the live installation belongs there alone."
                )
    for name in ("EGRESS_PROXY", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        if settings[name]:
            yield f"{name} leads out of the training installation: leave it out."


def _signing_keys(settings: dict[str, Any]) -> Iterator[str]:
    make = "make a new one with `openssl rand -base64 64 | tr -d '\\n'`."
    key = settings["SECRET_KEY"]
    if key == TRY_OUT_SECRET or len(key) < 50:
        yield f"SECRET_KEY is the try-out's or shorter than 50 characters: {make}"
    elif _is_guessable(key.encode(), distinct=12) or key.startswith("django-insecure-"):
        yield f"SECRET_KEY can be guessed: {make}"
    fallbacks = settings["SECRET_KEY_FALLBACKS"]
    if any(key == TRY_OUT_SECRET or len(key) < 50 for key in fallbacks):
        yield (
            "SECRET_KEY_FALLBACKS holds the try-out's key or one shorter than 50 "
            "characters: take it out."
        )
    elif any(_is_guessable(key.encode(), distinct=12) for key in fallbacks):
        yield "SECRET_KEY_FALLBACKS holds a key that can be guessed: take it out."


def _is_guessable(key: bytes, *, distinct: int) -> bool:
    """Tell what nobody drew: few values, a piece that is repeated, or values that go on evenly. Of
    what was drawn at random none in a billion is like that.
    """
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    period = (key + key).find(key, 1)
    return len(set(key)) < distinct or len(steps) < distinct or period <= len(key) // 2


def _hooks(settings: dict[str, Any]) -> Iterator[str]:
    """Look at the words that prove a platform's news, of which one may be on its way out."""
    for platform, facts in settings["PLATFORMS"].items():
        for name in ("verify_token", "hook_secret"):
            tokens = [word.strip() for word in str(facts.get(name, "")).split(",") if word.strip()]
            if any(
                len(word) < 16 or _is_guessable(word.encode(), distinct=6)
                for word in tokens
                if not word.startswith("try-out-")
            ):
                yield (
                    f"{platform}: {name} can be guessed: make one with `openssl rand -hex 24`, or "
                    "take the one that the platform's console shows."
                )


def _foreign_keys(settings: dict[str, Any]) -> Iterator[str]:
    """Refuse a key that this process does not need: in `.env` it would be every process's."""
    process = settings["PROCESS"]
    held = {
        "SECRET_KEY": settings["SECRET_KEY"],
        **_sealing_keys(settings),
        PLATFORM_SECRETS: [
            value
            for facts in settings["PLATFORMS"].values()
            for name, value in facts.items()
            # In training they are the simulator's, which everybody knows.
            if name in {"app_secret", "verify_token", "hook_secret"}
            and value
            and not settings["TRAINING"]
        ],
    }
    for name, keys in held.items():
        # A technician's command in web may verify the record by the key that signs it.
        if keys and not needs(process, name) and (process, name) != ("web", "AUDIT_SIGNING_KEY"):
            what = "A platform's secret" if name == PLATFORM_SECRETS else name
            yield (
                f"{what} is no key of this process ({process}): take it out of .env, and name its "
                "file to those who need it (docs/operations.md, Secrets from files)."
            )


_MOST = {
    "IMAGE_MAX_BYTES": 100 * 1024 * 1024,
    "IMAGE_MAX_PIXELS": 100_000_000,
    "VIDEO_MAX_BYTES": 4 * 1024 * 1024 * 1024,
    "VIDEO_MAX_SECONDS": 12 * 3600,
}


def _limits(settings: dict[str, Any]) -> Iterator[str]:
    hosts = settings["ALLOWED_HOSTS"]
    if not hosts or any("*" in host or host.startswith(".") for host in hosts):
        yield "ALLOWED_HOSTS allows every host, or a whole domain, or none: name the portal's own."
    if not 1 <= settings["ALLAUTH_TRUSTED_PROXY_COUNT"] <= 3:
        yield (
            "PROXY_COUNT must be 1 to 3, the number of your proxies: with fewer everybody comes "
            "from the proxy's address, with more strangers choose theirs."
        )
    if not settings["SECURE_SSL_REDIRECT"]:
        yield "SECURE_SSL_REDIRECT is off: leave it out, so that pages go by https alone."
    if settings["LOGGING"]["root"]["level"] not in {"INFO", "WARNING", "ERROR"}:
        yield "LOG_LEVEL must be INFO, WARNING or ERROR: below, libraries log what people send."
    if not 24 <= settings["FACTOR_RESET_HOURS"] <= 24 * 30:
        yield "FACTOR_RESET_HOURS must lie between 24 and 720: its owner needs a day to stop it."
    for name in (
        "SESSION_IDLE_SECONDS",
        "SESSION_IDLE_SECONDS_LEADERS",
        "SESSION_IDLE_SECONDS_SHARED",
    ):
        if not 60 <= settings[name] <= settings["SESSION_COOKIE_AGE"]:
            yield f"{name} must lie between a minute and the twelve hours of a session."


def _media(settings: dict[str, Any]) -> Iterator[str]:
    if not settings["SCAN_MEDIA"]:
        yield "SCAN_MEDIA is off: no picture would be looked into before it is published."
    if not 60 <= settings["MEDIA_LINK_SECONDS"] <= 86_400:
        yield "MEDIA_LINK_SECONDS must lie between a minute and a day."
    for name in ("IMAGE_MAX_BYTES", "IMAGE_MAX_PIXELS", "VIDEO_MAX_BYTES", "VIDEO_MAX_SECONDS"):
        if not 0 < settings[name] <= _MOST[name]:
            yield f"{name} must lie between 1 and {_MOST[name]}: what reads it has no more room."
    if settings["MEDIA_ROOM_BYTES"] < 100 * 1024 * 1024:
        yield "MEDIA_ROOM_BYTES must be 104857600 or more: a full disk stops the database."
    if not 1 <= settings["UPLOADS_A_PERSON"] <= 100:
        yield "UPLOADS_A_PERSON must lie between 1 and 100."


def _publishing(settings: dict[str, Any]) -> Iterator[str]:
    """Look at what keeps a post from going out twice."""
    times = settings["PUBLISHING"]
    for name in ("lease_seconds", "verify_grace_seconds"):
        if times[name] <= times["call_seconds"]:
            yield (
                f"PUBLISH_{name.upper()} must be more than PUBLISH_CALL_SECONDS: a call that is "
                "still under way would be made again."
            )
    for name in ("call_seconds", "claim_batch", "connections", "uploads", "max_attempts"):
        if times[name] < 1:
            yield f"PUBLISH_{name.upper()} must be 1 or more."
    if times["not_after_seconds"] < 60:
        yield "PUBLISH_NOT_AFTER_SECONDS must be 60 or more: every post would be too late."


def _portal_address(settings: dict[str, Any]) -> Iterator[str]:
    if not settings["PORTAL_URL"].startswith("https://"):
        yield "PORTAL_URL must begin with https://."


def _addresses(settings: dict[str, Any]) -> Iterator[str]:
    if not settings["CELERY_BROKER_URL"].startswith(("redis://", "rediss://")):
        yield (
            "REDIS_URL must begin with redis:// or rediss://: production's processes "
            "share one broker."
        )
    media = urlsplit(settings["MEDIA_PUBLIC_URL"]).hostname
    if not settings["MEDIA_PUBLIC_URL"].startswith("https://") or not media:
        yield "MEDIA_PUBLIC_URL must begin with https://: name the host of pictures and videos."
    elif media == urlsplit(settings["PORTAL_URL"]).hostname:
        yield "MEDIA_PUBLIC_URL must name another host than PORTAL_URL: one that sets no cookies."
    if settings["REGISTER_URL"] and not settings["REGISTER_URL"].startswith("https://"):
        yield "REGISTER_URL must begin with https://, or be left out."
    way_out = urlsplit(settings["EGRESS_PROXY"])
    if needs(settings["PROCESS"], PLATFORM_SECRETS) and not (
        way_out.scheme in {"http", "https"} and way_out.hostname
    ):
        yield (
            "EGRESS_PROXY is empty or no address: name the proxy that lets through to the "
            "platforms alone, such as http://egress:3128 (deploy/egress)."
        )
    if not settings["ALARM_EMAILS"]:
        yield "ALARM_EMAILS names nobody: who is told when publishing is late?"
    for name in ("ALARM_EMAILS", "AUDIT_CHECKPOINT_EMAILS"):
        if not all("@" in address for address in settings[name]):
            yield f"{name} holds what is no e-mail address: separate several with commas."
    if settings["DATABASES"]["default"]["ENGINE"] != "django.db.backends.postgresql":
        yield "DATABASE_URL names no PostgreSQL: write postgres://user@host/name."


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
    database = settings["DATABASES"]["default"]
    if not is_here(database["HOST"]) and database["OPTIONS"].get("sslmode") not in {
        "verify-ca",
        "verify-full",
    }:
        yield (
            "DATABASE_URL must end with ?sslmode=verify-full, unless PostgreSQL runs "
            "on this machine."
        )
    broker = urlsplit(settings["CELERY_BROKER_URL"])
    if broker.scheme == "redis" and not is_here(broker.hostname):
        yield "REDIS_URL must begin with rediss://, unless Redis runs on this machine."
    mail = settings["MAILERS"]["default"]["OPTIONS"]
    # Letters of training are files: they have no host.
    if not (mail.get("use_tls") or mail.get("use_ssl") or is_here(mail.get("host"))):
        yield (
            "EMAIL_URL must begin with smtp+tls:// or smtp+ssl://, unless the mail "
            "server runs on this machine."
        )
    scanner = urlsplit(settings["CLAMAV_ADDRESS"])
    if scanner.scheme == "tcp" and not is_here(scanner.hostname):
        yield (
            "CLAMAV_ADDRESS must name a socket of this machine, as unix:///path: clamd "
            "speaks no TLS."
        )


def is_here(host: str | None) -> bool:
    return not host or host.startswith("/") or host in {"localhost", "127.0.0.1", "::1"}


def _is_aes256(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 32
    except ValueError:
        return False


def log_missing_protections() -> None:
    """Log what this machine's kernel lacks to confine the programs that read hostile files. They
    run all the same, held by the rest.
    """
    if missing := confinement.find_missing():
        log.warning("programs for hostile files run without %s", " and ".join(missing))


def refuse_try_out_accounts() -> None:
    """Refuse to start with the try-out's accounts, whose passwords are printed on a screen. Called
    when a process starts where people sign in over a network: it queries the database.
    """
    from accounts.models import User

    if User.objects.filter(email__endswith=f"@{TRY_OUT_DOMAIN}", is_active=True).exists():
        raise ImproperlyConfigured(
            f"The database holds active try-out accounts (@{TRY_OUT_DOMAIN}). Use a fresh "
            f"database, or deactivate them."
        )


def refuse_without_break_glass() -> None:
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
