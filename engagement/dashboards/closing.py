"""The figures with which a campaign is closed, and the posts that its public summary names."""

from hashlib import sha256
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.planning.models import CampaignResult
from campaigns.planning.queries import to_canonical_json
from channels.states import Kind
from core.periods import Period
from engagement.dashboards import dictionary, queries
from engagement.models import MEASURES
from engagement.rollups.sources import ON_TIME_WITHIN
from publishing.models import Delivery
from publishing.states import State

FORMAT = 1  # of the frozen content; rises when its fields change
MOST_LINKS = 10


def find_all_published(campaign: Campaign, period: Period) -> QuerySet[Delivery]:
    """Return the publications of the campaign by all units, whoever asks: for sums alone."""
    return Delivery.objects.filter(
        post__campaign=campaign, published_at__gte=period.start, published_at__lt=period.end
    )


def freeze_content(campaign: Campaign, period: Period) -> dict[str, Any]:
    """Return what a closed campaign keeps: figures, targets, definitions and the time."""
    deliveries = find_all_published(campaign, period)
    total, platforms = queries.sum_totals(deliveries), queries.sum_by_platform(deliveries)
    on_time = deliveries.aggregate(
        n=Count("pk", filter=Q(published_at__lte=F("due_at") + ON_TIME_WITHIN))
    )["n"]
    return {
        "format": FORMAT,
        "campaign": str(campaign.public_id),
        "name": campaign.name,
        "unit": campaign.unit.name,
        "aim": campaign.aim,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "closed": timezone.now().isoformat(timespec="seconds"),
        "as_of": total["as_of"].isoformat(timespec="seconds") if total["as_of"] else None,
        "targets": campaign.targets(),
        "posts": total["posts"],
        "units": total["units"],
        "channels": sum(row["channels"] for row in platforms),
        "publications": total["publications"],
        "withdrawn": total["withdrawn"],
        "on_time": on_time,
        "entered_by_hand": total["manual"],
        "figures": {measure: total[measure] for measure in MEASURES},
        "measured": {measure: total[f"{measure}_of"] for measure in MEASURES},
        "platforms": [
            {
                "platform": str(Kind(row["platform"]).label),
                "publications": row["publications"],
                **{measure: row[measure] for measure in MEASURES},
            }
            for row in platforms
        ],
        "definitions": {
            measure: {"name": str(definition.name), "means": str(definition.means)}
            for measure, definition in dictionary.DEFINITIONS.items()
        },
    }


def is_unchanged(result: CampaignResult) -> bool:
    """Check the frozen figures against their digest."""
    digest = sha256(to_canonical_json(result.content).encode()).hexdigest()
    return digest == result.content_sha256


def filter_live_posts(deliveries: Any) -> QuerySet[Delivery]:
    """Return those that residents can read now at a link of an official page."""
    return (
        deliveries.confirmed_pages()
        .filter(state=State.PUBLISHED, recall__isnull=True, post__label="")
        .exclude(permalink="")
        .select_related("revision", "unit")
    )


def choose_posts_to_name(campaign: Campaign, period: Period) -> list[str]:
    """Return the ids of the live posts with most reach, one publication a post."""
    rows = filter_live_posts(find_all_published(campaign, period)).order_by(
        F("measurement__reach").desc(nulls_last=True),
        F("measurement__views").desc(nulls_last=True),
        "published_at",
    )
    named: dict[int, str] = {}
    for post, public_id in rows.values_list("post", "public_id")[: MOST_LINKS * 10]:
        named.setdefault(post, str(public_id))
    return list(named.values())[:MOST_LINKS]


def find_named_posts(ids: list[str]) -> list[Delivery]:
    """Return those of ``ids`` that are still live, in their order."""
    rows = filter_live_posts(Delivery.objects.filter(public_id__in=ids))
    by_id = {str(row.public_id): row for row in rows}
    return [by_id[post_id] for post_id in ids if post_id in by_id]
