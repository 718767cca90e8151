from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.ministry import break_glass
from accounts.models import BreakGlassAccount, User
from core.errors import Refused


class Command(BaseCommand):
    help = (
        "Lists, marks or unmarks the accounts that sign in by password and second factor although "
        "the ministry's sign-in is required. Each such sign-in raises an alarm."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["list", "mark", "unmark"])
        parser.add_argument("username", nargs="?", default="")
        parser.add_argument(
            "--reason", default="", help="why; with the number of the written order"
        )
        parser.add_argument("--operator", default="", help="the name of the person at this console")

    def handle(
        self, *, act: str, username: str, reason: str, operator: str, **options: Any
    ) -> None:
        if act == "list":
            for row in BreakGlassAccount.objects.select_related("user").order_by("user__username"):
                self.stdout.write(
                    f"{row.user.username}, marked {row.marked_at:%Y-%m-%d} by "
                    f"{row.operator}: {row.reason}"
                )
            self.stdout.write(f"{break_glass.count_usable()} would open today.")
            return
        person = User.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"There is no account {username}.")
        try:
            {"mark": break_glass.mark, "unmark": break_glass.unmark}[act](
                person, operator=operator, reason=reason
            )
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"Done. {break_glass.count_usable()} would open today.")
