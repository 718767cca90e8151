"""Pictures and videos as they will be sent, the library that they stand in, and uploads on their
way.
"""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from core.models import JobRow, PublicIdModel
from core.scope import Person, ScopedQuerySet, list_ancestors
from core.text import fold
from units.models import Unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

LONGEST_TITLE, LONGEST_ALT, LONGEST_SOURCE, LONGEST_NOTE = 100, 500, 200, 200  # characters
LONGEST_FOLDER, LONGEST_TAG = 60, 40


class MediaQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW

    def in_sight_of(self, user: "Person | AnonymousUser") -> Self:
        """Filter by what the person sees of units, and what the units above share with them."""
        reach = user.reach(self.permission) if user.is_active and hasattr(user, "reach") else ()
        above = {path for part in reach for path in list_ancestors(part.path)}
        return self.visible_to(user) | self.filter(unit__path__in=above, shared=True)

    def in_use(self) -> Self:
        """Leave out what is archived."""
        return self.filter(archived_at=None)

    def usable(self) -> Self:
        """Leave out what something was blurred out of."""
        return self.filter(blurred_at=None)

    def expired(self, on: date) -> Self:
        """Filter by what no further post may show."""
        return self.filter(expires_on__lt=on)

    def search(self, query: str) -> Self:
        rows = self
        for word in fold(query).split():
            rows = rows.filter(search__contains=word)
        return rows


class Folder(PublicIdModel):
    """A folder of a unit's library; in it at most one level of others."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="folders")
    name = models.CharField(_("name"), max_length=LONGEST_FOLDER)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "name"], condition=Q(parent=None), name="one_folder_a_name"
            ),
            models.UniqueConstraint(fields=["parent", "name"], name="one_folder_a_name_inside"),
        ]

    def __str__(self) -> str:
        return f"{self.parent.name} / {self.name}" if self.parent else self.name


class Tag(models.Model):
    """A word by which a unit finds its pictures again. Two that differ by accents alone are one."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    name = models.CharField(max_length=LONGEST_TAG)
    folded = models.CharField(max_length=LONGEST_TAG)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["unit", "folded"], name="one_tag_a_word")]

    def __str__(self) -> str:
        return self.name


class Rights(models.TextChoices):
    """Give the legal basis on which the unit may show a picture."""

    OWN = "own", _("taken or made by the unit")
    LICENSED = "licensed", _("with the owner's permission")
    FREE = "free", _("free to use")


class Consent(models.TextChoices):
    """Name the role of the person who agreed to be shown in a picture; never a name."""

    ADULT = "adult", _("the person shown, an adult")
    GUARDIAN = "guardian", _("a parent or guardian of the child shown")
    STAFF = "staff", _("officers of the unit")
    PUBLIC = "public", _("somebody who acts in public")


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
    # By which pictures that look alike are found, see media/drawing.py; empty for older ones.
    dhash = models.CharField(max_length=32, blank=True, default="", db_default="")
    # --- In the library. Somebody put it there: it stays much longer than what a draft left behind.
    kept_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    shared = models.BooleanField(default=False, db_default=False)  # with the units below
    # Of a unit above, which shared it: a change of its last day comes down to this row.
    taken_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="copies")
    # --- Edited: see media/editing.
    made_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="edited")
    # Since when another one stands in its place, because something was blurred out of it: no post
    # takes it any more, and its bytes go.
    blurred_at = models.DateTimeField(null=True)
    # The point that matters most, in ten-thousandths; None: the middle.
    focus_x = models.PositiveSmallIntegerField(null=True)
    focus_y = models.PositiveSmallIntegerField(null=True)
    folder = models.ForeignKey(Folder, models.SET_NULL, null=True, related_name="media")
    tags = models.ManyToManyField(Tag, related_name="media")
    title = models.CharField(max_length=LONGEST_TITLE, blank=True, default="", db_default="")
    alt_text = models.CharField(max_length=LONGEST_ALT, blank=True, default="", db_default="")
    source = models.CharField(max_length=LONGEST_SOURCE, blank=True, default="", db_default="")
    rights = models.CharField(max_length=10, blank=True, default="", db_default="", choices=Rights)
    consent = models.CharField(
        max_length=10, blank=True, default="", db_default="", choices=Consent
    )
    consent_on = models.DateField(null=True)
    consent_note = models.CharField(max_length=LONGEST_NOTE, blank=True, default="", db_default="")
    expires_on = models.DateField(null=True)  # the last day on which a post may take it
    warned_of = models.DateField(null=True)  # the last day of which its unit was told
    search = models.TextField(editable=False, default="", db_default="")
    version = models.PositiveIntegerField(default=1, db_default=1)

    objects = MediaQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at"]
        constraints = [models.UniqueConstraint(fields=["unit", "sha256"], name="one_copy_a_unit")]
        # Which rows a file serves.
        indexes = [
            models.Index(fields=["sha256"], name="media_sha256"),
            models.Index(
                fields=["poster_sha256"], condition=~Q(poster_sha256=""), name="media_poster"
            ),
            # The library, newest first.
            models.Index(
                fields=["unit", "-uploaded_at", "-id"],
                condition=Q(archived_at=None),
                name="media_library",
            ),
            models.Index(
                fields=["expires_on"], condition=Q(expires_on__isnull=False), name="media_expires"
            ),
            models.Index(
                fields=["blurred_at"], condition=Q(blurred_at__isnull=False), name="media_blurred"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.alt_text or str(_("Video") if self.is_video else _("Picture"))

    def is_expired(self, on: date) -> bool:
        return self.expires_on is not None and self.expires_on < on

    @property
    def was_stored_before(self) -> bool:
        """Check, of a file that was just stored, whether the unit had its bytes before."""
        return (
            self.last_used_at > self.uploaded_at
        )  # `media.store.get_or_store` sets the former first

    @property
    def is_video(self) -> bool:
        return self.content_type.startswith("video/")


class VideoEdit(PublicIdModel, JobRow):
    """An edit of a video that a worker makes, or has made: ``result`` is the new video."""

    media = models.ForeignKey(Media, models.CASCADE, related_name="video_edits")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    plan = models.JSONField()  # seconds and places, see media/editing/video_edits.py
    # The object that it is for, in the words of the app that asked, as of an upload.
    purpose_id = models.UUIDField(null=True)
    # The version of that object which first had the result.
    purpose_version = models.PositiveIntegerField(null=True)
    refused = models.TextField(blank=True, default="")  # in the person's words
    result = models.ForeignKey(Media, models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "media_video_edit"


class Logo(models.Model):
    """The picture that stands for a unit, chosen by its leader."""

    unit = models.OneToOneField(Unit, models.PROTECT, related_name="logo")
    media = models.ForeignKey(Media, models.PROTECT, related_name="logos")
    changed_at = models.DateTimeField()


class Upload(PublicIdModel):
    """A picture or video that is uploaded piece by piece. Its bytes are in ``media.incoming`` until
    it is complete; then ``media`` is the result, kept for a while for a browser that missed the
    answer.
    """

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    # What it is for, in the words of the app that asked for it, and the public id of the object
    # there.
    purpose = models.CharField(max_length=20)
    purpose_id = models.UUIDField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    size = models.PositiveBigIntegerField()
    # By which a browser knows the file again after a reload: a digest, for its name may tell of
    # people.
    mark = models.CharField(max_length=100, blank=True)
    received = models.PositiveBigIntegerField(default=0)
    media = models.ForeignKey(Media, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["purpose", "purpose_id"], name="upload_purpose")]

    @property
    def is_complete(self) -> bool:
        return self.received == self.size


class Card(models.Model):
    """Keep what a picture was drawn from: with other words it becomes a new one."""

    media = models.OneToOneField(Media, models.CASCADE, related_name="card")
    look = models.CharField(max_length=20)
    format = models.CharField(max_length=10)
    words = models.JSONField()  # see media.cards.card_drawing.Words
    drawn_at = models.DateTimeField()
