from collections.abc import Collection
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from campaigns.kits.models import Kit
from campaigns.kits.signals import kit_withdrawn
from campaigns.partners.models import Partner
from campaigns.partners.signals import agreements_ended
from publishing.recalls import recalling
from publishing.sharing import share_links


@receiver(kit_withdrawn, sender=Kit)
def stop_posts_of_kit(kit: Kit, by: User, reason: str, take_down: bool, **_: Any) -> None:
    """Stop what came of a withdrawn kit, in the same transaction."""
    recalling.withdraw_kit(kit, by=by, reason=reason, take_down=take_down)


@receiver(agreements_ended, sender=Partner)
def close_pages_of_ended_partners(partners: Collection[int], **_: Any) -> None:
    share_links.revoke_of_partners(partners)
