"""Recovery codes: shown once, when they are made. The database holds a hash of each that is
left.
"""

import re
import secrets
from typing import cast

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_reset
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import has_factor
from core import quotas
from core.errors import Refused

COUNT = 10  # the first digit of a code says which of them it is: a try costs one hash, not ten
RANDOM_DIGITS = 15  # fifty bits; digits, because phones then show their keys for numbers
_DIGITS = re.compile(rf"[0-9]{{{RANDOM_DIGITS + 1}}}")
A_DAY = 20  # sets that one person may make: each costs ten hashes


def replace_codes(request: HttpRequest) -> list[str]:
    """Replace the person's codes by new ones and return them. Nobody can read them again.

    Raise Refused to somebody without another factor, Busy when too many hash at this moment.
    """
    user = cast("User", request.user)
    if not has_factor(user):
        raise Refused(_("Recovery codes can be made once the app or a passkey is set up."))
    quotas.spend(f"recovery-codes:{user.pk}", limit=A_DAY, seconds=86_400)
    codes = [f"{n}{secrets.randbelow(10**RANDOM_DIGITS):0{RANDOM_DIGITS}}" for n in range(COUNT)]
    hashes = {code[0]: make_password(code) for code in codes}
    with transaction.atomic():
        User.objects.select_for_update().get(
            pk=user.pk
        )  # one set a person, however often the button is pressed
        old, _rows = Authenticator.objects.filter(
            user=user, type=Authenticator.Type.RECOVERY_CODES
        ).delete()
        # The library would compute codes from a seed; an empty list of "migrated" ones keeps it
        # from looking for that.
        data = {"hashes": hashes, "migrated_codes": []}
        row = Authenticator.objects.create(
            user=user, type=Authenticator.Type.RECOVERY_CODES, data=data
        )
    signal_facts = {"request": request, "user": user, "authenticator": row}
    (authenticator_reset if old else authenticator_added).send(Authenticator, **signal_facts)
    if old:
        get_adapter().send_notification_mail("mfa/email/recovery_codes_generated", user)
    return [" ".join(re.findall("....", code)) for code in codes]


def digits_of(typed: str) -> str:
    """Return the code that somebody typed, with or without gaps; empty when it is none, but perhaps
    the app's.
    """
    digits = re.sub(r"[\s-]", "", typed)
    return digits if _DIGITS.fullmatch(digits) else ""


def use_code(user: User, code: str) -> Authenticator | None:
    """Use up one of the person's codes; return None when it is not one of the
    unused. Raise Busy.
    """
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    stored = row.data["hashes"].get(code[0], "") if row else ""
    if not check_password(code, stored):  # as long for a code that was used already
        return None
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().filter(pk=row.pk).first()
        if row is None or row.data["hashes"].pop(code[0], "") != stored:
            return None  # used, or replaced, a moment ago
        row.save(update_fields=["data"])
    return row
