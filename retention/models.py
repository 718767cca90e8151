from django.db import models
from django.db.models import Q

from core.models import PublicIdModel
from posts.models import Post
from units.models import Unit


class Hold(PublicIdModel):
    """An order that nothing of a post, or of a unit and those below it, is deleted. Lifting it
    removes the row; the audit record has both.
    """

    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=500)
    operator = models.CharField(max_length=150)  # who sat at the console
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["set_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(post__isnull=False, unit=None) | Q(post=None, unit__isnull=False),
                name="hold_of_a_post_or_a_unit",
            ),
        ]


class Run(models.Model):
    """A run that has not ended, and what its batches have removed so far. A killed run leaves its
    row, from which the next one records what it did; one that ends leaves none.
    """

    started_at = models.DateTimeField()
    removed = models.JSONField(default=dict)  # rows a class
