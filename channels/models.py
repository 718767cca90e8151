from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower, Replace
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from channels.reasons import describe_reason
from channels.states import OPEN_CHANGES, ChangeState, Health, Lifecycle, Verdict, platforms
from core.models import Job, PublicIdModel
from core.scope import ScopedQuerySet
from units.models import Unit

LONGEST_PAGE_ID = 64


class ChannelQuerySet(ScopedQuerySet):
    permission = Permission.CHANNEL_VIEW

    def usable(self) -> Self:
        """Select channels that a post may be sent to now or, where the connection is lost, once it
        is back."""
        return self.exclude(health=Health.DISCONNECTED)

    def with_api(self) -> Self:
        """Select channels that the portal calls through an API, or will again once it is let in."""
        return self.filter(health__in=[Health.CONNECTED, Health.LOST])

    def offered(self) -> Self:
        """Select channels that a new post may be meant for: usable, and the unit uses them. One
        that waits to be confirmed is among them, as one that lost its connection is: what is
        planned goes out once that is mended."""
        return self.usable().filter(lifecycle__in=[Lifecycle.ACTIVE, Lifecycle.FROZEN])

    def named_by(self, keys: Iterable[str]) -> Self:
        """Select pages that an address may name by one of ``keys`` (see
        ``channels/connection/addresses.py``).
        """
        bare = Lower(Replace("handle", Value("."), Value("")))
        return self.alias(bare_handle=bare).filter(
            Q(external_id__in=keys) | Q(bare_handle__in=keys)
        )


class Channel(PublicIdModel):
    """A unit's official page on one platform. The sealed credentials open only together with this
    row's identity.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="channels")
    platform = models.CharField(max_length=10, choices=platforms)
    external_id = models.CharField(max_length=LONGEST_PAGE_ID)
    name = models.CharField(_("name"), max_length=200)
    handle = models.CharField(max_length=100, blank=True)
    address = models.URLField(max_length=300, blank=True)
    health = models.CharField(max_length=12, choices=Health, default=Health.CONNECTED)
    health_code = models.CharField(
        max_length=80, blank=True
    )  # the platform's error number, see channels/reasons.py
    health_reason = models.CharField(
        max_length=300, blank=True
    )  # the portal's own words, never the platform's
    sealed = models.BinaryField(
        default=bytes
    )  # see core/sealing.py; never rendered, logged or exported
    # Given up: the access is to be ended at the platform, and people may have to do so:
    # channels/credentials/grants.py.
    leaving_since = models.DateTimeField(null=True)
    grant_left = models.BooleanField(default=False, db_default=False)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True)  # of the grant as a whole; empty: no date known
    refresh_at = models.DateTimeField(null=True)  # when the access token should be renewed
    # The end of the last day of the package that the platform wants paid; empty: none, or not told.
    package_ends_at = models.DateTimeField(null=True)
    followers = models.PositiveIntegerField(null=True)  # empty: not measured
    checked_at = models.DateTimeField(null=True)
    refresh_failures = models.PositiveSmallIntegerField(default=0)  # in a row
    warned_on = models.DateField(
        null=True
    )  # the day on which an end was announced last, of the grant or of the package
    lifecycle = models.CharField(max_length=10, choices=Lifecycle, default=Lifecycle.ACTIVE)
    lifecycle_reason = models.CharField(max_length=500, blank=True)
    lifecycle_since = models.DateTimeField(null=True)
    # What the page was called when a person last said that it is the unit's: a page that is renamed
    # is noticed by it.
    known_name = models.CharField(max_length=200, blank=True)
    known_handle = models.CharField(max_length=100, blank=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, related_name="predecessors")
    # Posts that the portal did not make: none from before counts, and when to look next.
    watched_since = models.DateTimeField(default=timezone.now)
    last_checked_at = models.DateTimeField(
        null=True
    )  # and judged: no later than a post that may yet turn out to be ours
    check_at = models.DateTimeField(default=timezone.now)
    subscribe_at = models.DateTimeField(
        null=True, default=timezone.now
    )  # when to ask the platform for its news
    connected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    connected_at = models.DateTimeField()
    # A second person said that the page is this unit's; empty: nobody yet, and the engine sends
    # nothing there.
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["unit__path", "platform", "name"]
        constraints = [
            # One page, one unit: a page that is bound elsewhere is refused.
            models.UniqueConstraint(
                fields=["platform", "external_id"],
                condition=~Q(health="disconnected"),
                name="one_unit_a_page",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True)
                | (Q(confirmed_at__isnull=False) & ~Q(confirmed_by=models.F("connected_by"))),
                name="two_people_bind_a_page",
            ),
        ]
        indexes = [
            models.Index(
                fields=["refresh_at"], condition=Q(health="connected"), name="channel_refresh"
            ),
            models.Index(
                fields=["platform", "check_at"],
                condition=Q(health="connected"),
                name="channel_look",
            ),
            models.Index(
                fields=["leaving_since"],
                condition=Q(leaving_since__isnull=False),
                name="channel_leaving",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_platform_display()})"

    @property
    def awaits_confirmation(self) -> bool:
        """Tell whether it is connected and no second person has said that the page is the
        unit's."""
        return self.health == Health.CONNECTED and self.confirmed_at is None

    @property
    def ends_at(self) -> datetime | None:
        """Return when it stops carrying posts unless somebody acts: the end of its connection or of
        its package, whichever is first."""
        return min(filter(None, (self.expires_at, self.package_ends_at)), default=None)

    @property
    def why_lost(self) -> str:
        """Say why it must be connected again, in plain words; a reason that the portal gave itself
        is returned as it is."""
        return (
            describe_reason(self.platform, self.health_code, self.health_reason)
            if self.health_code
            else self.health_reason
        )


class PageCheck(models.Model):
    """A channel's page as residents find it, beside its posts, by the items of
    ``platforms.facts.PROFILE``: as the platform told it, or as a person saw it. Null: nobody knows.
    """

    channel = models.OneToOneField(Channel, models.CASCADE, related_name="page_check")
    picture = models.BooleanField(null=True)
    cover = models.BooleanField(null=True)
    description = models.BooleanField(null=True)
    address = models.BooleanField(null=True)
    phone = models.BooleanField(null=True)
    hours = models.BooleanField(null=True)
    register = models.BooleanField(null=True)
    pinned = models.BooleanField(null=True)
    recent = models.BooleanField(null=True)
    verified = models.BooleanField(null=True)
    # The texts as the platform told them at the last reading, by their names in `PageDetails`.
    texts = models.JSONField(default=dict)
    told = models.JSONField(default=list)  # the items that the platform told at the last reading
    confirmed_on = models.JSONField(default=dict)  # the day on which a person said so, by item
    last_post_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)  # when the platform answered last
    due_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="page_check_due")]

    def __str__(self) -> str:
        return str(self.channel)


class PageChangeQuerySet(ScopedQuerySet):
    permission = Permission.CHANNEL_VIEW


class PageChange(PublicIdModel):
    """A proposal to change texts of a page at its platform. A second person approves exactly these
    texts; then they are written once.
    """

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="page_changes")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")  # whose the page was then
    texts = models.JSONField()  # by the fields of `PageDetails`
    before = models.JSONField(default=dict)  # what the page said when it was proposed
    content_sha256 = models.CharField(max_length=64)
    state = models.CharField(
        max_length=10, choices=ChangeState, default=ChangeState.PROPOSED, db_default="proposed"
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True, default="")
    job = models.OneToOneField(Job, models.PROTECT, null=True, related_name="page_change")
    error_code = models.CharField(max_length=80, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    objects = PageChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "unit"],
                condition=Q(state__in=sorted(OPEN_CHANGES)),
                name="one_open_change_a_page",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("proposed_by")),
                name="a_page_change_is_approved_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "writing", "written", "failed"])
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(content_sha256="")),
                name="who_approved_a_page_change",
            ),
        ]

    def __str__(self) -> str:
        return str(self.channel)


class PlatformAllowance(models.Model):
    """A province's decision to allow a platform that is otherwise off (Telegram)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="allowances")
    platform = models.CharField(max_length=10, choices=platforms)
    allowed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    allowed_at = models.DateTimeField(auto_now_add=True)
    reason = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "platform"], name="one_allowance_a_platform")
        ]


class ConnectAttempt(PublicIdModel):
    """A connect flow through a platform's consent dialog, of one session, unit and platform;
    short-lived, used once.
    """

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    platform = models.CharField(max_length=10, choices=platforms)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    session_hash = models.CharField(max_length=64)
    state_hash = models.CharField(max_length=64, unique=True)
    sealed = models.BinaryField(default=bytes)  # PKCE verifier first, then what the dialog granted
    created_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)  # set by the callback: a state answers once
    closed_at = models.DateTimeField(null=True)


class UnrecognisedPostQuerySet(ScopedQuerySet):
    path_field = "channel__unit__path"
    permission = Permission.CHANNEL_VIEW

    def open(self) -> Self:
        return self.filter(verdict=Verdict.OPEN)


class UnrecognisedPost(PublicIdModel):
    """A post on a channel's page that the portal did not make. Where it stands and since when;
    never what it says.
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="unrecognised_posts")
    external_id = models.CharField(max_length=200)
    permalink = models.URLField(max_length=500, blank=True)
    published_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True, default=Verdict.OPEN)
    note = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_for = models.ForeignKey(
        Unit, models.PROTECT, null=True, related_name="+"
    )  # whose the page was then
    position = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)

    objects = UnrecognisedPostQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"], name="one_row_a_foreign_post"
            )
        ]
        indexes = [
            models.Index(fields=["channel"], condition=Q(verdict=""), name="foreign_post_open")
        ]

    def __str__(self) -> str:
        return str(self.channel)

    @property
    def unit(self) -> Unit:
        return self.channel.unit


class HookEvent(models.Model):
    """An event that a platform sent by its webhook, as far as it concerns a page: never a name, a
    text or a person's number."""

    platform = models.CharField(max_length=10, choices=platforms)
    key = models.CharField(
        max_length=64
    )  # a hash by which the same event is known when it is sent again
    kind = models.CharField(max_length=10)  # platforms.webhooks.EventKind
    page = models.CharField(max_length=64)
    object_id = models.CharField(max_length=200, blank=True)
    reported_at = models.DateTimeField(null=True)  # by the platform's clock
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["platform", "key"], name="one_row_a_hook_event")
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(handled_at__isnull=True), name="hook_event_open"
            )
        ]
