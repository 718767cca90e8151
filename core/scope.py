"""Querysets that show a person only their own scope."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from django.db import models
from django.db.models import Q

from core.permissions import Permission

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class Reach(NamedTuple):
    """A part of the tree: the unit at ``path`` (which ends in a slash) and, if ``deep``, all below
    it.
    """

    path: str
    deep: bool

    def covers(self, path: str) -> bool:
        return path.startswith(self.path) if self.deep else path == self.path

    @property
    def is_nation(self) -> bool:
        """Check whether this is the whole tree."""
        return self.deep and self.path.count("/") == 1


class Person(Protocol):
    """A user, as apps below accounts see one."""

    @property
    def pk(self) -> int: ...

    @property
    def is_active(self) -> bool: ...

    def reach(self, permission: Permission) -> Sequence[Reach]: ...


def list_ancestors(path: str) -> list[str]:
    """Return the paths of the unit at ``path`` and of every unit above it."""
    steps = path.rstrip("/").split("/")
    return ["/".join(steps[: n + 1]) + "/" for n in range(len(steps))]


class ScopedQuerySet(models.QuerySet):
    """Rows that belong to a unit of the tree. Every view starts from ``visible_to``.

    ``path_field`` names the lookup of the unit's path, ``permission`` what one must hold to see
    rows of this kind.
    """

    path_field = "unit__path"
    permission: Permission

    def visible_to(self, user: "Person | AnonymousUser") -> Self:
        """Filter by what ``user.reach(permission)`` covers; nothing for a person without a
        position.
        """
        if user.is_active and hasattr(user, "reach"):
            return self.within(user.reach(self.permission))
        return self.within(())

    def within(self, reach: Iterable[Reach]) -> Self:
        condition = Q(pk__in=[])
        for part in reach:
            condition |= Q(
                **{f"{self.path_field}__startswith" if part.deep else self.path_field: part.path}
            )
        return self.filter(condition)
