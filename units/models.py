import secrets
from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.scope import ScopedQuerySet
from core.text import fold

_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"  # no 0/o, 1/l/i, u: a key may be read out over the telephone


def new_key() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(8))


class Level(models.TextChoices):
    MINISTRY = "ministry", _("Ministry")
    PROVINCE = "province", _("Provincial police")
    COMMUNE = "commune", _("Commune-level police")


class UnitQuerySet(ScopedQuerySet):
    path_field = "path"
    permission = "unit_view"

    def current(self, on: date) -> Self:
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), valid_from__lte=on)

    def under(self, unit: "Unit") -> Self:
        """The unit itself and all below it."""
        return self.filter(path__startswith=unit.path)

    def search(self, words: str) -> Self:
        found = self
        for word in fold(words).split():
            found = found.filter(search__contains=word)
        return found


class Unit(models.Model):
    """A police body. ``key`` is our own and never changes; the state's code does, so it is an attribute."""

    key = models.CharField(max_length=8, unique=True, default=new_key, editable=False)
    code = models.CharField(_("official code"), max_length=10, blank=True)
    level = models.CharField(max_length=10, choices=Level)
    kind = models.CharField(_("kind"), max_length=30)
    place = models.CharField(_("place"), max_length=100)
    name = models.CharField(_("name"), max_length=150)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=40, unique=True, editable=False)
    has_police_body = models.BooleanField(_("has a police body"), default=True)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="predecessors")
    search = models.CharField(max_length=300, editable=False)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(
                fields=["level", "code"],
                condition=Q(valid_to__isnull=True) & ~Q(code=""),
                name="one_current_unit_a_code",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")),
                name="unit_valid_to_after_from",
            ),
        ]
        indexes = [models.Index(fields=["parent", "name"], name="unit_parent_name")]

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: object) -> None:
        self.place_in_tree()
        super().save(**kwargs)

    def place_in_tree(self) -> None:
        """Fills what follows from the other fields; for bulk writers that do not pass through ``save``."""
        self.path = f"{self.parent.path if self.parent else ''}{self.key}/"
        above = self.parent.place if self.parent and self.level == Level.COMMUNE else ""
        self.search = fold(f"{self.name} {above} {self.code}")

    @property
    def is_current(self) -> bool:
        return self.valid_to is None

    @property
    def province_path(self) -> str:
        """The path of the province it lies in, or its own for province and ministry."""
        return "/".join(self.path.split("/")[:2]) + "/"
