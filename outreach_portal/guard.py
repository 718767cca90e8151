"""What a production installation refuses to start with."""

import base64
from typing import Any

from django.core.exceptions import ImproperlyConfigured

TRY_OUT_SECRET = "try-out only, never in production: not a secret at all"  # noqa: S105
TRY_OUT_CREDENTIAL_KEY = base64.b64encode(b"try-out credential key, 32 bytes").decode()
TRY_OUT_DOMAIN = "try-out.example"


def require_known_mode(mode: str) -> None:
    if mode not in {"try-out", "test", "production"}:
        raise ImproperlyConfigured(f"PORTAL_MODE is {mode!r}; choose try-out, test or production.")


def refuse_unsafe(settings: dict[str, Any]) -> None:
    """Raises ImproperlyConfigured that names every unsafe setting at once."""
    wrong = []
    if settings["DEBUG"]:
        wrong.append("DEBUG is on: set DEBUG=false.")
    if settings["SECRET_KEY"] == TRY_OUT_SECRET or len(settings["SECRET_KEY"]) < 50:
        wrong.append("SECRET_KEY is the try-out's or shorter than 50 characters: make a new one.")
    if TRY_OUT_CREDENTIAL_KEY in settings["CREDENTIAL_KEYS"]:
        wrong.append("CREDENTIAL_KEYS holds the try-out's key: make one with `openssl rand -base64 32`.")
    for key in settings["CREDENTIAL_KEYS"]:
        if not _is_aes256(key):
            wrong.append("CREDENTIAL_KEYS holds a key that is not 32 bytes in base64.")
    if "*" in settings["ALLOWED_HOSTS"]:
        wrong.append("ALLOWED_HOSTS allows every host: name the portal's own.")
    if not settings["PORTAL_URL"].startswith("https://"):
        wrong.append("PORTAL_URL must begin with https://.")
    if settings["MEDIA_PUBLIC_URL"] and not settings["MEDIA_PUBLIC_URL"].startswith("https://"):
        wrong.append("MEDIA_PUBLIC_URL must begin with https://, or be left out.")
    if not settings["ALARM_EMAILS"]:
        wrong.append("ALARM_EMAILS names nobody: who is told when publishing is late?")
    if settings["SQLITE"]:
        wrong.append("DATABASE_URL names SQLite: production needs PostgreSQL.")
    for platform, facts in settings["PLATFORMS"].items():
        wrong += [
            f"{platform}: {name} must be an https address, and not the simulator's."
            for name, value in facts.items()
            if name.endswith("_url") and not value.startswith("https://")
        ]
        if str(facts.get("app_secret", "")).startswith("simulator-"):
            wrong.append(f"{platform}: the application secret is the simulator's.")
    if wrong:
        raise ImproperlyConfigured("This installation is not safe to start:\n- " + "\n- ".join(wrong))


def _is_aes256(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 32
    except ValueError:
        return False


def refuse_try_out_accounts() -> None:
    """The try-out's sign-ins are printed on a screen. Called when a production process starts: it asks the database."""
    from accounts.models import User

    if User.objects.filter(email__endswith=f"@{TRY_OUT_DOMAIN}", is_active=True).exists():
        raise ImproperlyConfigured(
            f"The database holds active try-out accounts (@{TRY_OUT_DOMAIN}). Use a fresh database for production."
        )
