"""One-time codes of the sample people: nobody who tries the portal out has to set up an app for a
dozen of them.
"""

import base64
import hashlib
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from accounts.queries import factor_day
from outreach_portal.guard import TRY_OUT_DOMAIN

PERIOD = 30  # seconds


def find_sample_people() -> list[User]:
    """Find those who sign in and whose role asks for a second factor, by user name."""
    people = User.objects.filter(email__endswith=f"@{TRY_OUT_DOMAIN}").exclude(
        password__startswith=UNUSABLE_PASSWORD_PREFIX
    )
    return [
        person
        for person in people.order_by("username")
        if (day := factor_day(person)) and day <= timezone.localdate()
    ]


def create_missing_apps() -> None:
    """Give an app to each of them who has no factor, those of a database from an older try-out
    included.
    """
    served = Authenticator.objects.values("user")
    for person in find_sample_people():
        if not served.filter(user=person).exists():
            TOTP.activate(person, _make_secret(person))


def find_code(person: User) -> str:
    """Return an unused code that is valid now; empty where the person set up an app of their own,
    or none.
    """
    app = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
    if app is None or decrypt(app.data["secret"]) != _make_secret(person):
        return ""
    now = int(time.time()) // PERIOD
    # The try-out takes the neighbours of a half minute, too: somebody may sign in with a second
    # browser at once.
    codes = [format_hotp_value(hotp_value(_make_secret(person), now + step)) for step in (0, 1)]
    used = app.wrap()
    return next((code for code in codes if not cache.get(used._get_used_cache_key(code))), codes[0])


def _make_secret(person: User) -> str:
    return base64.b32encode(hashlib.sha1(f"try-out {person.username}".encode()).digest()).decode()  # noqa: S324
