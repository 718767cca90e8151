from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from campaigns.kits.models import Adoption
from campaigns.models import LEGAL_BASIS_FIELDS as LEGAL_BASIS_FIELDS
from campaigns.models import LONGEST_LEGAL_BASIS as LONGEST_LEGAL_BASIS
from campaigns.models import Campaign, LegalBasis, Topic
from channels.models import Channel
from core.models import Job, PublicIdModel
from core.periods import get_midnight
from core.scope import ScopedQuerySet
from core.text import fold
from core.word_search import filter_by_phrases, split_phrases
from media.models import Media
from posts.states import EDITABLE, ENDS, Decision, ImportState, PostState
from units.models import Unit

# What uploads for the media of a post are marked with.
UPLOAD_PURPOSE = "post"
# So long an archived draft may be taken back.
UNARCHIVED_WITHIN = timedelta(days=30)
# A copy and a correction begin with words of their own; a save raises the version.
_BLANK = Q(state=PostState.DRAFT, version=1, title="", body="")


class PostQuerySet(ScopedQuerySet):
    permission = Permission.POST_VIEW

    def search(self, query: str, *, by_index: bool = False) -> Self:
        """Filter by text in which each word begins as one that was typed, whatever the accents.
        ``by_index``: for the posts of many units, named by their keys; see `filter_by_phrases`.
        """
        if phrases := split_phrases(query):
            newest_by = "changed_at DESC, id DESC"
            return filter_by_phrases(
                self, "search", phrases, newest_by=newest_by, by_index=by_index
            )
        return self.filter(search__contains=fold(query))  # nothing, or signs alone

    def open_for_editing(self) -> Self:
        """Filter by posts open for editing."""
        return self.filter(state__in=EDITABLE)

    def blank(self) -> Self:
        """Filter by drafts that were opened and never written in: no save has changed them."""
        return self.filter(_BLANK)

    def written(self) -> Self:
        """Leave out the blank drafts, which no list shows and no figure counts."""
        return self.exclude(_BLANK)


class Post(PublicIdModel, LegalBasis):
    """A working copy that saves itself, and the revisions cut from it. Only revisions are reviewed
    and published.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    last_editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=PostState, default=PostState.DRAFT)
    title = models.CharField(_("title"), max_length=200, blank=True)
    # Nobody wrote one: it is the first line of the text, again with each save.
    title_from_text = models.BooleanField(default=False, db_default=False)
    # The title as the record and notices name the post, where the title itself may hold a leak.
    label = models.CharField(max_length=200, blank=True, default="", db_default="", editable=False)
    body = models.TextField(_("body"), blank=True)  # HTML, cleaned on the way in
    link = models.URLField(_("link"), max_length=500, blank=True)
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, verbose_name=_("topic"))
    campaign = models.ForeignKey(
        Campaign,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="posts",
        verbose_name=_("campaign"),
    )
    urgent = models.BooleanField(
        _("urgent"), default=False
    )  # may go out during a pause that says so
    ai_made = models.BooleanField(_("made or changed by AI"), default=False)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    requested_time = models.DateTimeField(_("wanted time of publication"), null=True, blank=True)
    # Rises with each save: a browser that edited an older copy is told instead of overwriting.
    version = models.PositiveIntegerField(default=1)
    last_save = models.JSONField(null=True, editable=False)  # see editor/page_saves.py
    current_revision = models.ForeignKey("Revision", models.PROTECT, null=True, related_name="+")
    # Set by approval, emptied by an edit: what the engine asks again just before it sends.
    approved_revision = models.ForeignKey("Revision", models.PROTECT, null=True, related_name="+")
    # In review still: the unit has approved it, and its topic asks for the province's approval.
    endorsed_revision = models.ForeignKey("Revision", models.PROTECT, null=True, related_name="+")
    second_asked_at = models.DateTimeField(null=True)
    second_due_at = models.DateTimeField(null=True)  # not approved by then, it goes back
    second_reminders = models.PositiveSmallIntegerField(default=0, db_default=0)
    # In review, and nobody of its unit may approve it: since then an administrator knows.
    without_approver_since = models.DateTimeField(null=True)
    # Where its text was copied from; a draft that leaves does not take the copy with it.
    duplicate_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    # The template from which it began. One that is archived stays for its posts.
    template = models.ForeignKey("Template", models.PROTECT, null=True, related_name="posts")
    # The unit's adoption of a kit from which it came, see posts/kits/.
    adoption = models.ForeignKey(
        Adoption,
        models.PROTECT,
        null=True,
        related_name="posts",
        related_query_name="post",
        db_index=False,  # the constraint's own index
    )
    submitted_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField()
    search = models.TextField(editable=False, default="")

    # Annotated by publishing/review/views/decision.py.
    is_edited_by_reader: bool

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        indexes = [
            # The order of the list, for whoever sees many units: it reads the newest, and no more.
            models.Index(fields=["-changed_at", "-id"], name="post_changed"),
            models.Index(fields=["unit", "-changed_at"], name="post_unit_changed"),
            models.Index(fields=["unit", "state", "-changed_at"], name="post_unit_state"),
            # What the list shows, to be counted without its rows: 5 ms for 10,000 instead of 700.
            models.Index(
                fields=["unit", "id"],
                condition=~_BLANK & ~Q(state=PostState.ARCHIVED),
                name="post_listed",
            ),
            models.Index(fields=["campaign", "state"], name="post_campaign_state"),
            models.Index(
                fields=["unit"],
                condition=Q(without_approver_since__isnull=False),
                name="post_without_approver",
            ),
            models.Index(
                fields=["second_due_at"],
                condition=Q(endorsed_revision__isnull=False),
                name="post_second_approval",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["adoption"],
                condition=Q(adoption__isnull=False),
                name="one_post_an_adoption",
            ),
            models.CheckConstraint(
                condition=Q(approved_revision__isnull=True)
                | Q(state="approved", approved_revision=F("current_revision")),
                name="only_the_current_revision_is_approved",
            ),
            models.CheckConstraint(
                condition=Q(endorsed_revision__isnull=True)
                | Q(
                    state="in_review",
                    endorsed_revision=F("current_revision"),
                    second_asked_at__isnull=False,
                    second_due_at__isnull=False,
                ),
                name="only_what_is_in_review_waits_for_a_second_approval",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.title or str(_("Untitled"))

    @property
    def ends_at(self) -> datetime | None:
        """Return when the post ceases to be true: the end of its validity or of the last day of its
        legal basis, whichever comes first.
        """
        ends = [self.valid_until] if self.valid_until else []
        if self.legal_until:
            ends.append(get_midnight(self.legal_until + timedelta(days=1)))
        return min(ends, default=None)

    @property
    def own_title(self) -> str:
        """Return the title that somebody wrote."""
        return "" if self.title_from_text else self.title

    @property
    def second_period(self) -> tuple[datetime, datetime]:
        """Return from when until when the province may approve a post that waits for it."""
        assert self.second_asked_at is not None
        assert self.second_due_at is not None
        return self.second_asked_at, self.second_due_at

    @property
    def unarchivable_until(self) -> datetime | None:
        """Return until when an archived post may be taken back; None where it may not."""
        until = self.archived_at and self.archived_at + UNARCHIVED_WITHIN
        is_open = self.state == PostState.ARCHIVED and until and until > timezone.now()
        return until if is_open else None


class PostChannelQuerySet(models.QuerySet):
    def switched_on(self) -> Self:
        """Filter by the channels that the post goes to."""
        return self.filter(is_on=True)


class PostChannel(models.Model):
    """The part of the working copy for one channel, which may be off: the material decides,
    see posts/canonical/material.py, until a person does. A channel without a row is off.
    """

    post = models.ForeignKey(Post, models.CASCADE, related_name="targets")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    text = models.TextField(blank=True)  # empty: follows the master text
    format = models.CharField(
        max_length=20, blank=True
    )  # one of the platform's formats; empty: what fits best
    # The format is that of the unit's last post here; where it does not fit, what fits is taken.
    format_as_before = models.BooleanField(default=False, db_default=False)
    options = models.JSONField(default=dict)  # what the author decided of the format's options
    is_on = models.BooleanField(default=True, db_default=True)
    switched_by_person = models.BooleanField(default=False, db_default=False)

    objects = PostChannelQuerySet.as_manager()

    class Meta:
        ordering = ["channel__platform", "channel__name"]
        constraints = [
            models.UniqueConstraint(fields=["post", "channel"], name="one_target_a_channel")
        ]

    @property
    def switched(self) -> bool | None:
        """Return how a person switched it; None where the material decides."""
        return self.is_on if self.switched_by_person else None


class PostMedia(models.Model):
    post = models.ForeignKey(Post, models.CASCADE, related_name="pictures")
    media = models.ForeignKey(Media, models.PROTECT, related_name="uses")
    position = models.PositiveSmallIntegerField()
    alt_text = models.CharField(_("alt text"), max_length=500, blank=True)
    captions = models.TextField(_("captions"), blank=True)  # of a video, WebVTT

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["post", "media"], name="a_picture_once_a_post")
        ]


class Revision(PublicIdModel):
    """Exactly what was submitted, for ever: append-only in the database, and hashed.

    ``content`` is the canonical form made by ``posts.canonical.content.compose``, and
    ``content_sha256`` the hash of its JSON.
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
        constraints = [
            models.UniqueConstraint(fields=["post", "number"], name="revision_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.content['title']} #{self.number}"

    def is_by(self, user: Any) -> bool:
        """Tell whether this person wrote or edited it, so that four eyes forbid them to approve
        it.
        """
        return user.pk in (self.author_id, self.editor_id)


class RevisionMedia(models.Model):
    """A picture or video that a revision shows, and that therefore stays. Append-only, written by
    the database itself from the revision's content, so that no writer can forget it.
    """

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="shown")
    media = models.ForeignKey(Media, models.PROTECT, related_name="revisions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "media"], name="a_picture_once_a_revision")
        ]


class Review(models.Model):
    """A decision on one revision. Append-only; the people are copied in, so that the database keeps
    four eyes.
    """

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="reviews")
    decision = models.CharField(max_length=10, choices=Decision)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    position = models.CharField(max_length=150)
    reason = models.TextField(blank=True)
    # Of an approval: the rules of the leak check that ``reason`` overrides.
    overridden = models.JSONField(default=list, db_default=[])
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    content_sha256 = models.CharField(max_length=64)
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["-decided_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(decision__in=["approved", "first"])
                | (~Q(by=F("author")) & ~Q(by=F("editor"))),
                name="approver_is_not_author_nor_editor",
            ),
            models.CheckConstraint(
                condition=~Q(decision="returned", reason=""), name="a_return_has_a_reason"
            ),
            models.UniqueConstraint(
                fields=["revision"],
                condition=Q(decision="approved"),
                name="one_approval_a_revision",
            ),
            models.UniqueConstraint(
                fields=["revision"],
                condition=Q(decision="first"),
                name="one_first_approval_a_revision",
            ),
        ]
        indexes = [
            # Few rows; the engine asks for them at each claim and begin.
            models.Index(
                fields=["revision"],
                condition=Q(decision__in=sorted(ENDS)),
                name="ends_of_approvals",
            ),
        ]


class SignedList(models.Model):
    """Several approvals that a passkey signed by one touch, see posts/review/approvals.py.
    Append-only.
    """

    statement = models.TextField()
    method = models.CharField(max_length=10)
    assertion = models.JSONField(null=True)
    key_id = models.CharField(max_length=16)
    seal = models.CharField(max_length=64)


class Signature(models.Model):
    """Proof of an approval, see posts/review/approvals.py. Append-only; without it the engine
    publishes nothing.
    """

    review = models.OneToOneField(Review, models.PROTECT, related_name="signature")
    statement = models.TextField()
    method = models.CharField(max_length=10)
    # Of a passkey, with its public key; or the digest of the list that was signed instead, which
    # `listed` finds.
    assertion = models.JSONField(null=True)
    listed = models.ForeignKey(SignedList, models.PROTECT, null=True, related_name="signatures")
    key_id = models.CharField(max_length=16)
    seal = models.CharField(max_length=64)


class Contribution(models.Model):
    """A record that a person changed the working copy, and when last: nobody approves their own
    words.
    """

    post = models.ForeignKey(Post, models.CASCADE, related_name="contributions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "user"], name="one_contribution_a_person")
        ]


LONGEST_COMMENT = 2000  # characters, as a proposal may have
LONGEST_QUOTE = 500


class ThreadQuerySet(ScopedQuerySet):
    path_field = "revision__post__unit__path"
    permission = Permission.POST_VIEW


class Thread(PublicIdModel):
    """A discussion among people of the portal about one place of a revision, or about all of
    it. Its place is found again in later revisions by its words: ``quote``, the ``occurrence``-th
    (from 0) in ``place``, see posts/discussion/anchors.py; or by a picture's public id.
    """

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="threads")
    # The return that opened it: its reason is the first comment, and is stored there alone.
    review = models.OneToOneField(Review, models.PROTECT, null=True, related_name="thread")
    quote = models.CharField(max_length=LONGEST_QUOTE, blank=True)
    place = models.CharField(max_length=40, blank=True)
    occurrence = models.PositiveIntegerField(default=0)
    picture = models.UUIDField(null=True)
    begun_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = ThreadQuerySet.as_manager()

    class Meta:
        ordering = ["-begun_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="who_resolved_a_thread_and_when",
            )
        ]


class CommentQuerySet(ScopedQuerySet):
    path_field = "thread__revision__post__unit__path"
    permission = Permission.POST_VIEW


class Comment(PublicIdModel):
    """A remark in a thread, by a person of the portal. ``proposal``: words that an approver would
    put where the thread's quote stands, and who took them into the working copy.
    """

    thread = models.ForeignKey(Thread, models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    position = models.CharField(max_length=150)
    text = models.TextField(max_length=LONGEST_COMMENT, blank=True)
    proposal = models.TextField(max_length=LONGEST_COMMENT, blank=True)
    written_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["written_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text="", proposal=""), name="a_comment_says_something"
            ),
            models.CheckConstraint(
                condition=Q(taken_at__isnull=True) | ~Q(proposal=""),
                name="only_a_proposal_is_taken",
            ),
        ]


class Reading(models.Model):
    """A record that a person opened a revision to decide on it: what was never opened is not
    approved.

    ``spent_at`` is when this person last decided on it; forms rendered before that count no more.
    """

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="readings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    spent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "user"], name="one_reading_a_person")
        ]


class Editing(models.Model):
    """A person who has a post open now, so that two editors see each other."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="editings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "user"], name="one_editing_a_person")
        ]


class BulkImport(PublicIdModel):
    """A sheet of planned posts between its upload, its preview, its drafts and their submission:
    kept here, never in the browser.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=ImportState, default=ImportState.READING)
    rows = models.JSONField()  # as read; empty once the drafts are made
    # Uploaded files that were not read yet: name in the folder of incoming files, own name.
    files = models.JSONField(default=list)
    pictures = models.JSONField(default=dict)  # by folded name: the medium's key, or what is wrong
    left_out = models.JSONField(default=list)  # rows that became no draft, with what is wrong
    total = models.PositiveSmallIntegerField(default=0)  # of the work that runs
    done = models.PositiveSmallIntegerField(default=0)
    # Of the work that runs, or ran last: reading the pictures, submitting the drafts.
    job = models.OneToOneField(Job, models.PROTECT, null=True, related_name="bulk_import")
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.file_name


class ImportedPost(models.Model):
    """A draft that was made from a row of a sheet. By the row's hash, the same row is known when it
    comes again.
    """

    bulk_import = models.ForeignKey(BulkImport, models.CASCADE, related_name="made")
    post = models.OneToOneField(Post, models.CASCADE, related_name="imported")
    row = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)

    class Meta:
        ordering = ["row"]
