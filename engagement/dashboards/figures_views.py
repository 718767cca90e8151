"""The figures of a campaign, in three parts: sums, posts and hours, comparison and kits."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.kits.models import Kit
from campaigns.models import Campaign
from channels.states import Kind
from core import quotas
from core.expensive import one_at_a_time
from core.periods import Period, make_quick_links
from engagement.dashboards import charts, comparisons, files, hours, queries, usual
from engagement.dashboards.charts import Chart
from engagement.dashboards.context import get_campaign_or_404, make_whole_period
from engagement.dashboards.dictionary import ALWAYS_SHOWN, ICONS, name_measures
from engagement.dashboards.forms import MOST_CAMPAIGNS, PARTS, CompareForm, FiguresFilter
from engagement.dashboards.funnel import count_funnels
from engagement.exports.sheets import FORMATS, make_download
from engagement.exports.views import file_or_offer
from publishing.models import Delivery
from publishing.pauses.context import pauses_of
from publishing.presenters.delivery import delivery_status
from publishing.presenters.status import StatusView
from publishing.states import PostGroup

# The page shows this many; the file has every row.
UNITS_SHOWN, TROUBLES_SHOWN, RANKED_SHOWN, KITS_SHOWN = 50, 5, 8, 6
_BADGES = {
    PostGroup.DRAFTS: ("grey", "pencil"),
    PostGroup.REVIEW: ("yellow", "clock"),
    PostGroup.UNSCHEDULED: ("yellow", "calendar"),
    PostGroup.UPCOMING: ("blue", "clock"),
    PostGroup.PUBLISHED: ("green", "circle-check"),
    PostGroup.TROUBLE: ("red", "alert-triangle"),
}


@dataclass(frozen=True)
class FiguresPage:
    """Hold what the parts of the page are made of: a campaign, and the publications that the
    reader chose.
    """

    request: HttpRequest
    campaign: Campaign
    form: FiguresFilter
    deliveries: QuerySet[Delivery]
    now: datetime

    @property
    def user(self) -> Any:
        return self.request.user

    @property
    def period(self) -> Period:
        return self.form.period


def _read_page(request: HttpRequest, public_id: uuid.UUID) -> FiguresPage:
    campaign = get_campaign_or_404(request, public_id)
    form = FiguresFilter(request.GET, default=make_whole_period(campaign))
    deliveries = form.filter_publications(
        queries.find_published(request.user, campaign, form.period)
    )
    return FiguresPage(request, campaign, form, deliveries, timezone.now())


@require_GET
@one_at_a_time
def figures(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    page = _read_page(request, public_id)
    whole = make_whole_period(page.campaign)
    part = page.form.get_value("show")
    context = {
        "campaign": page.campaign,
        "export_url": reverse("engagement:campaign_export", args=[public_id]),
        "topics": list(page.campaign.topics.all()),
        "form": page.form,
        "period": page.period,
        "quick": make_quick_links(page.period, (_("Whole campaign"), whole)),
        "part": part,
        "kept": _list_other_filters(page),
        "parts": PARTS.items(),
        **{"": _build_sums, "posts": _build_posts, "compare": _build_comparison}[part](page),
    }
    return render(request, "engagement/figures.html", context)


def _list_other_filters(page: FiguresPage) -> list[tuple[str, str]]:
    """Return the filters as another form of the page sends them along."""
    given = page.request.GET
    return [(name, given[name]) for name in page.form.fields if given.get(name)]


def _build_sums(page: FiguresPage) -> dict[str, Any]:
    names = name_measures()
    total = queries.sum_totals(page.deliveries)
    measures = [
        _make_tile(total, measure, name)
        for measure, name in names.items()
        if measure in ALWAYS_SHOWN or total[measure] is not None
    ]
    median = {
        "label": _("Reach of a post, median"),
        "value": queries.find_median_reach(page.deliveries),
        "icon": ICONS["reach"],
    }
    days, units = queries.sum_daily_totals(page.deliveries), queries.sum_by_unit(page.deliveries)
    platforms = queries.sum_by_platform(page.deliveries)
    total["channels"] = sum(row["channels"] for row in platforms)
    troubles, trouble_count = _find_troubled_posts(page)
    return {
        "total": total,
        "tiles": [
            *(_make_tile(total, measure, names[measure]) for measure in ("views", "reach")),
            median,
            _make_tile(total, "clicks", names["clicks"]),
        ],
        "measures": measures,
        "days": days,
        "platforms": platforms,
        "units": units,
        "best": queries.find_best_posts(page.deliveries),
        "states": _describe_states(
            queries.count_posts_by_group(page.user, page.campaign, now=page.now)
        ),
        "troubles": troubles,
        "trouble_count": trouble_count,
        "charts": [
            charts.draw_lines("reach", _("Views and reach over time"), days, ("views", "reach")),
            _draw_reactions(days),
            _draw_platforms(platforms),
            _draw_topics(page),
            _draw_units(page, units, most=UNITS_SHOWN),
        ],
    }


def _draw_reactions(days: charts.Rows) -> Chart:
    measures = ("reactions", "comments", "shares", "clicks")
    title = _("Reactions, comments, shares and clicks over time")
    return charts.draw_lines("reactions", title, days, measures)


def _draw_platforms(rows: charts.Rows) -> Chart:
    names = [str(Kind(row["platform"]).label) for row in rows]
    return charts.draw_bars("platforms", _("By platform"), _("Platform"), rows, names)


def _draw_topics(page: FiguresPage) -> Chart:
    rows = comparisons.sum_by_topic(page.deliveries)
    topic_names = {topic.pk: str(topic) for topic in page.form.topics}
    names = [topic_names.get(row["post__topic"], _("without a topic")) for row in rows]
    return charts.draw_bars("topics", _("By topic"), _("Topic"), rows, names)


def _draw_units(page: FiguresPage, rows: charts.Rows, *, most: int | None = None) -> Chart:
    top = rows[:most]
    names = [row["unit__name"] for row in top]
    chart = charts.draw_bars("units", _("By unit"), _("Unit"), top, names)
    keys = [row["unit__key"] for row in top]
    rates = queries.find_reach_rates(page.deliveries, keys, on=page.period.last)
    with_rates = replace(
        chart,
        head=[*chart.head, _("Reach for each 1,000 followers")],
        rows=[[*row, rates.get(key)] for key, row in zip(keys, chart.rows, strict=True)],
    )
    return with_rates.with_left_out(len(rows) - len(top))


def _find_troubled_posts(page: FiguresPage) -> tuple[list[Delivery], int]:
    posts = queries.find_in_trouble(
        Delivery.objects.visible_to(page.user).filter(post__campaign=page.campaign), now=page.now
    )
    rows: list[Any] = list(
        posts.select_related("channel", "unit", "post").order_by("-due_at")[:TROUBLES_SHOWN]
    )
    for delivery in rows:
        delivery.status = delivery_status(delivery, pauses_of(page.request))
    return rows, posts.count() if len(rows) == TROUBLES_SHOWN else len(rows)


def _build_posts(page: FiguresPage) -> dict[str, Any]:
    rows = usual.find_candidates(page.deliveries, now=page.now)
    weak = usual.choose_weakest(rows, now=page.now, most=RANKED_SHOWN)
    return {
        "ranked": [
            ("best", _("Best posts"), _add_reasons(usual.choose_best(rows, most=RANKED_SHOWN))),
            ("weakest", _("Weakest posts"), _add_reasons(weak)),
        ],
        "punctuality": comparisons.measure_punctuality(page.deliveries, now=page.now),
        "charts": [charts.draw_heat_map(hours.count_by_hour(page.deliveries))],
    }


def _add_reasons(rows: list[usual.Ranked]) -> list[tuple[usual.Ranked, str]]:
    return [(row, usual.explain_rank(row)) for row in rows]


def _build_comparison(page: FiguresPage) -> dict[str, Any]:
    seen = Campaign.objects.visible_to(page.user).exclude(pk=page.campaign.pk)
    asked = page.request.GET if "with_" in page.request.GET else None
    form = CompareForm(asked, others=seen.select_related("unit")[:MOST_CAMPAIGNS])
    other = comparisons.compare_with(page.user, page.campaign, page.period, form.get_choice())
    theirs = page.form.filter_publications(other.deliveries)
    since = comparisons.find_recorded_since(page.campaign.unit)
    if since is not None and since > other.period.first:
        return {
            "compare_form": form,
            "other": other,
            "recorded_since": since,
            "charts": [charts.draw_adoption(count_funnels(page.user, _find_kits(page)))],
        }
    ours_label = str(page.period)
    labels = [ours_label, str(other.period)]
    days, their_days = queries.sum_daily_totals(page.deliveries), queries.sum_daily_totals(theirs)
    lines = [
        charts.draw_both_periods(
            measure,
            days,
            page.period,
            their_days,
            other.period,
            labels,
            today=timezone.localdate(page.now),
        )
        for measure in ("reach", "reactions")
    ]
    table = charts.compare_sums(
        labels,
        [
            {
                **queries.sum_totals(rows),
                **vars(comparisons.measure_punctuality(rows, now=page.now)),
            }
            for rows in (page.deliveries, theirs)
        ],
    )
    return {
        "compare_form": form,
        "other": other,
        "is_campaign": isinstance(form.get_choice(), Campaign),
        "charts": [table, *lines, charts.draw_adoption(count_funnels(page.user, _find_kits(page)))],
    }


def _find_kits(page: FiguresPage) -> list[Kit]:
    rows = Kit.objects.filter(campaign=page.campaign, current__isnull=False, withdrawn_at=None)
    return list(rows.select_related("unit", "current").order_by("-pk")[:KITS_SHOWN])


def _find_chart(page: FiguresPage, key: str) -> Chart:
    """Return one chart with all of its rows; 404 for a word that names none."""
    if key == "units":
        return _draw_units(page, queries.sum_by_unit(page.deliveries))
    part = {"hours": _build_posts, "topics": _build_sums, "platforms": _build_sums}.get(key)
    part = part or (_build_sums if key in ("reach", "reactions") else _build_comparison)
    for chart in part(page)["charts"]:
        if chart.key == key:
            return chart
    raise Http404


@require_GET
@one_at_a_time
def campaign_export(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return the figures as a file: of one chart, or all publications with the units behind."""
    format = request.GET.get("format", "xlsx")
    if format not in FORMATS:
        raise Http404
    if key := request.GET.get("chart", "")[:30]:
        page = _read_page(request, public_id)
        quotas.use("export", by=request.user)
        days = f"{page.period.first:%Y%m%d}-{page.period.last:%Y%m%d}"
        chart = _find_chart(page, key)
        return make_download(format, f"{chart.file_name}-{days}", [chart.sheet])
    return file_or_offer(
        request, files.CAMPAIGN, format, files.collect_params(request.GET, public_id)
    )


def _make_tile(total: dict[str, Any], measure: str, name: str) -> dict[str, Any]:
    hint = ""
    if total[measure] is not None and total[f"{measure}_of"] < total["publications"]:
        hint = _("from %(n)s of %(all)s publications") % {
            "n": total[f"{measure}_of"],
            "all": total["publications"],
        }
    return {"label": name, "value": total[measure], "icon": ICONS[measure], "hint": hint}


def _describe_states(counted: dict[PostGroup, int]) -> list[dict[str, Any]]:
    return [
        {"tab": group, "n": n, "status": StatusView(str(group.label), *_BADGES[group], "")}
        for group, n in counted.items()
    ]
