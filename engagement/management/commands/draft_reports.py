from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from engagement.reports import drafts, periods
from engagement.reports.queries import find_form
from engagement.reports.states import REGULAR
from units.models import Level, Unit


class Command(BaseCommand):
    help = (
        "Drafts the regular reports of all units that have none, with their figures. Safe to "
        "repeat; a run that was stopped goes on where it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=[str(kind) for kind in REGULAR])
        parser.add_argument(
            "--on", help="a day of the period, as 2026-11-14; else the last that has ended"
        )

    def handle(self, *_: object, kind: str, on: str | None, **__: Any) -> None:
        ministry = Unit.objects.filter(level=Level.MINISTRY).current(timezone.localdate()).first()
        if ministry is None:
            raise CommandError("There are no units yet.")
        first = find_form(ministry, kind).content["first"]
        today = timezone.localdate()
        try:
            day = date.fromisoformat(on) if on else None
        except ValueError as error:
            raise CommandError("--on is a day such as 2026-11-14.") from error
        if day and day > today:
            raise CommandError("--on has not begun.")
        period = (
            periods.find_containing_period(kind, day, first)
            if day
            else periods.list_recent_periods(kind, today, first)[0]
        )
        made = drafts.draft_all(kind, period, now=timezone.now())
        self.stdout.write(f"{period}: drafted {made} reports.")
