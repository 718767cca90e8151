"""Querysets that show a person only their own ground."""

from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models import Q


class Reach(NamedTuple):
    """A part of the tree: the unit at ``path`` (which ends in a slash) and, if ``deep``, all below it."""

    path: str
    deep: bool

    def covers(self, path: str) -> bool:
        return path.startswith(self.path) if self.deep else path == self.path


def line_of(path: str) -> list[str]:
    """The paths of the unit at ``path`` and of every unit above it."""
    steps = path.rstrip("/").split("/")
    return ["/".join(steps[: n + 1]) + "/" for n in range(len(steps))]


class ScopedQuerySet(models.QuerySet):
    """Rows that lie at a place in the tree of units. Every view starts from ``visible_to``.

    ``path_field`` names the lookup of the unit's path, ``permission`` what one must hold to see rows of this kind.
    """

    path_field = "unit__path"
    permission = ""

    def visible_to(self, user: Any) -> Self:
        """What ``user.reach(permission)`` covers; nothing for a stranger."""
        reach = user.reach(self.permission) if getattr(user, "is_active", False) and hasattr(user, "reach") else ()
        return self.within(reach)

    def within(self, reach: Any) -> Self:
        wanted = Q(pk__in=[])
        for part in reach:
            wanted |= Q(**{f"{self.path_field}__startswith" if part.deep else self.path_field: part.path})
        return self.filter(wanted)
