from argparse import ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core.errors import Refused
from publishing.freeze import freezing


def _moment(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None:
        raise ArgumentTypeError(f"{text!r} is no moment such as 2026-11-25 06:00")
    return moment if moment.tzinfo else timezone.make_aware(moment)


class Command(BaseCommand):
    help = "Freezes publishing: from now on no post becomes visible anywhere, until it is released."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True)
        parser.add_argument(
            "--restored",
            action="store_true",
            help="the database was set back: read the pages back before the release",
        )
        parser.add_argument(
            "--since",
            type=_moment,
            metavar='"2026-11-25 06:00"',
            help="with --restored: when the copy was made, as clocks in Viet Nam show "
            "it; to be said when workers have run since the database was set back",
        )

    def handle(
        self, *args: Any, reason: str, restored: bool, since: datetime | None, **options: Any
    ) -> None:
        if since and not restored:
            raise CommandError("--since goes with --restored.")
        try:
            freezing.freeze(by=None, reason=reason, restored=restored, since=since)
        except Refused as error:
            raise CommandError(str(error)) from None
        self.stdout.write("Publishing is frozen.")
