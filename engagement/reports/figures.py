"""Take the figures of many units for a period in a fixed number of queries, and freeze them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum, Value, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone, translation

from campaigns.kits.models import Adoption
from campaigns.models import Campaign, Topic
from campaigns.planning.queries import to_canonical_json
from channels.models import Channel
from channels.states import Kind
from core.periods import Period, get_midnight
from engagement.dashboards import dictionary
from engagement.models import MEASURES, FollowerCount
from engagement.reports import periods
from engagement.reports.models import ReportApproval, ReportFigures
from engagement.reports.states import ReportState
from engagement.reports.sums import (
    Figures,
    add_figures,
    add_known,
    find_differences,
    find_table_differences,
    list_filled,
    make_empty_figures,
)
from engagement.rollups.models import CurrentPostDay
from engagement.rollups.queries.deliveries import DueWindow, sum_due_deliveries
from engagement.rollups.queries.pages import FOLLOWERS_VALID_FOR
from engagement.rollups.sources import MEASURE_SUMS, aggregate_due_deliveries
from posts.models import Post
from publishing.models import Delivery
from units.models import Level, Unit
from units.queries import find_heirs

FORMAT = 4  # of the frozen content; rises when its fields change
LANGUAGE = "vi"  # of the papers, whoever makes them
WITHOUT_TOPIC = "Chưa phân loại"
REACH_OF_A_SUM = (
    "Cộng lượt tiếp cận của từng bài trên từng kênh theo ước tính của nền tảng. Một người xem hai "
    "bài, hoặc một bài trên hai kênh, được tính hai lần; không phải số người khác nhau."
)
TAKEN_UP = ("reactions", "comments", "shares", "clicks")
EXAMPLES = 3


def compute_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON of ``content``."""
    return sha256(to_canonical_json(content).encode()).hexdigest()


def is_unchanged(row: ReportFigures | ReportApproval) -> bool:
    """Check frozen content against its digest."""
    return compute_digest(row.content) == row.content_sha256


def compute_figures(
    units: Collection[int],
    period: Period,
    *,
    now: datetime,
    campaign: Campaign | None = None,
    with_platforms: bool = True,
) -> dict[int, Figures]:
    """Return for each of ``units`` (keys) the figures of what it and the units merged into it
    published in the period, all numbers as `sums.make_empty_figures` has them. At most twelve
    queries, however many units.
    """
    heirs = find_heirs(units)
    by_unit = {unit: make_empty_figures() for unit in heirs}
    keys = Unit.objects.filter(pk__in=by_unit).order_by().values("pk")
    _add_publications(by_unit, keys, period, campaign)
    _add_punctuality(by_unit, keys, period, campaign, now=now)
    if with_platforms:
        _add_platforms(by_unit, keys, period, campaign)
    if campaign is None:  # pages are no campaign's
        _add_followers(by_unit, keys, period)
    within = {"gte": period.start, "lt": period.end}
    adopted = Adoption.objects.filter(unit__in=keys, **_filter_period("adopted_at", within))
    taken_back = Delivery.objects.filter(
        unit__in=keys, published_at__isnull=False, **_filter_period("recall__started_at", within)
    )
    corrections = Post.objects.filter(
        unit__in=keys, corrects__isnull=False, **_filter_period("deliveries__published_at", within)
    )
    if campaign is not None:
        adopted = adopted.filter(kit__campaign=campaign)
        taken_back = taken_back.filter(post__campaign=campaign)
        corrections = corrections.filter(campaign=campaign)
    for name, rows, counted in (
        ("kits", adopted, "pk"),
        ("recalls", taken_back, "post"),
        ("corrections", corrections, "pk"),
    ):
        counts = rows.order_by().values("unit").annotate(n=Count(counted, distinct=True))
        for unit, n in counts.values_list("unit", "n"):
            by_unit[unit][name] = n
    for unit, heir in heirs.items():
        if unit != heir:
            by_unit[heir] = add_figures([by_unit[heir], by_unit.pop(unit)])
            by_unit[heir]["active"] = min(1, by_unit[heir]["active"])
    return by_unit


def _filter_period(field: str, within: Mapping[str, datetime]) -> dict[str, datetime]:
    return {f"{field}__{bound}": value for bound, value in within.items()}


def _add_publications(
    by_unit: dict[int, Figures], keys: Any, period: Period, campaign: Campaign | None
) -> None:
    counted = ("publications", "withdrawn", "manual")
    measured = [f"{name}_of" for name in MEASURES]
    sums = {f"sum_{name}": Sum(name) for name in (*counted, *MEASURES, *measured)}
    rows = _select_posts(keys, period, campaign).order_by().values("unit_id", "topic_id")
    topics = {row.pk: row for row in Topic.objects.all()}
    for row in rows.annotate(n=Count("post", distinct=True), taken_at=Max("as_of"), **sums):
        figures, topic = by_unit[row["unit_id"]], topics.get(row["topic_id"])
        figures["active"] = 1
        figures["posts"] += row["n"]
        for name in counted:
            figures[name] += row[f"sum_{name}"]
        for name in MEASURES:
            figures["measures"][name] = add_known(figures["measures"][name], row[f"sum_{name}"])
            figures["measured"][name] += row[f"sum_{name}_of"]
        figures["topics"][topic.code if topic else ""] = {
            "name": topic.name_vi if topic else WITHOUT_TOPIC,
            "posts": row["n"],
            "publications": row["sum_publications"],
            **{name: row[f"sum_{name}"] for name in MEASURES},
        }
        if row["taken_at"]:
            taken_at = row["taken_at"].isoformat(timespec="seconds")
            figures["as_of"] = max(figures["as_of"] or taken_at, taken_at)


def _select_posts(keys: Any, period: Period, campaign: Campaign | None) -> Any:
    """Select what the units published in the period: rows with the columns of `PostSums`."""
    rows = CurrentPostDay.objects.filter(
        unit__pk__among=keys, day__gte=period.first, day__lte=period.last
    )
    return rows.filter(campaign=campaign) if campaign else rows


def _add_punctuality(
    by_unit: dict[int, Figures],
    keys: Any,
    period: Period,
    campaign: Campaign | None,
    *,
    now: datetime,
) -> None:
    rows: Iterable[dict[str, Any]]
    if campaign is None:
        rows = sum_due_deliveries(keys, DueWindow(period, period.start, now))
    else:
        deliveries = Delivery.objects.filter(unit__in=keys, post__campaign=campaign)
        counted = (
            deliveries.order_by()
            .values("unit")
            .annotate(**aggregate_due_deliveries(period, now=now))
        )
        rows = [{**row, "row": row["unit"]} for row in counted]
    for row in rows:
        for name in ("due", "on_time", "failed"):
            by_unit[row["row"]][name] = row[name]


def _add_platforms(
    by_unit: dict[int, Figures], keys: Any, period: Period, campaign: Campaign | None
) -> None:
    rows = Delivery.objects.filter(
        unit__in=keys, published_at__gte=period.start, published_at__lt=period.end
    )
    if campaign is not None:
        rows = rows.filter(post__campaign=campaign)
    sums = {f"sum_{name}": Sum(f"measurement__{name}") for name in MEASURE_SUMS}
    grouped: Any = rows.order_by().values("unit", "platform").annotate(n=Count("pk"), **sums)
    for row in grouped:
        by_unit[row["unit"]]["platforms"][row["platform"]] = {
            "name": str(Kind(row["platform"]).label),
            "publications": row["n"],
            **{name: row[f"sum_{name}"] for name in MEASURES},
        }


def _add_followers(by_unit: dict[int, Figures], keys: Any, period: Period) -> None:
    before = _find_followers(keys, period.first - timedelta(days=1))
    for page, (unit, followers) in _find_followers(keys, period.last).items():
        figures = by_unit[unit]
        figures["followers"] = add_known(figures["followers"], followers)
        if page in before:
            gained = followers - before[page][1]
            figures["followers_gained"] = add_known(figures["followers_gained"], gained)


def _find_followers(keys: Any, on: date) -> dict[int, tuple[int, int]]:
    """Return by page its unit and its followers as last reported up to the day."""
    newest = Window(RowNumber(), partition_by=[F("channel")], order_by=F("day").desc())
    rows = FollowerCount.objects.filter(
        channel__unit__in=keys, day__gt=on - FOLLOWERS_VALID_FOR, day__lte=on
    )
    placed = rows.order_by().annotate(place=newest).filter(place=1)
    values = placed.values_list("channel", "channel__unit", "followers")
    return {page: (unit, followers) for page, unit, followers in values}


# --- freezing -------------------------------------------------------------------------------------


def freeze_figures(
    units: Collection[Unit],
    kind: str,
    period: Period,
    *,
    now: datetime,
    first: int = 1,
    campaign: Campaign | None = None,
    fill: bool = False,
) -> list[ReportFigures]:
    """Freeze the figures of ``units``, each with the period before, and store them. A province and
    the ministry add what their units sent; with ``fill`` also what the portal counted of those that
    sent nothing, marked so. ``first``: the form's first day, for the period before.
    """
    keys = [unit.pk for unit in units]
    with translation.override(LANGUAGE):
        own = compute_figures(keys, period, now=now, campaign=campaign)
        earlier = periods.find_previous_period(kind, period, first)
        then = _compute_earlier(keys, earlier, now=now)
        examples = _describe_examples(_find_best_posts(keys, period, campaign))
        merged = _find_merged(keys, period)
        common: dict[str, Any] = {
            "format": FORMAT,
            "kind": kind,
            "first": period.first.isoformat(),
            "last": period.last.isoformat(),
            "before": [earlier.first.isoformat(), earlier.last.isoformat()] if earlier else None,
            "campaign": {"id": str(campaign.public_id), "name": campaign.name}
            if campaign
            else None,
            "taken": now.isoformat(timespec="seconds"),
            "definitions": {
                measure: {"name": str(definition.name), "means": str(definition.means)}
                for measure, definition in dictionary.DEFINITIONS.items()
            },
        }
        common["definitions"]["reach"]["means"] = REACH_OF_A_SUM
        frozen = []
        for unit in units:
            content = {
                **common,
                "unit": unit.key,
                "unit_name": unit.name,
                "own": {"now": own[unit.pk], "before": then.get(unit.pk)},
                "covered": [unit.key],
                "units": [],
                "filled": [],
                "missing": [],
                "merged": merged.get(unit.pk, []),
            }
            content["total"] = _sum_parts([content["own"]])
            content["checks"] = find_table_differences(own[unit.pk])
            if unit.level != Level.COMMUNE:
                _add_units(
                    content, unit, kind, period, earlier, now=now, campaign=campaign, fill=fill
                )
            else:
                content["examples"] = examples.get(unit.pk, [])
            frozen.append(
                ReportFigures(
                    unit=unit, content=content, content_sha256=compute_digest(content), as_of=now
                )
            )
    return ReportFigures.objects.bulk_create(frozen)


def _compute_earlier(
    keys: Collection[int], earlier: Period | None, *, now: datetime
) -> dict[int, Figures]:
    """Return the figures of the period before, of those units of which the portal has records since
    its first day: what was before them is not known, and no 0.
    """
    if earlier is None:
        return {}
    since = get_midnight(earlier.first + timedelta(days=1))
    published = Delivery.objects.filter(unit=OuterRef("pk"), published_at__lt=since)
    heirs = find_heirs(keys)
    rows = Unit.objects.filter(Exists(published), pk__in=heirs).values_list("pk", flat=True)
    recorded = {heirs[pk] for pk in rows}
    return compute_figures(recorded, earlier, now=now) if recorded else {}


def _find_merged(units: Iterable[int], period: Period) -> dict[int, list[dict[str, str]]]:
    """Return by unit those that were merged into it and whose figures of the period it holds."""
    heirs = find_heirs(units)
    gone = [pk for pk, heir in heirs.items() if pk != heir]
    rows = Unit.objects.filter(pk__in=gone, valid_from__lte=period.last, valid_to__gt=period.first)
    merged: dict[int, list[dict[str, str]]] = {}
    for row in rows.select_related("parent").order_by("name", "pk"):
        merged.setdefault(heirs[row.pk], []).append({"unit": row.key, "name": row.label})
    return merged


def _sum_parts(parts: Collection[Mapping[str, Any]]) -> dict[str, Figures | None]:
    """Add up figures ``now`` and ``before``; ``comparable`` are those of now of the parts that have
    some of before.
    """
    had = [part for part in parts if part["before"] is not None]
    return {
        "now": add_figures(part["now"] for part in parts),
        "before": add_figures(part["before"] for part in had) if had else None,
        "comparable": add_figures(part.get("comparable") or part["now"] for part in had)
        if had
        else None,
    }


def _list_scope(unit: Unit, period: Period, now: datetime) -> dict[int, tuple[str, str]]:
    """Return key and path of the unit and of all bodies below it, with those that were closed since
    the period began and that none carries on.
    """
    today = timezone.localdate(now)
    closed = Unit.objects.filter(
        successor=None, valid_from__lte=period.last, valid_to__gt=period.first, valid_to__lte=today
    )
    rows = (Unit.objects.current(today) | closed).filter(has_police_body=True).under(unit)
    rows = exclude_founded_later(rows, period)
    return {pk: (key, path) for pk, key, path in rows.values_list("pk", "key", "path")}


def exclude_founded_later(units: Any, period: Period) -> Any:
    """Exclude units that were founded after the period and carry no other on: they owe no report
    on it.
    """
    carried_on = Unit.objects.filter(successor=OuterRef("pk"))
    return units.filter(Q(valid_from__lte=period.last) | Exists(carried_on))


class TakenUp(NamedTuple):
    """A post as residents took it up: reactions, comments, shares and clicks together, and views,
    where these were measured.
    """

    taken_up: int
    views: int | None
    post: int


def _find_best_posts(
    units: Collection[int], period: Period, campaign: Campaign | None
) -> dict[int, list[TakenUp]]:
    """Return by unit its three posts, and three of each unit merged into it, that were taken up
    most; none of which nothing was measured.
    """
    heirs = find_heirs(units)
    keys = Unit.objects.filter(pk__in=heirs).order_by().values("pk")
    sums = {f"sum_{name}": Coalesce(Sum(name), 0) for name in TAKEN_UP}
    by_post = _select_posts(keys, period, campaign).order_by().values("unit_id", "post_id")
    ranked = (
        by_post.annotate(taken_up=sum(sums.values(), Value(0)), sum_views=Sum("views"))
        .filter(taken_up__gt=0)
        .annotate(
            place=Window(
                RowNumber(),
                partition_by=[F("unit_id")],
                order_by=[F("taken_up").desc(), F("post_id").asc()],
            )
        )
        .filter(place__lte=EXAMPLES)
    )
    posts: dict[int, list[TakenUp]] = {}
    for row in ranked:
        example = TakenUp(row["taken_up"], row["sum_views"], row["post_id"])
        posts.setdefault(heirs[row["unit_id"]], []).append(example)
    return posts


def _describe_examples(best: Mapping[int, Iterable[TakenUp]]) -> dict[int, list[dict[str, Any]]]:
    """Describe the first three of each of ``best``, in one query for all."""
    first = {
        key: sorted(some, key=lambda example: (-example.taken_up, example.post))[:EXAMPLES]
        for key, some in best.items()
    }
    post_ids = [example.post for some in first.values() for example in some]
    posts = Post.objects.select_related("unit__parent").in_bulk(post_ids)
    return {
        key: [
            {
                "post": str(posts[example.post].public_id),
                "title": posts[example.post].title,
                "unit": posts[example.post].unit.label,
                "views": example.views,
                "taken_up": example.taken_up,
            }
            for example in some
        ]
        for key, some in first.items()
    }


def find_reporting_bodies(unit: Unit, *, on: Any) -> Any:
    """Return the bodies right below the unit that report to it."""
    return Unit.objects.filter(parent=unit, has_police_body=True).current(on)


def find_sent_reports(
    units: Any, kind: str, period: Period, campaign: Campaign | None
) -> dict[int, ReportApproval]:
    """Return by unit the newest report that it sent about the period and that was not returned."""
    rows = find_sent_approvals(units, kind, period, campaign).select_related("report")
    return {row.report.unit_id: row for row in rows}


def find_sent_approvals(
    units: Any, kind: str, period: Period, campaign: Campaign | None
) -> QuerySet[ReportApproval]:
    """Return the approvals of reports about the period that were not returned, the newest version
    of a unit last.
    """
    return ReportApproval.objects.filter(
        report__unit__in=units,
        report__kind=kind,
        report__first=period.first,
        report__last=period.last,
        report__campaign=campaign,
        report__state=ReportState.SENT,
    ).order_by("report__version")


def _add_units(
    content: dict[str, Any],
    unit: Unit,
    kind: str,
    period: Period,
    earlier: Period | None,
    *,
    now: datetime,
    campaign: Campaign | None,
    fill: bool,
) -> None:
    """Add up what the units below sent, name who is missing, and check each sum; beside it what the
    portal counted of all of them.
    """
    scope = _list_scope(unit, period, now)
    below = list(Unit.objects.filter(parent=unit, pk__in=scope).order_by("name", "pk"))
    sent = find_sent_reports([row.pk for row in below], kind, period, campaign)
    parts = [content["own"]]
    for row in below:
        if (approval := sent.get(row.pk)) is None:
            content["missing"].append({"unit": row.key, "name": row.label})
            continue
        figures = approval.content["figures"]
        if not is_unchanged(approval):
            content["checks"].append(
                {"figure": "digest", "sum": row.name, "summaries": approval.content_sha256}
            )
        parts.append(figures["total"])
        content["covered"] += figures["covered"]
        content["missing"] += figures["missing"]
        content["units"].append(
            {
                "unit": row.key,
                "name": row.name,
                "report": str(approval.report.public_id),
                "version": approval.report.version,
                "sha256": approval.content_sha256,
                "filled": list_filled(figures),
                "now": figures["total"]["now"],
            }
        )
    live = compute_figures([*scope], period, now=now, campaign=campaign, with_platforms=fill)
    content["scope"] = len(scope)
    merged = _find_merged(scope, period)
    content["merged"] = [row for pk in scope for row in merged.get(pk, ())]
    communes = Unit.objects.filter(pk__in=list(scope), level=Level.COMMUNE, valid_to=None)
    pages = Channel.objects.usable().filter(unit=OuterRef("pk"))
    content["pageless"] = communes.exclude(Exists(pages)).count()
    content["system"] = add_figures(live.values())
    best = _find_best_posts([*scope], period, campaign)
    all_of_them = [post for some in best.values() for post in some]
    content["examples"] = _describe_examples({unit.pk: all_of_them})[unit.pk]
    if fill:
        added = {*content["covered"], *list_filled(content)}
        uncovered = [pk for pk, (key, _path) in scope.items() if key not in added]
        then = _compute_earlier(uncovered, earlier, now=now)
        for row in below:
            some = [pk for pk in uncovered if scope[pk][1].startswith(row.path)]
            if not some:
                continue
            of_units = _sum_parts([{"now": live[pk], "before": then.get(pk)} for pk in some])
            parts.append(of_units)
            content["filled"].append(
                {
                    "unit": row.key,
                    "name": row.name,
                    "filled": [scope[pk][0] for pk in some],
                    "now": of_units["now"],
                }
            )
    content["total"] = _sum_parts(parts)
    content["checks"] += find_table_differences(content["total"]["now"])
    added = {*content["covered"], *list_filled(content)}
    reported = add_figures(figures for pk, figures in live.items() if scope[pk][0] in added)
    content["checks"] += find_differences(content["total"]["now"], reported)
