"""Sealing second factors again under a new key, while the portal runs."""

import base64
from collections import Counter

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.sign_in.adapter import FACTOR_ROW
from core.sealing import Unsealable, is_newest, seal, unseal


def reseal_factors() -> Counter[str]:
    """Seal what an older key sealed with the newest one. Count ``current``, ``resealed`` and
    ``no_key`` factors.
    """
    counts: Counter[str] = Counter()
    sealed = Authenticator.objects.filter(type=Authenticator.Type.TOTP)
    for pk in sealed.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=500):
        counts[_reseal(pk)] += 1
    return counts


@transaction.atomic
def _reseal(pk: int) -> str:
    factor = Authenticator.objects.select_for_update().get(pk=pk)
    sealed = base64.b64decode(factor.data["secret"])
    if is_newest(sealed, row=FACTOR_ROW):
        return "current"
    try:
        secret = unseal(sealed, row=FACTOR_ROW)
    except Unsealable:
        return "no_key"
    factor.data["secret"] = base64.b64encode(seal(secret, row=FACTOR_ROW)).decode()
    factor.save(update_fields=["data"])
    return "resealed"
