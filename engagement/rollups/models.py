"""Daily summaries of deliveries, posts and counts, and which days of which units have changed since
they were summed up. Triggers of the database write the latter: no writer can forget it.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from campaigns.kits.models import Kit
from campaigns.models import Campaign, Topic
from channels.models import Channel
from channels.states import platforms
from posts.models import Post
from publishing.models import Delivery
from units.models import Unit


def _make_key_field(model: type[models.Model], **options: Any) -> Any:
    """Return a key without a constraint: a summary follows its rows, and leaves after them."""
    return models.ForeignKey(
        model,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        **options,
    )


class Kind(models.TextChoices):
    """The day by which a summary groups."""

    DUE = "due"  # on which a delivery fell due
    WRITTEN = "written"  # on which a post was begun
    PUBLISHED = "published"  # on which a delivery was published
    GAINED = "gained"  # on which a count was taken
    FOLLOWED = "followed"  # of which a page's followers were told, or on which a page came or went


class ChangedDay(models.Model):
    """A day of a unit whose summaries of one kind are out of date. Written in the transaction of
    the change, removed in that of the new summary; a day may be here many times.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind)
    unit = _make_key_field(Unit)
    day = models.DateField()


class DueCounts(models.Model):
    """Counts of the deliveries that fell due on a day, by how they ended."""

    day = models.DateField()
    published = models.PositiveIntegerField()
    due = models.PositiveIntegerField()
    on_time = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    last_post = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class DueDay(DueCounts):
    """The concluded deliveries of a unit that fell due on a day. What is open is read live."""

    unit = _make_key_field(Unit)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "day"], name="due_day_of_a_unit_once")
        ]
        indexes = [
            models.Index(fields=["day"], name="due_day"),
            # The rows of a unit's two years lie each on a page of its own: 33,000 for a province.
            models.Index(
                fields=["unit", "day"],
                include=["published", "due", "on_time", "failed", "last_post"],
                name="due_day_sums",
            ),
        ]


class WrittenCounts(models.Model):
    """Counts of the posts that were begun on a day, without blank drafts."""

    day = models.DateField()
    posts = models.PositiveIntegerField()

    class Meta:
        abstract = True


class WrittenDay(WrittenCounts):
    """The posts of a unit that were begun on a day."""

    unit = _make_key_field(Unit)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "day"], name="written_day_of_a_unit_once")
        ]
        indexes = [
            models.Index(fields=["day"], name="written_day"),
            models.Index(fields=["unit", "day"], include=["posts"], name="written_day_sums"),
        ]


class ProvinceDueDay(DueCounts):
    """The sums of `DueDay` over a province with all below it."""

    province = _make_key_field(Unit)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "province"], name="province_due_day_once")
        ]


class ProvinceWrittenDay(WrittenCounts):
    """The sums of `WrittenDay` over a province with all below it."""

    province = _make_key_field(Unit)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "province"], name="province_written_day_once")
        ]


class Measures(models.Model):
    """The sums of what was measured. None: nothing was."""

    views = models.BigIntegerField(null=True)
    reach = models.BigIntegerField(null=True)
    reactions = models.BigIntegerField(null=True)
    comments = models.BigIntegerField(null=True)
    shares = models.BigIntegerField(null=True)
    saves = models.BigIntegerField(null=True)
    clicks = models.BigIntegerField(null=True)
    watch_seconds = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


class PostSums(Measures):
    """The publications of a post on a day, with their newest figures: by unit, campaign, topic and
    kit.
    """

    post = _make_key_field(Post)
    unit = _make_key_field(Unit)
    campaign = _make_key_field(Campaign, null=True)
    topic = _make_key_field(Topic, null=True)
    kit = _make_key_field(Kit, null=True)
    day = models.DateField()
    publications = models.PositiveIntegerField()
    withdrawn = models.PositiveIntegerField()  # taken down by a recall: State.RECALLED
    manual = models.PositiveIntegerField()
    # The most that one of them reached, or was seen where the platform tells no reach.
    highest = models.BigIntegerField(null=True)
    as_of = models.DateTimeField(null=True)
    # Of how many publications each sum speaks.
    views_of = models.PositiveIntegerField()
    reach_of = models.PositiveIntegerField()
    reactions_of = models.PositiveIntegerField()
    comments_of = models.PositiveIntegerField()
    shares_of = models.PositiveIntegerField()
    saves_of = models.PositiveIntegerField()
    clicks_of = models.PositiveIntegerField()
    watch_seconds_of = models.PositiveIntegerField()

    class Meta:
        abstract = True


class PostDay(PostSums):
    """These sums, stored."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "unit", "day"], name="post_day_once")
        ]
        indexes = [
            models.Index(fields=["unit", "day"], name="post_day_unit"),
            models.Index(
                fields=["campaign", "day"],
                include=["post", "unit", "reach", "clicks", "highest"],
                condition=Q(campaign__isnull=False),
                name="post_day_of_campaign",
            ),
            models.Index(fields=["topic", "day"], name="post_day_topic"),
            models.Index(
                fields=["kit", "day"], condition=Q(kit__isnull=False), name="post_day_kit"
            ),
            models.Index(fields=["day", "-reach"], condition=Q(reach__gt=0), name="post_day_reach"),
        ]


class ChannelSums(Measures):
    """The publications of a campaign on a channel on a day, with their newest figures."""

    campaign = _make_key_field(Campaign)
    channel = _make_key_field(Channel)
    unit = _make_key_field(Unit)
    platform = models.CharField(max_length=10, choices=platforms)
    day = models.DateField()
    publications = models.PositiveIntegerField()

    class Meta:
        abstract = True


class ChannelDay(ChannelSums):
    """These sums, stored."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "channel", "unit", "day"], name="channel_day_once"
            )
        ]
        indexes = [
            models.Index(fields=["campaign", "day"], name="channel_day_campaign"),
            models.Index(fields=["unit", "day"], name="channel_day_unit"),
        ]


class PageSums(Measures):
    """The publications on a channel on a day with their newest figures, by topic and kit: what the
    dashboards of units, topics, channels and kits add up.
    """

    channel = _make_key_field(Channel)
    unit = _make_key_field(Unit)
    platform = models.CharField(max_length=10, choices=platforms)
    topic = _make_key_field(Topic, null=True)
    kit = _make_key_field(Kit, null=True)
    day = models.DateField()
    publications = models.PositiveIntegerField()
    # Of how many publications each sum speaks.
    views_of = models.PositiveIntegerField()
    reach_of = models.PositiveIntegerField()
    reactions_of = models.PositiveIntegerField()

    class Meta:
        abstract = True


class PageDay(PageSums):
    """These sums, stored."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "channel",
                "unit",
                "day",
                Coalesce("topic", 0),
                Coalesce("kit", 0),
                name="page_day_once",
            )
        ]
        indexes = [
            models.Index(fields=["unit", "day"], name="page_day_unit"),
            models.Index(fields=["day"], name="page_day"),
            models.Index(fields=["topic", "day"], name="page_day_topic"),
            models.Index(
                fields=["kit", "day"], condition=Q(kit__isnull=False), name="page_day_kit"
            ),
        ]


class PlatformSums(Measures):
    """The sums of `PageDay` over a province or the nation, by platform."""

    platform = models.CharField(max_length=10, choices=platforms)
    day = models.DateField()
    publications = models.PositiveIntegerField()
    views_of = models.PositiveIntegerField()
    reach_of = models.PositiveIntegerField()
    reactions_of = models.PositiveIntegerField()

    class Meta:
        abstract = True


class PlatformDay(PlatformSums):
    """These sums of a province with all below it, stored; without a province, of the nation."""

    province = _make_key_field(Unit, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Coalesce("province", 0), "platform", "day", name="platform_day_once"
            )
        ]
        indexes = [
            models.Index(fields=["province", "day"], name="platform_day_province"),
            models.Index(fields=["day"], name="platform_day"),
        ]


class TopicSums(Measures):
    """The same by topic."""

    topic = _make_key_field(Topic, null=True)
    day = models.DateField()
    publications = models.PositiveIntegerField()

    class Meta:
        abstract = True


class TopicDay(TopicSums):
    """These sums of a province with all below it, stored; without a province, of the nation."""

    province = _make_key_field(Unit, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Coalesce("province", 0), Coalesce("topic", 0), "day", name="topic_day_once"
            )
        ]
        indexes = [
            models.Index(fields=["province", "day"], name="topic_day_province"),
            models.Index(fields=["day"], name="topic_day"),
        ]


class UnitPeriod(models.Model):
    """The pages of a unit in one of the periods that dashboards open with (`rollups.periods`), as
    `rollups.queries.pages.sum_pages` adds them up: what is usual, and the rows of provinces.
    """

    unit = _make_key_field(Unit)
    first = models.DateField()
    last = models.DateField()
    pages = models.PositiveIntegerField()
    known = models.PositiveIntegerField()
    followers = models.BigIntegerField(null=True)
    publications = models.PositiveIntegerField(null=True)
    reach = models.BigIntegerField(null=True)
    reactions = models.BigIntegerField(null=True)
    known_publications = models.PositiveIntegerField(null=True)
    known_reach = models.BigIntegerField(null=True)
    known_reactions = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "last", "unit"], name="unit_period_once")
        ]


class UnitGain(Measures):
    """The gain of each measure on a day, over all publications of a unit."""

    unit = _make_key_field(Unit)
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "day"], name="unit_gain_once")]
        indexes = [models.Index(fields=["day"], name="unit_gain_day")]


class CampaignGains(Measures):
    """The gain of each measure on a day, over what a unit published of a campaign on another."""

    campaign = _make_key_field(Campaign)
    unit = _make_key_field(Unit)
    published_day = models.DateField()
    day = models.DateField()

    class Meta:
        abstract = True


class CampaignGain(CampaignGains):
    """These gains, stored."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "unit", "published_day", "day"], name="campaign_gain_once"
            )
        ]
        indexes = [models.Index(fields=["unit", "day"], name="campaign_gain_unit")]


class DownsampledUntil(models.Model):
    """The last day whose counts were downsampled; one row. See ``rollups.downsampling``."""

    until = models.DateField()


# --- views of the database: engagement/migrations/*.sql -------------------------------------------
# Sums of the moment: what is stored of unmarked days, and of marked ones what the rows say now.


class CurrentDueDay(DueCounts):
    unit = _make_key_field(Unit)

    class Meta:
        managed = False


class CurrentWrittenDay(WrittenCounts):
    unit = _make_key_field(Unit)

    class Meta:
        managed = False


class CurrentProvinceDueDay(DueCounts):
    province = _make_key_field(Unit)

    class Meta:
        managed = False


class CurrentProvinceWrittenDay(WrittenCounts):
    province = _make_key_field(Unit)

    class Meta:
        managed = False


class Publication(PostSums):
    """Each publication, with the columns of a sum of one."""

    channel = _make_key_field(Channel)
    platform = models.CharField(max_length=10, choices=platforms)

    class Meta:
        managed = False


class CurrentPostDay(PostSums):
    class Meta:
        managed = False


class CurrentChannelDay(ChannelSums):
    class Meta:
        managed = False


class CurrentPageDay(PageSums):
    class Meta:
        managed = False


class CurrentPlatformDay(PlatformSums):
    province = _make_key_field(Unit)

    class Meta:
        managed = False


class CurrentNationPlatformDay(PlatformSums):
    class Meta:
        managed = False


class CurrentTopicDay(TopicSums):
    province = _make_key_field(Unit)

    class Meta:
        managed = False


class CurrentNationTopicDay(TopicSums):
    class Meta:
        managed = False


class CurrentCampaignGain(CampaignGains):
    class Meta:
        managed = False


class Gain(Measures):
    """The gain of each count over the one before it of the same publication."""

    delivery = _make_key_field(Delivery)
    day = models.DateField()

    class Meta:
        managed = False
