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
        """By name, province or official code, without accents; names and codes of former times find it too."""
        wanted = Q()
        for word in fold(words).split():
            wanted &= Q(search__contains=word)
        return self.filter(wanted | Q(pk__in=FormerName.objects.filter(wanted).values("unit"))) if wanted else self


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
        self.search = fold(f"{self.name} {self.above} {self.code}")

    @property
    def above(self) -> str:
        """The province's name, by which communes of one name are told apart."""
        return self.parent.place if self.parent and self.level == Level.COMMUNE else ""

    @property
    def label(self) -> str:
        return f"{self.name}, {self.above}" if self.above else self.name

    @property
    def is_current(self) -> bool:
        return self.valid_to is None

    @property
    def province_path(self) -> str:
        """The path of the province it lies in, or its own for province and ministry."""
        return "/".join(self.path.rstrip("/").split("/")[:2]) + "/"


class FormerName(models.Model):
    """How a unit was called, and its official code, until a day: an old paper still finds it."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="former_names")
    name = models.CharField(max_length=150)
    place = models.CharField(max_length=100)
    code = models.CharField(max_length=10, blank=True)
    until = models.DateField()
    search = models.CharField(max_length=300, editable=False)

    class Meta:
        ordering = ["-until", "-pk"]
