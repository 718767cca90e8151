import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from core.errors import Refused
from engagement.rollups import services
from try_out import national


class Command(BaseCommand):
    help = (
        "Fills an empty PostgreSQL database with a country at work, for measuring pages: share 1 "
        "has 400,000 posts in two years, 0.1 a tenth of the time. Not there in production."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--share", type=float, default=0.1, help="0.01, 0.1 or 1")

    def handle(self, *_: object, share: float, **__: Any) -> None:
        begun = time.monotonic()

        def report(message: str) -> None:
            self.stdout.write(f"{time.monotonic() - begun:6.0f} s  {message}")

        try:
            for step in national.seed_nation(share=share):
                report(step)
        except Refused as error:
            raise CommandError(str(error)) from error
        report("statistics")
        analyze()
        report("daily summaries")
        services.rebuild_all()
        report("their statistics")
        analyze()
        report("done")


def analyze() -> None:
    """Tell PostgreSQL how many rows there are: without, each batch of a rebuild takes a minute."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")
