import uuid
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from campaigns.models import Campaign
from channels.states import Kind
from core import quotas
from core.actions import refusal
from core.forms import PeriodForm
from core.periods import Period, quick_links
from engagement.counting import services as counting
from engagement.counting.forms import FiguresForm
from engagement.dashboards import dictionary, queries
from engagement.dashboards.tables import FORMATS, Sheet, as_file
from engagement.models import MEASURES, Measurement
from engagement.replies import services as replies
from posts.models import Post
from posts.states import PostState
from publishing.models import Delivery
from publishing.pauses.context import pauses_of
from publishing.presenters.delivery import delivery_status
from publishing.presenters.post import post_label
from publishing.presenters.text import page_name
from publishing.states import State

# The page shows this many; the file has every row.
UNITS_SHOWN, TROUBLES_SHOWN = 50, 5
ICONS = {
    "views": "eye",
    "reach": "users",
    "reactions": "mood-smile",
    "comments": "message-circle",
    "shares": "share",
    "saves": "bookmark",
    "clicks": "click",
    "watch_seconds": "hourglass",
}
# Told by some platforms only: shown where somebody told them.
ALWAYS = ("views", "reach", "reactions", "comments", "shares")


def measure_names() -> dict[str, str]:
    return {measure: str(each.name) for measure, each in dictionary.DEFINITIONS.items()}


@require_GET
def meanings(request: HttpRequest) -> HttpResponse:
    """Show the meaning of each figure on each platform."""
    if not request.user.reach(Permission.FIGURES_VIEW):
        raise PermissionDenied
    context = {"rows": dictionary.rows(), "derived": dictionary.DERIVED}
    return render(request, "engagement/dictionary.html", context)


@require_GET
def campaign(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    shown = _campaign(request, public_id)
    whole = _whole(shown)
    form = PeriodForm(request.GET, default=whole)
    deliveries = queries.published(request.user, shown, form.period)
    names = measure_names()
    total = queries.totals(deliveries)
    days, units = queries.daily(deliveries), queries.by_unit(deliveries)
    platforms = [
        {**row, "name": Kind(row["platform"]).label} for row in queries.by_platform(deliveries)
    ]
    trouble = queries.in_trouble(
        Delivery.objects.visible_to(request.user).filter(post__campaign=shown), now=timezone.now()
    )
    troubles = list(
        trouble.select_related("channel", "unit", "post").order_by("-due_at")[:TROUBLES_SHOWN]
    )
    for delivery in troubles:
        delivery.status = delivery_status(delivery, pauses_of(request))
    context = {
        "campaign": shown,
        "topics": list(shown.topics.all()),
        "form": form,
        "period": form.period,
        "quick": quick_links(form.period, (_("Whole campaign"), whole)),
        "total": total,
        "tiles": [
            _tile(total, measure, name)
            for measure, name in names.items()
            if measure in ALWAYS or total[measure] is not None
        ],
        "days": days,
        "platforms": platforms,
        "units": units[:UNITS_SHOWN],
        "units_left_out": max(0, len(units) - UNITS_SHOWN),
        "best": queries.best_posts(deliveries),
        "states": _states(queries.posts_by_state(request.user, shown)),
        "troubles": troubles,
        "trouble_count": trouble.count() if len(troubles) == TROUBLES_SHOWN else len(troubles),
        "charts": {
            "reach": _line(days, ("views", "reach"), names),
            "reactions": _line(days, ("reactions", "shares"), names),
            "platforms": _bars(platforms, "name", ("views", "reactions"), names),
            "units": _bars(units[:15], "unit__name", ("views", "reactions"), names),
        },
        "may_edit": can(request.user, Permission.CAMPAIGN_WRITE, unit=shown.unit),
        "may_recall": can(
            request.user, Permission.POST_WITHDRAW, unit=current_position(request).unit
        ),
    }
    return render(request, "engagement/figures.html", context)


@require_GET
def campaign_export(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    shown = _campaign(request, public_id)
    format = request.GET.get("format", "xlsx")
    if format not in FORMATS:
        raise Http404
    quotas.use("export", by=request.user)
    period = PeriodForm(request.GET, default=_whole(shown)).period
    deliveries = queries.published(request.user, shown, period)
    sheets = [_summary(shown, period, deliveries), _publications(deliveries)]
    return as_file(format, f"campaign-{period.first:%Y%m%d}-{period.last:%Y%m%d}", sheets)


@require_GET
@vary_on_headers("HX-Request")
def post_counts(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    if not request.user.reach(Permission.FIGURES_VIEW):
        raise PermissionDenied
    post = get_object_or_404(
        Post.objects.visible_to(request.user).select_related("unit"), public_id=public_id
    )
    rows = queries.counts_of(post)
    may_enter = can(request.user, Permission.POST_SCHEDULE, unit=post.unit)
    opened = replies.is_open(post.unit)
    for row in rows:
        row["reported"] = counting.reports_figures(
            row["delivery"].platform, row["delivery"].receipt_source
        )
        row["newest"] = getattr(row["delivery"], "measurement", None)
        row["measures"] = _measures_of(row)
        row["may_answer"] = may_enter and not replies.why_not(row["delivery"], opened=opened)
        row["may_enter"] = (
            may_enter and not row["reported"] and row["delivery"].state == State.PUBLISHED
        )
    chart = _lines_of(rows)
    context = {"post": post, "rows": rows, "chart": chart, "names": measure_names()}
    # An empty chart suggests that figures come soon, which holds only where a platform reports
    # them.
    context["charted"] = bool(chart["series"]) or any(row["reported"] for row in rows)
    fragment = request.htmx and not request.htmx.boosted
    template = "engagement/post_counts.html#counts" if fragment else "engagement/post_counts.html"
    return render(request, template, {**context, "fragment": fragment})


@require_http_methods(["GET", "POST"])
def enter_figures(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Enter the totals of a page of which the platform reports nothing to the portal."""
    found = Delivery.objects.visible_to(request.user).select_related("channel", "unit", "post")
    delivery = get_object_or_404(found, public_id=public_id)
    if not can(request.user, Permission.POST_SCHEDULE, unit=delivery.unit):
        raise PermissionDenied
    back = reverse("engagement:post_counts", args=[delivery.post.public_id])
    form = FiguresForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            error = refusal(
                lambda: counting.enter(delivery, by=request.user, figures=form.cleaned_data)
            )
            if not error:
                messages.success(request, _("Saved, marked as entered by hand."))
                return redirect(back)
            form.add_error(None, error)
    context = {
        "delivery": delivery,
        "form": form,
        "page": page_name(delivery.channel),
        "back": back,
        "newest": Measurement.objects.filter(delivery=delivery, taken_at__isnull=False).first(),
    }
    return render(request, "engagement/enter_figures.html", context, status=status)


def _measures_of(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the figures that this platform reports of this post, or that somebody entered, each
    with its meaning.
    """
    newest, platform = row["newest"], row["delivery"].platform
    reported = dictionary.reported_measures(platform) if row["reported"] else ALWAYS
    return [
        {
            "measure": measure,
            "definition": dictionary.DEFINITIONS[measure],
            "origin": dictionary.origin(platform, measure) if row["reported"] else None,
            "value": getattr(newest, measure, None),
        }
        for measure in MEASURES
        if measure in reported or getattr(newest, measure, None) is not None
    ]


def _campaign(request: HttpRequest, public_id: uuid.UUID) -> Campaign:
    if not request.user.reach(Permission.FIGURES_VIEW):
        raise PermissionDenied
    return get_object_or_404(
        Campaign.objects.visible_to(request.user).select_related("unit"), public_id=public_id
    )


def _whole(campaign: Campaign, *, today: date | None = None) -> Period:
    """Return the period from the campaign's first day until its last, or until
    today while it runs.
    """
    last = min(campaign.ends_on, today or timezone.localdate())
    return Period(campaign.starts_on, max(last, campaign.starts_on))


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


def _line(
    days: list[dict[str, Any]], measures: tuple[str, ...], names: dict[str, str]
) -> dict[str, Any]:
    series = [
        {"name": names[measure], "points": [[day["day"].isoformat(), day[measure]] for day in days]}
        for measure in measures
        if any(day[measure] is not None for day in days)
    ]
    return {"kind": "line", "series": series}


def _bars(
    rows: list[dict[str, Any]], label: str, measures: tuple[str, ...], names: dict[str, str]
) -> dict[str, Any]:
    series = [
        {"name": names[measure], "values": [row[measure] for row in rows]}
        for measure in measures
        if any(row[measure] is not None for row in rows)
    ]
    return {"kind": "bar", "labels": [str(row[label]) for row in rows], "series": series}


def _lines_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one line a publication: views where they are reported, else reactions."""
    series = []
    for row in rows:
        for measure in ("views", "reactions"):
            points = [
                [c.taken_at.isoformat(), getattr(c, measure)] for c in reversed(row["counts"])
            ]
            if any(value is not None for _at, value in points):
                name = f"{row['delivery'].channel}: {measure_names()[measure]}"
                series.append({"name": name, "points": points})
                break
    return {"kind": "line", "series": series}


def _summary(campaign: Campaign, period: Period, deliveries: QuerySet[Delivery]) -> Sheet:
    total = queries.totals(deliveries)
    rows: list[tuple[str, Any]] = [
        (_("Campaign"), campaign.name),
        (_("Unit"), campaign.unit.name),
        (_("Posts published in the period"), str(period)),
        (_("Figures as of"), total["as_of"] or _("not measured")),
        (_("Of them entered by hand"), total["manual"]),
        (_("Posts"), total["posts"]),
        (_("Publications"), total["publications"]),
        *((name, total[measure]) for measure, name in measure_names().items()),
    ]
    return Sheet(_("Summary"), [_("Figure"), _("Value")], rows)


def _publications(deliveries: QuerySet[Delivery]) -> Sheet:
    head = [
        _("Title"),
        _("Unit"),
        _("Platform"),
        _("Channel"),
        _("State"),
        _("Published at"),
        _("Link"),
        *measure_names().values(),
        _("Figures as of"),
        _("Source"),
    ]

    def rows() -> Any:
        for d in queries.rows_for_export(deliveries).iterator(chunk_size=2000):
            newest = getattr(d, "measurement", None)
            yield (
                str(d.post),
                d.unit.name,
                d.get_platform_display(),
                d.channel.name,
                str(d.get_state_display()),
                d.published_at,
                d.permalink,
                *(getattr(newest, measure, None) for measure in MEASURES),
                (newest and newest.taken_at) or _("not measured"),
                str(newest.get_source_display()) if newest and newest.taken_at else "",
            )

    return Sheet(_("Publications"), head, rows())
