from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.export import export_entries
from core.periods import get_midnight


class Command(BaseCommand):
    help = (
        "Writes the record of a period (days included, local time) as JSON Lines with "
        "a signed manifest."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that does not exist yet")
        parser.add_argument("--first", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--last", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")

    def handle(self, *_: object, folder: Path, first: date, last: date, **__: Any) -> None:
        try:
            count = export_entries(
                folder,
                first=get_midnight(first),
                before=get_midnight(last + timedelta(days=1)),
                now=timezone.now(),
            )
        except FileExistsError:
            raise CommandError(f"{folder} exists already") from None
        self.stdout.write(f"{count} entries written to {folder}")
