"""Say how long each kind of row is kept, on one page. A model that stands nowhere here fails a
test.

Times are the portal's own proposal, to be confirmed by the data-protection officer and the
archive's rules (docs/data.md); a change here changes what the next run removes. A rule with a life
of its own elsewhere (a link that ends, a form's day) names it instead of repeating the number.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailConfirmation
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import (
    Appointment,
    FactorReset,
    Invitation,
    MinistryRequest,
    Notice,
    PendingAppointment,
    PeopleImport,
    Session,
    User,
)
from accounts.people import leavers
from campaigns.partners.agreements import end_due_agreements
from campaigns.partners.models import Partner
from channels.connection.tokens import ATTEMPT_LIFETIME
from channels.models import ConnectAttempt, HookEvent
from channels.webhooks.inbox import KEPT as NEWS_KEPT
from core import jobs, outbox, quotas
from core.models import CacheEntry, Job, Letter, QuotaUse
from engagement.exports.models import Export
from engagement.exports.services import KEPT as EXPORTS_KEPT
from engagement.models import SpentTicket
from engagement.replies.services import TICKET_LASTS
from help.models import SearchMiss
from media import incoming, store
from media.models import Media, Upload, VideoEdit
from oversight.models import Digest, Reminder
from posts.archive.archiving import remove_drafts
from posts.leak_rules.models import FalseAlarm, LeakCount
from posts.models import BulkImport, Editing, Post
from posts.origins.starting import BLANK_KEPT
from posts.queries import (
    archived_media,
    blank_drafts,
    blurred_media,
    never_submitted,
    unused_library,
    unused_media,
)
from publishing.models import CalendarLink, ShareLink
from retention import holds

AT_ONCE, DAY, WEEK, MONTH = timedelta(), timedelta(days=1), timedelta(days=7), timedelta(days=30)
QUARTER, YEAR, TWO_YEARS = timedelta(days=90), timedelta(days=365), timedelta(days=730)

# Where a time comes from: see docs/data.md.
PROPOSED, TECHNICAL = "proposed", "technical"


def delete_unlocked(rows: QuerySet) -> int:
    """Lock and remove those of ``rows`` that are still due and not locked by others."""
    keys = [row.pk for row in rows.select_for_update(of=("self",), skip_locked=True)]
    rows.model._base_manager.filter(pk__in=keys).delete()
    return len(keys)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule for rows of one model that are removed ``after`` the moment in ``since``; ``due``
    finds them.
    """

    name: str
    model: type[Model]
    after: timedelta
    words: str  # as the plan and docs/data.md say it
    source: str = PROPOSED
    since: Any = ""
    due: Callable[[datetime], QuerySet] | None = None
    remove: Callable[[QuerySet], int] = delete_unlocked
    batch: int = 500

    def rows(self, now: datetime) -> QuerySet:
        before = now - self.after
        if self.due:
            return self.due(before)
        return self.model._base_manager.alias(since=self.moment).filter(since__lt=before)

    @property
    def moment(self) -> Any:
        return F(self.since) if isinstance(self.since, str) else self.since


@dataclass(frozen=True, kw_only=True)
class Files:
    """A rule for files that are removed ``after`` they were last changed. ``found`` returns how
    many are due and since when the oldest is.
    """

    name: str
    after: timedelta
    words: str
    source: str = PROPOSED
    found: Callable[[datetime], Iterable[tuple[str, float]]]
    remove: Callable[[list[str], datetime], int]
    batch: int = 200


def _find_proposals(before: datetime) -> QuerySet[PendingAppointment]:
    # By its proposals alone an account without any post is found, and its address is free again,
    # once it is a leaver's.
    holds_a_post = Appointment.objects.filter(user=OuterRef("user"))
    rows = PendingAppointment.objects.alias(end=Coalesce("decided_at", "expires_at")).exclude(
        decision=""
    )
    return rows.filter(
        Q(Exists(holds_a_post)) | Q(user__pseudonymised_at__isnull=False), end__lt=before
    )


# In this order: what an earlier one removes sets free what a later one finds.
RULES: tuple[Rule | Files, ...] = (
    Rule(
        name="sessions",
        source=TECHNICAL,
        model=Session,
        after=AT_ONCE,
        since="expire_date",
        words="at its end",
    ),
    Rule(
        name="confirmations",
        source=TECHNICAL,
        model=EmailConfirmation,
        after=MONTH,
        since="created",
        words="30 days",
    ),
    Rule(
        name="sign-in-attempts",
        model=AccessAttempt,
        after=QUARTER,
        since="attempt_time",
        words="90 days",
    ),
    Rule(
        name="sign-in-failures",
        model=AccessFailureLog,
        after=QUARTER,
        since="attempt_time",
        words="90 days",
    ),
    Rule(name="sign-in-log", model=AccessLog, after=QUARTER, since="attempt_time", words="90 days"),
    Rule(name="system-log", model=LogEntry, after=QUARTER, since="action_time", words="90 days"),
    Rule(
        name="quotas",
        source=TECHNICAL,
        model=QuotaUse,
        after=quotas.KEPT,
        since="ends_at",
        words="a day after its window",
    ),
    Rule(
        name="cache",
        source=TECHNICAL,
        model=CacheEntry,
        after=AT_ONCE,
        since="expires",
        words="at its end",
    ),
    Rule(
        name="letters",
        source=TECHNICAL,
        model=Letter,
        after=outbox.KEPT,
        since="job__ended_at",
        words="7 days after sending; its text at once",
    ),
    Rule(
        name="jobs",
        source=TECHNICAL,
        model=Job,
        after=jobs.KEPT,
        since="ended_at",
        due=jobs.find_forgotten,
        words="7 days after its end, once its row is gone",
    ),
    Rule(name="notices", model=Notice, after=YEAR, since="created_at", words="12 months"),
    Rule(
        name="invitations",
        model=Invitation,
        after=MONTH,
        since=Coalesce("used_at", "withdrawn_at", "expires_at"),
        words="30 days after its end",
    ),
    Rule(
        name="recoveries",
        model=FactorReset,
        after=MONTH,
        since=Coalesce("done_at", "stopped_at"),
        words="30 days after its end",
    ),
    Rule(
        name="proposals",
        model=PendingAppointment,
        after=MONTH,
        since=Coalesce("decided_at", "expires_at"),
        due=holds.exclude_held(_find_proposals),
        words="30 days after its end",
    ),
    Rule(
        name="ministry-requests",
        source=TECHNICAL,
        model=MinistryRequest,
        after=AT_ONCE,
        since="expires_at",
        words="14 days; proposed 7, refused 30",
    ),
    Rule(
        name="calendar-links",
        model=CalendarLink,
        after=MONTH,
        since="revoked_at",
        words="30 days after it was revoked",
    ),
    Rule(
        name="partners",
        model=Partner,
        after=AT_ONCE,
        since="ends_on",
        due=lambda before: Partner.objects.filter(
            ended_at=None, ends_on__lt=timezone.localdate(before)
        ),
        remove=end_due_agreements,
        words="contact data at the end of the agreement; kept: organisation, document, dates",
    ),
    Rule(
        name="shares",
        model=ShareLink,
        after=YEAR,
        since="expires_on",
        due=lambda before: ShareLink.objects.filter(expires_on__lt=timezone.localdate(before)),
        words="12 months after its last day",
    ),
    Rule(name="imports", model=PeopleImport, after=MONTH, since="created_at", words="30 days"),
    Rule(name="sheets", model=BulkImport, after=MONTH, since="created_at", words="30 days"),
    Rule(
        name="connect-attempts",
        source=TECHNICAL,
        model=ConnectAttempt,
        after=ATTEMPT_LIFETIME,
        since="created_at",
        words="an hour; tokens until the choice",
    ),
    Rule(
        name="hook-events",
        model=HookEvent,
        after=NEWS_KEPT,
        since="received_at",
        due=lambda before: HookEvent.objects.filter(
            received_at__lt=before, handled_at__isnull=False
        ),
        words="7 days, once heard",
    ),
    Rule(
        name="spent-tickets",
        source=TECHNICAL,
        model=SpentTicket,
        after=TICKET_LASTS,
        since="spent_at",
        words="a day",
    ),
    Rule(
        name="exports",
        source=TECHNICAL,
        model=Export,
        after=EXPORTS_KEPT,
        since="asked_at",
        words="a day after it was asked for",
        batch=20,
    ),
    Rule(
        name="editings",
        source=TECHNICAL,
        model=Editing,
        after=DAY,
        since="seen_at",
        words="a day after it was last seen",
    ),
    Rule(
        name="false-alarms",
        model=FalseAlarm,
        after=YEAR,
        since="reported_at",
        words="12 months",
    ),
    Rule(
        name="leak-counts",
        model=LeakCount,
        after=TWO_YEARS,
        since="day",
        due=lambda before: LeakCount.objects.filter(day__lte=timezone.localdate(before)),
        words="24 months",
    ),
    Rule(
        name="search-misses",
        model=SearchMiss,
        after=QUARTER,
        since="month",
        due=lambda before: SearchMiss.objects.filter(month__lte=timezone.localdate(before)),
        words="90 days",
    ),
    Rule(
        name="uploads",
        source=TECHNICAL,
        model=Upload,
        after=incoming.KEPT,
        since="touched_at",
        words="a day untouched",
    ),
    Files(
        name="incoming",
        source=TECHNICAL,
        after=incoming.KEPT,
        found=incoming.find_abandoned,
        remove=incoming.remove_files,
        words="a day untouched",
    ),
    Rule(
        name="blank-drafts",
        source=TECHNICAL,
        model=Post,
        after=BLANK_KEPT,
        since="changed_at",
        due=holds.exclude_held(blank_drafts),
        remove=remove_drafts,
        words="blank: a day after it was begun",
    ),
    Rule(
        name="drafts",
        model=Post,
        after=YEAR,
        since="changed_at",
        due=holds.exclude_held(never_submitted),
        remove=remove_drafts,
        words="never submitted: 12 months after the last edit",
    ),
    Rule(
        name="media",
        model=Media,
        after=WEEK,
        since="last_used_at",
        due=holds.exclude_held(unused_media),
        remove=store.remove_media,
        batch=50,
        words="shown nowhere: 7 days after the last use",
    ),
    Rule(
        name="library-media",
        model=Media,
        after=TWO_YEARS,
        since="last_used_at",
        due=holds.exclude_held(unused_library),
        remove=store.remove_media,
        batch=50,
        words="put into the library, shown nowhere, not shared: 24 months after the last use",
    ),
    Rule(
        name="video-edits",
        source=TECHNICAL,
        model=VideoEdit,
        after=MONTH,
        since="job__ended_at",
        words="30 days after its end",
    ),
    Rule(
        name="digests",
        model=Digest,
        after=YEAR,
        since="sent_at",
        words="a year",
    ),
    Rule(
        name="reminders",
        model=Reminder,
        after=QUARTER,
        since="sent_at",
        words="90 days",
    ),
    Rule(
        name="blurred-media",
        model=Media,
        after=timedelta(hours=1),  # what was decided about it is carried to the new one by then
        since="blurred_at",
        due=holds.exclude_held(blurred_media),
        remove=store.remove_media,
        batch=50,
        words="something was blurred out of it: an hour, once nothing shows it; drafts 7 days",
    ),
    Rule(
        name="archived-media",
        model=Media,
        after=MONTH,
        since="archived_at",
        due=holds.exclude_held(archived_media),
        remove=store.remove_media,
        batch=50,
        words="archived: 30 days, in which it may be taken back",
    ),
    Files(
        name="stray-files",
        after=MONTH,
        found=store.find_orphaned_files,
        remove=store.remove_orphaned_files,
        words="files that belong to no row: 30 days",
    ),
    Rule(
        name="leavers",
        model=User,
        after=TWO_YEARS,
        since=Coalesce("disabled_at", "last_login", "date_joined"),
        due=holds.exclude_held(leavers.accounts_to_pseudonymise),
        remove=leavers.pseudonymise,
        batch=100,
        words="pseudonymised 24 months after leaving; never removed",
    ),
)

# As long as the record of posts, ten years; afterwards the archive's rules decide. The portal
# itself removes none.
KEPT = frozenset(
    {
        "audit.Entry",
        "audit.Stream",
        "units.Unit",
        "units.FormerName",
        "units.UnitFacts",
        "accounts.User",
        "accounts.Appointment",
        "accounts.Waiver",
        "accounts.Delegation",
        "accounts.FactorDate",
        "accounts.SystemChange",
        "links.Link",
        "links.ClickCount",
        "campaigns.Topic",
        "campaigns.TopicRule",
        "campaigns.Campaign",
        "campaigns.CampaignResult",
        "campaigns.PublicSummary",
        "campaigns.Kit",
        "campaigns.KitVersion",
        "campaigns.Passing",
        "campaigns.Adoption",
        "campaigns.Partner",
        "channels.Channel",
        "channels.PlatformAllowance",
        "channels.UnrecognisedPost",
        "channels.PageChange",
        "oversight.Matter",
        "oversight.MatterNote",
        "posts.Post",
        "posts.Template",
        "posts.AllowedItem",
        "posts.RuleSwitch",
        "media.Media",
        "posts.Revision",
        "posts.RevisionMedia",
        "posts.Review",
        "posts.Signature",
        "posts.SignedList",
        "posts.Reading",
        "posts.Thread",
        "posts.Comment",
        "publishing.Pause",
        "publishing.Recall",
        "publishing.Series",
        "publishing.Delivery",
        "publishing.Broadcast",
        "publishing.Attempt",
        "publishing.Freeze",
        "core.Installation",
        "operations.Alarm",
        "engagement.Count",
        "engagement.BoardNote",
        "engagement.Example",
        "engagement.ExamplePost",
        "engagement.ExampleUse",
        "engagement.Report",
        "engagement.ReportForm",
        "engagement.ReportFigures",
        "engagement.ReportApproval",
        "engagement.ReportFile",
        "engagement.Measurement",
        "engagement.FollowerCount",
        "engagement.PageCount",
        "engagement.PageCorrection",
        "engagement.PageLook",
        "engagement.ReplyAllowance",
        "engagement.ReplyPhrase",
        "engagement.ReplyRelease",
        "engagement.CommentCount",
    }
)
# Leave with the row that they belong to.
WITH = {
    "account.EmailAddress": "accounts.User",
    "mfa.Authenticator": "accounts.User",
    "accounts.MinistryIdentity": "accounts.User",
    "accounts.BreakGlassAccount": "accounts.User",
    "oversight.NoDigest": "accounts.User",
    "accounts.User_groups": "accounts.User",
    "accounts.User_user_permissions": "accounts.User",
    "axes.AccessAttemptExpiration": "axes.AccessAttempt",
    "accounts.PendingAppointment_replaces": "accounts.PendingAppointment",
    "campaigns.Campaign_topics": "campaigns.Campaign",
    "campaigns.Campaign_helpers": "campaigns.Campaign",
    "campaigns.Phase": "campaigns.Campaign",
    "campaigns.ChecklistItem": "campaigns.Campaign",
    "campaigns.Document": "campaigns.Campaign",
    "campaigns.CampaignFile": "campaigns.Campaign",
    "campaigns.FilePart": "campaigns.CampaignFile",
    "campaigns.KitMedia": "campaigns.KitVersion",
    "campaigns.KitVersion_for_units": "campaigns.KitVersion",
    "campaigns.KitVersion_writers": "campaigns.KitVersion",
    "channels.PageCheck": "channels.Channel",
    "campaigns.PartnerPlace": "campaigns.Partner",
    "publishing.Slot": "channels.Channel",
    "publishing.SlotSuggestion": "units.Unit",
    "publishing.Occurrence": "posts.Post",
    "posts.ImportedPost": "posts.BulkImport",
    "engagement.ExportPart": "engagement.Export",
    "media.Logo": "units.Unit",
    "media.Card": "media.Media",
    "media.Folder": "units.Unit",
    "media.Tag": "units.Unit",
    "media.Media_tags": "media.Media",
    "media.Scan": "media.Media",
    "media.Box": "media.Scan",
    "engagement.Report_writers": "engagement.Report",
    "posts.PostChannel": "posts.Post",
    "posts.PostMedia": "posts.Post",
    "posts.Contribution": "posts.Post",
    "posts.LeakCheck": "posts.Revision",
    "training.Participant": "training.TrainingClass",
    "training.Attempt": "training.Participant",
}
# A few rows of the program and not of people: overwritten, or gone when what they stand for is
# over.
STATE = frozenset(
    {
        "engagement.ChangedDay",
        "engagement.DueDay",
        "engagement.WrittenDay",
        "engagement.ProvinceDueDay",
        "engagement.ProvinceWrittenDay",
        "engagement.PostDay",
        "engagement.ChannelDay",
        "engagement.PageDay",
        "engagement.PlatformDay",
        "engagement.TopicDay",
        "engagement.UnitPeriod",
        "engagement.UnitGain",
        "engagement.CampaignGain",
        "engagement.DownsampledUntil",
        "engagement.MetricName",
        "engagement.ReadingUse",
        "accounts.ClaimMapping",
        "publishing.RateLimit",
        "publishing.Heartbeat",
        "training.TrainingClass",  # gone when its trainer removes it
        "retention.Hold",
        "retention.Run",
        "auth.Group",
        "auth.Group_permissions",
        "auth.Permission",
        "contenttypes.ContentType",
    }
)


def name_classes(model: type[Model]) -> list[str]:
    """Name the classes of a model as docs/data.md does; empty for one that has none."""
    label = model._meta.label
    named = [
        rule.name for rule in RULES if isinstance(rule, Rule) and rule.model._meta.label == label
    ]
    named += ["kept"] if label in KEPT else []
    named += ["state"] if label in STATE else []
    return named + ([f"with {WITH[label]}"] if label in WITH else [])
