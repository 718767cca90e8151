"""The figures of a campaign, in three parts: sums, posts and hours, comparison and kits."""

import uuid
from dataclasses import dataclass
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
from core.periods import Period, quick_links
from engagement.dashboards import charts, comparisons, files, hours, queries, usual
from engagement.dashboards.charts import Chart
from engagement.dashboards.context import campaign_or_404, whole_period
from engagement.dashboards.dictionary import ALWAYS, ICONS, measure_names
from engagement.dashboards.forms import MOST_CAMPAIGNS, PARTS, CompareForm, FiguresFilter
from engagement.dashboards.funnel import funnels
from engagement.dashboards.reasons import reason
from engagement.exports.sheets import FORMATS, as_file
from engagement.exports.views import file_or_offer
from posts.states import PostState
from publishing.models import Delivery
from publishing.pauses.context import pauses_of
from publishing.presenters.delivery import delivery_status
from publishing.presenters.post import post_label

# The page shows this many; the file has every row.
UNITS_SHOWN, TROUBLES_SHOWN, RANKED_SHOWN, KITS_SHOWN = 50, 5, 8, 6


@dataclass(frozen=True)
class Figures:
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


def _figures(request: HttpRequest, public_id: uuid.UUID) -> Figures:
    shown = campaign_or_404(request, public_id)
    form = FiguresFilter(request.GET, default=whole_period(shown))
    deliveries = form.narrowed(queries.published(request.user, shown, form.period))
    return Figures(request, shown, form, deliveries, timezone.now())


@require_GET
def figures(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    those = _figures(request, public_id)
    whole = whole_period(those.campaign)
    part = those.form.given("show")
    context = {
        "campaign": those.campaign,
        "export_url": reverse("engagement:campaign_export", args=[public_id]),
        "topics": list(those.campaign.topics.all()),
        "form": those.form,
        "period": those.period,
        "quick": quick_links(those.period, (_("Whole campaign"), whole)),
        "part": part,
        "kept": _kept(those),
        "parts": PARTS.items(),
        **{"": _sums, "posts": _posts, "compare": _comparison}[part](those),
    }
    return render(request, "engagement/figures.html", context)


def _kept(those: Figures) -> list[tuple[str, str]]:
    """Return the filters as another form of the page sends them along."""
    given = those.request.GET
    return [(name, given[name]) for name in those.form.fields if given.get(name)]


def _sums(those: Figures) -> dict[str, Any]:
    names = measure_names()
    total = queries.totals(those.deliveries)
    days, units = queries.daily(those.deliveries), queries.by_unit(those.deliveries)
    platforms = queries.by_platform(those.deliveries)
    troubles, trouble_count = _troubles(those)
    return {
        "total": total,
        "tiles": [
            _tile(total, measure, name)
            for measure, name in names.items()
            if measure in ALWAYS or total[measure] is not None
        ],
        "days": days,
        "platforms": platforms,
        "units": units,
        "best": queries.best_posts(those.deliveries),
        "states": _states(queries.posts_by_state(those.user, those.campaign)),
        "troubles": troubles,
        "trouble_count": trouble_count,
        "charts": [
            _reach_over_time(days),
            _reactions_over_time(days),
            _by_platform(platforms),
            _by_topic(those),
            _by_unit(units, most=UNITS_SHOWN),
        ],
    }


def _reach_over_time(days: charts.Rows) -> Chart:
    return charts.over_time("reach", _("Views and reach over time"), days, ("views", "reach"))


def _reactions_over_time(days: charts.Rows) -> Chart:
    measures = ("reactions", "comments", "shares", "clicks")
    title = _("Reactions, comments, shares and clicks over time")
    return charts.over_time("reactions", title, days, measures)


def _by_platform(rows: charts.Rows) -> Chart:
    names = [str(Kind(row["platform"]).label) for row in rows]
    return charts.side_by_side("platforms", _("By platform"), _("Platform"), rows, names)


def _by_topic(those: Figures) -> Chart:
    rows = comparisons.by_topic(those.deliveries)
    words = {topic.pk: str(topic) for topic in those.form.topics}
    names = [words.get(row["post__topic"], _("without a topic")) for row in rows]
    return charts.side_by_side("topics", _("By topic"), _("Topic"), rows, names)


def _by_unit(rows: charts.Rows, *, most: int | None = None) -> Chart:
    shown = rows[:most]
    names = [row["unit__name"] for row in shown]
    chart = charts.side_by_side("units", _("By unit"), _("Unit"), shown, names)
    return chart.with_left_out(len(rows) - len(shown))


def _troubles(those: Figures) -> tuple[list[Delivery], int]:
    found = queries.in_trouble(
        Delivery.objects.visible_to(those.user).filter(post__campaign=those.campaign), now=those.now
    )
    rows: list[Any] = list(
        found.select_related("channel", "unit", "post").order_by("-due_at")[:TROUBLES_SHOWN]
    )
    for delivery in rows:
        delivery.status = delivery_status(delivery, pauses_of(those.request))
    return rows, found.count() if len(rows) == TROUBLES_SHOWN else len(rows)


def _posts(those: Figures) -> dict[str, Any]:
    rows = usual.ranked(those.deliveries, now=those.now)
    weak = usual.weakest(rows, now=those.now, most=RANKED_SHOWN)
    return {
        "ranked": [
            ("best", _("Best posts"), _with_reasons(usual.best(rows, most=RANKED_SHOWN))),
            ("weakest", _("Weakest posts"), _with_reasons(weak)),
        ],
        "punctuality": comparisons.punctuality(those.deliveries, now=those.now),
        "charts": [charts.heat_map(hours.by_hour(those.deliveries))],
    }


def _with_reasons(rows: list[usual.Ranked]) -> list[tuple[usual.Ranked, str]]:
    return [(row, reason(row)) for row in rows]


def _comparison(those: Figures) -> dict[str, Any]:
    seen = Campaign.objects.visible_to(those.user).exclude(pk=those.campaign.pk)
    asked = those.request.GET if "with_" in those.request.GET else None
    form = CompareForm(asked, others=seen.select_related("unit")[:MOST_CAMPAIGNS])
    other = comparisons.compare_with(those.user, those.campaign, those.period, form.choice())
    theirs = those.form.narrowed(other.deliveries)
    ours_label = str(those.period)
    labels = [ours_label, str(other.period)]
    days, their_days = queries.daily(those.deliveries), queries.daily(theirs)
    lines = [
        charts.both_lines(measure, days, those.period.first, their_days, other.period.first, labels)
        for measure in ("reach", "reactions")
    ]
    table = charts.compared(
        labels,
        [
            {**queries.totals(rows), **vars(comparisons.punctuality(rows, now=those.now))}
            for rows in (those.deliveries, theirs)
        ],
    )
    return {
        "compare_form": form,
        "other": other,
        "is_campaign": isinstance(form.choice(), Campaign),
        "charts": [table, *lines, charts.take_up(funnels(those.user, _kits(those)))],
    }


def _kits(those: Figures) -> list[Kit]:
    rows = Kit.objects.filter(campaign=those.campaign, current__isnull=False, withdrawn_at=None)
    return list(rows.select_related("unit", "current").order_by("-pk")[:KITS_SHOWN])


def _chart(those: Figures, key: str) -> Chart:
    """Return one chart with all of its rows; 404 for a word that names none."""
    if key == "units":
        return _by_unit(queries.by_unit(those.deliveries))
    part = {"hours": _posts, "topics": _sums, "platforms": _sums}.get(key)
    part = part or (_sums if key in ("reach", "reactions") else _comparison)
    for chart in part(those)["charts"]:
        if chart.key == key:
            return chart
    raise Http404


@require_GET
def campaign_export(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return the figures as a file: of one chart, or all publications with the units behind."""
    format = request.GET.get("format", "xlsx")
    if format not in FORMATS:
        raise Http404
    if key := request.GET.get("chart", "")[:30]:
        those = _figures(request, public_id)
        quotas.use("export", by=request.user)
        days = f"{those.period.first:%Y%m%d}-{those.period.last:%Y%m%d}"
        return as_file(format, f"{key}-{days}", [_chart(those, key).sheet])
    return file_or_offer(request, files.CAMPAIGN, format, files.asked(request.GET, public_id))


def _tile(total: dict[str, Any], measure: str, name: str) -> dict[str, Any]:
    hint = ""
    if total[measure] is not None and total[f"{measure}_of"] < total["publications"]:
        hint = _("from %(n)s of %(all)s publications") % {
            "n": total[f"{measure}_of"],
            "all": total["publications"],
        }
    return {"label": name, "value": total[measure], "icon": ICONS[measure], "hint": hint}


def _states(counted: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"state": state, "n": n, "status": post_label(PostState(state))}
        for state, n in counted.items()
    ]
