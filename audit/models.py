from django.db import models

from audit.sentences import sentence
from core.scope import ScopedQuerySet


class EntryQuerySet(ScopedQuerySet):
    path_field = "unit_path"
    permission = "audit_view"


class Entry(models.Model):
    """Who did what, in which post held, when and why. No foreign keys: it outlives what it describes."""

    at = models.DateTimeField(db_index=True)
    actor_id = models.BigIntegerField(null=True)  # empty: the portal itself
    actor_name = models.CharField(max_length=150, blank=True)
    post_held = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    object_label = models.CharField(max_length=250, blank=True)
    unit_path = models.CharField(max_length=60, blank=True)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
            models.Index(fields=["unit_path", "-at"], name="audit_unit_at"),
            models.Index(fields=["action", "-at"], name="audit_action_at"),
        ]

    @property
    def sentence(self) -> str:
        return sentence(self.action, self.object_label, self.data)
