"""Seal contact data anew under a new key, while the portal runs."""

from collections import Counter

from django.db import transaction

from campaigns.partners.models import Partner
from campaigns.partners.queries import make_seal_context
from core.sealing import Unsealable, is_newest, seal, unseal


def reseal_contacts() -> Counter[str]:
    """Seal what an older key sealed with the newest one. Count ``current``, ``resealed`` and
    ``no_key`` partners.
    """
    found: Counter[str] = Counter()
    keys = Partner.objects.exclude(sealed=None).order_by("pk").values_list("pk", flat=True)
    for pk in keys.iterator(chunk_size=500):
        found[_reseal(pk)] += 1
    return found


@transaction.atomic
def _reseal(pk: int) -> str:
    row = Partner.objects.select_for_update().get(pk=pk)
    if row.sealed is None or is_newest(row.sealed, row=make_seal_context(row)):
        return "current"
    try:
        contact = unseal(row.sealed, row=make_seal_context(row))
    except Unsealable:
        return "no_key"
    Partner.objects.filter(pk=pk).update(sealed=seal(contact, row=make_seal_context(row)))
    return "resealed"
