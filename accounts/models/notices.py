from django.db import models
from django.db.models import Q

from accounts.models.people import User
from core.models import PublicIdModel


class Notice(PublicIdModel):
    """Something a person should know, in the portal; ``kind`` names the sentence in
    ``accounts/notices.py``.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    address = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="unread_notices")
        ]
