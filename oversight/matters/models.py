"""Matters between a unit and those who oversee it, and what both write about them."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from core.models import PublicIdModel
from core.scope import Person, ScopedQuerySet
from oversight.matters.states import TONES, WAITING, MatterState, Subject
from units.models import Unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

LONGEST_TEXT = 1000


class MatterQuerySet(ScopedQuerySet):
    permission = Permission.OVERSIGHT_VIEW

    def visible_to(self, user: "Person | AnonymousUser") -> Self:
        """Filter by the matters of the units that the person oversees, and of the very units for
        which they write or approve.
        """
        seen = super().visible_to(user)
        if not (user.is_active and hasattr(user, "reach")):
            return seen
        rights = (Permission.POST_WRITE, Permission.POST_APPROVE)
        own = {part.path for right in rights for part in user.reach(right)}
        return seen | self.filter(unit__path__in=own) if own else seen

    def waiting(self) -> Self:
        """Filter by those that wait for the unit's answer."""
        return self.filter(state__in=WAITING)

    def late(self, on: date) -> Self:
        return self.waiting().filter(deadline__lt=on)


class Matter(PublicIdModel):
    """Something that the province or the ministry wants a unit to answer by a day."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="matters")
    asked_from = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    subject = models.CharField(_("what it is about"), max_length=10, choices=Subject)
    # The public id of the page, post or kit; no foreign key, for a draft may leave before.
    object_id = models.UUIDField(null=True)
    text = models.TextField(_("what is asked"), max_length=LONGEST_TEXT)
    deadline = models.DateField(_("answer by"))
    state = models.CharField(max_length=10, choices=MatterState, default=MatterState.OPEN)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    position = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = MatterQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        indexes = [
            models.Index(fields=["unit", "-changed_at"], name="matter_unit_changed"),
            models.Index(
                fields=["deadline"],
                condition=Q(state__in=sorted(WAITING)),
                name="matter_waiting",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="a_matter_asks_something"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(MatterState.values)), name="a_matter_has_a_state"
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_subject_display())

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    @property
    def is_late(self) -> bool:
        return self.is_waiting and self.deadline < timezone.localdate()

    @property
    def tone(self) -> str:
        return "red" if self.is_late else TONES[MatterState(self.state)][0]

    @property
    def icon(self) -> str:
        return "clock-exclamation" if self.is_late else TONES[MatterState(self.state)][1]


class MatterNote(models.Model):
    """A note of somebody on a matter, and the turn that it took. Never changed nor removed."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    position = models.CharField(max_length=150)
    turn = models.CharField(max_length=10, choices=MatterState)  # the state since then
    text = models.TextField(max_length=LONGEST_TEXT, blank=True)
    deadline = models.DateField(null=True)  # a new one, set when it was asked again
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text="") | Q(turn="closed"), name="a_note_says_something"
            ),
            models.CheckConstraint(
                condition=Q(deadline__isnull=True) | Q(turn="reopened"),
                name="a_day_is_set_when_asked_again",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.matter_id}: {self.turn}"
