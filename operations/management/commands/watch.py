import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError
from django.utils import translation

from operations import alarms, presenters
from operations.notify import make_subject, send_to_operators

_AGAIN_AFTER = 6 * 3600


class Command(BaseCommand):
    help = (
        "Looks once for what is late or stuck, and mails alarms. For a timer on "
        "another machine than the workers'."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit with 1 when the portal does not do its work,
        so that monitoring systems can use it as well."""
        try:
            facts = alarms.update_alarms()
        except (OperationalError, InterfaceError) as error:
            self.stderr.write(f"database: {type(error).__name__}")
            _report_database_gone()
            sys.exit(1)
        _report_database_back()
        for sign in facts.signs:
            age = f" since {sign.since:%Y-%m-%d %H:%M:%S %Z}" if sign.since else ""
            self.stdout.write(f"{sign.kind} {sign.key}{age}{f' ({sign.n})' if sign.n else ''}")
        if any(not sign.by_people for sign in facts.signs):
            sys.exit(1)


def _get_marker_path() -> Path:
    """Return where this machine notes that it has reported:
    alarms are in the database, which is what does not answer."""
    return settings.VAR_DIR / "watch-database-gone"


def _report_database_gone() -> None:
    marker = _get_marker_path()
    if marker.exists() and time.time() - marker.stat().st_mtime < _AGAIN_AFTER:
        return
    with translation.override(settings.LANGUAGE_CODE):
        title = presenters.describe_title("database")
        steps = "\n".join(f"- {step}" for step in presenters.describe_remedy("database"))
        if send_to_operators(
            make_subject(title), f"{title}\n{presenters.describe_meaning('database')}\n\n{steps}"
        ):
            marker.parent.mkdir(parents=True, exist_ok=True)
            marker.touch()


def _report_database_back() -> None:
    with translation.override(settings.LANGUAGE_CODE):
        title = presenters.describe_title("database")
        if _get_marker_path().exists() and send_to_operators(make_subject(title, over=True), title):
            _get_marker_path().unlink()
