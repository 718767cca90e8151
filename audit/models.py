from typing import Self

from django.db import models
from django.db.models import Q

from audit.chain import START
from audit.sentences import describe_entry
from core.permissions import Permission
from core.scope import ScopedQuerySet

# With these begin the actions on accounts, units, platforms and channels.
_ADMINISTRATION = ("account.", "unit.", "platform.", "channel.")


def _is_administration_by_people() -> Q:
    actions = Q()
    for prefix in _ADMINISTRATION:
        actions |= Q(action__startswith=prefix)
    return actions & Q(actor_id__isnull=False)


class EntryQuerySet(ScopedQuerySet):
    path_field = "unit_path"
    permission = Permission.AUDIT_VIEW

    def of_administration(self) -> Self:
        """Find what people did to accounts, units, platforms and channels."""
        return self.filter(_is_administration_by_people())


class Entry(models.Model):
    """A record of who did what, in which position, when and why. No foreign keys: it outlives its
    subject.
    """

    at = models.DateTimeField(db_index=True)
    actor_id = models.BigIntegerField(null=True)  # empty: the portal itself
    actor_name = models.CharField(max_length=150, blank=True)
    actor_position = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    object_label = models.CharField(max_length=250, blank=True)
    unit_path = models.CharField(max_length=60, blank=True)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    # The link to the entry before it (audit/chain.py); empty in what was written before there was a
    # chain.
    stream = models.SmallIntegerField(null=True, editable=False)
    position = models.BigIntegerField(
        null=True, editable=False
    )  # from 1, without gaps in its stream
    previous = models.CharField(max_length=64, blank=True, editable=False)

    # Set by `queries.add_places`.
    unit_name: str
    address: str

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["object_id", "object_type", "-at"], name="audit_object_at"),
            models.Index(
                fields=["actor_id", "-at"],
                name="audit_actor_at",
                condition=Q(actor_id__isnull=False),
            ),
            # And on PostgreSQL the words of labels and names: migration 0007.
            # By its beginning, whatever the collation: else a province reads the others' entries.
            models.Index(
                fields=["unit_path", "-at"],
                name="audit_path_at",
                opclasses=["varchar_pattern_ops", "timestamptz_ops"],
            ),
            models.Index(fields=["action", "-at"], name="audit_action_at"),
            # Few among the engine's: Today of administrators shows the newest.
            models.Index(
                fields=["-at"],
                condition=_is_administration_by_people(),
                name="audit_administration_at",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "position"], name="audit_one_entry_a_position"
            )
        ]

    @property
    def sentence(self) -> str:
        return describe_entry(self.action, self.object_label, self.data)


class Stream(models.Model):
    """The end of one chain of entries. There are several, so that writers do not wait for each
    other.
    """

    number = models.SmallIntegerField(primary_key=True)
    length = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, default=START)  # the digest of its last entry

    objects = models.Manager()
