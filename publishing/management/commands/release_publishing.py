from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import Refused
from publishing.freeze import freezing


class Command(BaseCommand):
    help = (
        "Releases publishing, without a second person: for whoever has the server's "
        "console and nobody to ask."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, reason: str, **options: Any) -> None:
        try:
            freezing.release(by=None, reason=reason)
        except Refused as error:
            raise CommandError(str(error)) from None
        self.stdout.write("Publishing goes on.")
