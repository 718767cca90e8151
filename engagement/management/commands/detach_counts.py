from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from engagement.rollups import months


class Command(BaseCommand):
    help = (
        "Takes the counts of old months off the table of counts, as tables of their own, to be "
        "copied and dropped; their summaries stay. Run by the owner. Months of the last year stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", required=True, help="a month, such as 2025-01")

    def handle(self, *_: object, before: str, **__: Any) -> None:
        try:
            month = date.fromisoformat(f"{before}-01")
        except ValueError:
            raise CommandError("Name a month such as 2025-01.") from None
        today = timezone.localdate()
        if month > today.replace(year=today.year - 1, day=1):
            raise CommandError("The counts of the last year are needed. Name an earlier month.")
        taken = months.detach_months(before=month)
        for table in taken:
            self.stdout.write(table)
        self.stdout.write(f"{len(taken)} months taken off.")
