from typing import Any

from django.db import transaction
from django.dispatch import receiver

from campaigns.kits import tasks
from campaigns.kits.signals import announcement_due


@receiver(announcement_due)
def announce_stored_act(**_: Any) -> None:
    """Notify units once the act is stored. A lost message is made up for by the timetable."""
    transaction.on_commit(tasks.announce_kits.delay, robust=True)
