"""Take the figures of many units for a period in a fixed number of queries, and freeze them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils import timezone, translation

from campaigns.kits.models import Adoption
from campaigns.models import Campaign, Topic
from campaigns.planning.queries import to_canonical_json
from channels.states import Kind
from core.periods import Period
from engagement.dashboards import dictionary
from engagement.models import MEASURES
from engagement.reports import periods
from engagement.reports.models import ReportApproval, ReportFigures
from engagement.reports.states import ReportState
from engagement.reports.sums import (
    Figures,
    add_figures,
    add_known,
    find_differences,
    find_table_differences,
    make_empty_figures,
)
from engagement.rollups.queries.deliveries import DueWindow, sum_due_deliveries
from engagement.rollups.queries.posts import select_posts_of_units
from engagement.rollups.sources import MEASURE_SUMS, aggregate_due_deliveries
from engagement.rollups.sql import BY_UNIT, fetch_rows, to_datetime, to_int_or_none
from posts.models import Post
from publishing.models import Delivery
from units.models import Level, Unit

FORMAT = 1  # of the frozen content; rises when its fields change
LANGUAGE = "vi"  # of the papers, whoever makes them
WITHOUT_TOPIC = "Chưa phân loại"


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
    """Return for each of ``units`` (keys) the figures of what it published in the period, all
    numbers as `sums.make_empty_figures` has them. At most eight queries, however many units.
    """
    found = {unit: make_empty_figures() for unit in units}
    keys = Unit.objects.filter(pk__in=found).order_by().values("pk")
    _add_publications(found, keys, period, campaign)
    _add_punctuality(found, keys, period, campaign, now=now)
    if with_platforms:
        _add_platforms(found, keys, period, campaign)
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
            found[unit][name] = n
    return found


def _filter_period(field: str, within: Mapping[str, datetime]) -> dict[str, datetime]:
    return {f"{field}__{bound}": value for bound, value in within.items()}


def _add_publications(
    found: dict[int, Figures], keys: Any, period: Period, campaign: Campaign | None
) -> None:
    rows, params = select_posts_of_units(keys, period, campaign=campaign.pk if campaign else None)
    measures = ", ".join(f"SUM({name})" for name in MEASURES)
    measured = ", ".join(f"SUM({name}_of)" for name in MEASURES)
    sql = (
        f"SELECT unit_id, topic_id, COUNT(DISTINCT post_id), SUM(publications), "  # noqa: S608
        f"SUM(withdrawn), SUM(manual), MAX(as_of), {measures}, {measured} "
        f"FROM ({rows}) AS by_post GROUP BY unit_id, topic_id"
    )
    topics = {row.pk: row for row in Topic.objects.all()}
    size = len(MEASURES)
    for unit, topic, posts, publications, withdrawn, manual, as_of, *sums in fetch_rows(
        sql, params
    ):
        figures = found[unit]
        figures["posts"] += int(posts)
        figures["publications"] += int(publications)
        figures["withdrawn"] += int(withdrawn)
        figures["manual"] += int(manual)
        values = dict(zip(MEASURES, map(to_int_or_none, sums[:size]), strict=True))
        for name, value, n in zip(MEASURES, values.values(), sums[size:], strict=True):
            figures["measures"][name] = add_known(figures["measures"][name], value)
            figures["measured"][name] += int(n)
        row = topics.get(topic)
        figures["topics"][row.code if row else ""] = {
            "name": row.name_vi if row else WITHOUT_TOPIC,
            "posts": int(posts),
            "publications": int(publications),
            **values,
        }
        if taken := to_datetime(as_of):
            said = taken.isoformat(timespec="seconds")
            figures["as_of"] = max(figures["as_of"] or said, said)


def _add_punctuality(
    found: dict[int, Figures],
    keys: Any,
    period: Period,
    campaign: Campaign | None,
    *,
    now: datetime,
) -> None:
    rows: Iterable[dict[str, Any]]
    if campaign is None:
        rows = sum_due_deliveries(keys, DueWindow(period, period.start, now), by=BY_UNIT)
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
            found[row["row"]][name] = row[name]


def _add_platforms(
    found: dict[int, Figures], keys: Any, period: Period, campaign: Campaign | None
) -> None:
    rows = Delivery.objects.filter(
        unit__in=keys, published_at__gte=period.start, published_at__lt=period.end
    )
    if campaign is not None:
        rows = rows.filter(post__campaign=campaign)
    sums = {f"sum_{name}": Sum(f"measurement__{name}") for name in MEASURE_SUMS}
    grouped: Any = rows.order_by().values("unit", "platform").annotate(n=Count("pk"), **sums)
    for row in grouped:
        found[row["unit"]]["platforms"][row["platform"]] = {
            "name": str(Kind(row["platform"]).label),
            "publications": row["n"],
            **{name: to_int_or_none(row[f"sum_{name}"]) for name in MEASURES},
        }


# --- freezing -------------------------------------------------------------------------------------


def freeze_figures(
    units: Collection[Unit],
    kind: str,
    period: Period,
    *,
    now: datetime,
    first: int = 1,
    campaign: Campaign | None = None,
) -> list[ReportFigures]:
    """Freeze the figures of ``units``, each with the period before, and store them. A province and
    the ministry add what their units sent. ``first``: the form's first day, for the period before.
    """
    keys = [unit.pk for unit in units]
    with translation.override(LANGUAGE):
        own = compute_figures(keys, period, now=now, campaign=campaign)
        earlier = periods.find_previous_period(kind, period, first)
        then = compute_figures(keys, earlier, now=now) if earlier else {}
        common = {
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
                measure: {"name": str(each.name), "means": str(each.means)}
                for measure, each in dictionary.DEFINITIONS.items()
            },
        }
        found = []
        for unit in units:
            content = {
                **common,
                "unit": unit.key,
                "unit_name": unit.name,
                "own": {"now": own[unit.pk], "before": then.get(unit.pk)},
                "covered": [unit.key],
                "units": [],
                "missing": [],
            }
            content["total"] = content["own"]
            content["checks"] = find_table_differences(own[unit.pk])
            if unit.level != Level.COMMUNE:
                _add_units(content, unit, kind, period, now=now, campaign=campaign)
            found.append(
                ReportFigures(
                    unit=unit, content=content, content_sha256=compute_digest(content), as_of=now
                )
            )
    return ReportFigures.objects.bulk_create(found)


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
    *,
    now: datetime,
    campaign: Campaign | None,
) -> None:
    """Add up what the units below sent, name who is missing, and check each sum."""
    below = list(find_reporting_bodies(unit, on=timezone.localdate(now)).order_by("name", "pk"))
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
                "now": figures["total"]["now"],
            }
        )
    had = [part["before"] for part in parts if part["before"] is not None]
    content["total"] = {
        "now": add_figures(part["now"] for part in parts),
        "before": add_figures(had) if had else None,
    }
    covered = Unit.objects.filter(key__in=content["covered"]).values_list("pk", flat=True)
    live = compute_figures(list(covered), period, now=now, campaign=campaign, with_platforms=False)
    content["checks"] += find_table_differences(content["total"]["now"])
    content["checks"] += find_differences(content["total"]["now"], add_figures(live.values()))
