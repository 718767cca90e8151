from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Topic
from channels.models import Channel
from core.models import PublicIdModel
from core.scope import ScopedQuerySet
from core.text import fold
from posts.states import EDITABLE, Decision, PostState
from units.models import Unit


class PostQuerySet(ScopedQuerySet):
    permission = "post_view"

    def search(self, words: str) -> Self:
        found = self
        for word in fold(words).split():
            found = found.filter(search__contains=word)
        return found

    def in_the_works(self) -> Self:
        """Open for editing."""
        return self.filter(state__in=EDITABLE)


class Media(PublicIdModel):
    """A picture or a video as it will be sent. Named by the hash of its bytes. Pictures are decoded, re-encoded and
    without metadata; a video has a picture that stands for it, its poster."""

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

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at"]
        constraints = [models.UniqueConstraint(fields=["unit", "sha256"], name="one_copy_a_unit")]

    @property
    def is_video(self) -> bool:
        return self.content_type.startswith("video/")


class Upload(PublicIdModel):
    """A film on its way up, piece by piece. Its bytes lie in ``posts.incoming`` until it is whole; then ``media`` is
    what came of it, kept a while for a browser that did not hear of it."""

    post = models.ForeignKey("Post", models.CASCADE, related_name="uploads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    mark = models.CharField(max_length=100, blank=True)  # by which a browser knows the file again after a reload
    received = models.PositiveBigIntegerField(default=0)
    media = models.ForeignKey(Media, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField(db_index=True)

    @property
    def is_whole(self) -> bool:
        return self.received == self.size


class Post(PublicIdModel):
    """A working copy that saves itself, and the revisions cut from it. Only revisions are reviewed and published."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    last_editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=PostState, default=PostState.DRAFT)
    title = models.CharField(_("title"), max_length=200, blank=True)
    body = models.TextField(_("body"), blank=True)  # HTML, cleaned on the way in
    link = models.URLField(_("link"), max_length=500, blank=True)
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, verbose_name=_("topic"))
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="posts", verbose_name=_("campaign")
    )
    urgent = models.BooleanField(_("urgent"), default=False)  # may go out during a pause that says so
    ai_made = models.BooleanField(_("made or changed by AI"), default=False)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    wanted_at = models.DateTimeField(_("wanted time of publication"), null=True, blank=True)
    # Rises with each save: a browser that edited an older copy is told instead of overwriting.
    version = models.PositiveIntegerField(default=1)
    current_revision = models.ForeignKey("Revision", models.PROTECT, null=True, related_name="+")
    # Set by approval, emptied by an edit: what the engine asks again just before it sends.
    approved_revision = models.ForeignKey("Revision", models.PROTECT, null=True, related_name="+")
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField()
    search = models.TextField(editable=False, default="")

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        indexes = [
            models.Index(fields=["unit", "-changed_at"], name="post_unit_changed"),
            models.Index(fields=["unit", "state", "-changed_at"], name="post_unit_state"),
            models.Index(fields=["campaign", "state"], name="post_campaign_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_revision__isnull=True)
                | Q(state="approved", approved_revision=F("current_revision")),
                name="only_the_current_revision_is_approved",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(_("Untitled"))


class PostChannel(models.Model):
    """A channel that the working copy is meant for, and its own text where one is wanted."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="targets")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    text = models.TextField(blank=True)  # empty: follows the master text
    format = models.CharField(max_length=20, blank=True)  # one of the platform's formats; empty: what fits best
    options = models.JSONField(default=dict)  # what the author decided of the format's options

    class Meta:
        ordering = ["channel__platform", "channel__name"]
        constraints = [models.UniqueConstraint(fields=["post", "channel"], name="one_target_a_channel")]


class PostMedia(models.Model):
    post = models.ForeignKey(Post, models.CASCADE, related_name="pictures")
    media = models.ForeignKey(Media, models.PROTECT, related_name="uses")
    position = models.PositiveSmallIntegerField()
    alt_text = models.CharField(_("alt text"), max_length=500, blank=True)
    captions = models.TextField(_("captions"), blank=True)  # of a video, WebVTT

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["post", "media"], name="a_picture_once_a_post")]


class Revision(PublicIdModel):
    """Exactly what was submitted, for ever: append-only in the database, and hashed.

    ``content`` is the canonical form made by ``posts.content.compose`` and ``content_sha256`` the hash of its JSON.
    """

    post = models.ForeignKey(Post, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    content = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["post", "number"], name="revision_number_once")]

    def __str__(self) -> str:
        return f"{self.content['title']} #{self.number}"


class Review(models.Model):
    """A decision on one revision. Append-only; the people are copied in, so that the database keeps four eyes."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="reviews")
    decision = models.CharField(max_length=10, choices=Decision)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    post_held = models.CharField(max_length=150)
    reason = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    content_sha256 = models.CharField(max_length=64)
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["-decided_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(decision="approved") | (~Q(by=F("author")) & ~Q(by=F("editor"))),
                name="approver_is_not_author_nor_editor",
            ),
            models.CheckConstraint(condition=~Q(decision="returned", reason=""), name="a_return_has_a_reason"),
            models.UniqueConstraint(
                fields=["revision"], condition=Q(decision="approved"), name="one_approval_a_revision"
            ),
        ]


class Editing(models.Model):
    """Who has a post open now, so that two editors are told of each other."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="editings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "user"], name="one_editing_a_person")]
