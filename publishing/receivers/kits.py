from typing import Any

from django.dispatch import receiver

from accounts.models import User
from campaigns.kits.models import Kit
from campaigns.kits.signals import kit_withdrawn
from publishing.recalls import services as recalls


@receiver(kit_withdrawn, sender=Kit)
def stop_posts_of_kit(kit: Kit, by: User, reason: str, take_down: bool, **_: Any) -> None:
    """Stop what came of a withdrawn kit, in the same transaction."""
    recalls.withdraw_kit(kit, by=by, reason=reason, take_down=take_down)
