"""Agreements with partners that ended: what was shared by them closes."""

from collections.abc import Collection
from typing import Any

from django.dispatch import receiver

from campaigns.partners.models import Partner
from campaigns.partners.signals import agreements_ended
from publishing.kit_sharing import services as kit_sharing
from publishing.sharing import services as sharing


@receiver(agreements_ended, sender=Partner)
def close_pages_of_ended_partners(partners: Collection[int], **_: Any) -> None:
    sharing.close_pages_of_partners(partners)
    kit_sharing.close_for(partners)
