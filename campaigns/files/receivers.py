from typing import Any

from django.db import transaction
from django.dispatch import receiver

from campaigns.files import tasks
from campaigns.files.signals import file_added


@receiver(file_added)
def check(file: int, **_: Any) -> None:
    """Have a worker check the file once it is stored. A lost message is made up for by the tick."""
    transaction.on_commit(lambda: tasks.check_file.delay(file=file), robust=True)
