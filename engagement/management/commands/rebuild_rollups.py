from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from engagement.rollups import services


class Command(BaseCommand):
    help = (
        "Makes the daily summaries anew from the raw rows, some units at a time; may be stopped "
        "at any moment and begun again. --check compares them with the raw rows instead, prints "
        "what differs and ends with 1 if anything does."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare, and change nothing")

    def handle(self, *_: object, check: bool, **__: Any) -> None:
        if not check:
            if not services.rebuild_all(on_progress=self._tell_batches):
                raise CommandError("A run is at work. Please try again in a minute.")
            self.stdout.write("The daily summaries are made anew.")
            return
        differences = services.find_differences(on_progress=self._tell_table)
        for table, rows in differences.items():
            for sign, *values in rows:
                self.stdout.write(f"{sign} {table}: {', '.join(map(str, values))}")
        if differences:
            raise CommandError("The daily summaries differ from the raw rows.")
        self.stdout.write("The daily summaries equal the raw rows.")

    def _tell_batches(self, done: int, of: int) -> None:
        self.stdout.write(f"{done} of {of} batches of units")
        self.stdout.flush()

    def _tell_table(self, table: str) -> None:
        self.stdout.write(f"{table} compared")
        self.stdout.flush()
