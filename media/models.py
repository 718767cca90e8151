"""Pictures and videos as they will be sent, and uploads on their way."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from units.models import Unit


class MediaQuerySet(ScopedQuerySet):
    permission = "post_view"


class Media(PublicIdModel):
    """A picture or a video as it will be sent, named by the hash of its bytes. Pictures are
    decoded, re-encoded and without metadata; a video has a cover picture, its poster.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="media")
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="media/")
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField()  # bytes
    seconds = models.FloatField(default=0)  # of a video, as the next ones
    fps = models.FloatField(default=0)
    codec = models.CharField(max_length=20, blank=True)
    poster_sha256 = models.CharField(max_length=64, blank=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    # Uploaded again, or saved with or out of a draft: what nothing shows is kept for a while from
    # then on.
    last_used_at = models.DateTimeField(default=timezone.now)

    objects = MediaQuerySet.as_manager()

    class Meta:
        db_table = "posts_media"  # made by the app that it belonged to first
        ordering = ["-uploaded_at"]
        constraints = [models.UniqueConstraint(fields=["unit", "sha256"], name="one_copy_a_unit")]
        # Which rows a file serves.
        indexes = [
            models.Index(fields=["sha256"], name="media_sha256"),
            models.Index(
                fields=["poster_sha256"], condition=~Q(poster_sha256=""), name="media_poster"
            ),
        ]

    @property
    def is_video(self) -> bool:
        return self.content_type.startswith("video/")


class Logo(models.Model):
    """The picture that stands for a unit, chosen by its leader."""

    unit = models.OneToOneField(Unit, models.PROTECT, related_name="logo")
    media = models.ForeignKey(Media, models.PROTECT, related_name="logos")
    changed_at = models.DateTimeField()


class Upload(PublicIdModel):
    """A video that is uploaded piece by piece. Its bytes are in ``media.incoming`` until it is
    complete; then ``media`` is the result, kept for a while for a browser that missed the answer.
    """

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    # What it is for, in the words of the app that asked for it, and the public id of the object
    # there.
    purpose = models.CharField(max_length=20)
    purpose_id = models.UUIDField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    mark = models.CharField(
        max_length=100, blank=True
    )  # by which a browser knows the file again after a reload
    received = models.PositiveBigIntegerField(default=0)
    media = models.ForeignKey(Media, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "posts_upload"  # made by the app that it belonged to first
        indexes = [models.Index(fields=["purpose", "purpose_id"], name="upload_purpose")]

    @property
    def is_whole(self) -> bool:
        return self.received == self.size
