import secrets
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.permissions import Permission
from core.scope import ScopedQuerySet
from core.text import fold

_LETTERS = (
    "23456789abcdefghjkmnpqrstvwxyz"  # no 0/o, 1/l/i, u: a key may be read out over the telephone
)


def new_key() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(8))


class Level(models.TextChoices):
    MINISTRY = "ministry", _("Ministry")
    PROVINCE = "province", _("Provincial police")
    COMMUNE = "commune", _("Commune-level police")


# What a unit of each level can be, as the state's list writes it: kits are aimed by these words.
KINDS = {
    Level.PROVINCE: ["tỉnh", "thành phố trung ương"],
    Level.COMMUNE: ["phường", "xã", "đặc khu"],
}
LEVEL_BELOW = {Level.MINISTRY: Level.PROVINCE, Level.PROVINCE: Level.COMMUNE}


class UnitQuerySet(ScopedQuerySet):
    path_field = "path"
    permission = Permission.UNIT_VIEW

    def current(self, on: date) -> Self:
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), valid_from__lte=on)

    def under(self, unit: "Unit") -> Self:
        """Return the unit itself and all below it."""
        return self.filter(path__startswith=unit.path)

    def search(self, query: str) -> Self:
        """Search by name, province or official code, without accents; former names and codes count,
        too.
        """
        condition = Q()
        for word in fold(query).split():
            condition &= Q(search__contains=word)
        return (
            self.filter(condition | Q(pk__in=FormerName.objects.filter(condition).values("unit")))
            if condition
            else self
        )


class Unit(models.Model):
    """A police body. ``key`` is our own and never changes; the state's code does, so it is an
    attribute.
    """

    key = models.CharField(max_length=8, unique=True, default=new_key, editable=False)
    code = models.CharField(_("official code"), max_length=10, blank=True)
    level = models.CharField(max_length=10, choices=Level)
    kind = models.CharField(_("kind"), max_length=30)
    place = models.CharField(_("place"), max_length=100)
    name = models.CharField(_("name"), max_length=150)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    path = models.CharField(max_length=40, unique=True, editable=False)
    has_police_body = models.BooleanField(_("has a police body"), default=True)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="predecessors"
    )
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
        indexes = [
            models.Index(fields=["parent", "name"], name="unit_parent_name"),
            # The order of lists of channels: the first page reads a few of 20,000.
            models.Index(fields=["search"], name="unit_search"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        self.place_in_tree()
        super().save(**kwargs)

    def place_in_tree(self) -> None:
        """Fill what follows from the other fields; for bulk writers that do not pass through
        ``save``.
        """
        self.path = f"{self.parent.path if self.parent else ''}{self.key}/"
        self.search = fold(f"{self.name} {self.above} {self.code}")

    @property
    def above(self) -> str:
        """Return the province's name, by which communes of one name are told apart."""
        return self.parent.place if self.parent and self.level == Level.COMMUNE else ""

    @property
    def label(self) -> str:
        return f"{self.name}, {self.above}" if self.above else self.name

    @property
    def is_current(self) -> bool:
        return self.valid_to is None

    @property
    def province_path(self) -> str:
        """Return the path of its province, or its own for province and ministry."""
        return "/".join(self.path.rstrip("/").split("/")[:2]) + "/"


class FormerName(models.Model):
    """A unit's name and official code until a day: words on an old paper still find the unit."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="former_names")
    name = models.CharField(max_length=150)
    place = models.CharField(max_length=100)
    code = models.CharField(max_length=10, blank=True)
    until = models.DateField()
    search = models.CharField(max_length=300, editable=False)

    class Meta:
        ordering = ["-until", "-pk"]


class UnitFacts(models.Model):
    """Facts that a unit tells residents about itself. Posts, templates and the public pages show
    them, so only who leads the unit changes them; the record says who did, see
    `queries.find_last_change_of_facts`.
    """

    unit = models.OneToOneField(Unit, models.PROTECT, related_name="facts")
    address = models.CharField(_("address"), max_length=200, blank=True)
    # Telephone numbers are digits as they are dialled, see core/phones.py.
    duty_phone = models.CharField(_("telephone of the officer on duty"), max_length=15, blank=True)
    opening_hours = models.CharField(_("opening hours"), max_length=200, blank=True)
    # Further numbers that a post may name: [{"number": "…", "label": "…"}].
    public_numbers = models.JSONField(default=list, blank=True)
    # For those who oversee the unit; residents, posts and templates never see it.
    leader_phone = models.CharField(
        _("telephone of the leader"), max_length=15, blank=True, default="", db_default=""
    )
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("facts of a unit")

    def __str__(self) -> str:
        return self.unit.name
