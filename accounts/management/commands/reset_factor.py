from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.second_factors import recovery
from core.errors import Refused


class Command(BaseCommand):
    help = (
        "Break-glass: resets at once the second factor of somebody whom no two administrators can "
        "help, such as the ministry's only administrator. It is on record, and the person and the "
        "administrators are told."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--reason", required=True, help="why; with the number of the written order"
        )
        parser.add_argument(
            "--operator", required=True, help="the name of the person at this console"
        )

    def handle(self, *, username: str, reason: str, operator: str, **options: Any) -> None:
        person = User.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"There is no account {username}.")
        try:
            recovery.break_glass(person, reason=reason, operator=operator)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"Reset. {username} sets up a new second factor at the next sign-in.")
