from django.db import models

from accounts.models.people import User
from core.models import PublicIdModel


class SavedView(PublicIdModel):
    """The filters of a list under a name that a person gave them; nobody else sees it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=40)  # the name of the list's view
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="saved_view_once")
        ]

    def __str__(self) -> str:
        return self.name
