from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import Refused
from publishing import freezing


class Command(BaseCommand):
    help = "Freezes publishing: from now on no post becomes visible anywhere, until it is released."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True)
        parser.add_argument(
            "--restored", action="store_true", help="the database was set back: read the pages back before the release"
        )

    def handle(self, *args: Any, reason: str, restored: bool, **options: Any) -> None:
        try:
            freezing.freeze(by=None, reason=reason, restored=restored)
        except Refused as error:
            raise CommandError(str(error)) from None
        self.stdout.write("Publishing is frozen.")
