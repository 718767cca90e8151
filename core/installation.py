"""Live and training are installations of their own: what tells their databases apart. Of what they
seal says ``core.binding``.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from core.models import Installation

_KINDS = {
    "production": Installation.Kind.LIVE,
    "training": Installation.Kind.TRAINING,
}  # by PORTAL_MODE; others leave no mark


def refuse_foreign_database(**_: Any) -> None:
    """Refuse a live database in training, and training's in production: before its tables are
    changed, and when a process starts.
    """
    own, found = _KINDS.get(settings.MODE), _find_kind()
    if own and found and own != found:
        raise ImproperlyConfigured(
            f"This database is of a {found} installation and PORTAL_MODE is {settings.MODE}; "
            "nothing in it was changed. Name a database of this installation's own, or an empty "
            "one, in DATABASE_URL."
        )


def mark_database(**_: Any) -> None:
    """Note for which kind of installation the database was made, once it is migrated."""
    if kind := _KINDS.get(settings.MODE):
        Installation.objects.get_or_create(pk=1, defaults={"kind": kind})


def _find_kind() -> str | None:
    """Return what the database is marked as. One without a mark that holds people or pages is live:
    it is older than the mark, or who restored it left that behind. None: still empty.
    """
    tables = set(connection.introspection.table_names())
    if Installation._meta.db_table in tables and (row := Installation.objects.first()):
        return row.kind
    filled = [table for table in ("accounts_user", "channels_channel") if table in tables]
    with connection.cursor() as cursor:
        for table in filled:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")  # noqa: S608 -- of the two above
            if cursor.fetchone()[0]:
                return Installation.Kind.LIVE
    return None
