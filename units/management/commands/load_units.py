from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import Refused
from units.services import load_units


class Command(BaseCommand):
    help = "Brings the tree of units in line with the national list (CSV). Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, default=settings.BASE_DIR / "data" / "units.csv")

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            self.stdout.write(str(load_units(file)))
        except (OSError, Refused) as error:
            raise CommandError(str(error)) from error
