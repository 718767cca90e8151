import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission
from accounts.queries import can
from core.actions import refusal
from core.lists import render_page
from engagement.counting import names, schedule
from engagement.counting import services as counting
from engagement.counting.forms import FiguresForm
from engagement.dashboards import dictionary, queries
from engagement.dashboards.charts import name_lines
from engagement.models import MEASURES, Measurement
from engagement.replies import services as replies
from posts.models import Post
from publishing.models import Delivery
from publishing.presenters.text import page_name
from publishing.states import State

MOST_FIRST = 4  # figures of a channel on the page of its post


@require_GET
def meanings(request: HttpRequest) -> HttpResponse:
    """Show the meaning of each figure on each platform."""
    if not request.user.reach(Permission.FIGURES_VIEW):
        raise PermissionDenied
    lost = names.find_lost_names(now=timezone.now())
    sections = [
        (_("Figures of posts"), dictionary.describe_measures(lost)),
        (_("Figures of pages by day"), dictionary.describe_page_measures(lost)),
    ]
    context = {"sections": sections, "derived": dictionary.DERIVED}
    return render(request, "engagement/dictionary.html", context)


@require_GET
def post_counts(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    if not request.user.reach(Permission.FIGURES_VIEW):
        raise PermissionDenied
    post = get_object_or_404(
        Post.objects.visible_to(request.user).select_related("unit"), public_id=public_id
    )
    rows = queries.find_counts(post)
    may_enter = can(request.user, Permission.POST_SCHEDULE, unit=post.unit)
    opened = replies.has_allowance(post.unit)
    pages = name_lines([row["delivery"].channel for row in rows])
    for row in rows:
        row["page"] = pages[row["delivery"].channel_id]
        row["reported"] = schedule.reports_figures(
            row["delivery"].platform, row["delivery"].receipt_source
        )
        row["newest"] = getattr(row["delivery"], "measurement", None)
        row["measures"] = _describe_measures(row)
        known = (figure for figure in row["measures"] if figure["value"] is not None)
        row["first"] = [figure for figure in known if figure["measure"] != "watch_seconds"][
            :MOST_FIRST
        ]
        row["may_answer"] = may_enter and not replies.explain_refusal(
            row["delivery"], opened=opened
        )
        row["may_enter"] = (
            may_enter and not row["reported"] and row["delivery"].state == State.PUBLISHED
        )
    chart = _draw_counts(rows)
    context = {"post": post, "rows": rows, "chart": chart, "names": dictionary.name_measures()}
    # An empty chart suggests that figures come soon, which holds only where a platform reports
    # them.
    context["charted"] = bool(chart["series"]) or any(row["reported"] for row in rows)
    # Whether it may be proposed as an example, its own page says.
    writes = can(request.user, Permission.POST_WRITE, unit=post.unit)
    is_live = any(row["delivery"].state == State.PUBLISHED for row in rows)
    context["may_propose"] = writes and is_live and not (post.adoption_id or post.corrects_id)
    # On the page of the post the figures stand in its list of channels.
    return render_page(request, "engagement/post_counts.html", context, part="lines")


@require_http_methods(["GET", "POST"])
def enter_figures(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Enter the totals of a page of which the platform reports nothing to the portal."""
    deliveries = Delivery.objects.visible_to(request.user).select_related("channel", "unit", "post")
    delivery = get_object_or_404(deliveries, public_id=public_id)
    if not can(request.user, Permission.POST_SCHEDULE, unit=delivery.unit):
        raise PermissionDenied
    back = reverse("engagement:post_counts", args=[delivery.post.public_id])
    form = FiguresForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            error = refusal(
                lambda: counting.enter_figures(delivery, by=request.user, figures=form.cleaned_data)
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


def _describe_measures(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the figures that this platform reports of this post, or that somebody entered, each
    with its meaning.
    """
    newest, platform = row["newest"], row["delivery"].platform
    reported = (
        dictionary.list_reported_measures(platform) if row["reported"] else dictionary.ALWAYS_SHOWN
    )
    return [
        {
            "measure": measure,
            "definition": dictionary.DEFINITIONS[measure],
            "origin": dictionary.find_origin(platform, measure) if row["reported"] else None,
            "value": getattr(newest, measure, None),
        }
        for measure in MEASURES
        if measure in reported or getattr(newest, measure, None) is not None
    ]


def _draw_counts(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one line a publication: views where they are reported, else reactions."""
    series = []
    for row in rows:
        for measure in ("views", "reactions"):
            points = [
                [c.taken_at.isoformat(), getattr(c, measure)] for c in reversed(row["counts"])
            ]
            if any(value is not None for _at, value in points):
                name = f"{row['page']}: {dictionary.name_measures()[measure]}"
                series.append({"name": name, "points": points})
                break
    return {"kind": "line", "series": series}
