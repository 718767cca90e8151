"""The calendar as a page, its board and its sheet, and the way from a day to a new post."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from campaigns.models import Topic
from channels.queries import channels_for
from core import quotas
from core.expensive import one_at_a_time
from core.forms import PeriodForm
from core.lists import get_page
from core.periods import Period, get_midnight
from posts.bulk_import.sheets import KIND, build_workbook
from publishing.calendar.forms import VIEWS, CalendarForm, DayForm, ManyForm
from publishing.calendar.presenters import compose_address, day_cards, describe_clash, long_marks
from publishing.calendar.queries import (
    LONGEST_WINDOW,
    MOST_TURNED,
    CalendarFilter,
    board_columns,
    covers_many_units,
    event_times,
    events_at,
    find_clashes,
    find_going_out,
    planned_posts,
)
from publishing.calendar.views.events import EventList, describe, events_or_counts
from publishing.calendar.views.scope import RESULT, filters_of, marks_of, unit_of
from publishing.models import Delivery
from publishing.pauses.context import pauses_of
from publishing.post_list.cards import deliveries_by_post, post_card
from publishing.states import PostGroup

PAGE = 50  # events of a day of many units
WEEK, MONTH = timedelta(days=7), timedelta(days=28)  # ahead, at least


@require_GET
@one_at_a_time
def calendar(request: HttpRequest) -> HttpResponse:
    """Show the agenda as a list that needs no script; on a wide screen the calendar grows from it.

    The board shows posts by their state instead.
    """
    form = filters_of(request)
    chosen = form.chosen()
    view = form.cleaned_data.get("view") or "month"
    day = form.cleaned_data.get("date")
    names = [_("Month"), _("Week"), _("Day"), _("List"), _("By state")]
    context = {
        "form": form,
        "view": view,
        "views": [
            {"value": value, "label": label, "current": value == view}
            for value, label in zip(VIEWS, names, strict=True)
        ],
        "day": day or timezone.localdate(),
        "narrowed": bool(form.is_valid() and (chosen.channel or chosen.campaign or chosen.state)),
        "result": request.session.pop(RESULT, None),
        "many": ManyForm(),
        "query": request.GET.urlencode(),
        "acts": {
            "compose": bool(request.user.reach(Permission.POST_WRITE)),
            "schedule": bool(request.user.reach(Permission.POST_SCHEDULE)),
            "pause": bool(request.user.reach(Permission.PUBLISHING_PAUSE)),
        },
    }
    if view == "board":
        context["columns"] = _board(request, chosen)
        return render(request, "publishing/calendar_board.html", context)
    context |= _agenda(request, form, chosen, view, day)
    return render(request, "publishing/calendar.html", context)


def _agenda(
    request: HttpRequest, form: CalendarForm, chosen: CalendarFilter, view: str, day: date | None
) -> dict[str, Any]:
    """Return the days of the period, each with what it brings."""
    today, now = timezone.localdate(), timezone.now()
    first, after = _period(view, day or today)
    start = first
    if day is None and view != "day":
        # Without a date people ask what comes, a week or a month of it; what has gone by is one
        # step back.
        start = max(first, today)
        after = max(after, today + (WEEK if view == "week" else MONTH))
    rows = find_going_out(
        request.user, start=get_midnight(start), end=get_midnight(after), chosen=chosen
    )
    last = after - timedelta(days=1)
    marks = marks_of(request, chosen, first=start, last=last, now=now)
    of_many = covers_many_units(unit_of(request, chosen))
    if view == "day" and of_many:
        page = _page_of_day(request, rows, now=now)
    else:
        page = events_or_counts(request, form, rows, now=now)
    events = [
        (timezone.localdate(described["event"].due_at), described)
        for described in describe(request, page.events, now=now)
    ]
    return {
        "days": day_cards(
            events,
            marks,
            first=start,
            last=last,
            with_free=view in ("day", "week"),
            chips=page.chips,
        ),
        "page_obj": page.page,
        "long": long_marks(marks),
        "more": page.more,
        "today": today,
        "start": start,
        "last": last,
        "export": Period(first, last).query,
        "before": first if start != first else first - timedelta(days=1),
        "after": after,
        "options": _script_options(
            view,
            day or today,
            units="unit" in form.fields,
            composes=bool(request.user.reach(Permission.POST_WRITE)),
            opens_days=of_many,
        ),
    }


def _page_of_day(request: HttpRequest, rows: QuerySet[Delivery], *, now: datetime) -> EventList:
    """Return one page of a day of many units, cut between two times."""
    page = get_page(request, event_times(rows), PAGE, most=MOST_TURNED)
    events = events_at(rows, list(page), user=request.user, now=now)
    return EventList(events, more=page.paginator.is_cut, page=page)


def _board(request: HttpRequest, chosen: CalendarFilter) -> list[dict[str, Any]]:
    """Return the columns of the board: the posts of each group, with those beside which they go
    out.
    """
    may_schedule = partial(can, request.user, Permission.POST_SCHEDULE)
    groups = board_columns(request.user, chosen, now=timezone.now())
    posts = [post for rows, _more in groups.values() for post in rows]
    newest, now = deliveries_by_post(posts), timezone.now()
    near = find_clashes(
        request.user, [row for deliveries in newest.values() for row in deliveries], now=now
    )
    columns = []
    for group, (rows, more) in groups.items():
        cards = [
            post_card(
                post,
                newest[post.pk],
                pauses_of(request),
                can_be_put_away=False,
                can_be_scheduled=group == PostGroup.UNSCHEDULED and may_schedule(unit=post.unit),
            )
            for post in rows
        ]
        beside = [describe_clash(newest[post.pk], near) for post in rows]
        columns.append(
            {
                "group": group,
                "label": PostGroup(group).label,
                "cards": cards,
                "rows": list(zip(cards, beside, strict=True)),
                "more": more,
            }
        )
    return columns


def _period(view: str, day: date) -> tuple[date, date]:
    """Return the day, week or month that holds ``day``: its first day, and the first after it."""
    if view == "day":
        return day, day + timedelta(days=1)
    if view == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def _script_options(
    view: str, day: date, *, units: bool, composes: bool, opens_days: bool
) -> dict[str, Any]:
    """Return what static/js/pages/calendar.js needs to know, words included."""
    return {
        "sprite": static("icons/sprite.svg"),
        "timeZone": settings.TIME_ZONE,
        "feed": reverse("publishing:calendar_feed"),
        "move": reverse("publishing:calendar_move"),
        "compose": reverse("publishing:compose_on") if composes else "",
        "view": view,
        "date": day.isoformat(),
        "units": units,
        "opensDays": opens_days,
        "words": {
            "compose": _("Compose a post for %(day)s"),
            "allDay": _("All day"),
            "timed": _("At an hour"),
            "events": _("Of this day"),
            "today": _("Today"),
            "close": _("Close"),
            "others": _("%(n)s more on this day"),
            "earlier": _("Earlier"),
            "later": _("Later"),
            "anyway": _("Move it there all the same?"),
            "move": _("Change the time"),
            "again": _("Press again to move it there all the same."),
            "failed": _("No answer from the portal. The post was not moved."),
            "empty": _("Nothing is scheduled in these days."),
            "unread": _("The calendar could not be read. Reload the page."),
        },
    }


@require_GET
@one_at_a_time
def export(request: HttpRequest) -> HttpResponse:
    """Return what one unit plans in a period as the sheet by which posts are planned."""
    unit = filters_of(request).chosen().unit or current_position(request).unit
    today = timezone.localdate()
    form = PeriodForm(request.GET, default=Period(today, today + timedelta(days=30)))
    period = form.period
    if period.end - period.start > LONGEST_WINDOW:
        messages.error(request, _("Choose at most two months at a time."))
        return redirect("publishing:calendar")
    quotas.use("export", by=request.user)
    rows = planned_posts(unit, start=period.start, end=period.end)
    data = build_workbook(rows, channels=channels_for(unit), topics=list(Topic.objects.all()))
    name = f"{_('plan')}-{period.first:%Y-%m-%d}-{period.last:%Y-%m-%d}"
    return HttpResponse(
        data,
        content_type=KIND,
        headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'},
    )


@require_GET
def compose_on(request: HttpRequest) -> HttpResponse:
    """Begin a post for a day: at its first free slot, or else at eight in the morning."""
    if not request.user.reach(Permission.POST_WRITE):
        raise PermissionDenied
    form, now = DayForm(request.GET), timezone.now()
    if not form.is_valid():
        return redirect("posts:new")
    day = form.cleaned_data["day"]
    free = marks_of(request, CalendarFilter(), first=day, last=day, now=now).free
    at = free[0].at if free else get_midnight(day) + timedelta(hours=8)
    return redirect(compose_address(at if at > now else None))
