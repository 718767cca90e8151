import csv
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from posts.checks.leaks.scan import Leak, find_leaks

MOST_BYTES = 1_000_000
MOST_FILES = 10_000
STDIN = "-"


class Command(BaseCommand):
    help = (
        "Checks texts for what may not be published: each finding with its rule, its severity and "
        "its place in the text; never the words themselves. Reads files, the files of folders, or "
        "the standard input. Texts are UTF-8 of at most 1 MB."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", metavar="FILE", help="a text file or a folder")
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="one list of files with findings")
        form.add_argument("--csv", action="store_true", help="one row a finding")

    def handle(self, *, paths: list[str], **options: Any) -> None:
        today = timezone.localdate()
        checked = [
            (name, find_leaks(text, today=today)) for name, text in _read_texts(paths or [STDIN])
        ]
        if options["json"]:
            rows = [{"file": name, "findings": [*map(_as_row, leaks)]} for name, leaks in checked]
            self.stdout.write(json.dumps(rows, indent=1))
        elif options["csv"]:
            self._write_csv(checked)
        else:
            for name, leaks in checked:
                for row in map(_as_row, leaks):
                    self.stdout.write("{}: {rule} {severity} {start}-{end}".format(name, **row))
        self.stderr.write(
            f"{len(checked)} texts, {sum(bool(leaks) for _name, leaks in checked)} with findings."
        )

    def _write_csv(self, checked: list[tuple[str, list[Leak]]]) -> None:
        rows = csv.DictWriter(self.stdout, ["file", "rule", "severity", "start", "end"])
        rows.writeheader()
        for name, leaks in checked:
            rows.writerows({"file": name, **_as_row(leak)} for leak in leaks)


def _read_texts(paths: list[str]) -> Iterator[tuple[str, str]]:
    if paths == [STDIN]:
        yield STDIN, _decode(STDIN, sys.stdin.buffer.read(MOST_BYTES + 1))
        return
    files = [file for path in paths for file in _files(Path(path))]
    if len(files) > MOST_FILES:
        raise CommandError(f"These are {len(files)} files; at most {MOST_FILES} are read at once.")
    for file in files:
        try:
            with file.open("rb") as stream:
                content = stream.read(MOST_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        yield str(file), _decode(str(file), content)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.is_file())


def _decode(name: str, content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise CommandError(f"{name} is larger than {MOST_BYTES} bytes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{name} is no text in UTF-8.") from error


def _as_row(leak: Leak) -> dict[str, str | int]:
    """Write a finding with its rule in capitals, as people label test sets: ID_CCCD."""
    return {
        "rule": leak.rule.upper(),
        "severity": str(leak.severity),
        "start": leak.start,
        "end": leak.end,
    }
