"""Classes that practise, who takes part, and what each has done of the exercises. All of it goes
with the class.
"""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.permissions import NEEDS_FACTOR, Role
from core.models import PublicIdModel
from units.models import Unit


class TrainingClassQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """Filter by the classes that the person opened: nobody else sees how people practise."""
        return self.filter(opened_by=user)

    def with_counts(self) -> Self:
        """Annotate ``n``, the number of participants."""
        return self.annotate(n=models.Count("participants"))


class TrainingClass(PublicIdModel):
    """People who practise together. Their units lie below a province of the class's own, so that
    nothing in it reaches other classes.
    """

    name = models.CharField(_("name of the class"), max_length=100)
    unit = models.OneToOneField(Unit, models.PROTECT, related_name="+")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    n: int  # annotated by `with_counts`

    objects = TrainingClassQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class Participant(PublicIdModel):
    """A seat of a class: a made-up account in a unit of its own, where two colleagues without a
    password do what the exercise asks of others. Who sits there is not stored.
    """

    ROLES = (Role.OFFICER, Role.APPROVER)

    training_class = models.ForeignKey(TrainingClass, models.CASCADE, related_name="participants")
    number = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=15, choices=[(role, role.label) for role in ROLES])
    unit = models.OneToOneField(Unit, models.PROTECT, related_name="+")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="training")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    leader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["training_class", "number"], name="one_seat_a_number")
        ]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def needs_factor(self) -> bool:
        return self.role in NEEDS_FACTOR


class Attempt(models.Model):
    """An exercise that a participant has begun; begun again, it is the same row."""

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="attempts")
    exercise = models.SlugField(max_length=30)  # of `exercises.EXERCISES`
    subject = models.UUIDField(null=True)  # what was prepared, by its public id
    begun_at = models.DateTimeField()
    hints = models.PositiveSmallIntegerField(default=0)  # opened
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "exercise"], name="one_attempt_an_exercise"
            )
        ]
