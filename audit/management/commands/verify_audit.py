from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import checkpoints, verification
from audit.export import check_export


class Command(BaseCommand):
    help = "Walks the whole record and its checkpoints, and names the first broken link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--export", type=Path, help="check this folder of export_audit instead")

    def handle(self, *_: object, export: Path | None, **__: Any) -> None:
        if export:
            self._check_export(export)
            return
        checked = verification.verify_record()
        if checked.broken:
            raise CommandError(f"{checked.broken.kind}: {checked.broken.text}")
        self.stdout.write(
            f"The record holds: {checked.entries} entries in {checked.streams} streams, "
            f"{checked.checkpoints} checkpoints."
        )

    def _check_export(self, folder: Path) -> None:
        try:
            self.stdout.write(f"The export holds: {check_export(folder)} entries.")
        except (checkpoints.InvalidSignedFile, OSError) as wrong:
            raise CommandError(str(wrong)) from wrong
