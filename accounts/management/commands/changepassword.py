from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Changes nothing: people choose their own passwords. Instead of Django's command."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?")

    def handle(self, **options: Any) -> None:
        raise CommandError(
            "Nobody sets the password of another. Its holder asks for a link on the sign-in page; "
            "a new account gets a letter of invitation."
        )
