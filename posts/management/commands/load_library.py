from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.errors import Refused
from posts.library.ready import load_library


class Command(BaseCommand):
    help = (
        "Brings the templates and snippets that come with the portal (data/library.toml) into the "
        "library of the ministry. Safe to repeat; what people changed or archived stays."
    )

    def handle(self, **options: Any) -> None:
        try:
            self.stdout.write(str(load_library(settings.BASE_DIR / "data" / "library.toml")))
        except Refused as error:
            raise CommandError(str(error)) from error
