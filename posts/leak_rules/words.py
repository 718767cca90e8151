"""Have the words that people type elsewhere judged by the leak check: reasons, names, notes."""

from collections.abc import Iterable

from core.leaks import LeakCheck, register_leak_check
from core.secrecy import require_no_secrecy_mark
from posts.checks.leaks import scan
from posts.checks.privacy import without_leaks
from posts.leak_rules.services import require_no_leak, require_publishable
from units.models import Unit


def _require_recordable(text: str) -> None:
    require_no_secrecy_mark([text])  # what it advises goes before all else
    require_no_leak(text)


def _require_storable(texts: Iterable[str], unit: Unit) -> None:
    require_publishable(texts, unit, least=scan.Severity.HARD)


register_leak_check(LeakCheck(_require_recordable, _require_storable, without_leaks))
