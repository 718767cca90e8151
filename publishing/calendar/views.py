import json
import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from campaigns.models import Topic
from channels.models import Channel
from channels.queries import channels_for
from channels.states import Health
from core import quotas
from core.actions import refusal
from core.errors import Refused
from core.forms import PeriodForm
from core.paging import CappedPaginator
from core.periods import Period, midnight
from core.text import parse_uuid
from posts.bulk_import.sheets import KIND, workbook
from posts.editor import choices
from posts.models import Post
from posts.review import services as reviews
from publishing.calendar import services as calendar_services
from publishing.calendar.forms import VIEWS, CalendarForm, DayForm, ManyForm, WindowForm
from publishing.calendar.presenters import (
    CountChip,
    clash_words,
    compose_address,
    count_chips,
    count_events,
    day_cards,
    long_marks,
    mark_events,
)
from publishing.calendar.queries import (
    LONGEST_WINDOW,
    MOST_TURNED,
    CalendarFilter,
    CalendarSlot,
    Marks,
    board_columns,
    calendar_marks,
    clashes,
    day_counts,
    going_out,
    is_of_many,
    moved_to,
    planned_posts,
    shown_slots,
    slots_at,
    times_of,
)
from publishing.models import Delivery, Pauses
from publishing.pauses.context import pauses_of
from publishing.post_list.cards import deliveries_by_post, post_card
from publishing.presenters.delivery import delivery_status
from publishing.presenters.post import summary
from publishing.presenters.scheduling import full_day_warning, pause_warning, planned_times_sentence
from publishing.scheduling import services as scheduling
from publishing.scheduling.conflicts import full_days
from publishing.slots.presenters import field_value
from publishing.states import PostGroup, State
from units.models import Unit

MOST_MOVED = 20  # one event is one post's channels
MOST_CHOSEN = 50
PAGE = 50  # events of a day of many units
RESULT = "calendar_result"  # in the session: what became of many posts, until it is shown
_MOMENT = ("day", "at")  # fields by which a move of many posts is asked for again


def _filters(request: HttpRequest) -> CalendarForm:
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    return CalendarForm(request.GET, user=request.user, own_unit=current_position(request).unit)


@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    """Show the agenda as a list that needs no script; on a wide screen the calendar grows from it.

    The board shows posts by their state instead.
    """
    form = _filters(request)
    chosen = form.chosen()
    view = form.cleaned_data.get("view") or "month"
    day = form.cleaned_data.get("date")
    context = {
        "form": form,
        "view": view,
        "views": _view_links(request, view),
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
        context |= {"columns": _columns(request, chosen)}
        return render(request, "publishing/calendar_board.html", context)
    return render(
        request, "publishing/calendar.html", context | _agenda(request, form, chosen, view, day)
    )


def _view_links(request: HttpRequest, view: str) -> list[dict[str, Any]]:
    names = [_("Month"), _("Week"), _("Day"), _("List"), _("By state")]
    return [
        {"value": value, "label": label, "current": value == view}
        for value, label in zip(VIEWS, names, strict=True)
    ]


def _agenda(
    request: HttpRequest, form: CalendarForm, chosen: CalendarFilter, view: str, day: date | None
) -> dict[str, Any]:
    """Return the days of the period, each with what it brings."""
    today, now = timezone.localdate(), timezone.now()
    first, after = _period(view, day or today)
    # Without a date people ask what comes; what has gone by this month is one step back.
    start = first if day else max(first, today)
    rows = going_out(request.user, start=midnight(start), end=midnight(after), chosen=chosen)
    last = after - timedelta(days=1)
    marks = _marks(request, chosen, first=start, last=last, now=now)
    of_many = is_of_many(_place(request, chosen))
    if view == "day" and of_many:
        found = _page_of_day(request, rows, now=now)
    else:
        found = _found(request, form, rows, now=now)
    events = [
        (timezone.localdate(each["slot"].due_at), each)
        for each in _described(request, found.slots, now=now)
    ]
    return {
        "days": day_cards(
            events,
            marks,
            first=start,
            last=last,
            with_free=view in ("day", "week"),
            chips=found.chips,
        ),
        "page_obj": found.page,
        "long": long_marks(marks),
        "more": found.more,
        "today": today,
        "start": start,
        "last": last,
        "export": Period(first, last).query,
        "before": first if start != first else first - timedelta(days=1),
        "after": after,
        "options": _options(
            view,
            day or today,
            units="unit" in form.fields,
            composes=bool(request.user.reach(Permission.POST_WRITE)),
            opens_days=of_many,
        ),
    }


class _Found(NamedTuple):
    """The events of a period, all or one page of them; numbers where they are too many."""

    slots: list[CalendarSlot] = []
    more: bool = False
    page: Page | None = None
    chips: list[tuple[date, CountChip]] = []


def _found(
    request: HttpRequest, form: CalendarForm, rows: QuerySet[Delivery], *, now: datetime
) -> _Found:
    """Return the events of a window, or the numbers of its days where they are too many."""
    if counts := day_counts(rows, _place(request, form.chosen())):
        return _Found(chips=count_chips(counts, form.narrowing()))
    return _Found(*shown_slots(rows, user=request.user, now=now))


def _page_of_day(request: HttpRequest, rows: QuerySet[Delivery], *, now: datetime) -> _Found:
    pages = CappedPaginator(times_of(rows), PAGE, most=MOST_TURNED)
    page = pages.get_page(request.GET.get("page"))
    slots = slots_at(rows, list(page), user=request.user, now=now)
    return _Found(slots, more=pages.is_cut, page=page)


def _place(request: HttpRequest, chosen: CalendarFilter) -> Unit:
    return chosen.unit or current_position(request).unit


def _marks(request: HttpRequest, chosen: CalendarFilter, **days: Any) -> Marks:
    unit = _place(request, chosen)
    return calendar_marks(request.user, unit, channel=chosen.channel, **days)


def _columns(request: HttpRequest, chosen: CalendarFilter) -> list[dict[str, Any]]:
    found = board_columns(request.user, chosen, now=timezone.now())
    posts = [post for rows, _more in found.values() for post in rows]
    newest, now = deliveries_by_post(posts), timezone.now()
    near = clashes(request.user, [row for each in newest.values() for row in each], now=now)
    columns = []
    for group, (rows, more) in found.items():
        cards = [
            post_card(
                post,
                newest[post.pk],
                pauses_of(request),
                can_be_put_away=False,
                can_be_scheduled=group == PostGroup.UNSCHEDULED
                and can(request.user, Permission.POST_SCHEDULE, unit=post.unit),
            )
            for post in rows
        ]
        said = [clash_words(newest[post.pk], near) for post in rows]
        columns.append(
            {
                "group": group,
                "label": PostGroup(group).label,
                "cards": cards,
                "rows": list(zip(cards, said, strict=True)),
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


def _options(
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


def _described(
    request: HttpRequest, slots: list[CalendarSlot], *, now: datetime
) -> list[dict[str, Any]]:
    rows = [row for slot in slots for row in slot.deliveries]
    near, pauses = clashes(request.user, rows, now=now), pauses_of(request)
    return [
        {**_described_one(slot, pauses), "clash": clash_words(slot.deliveries, near)}
        for slot in slots
    ]


def _described_one(slot: CalendarSlot, pauses: Pauses) -> dict[str, Any]:
    status = summary(delivery_status(row, pauses) for row in slot.deliveries)
    n = len(slot.deliveries)
    names = {_platform_words(row) for row in slot.deliveries}
    return {
        "slot": slot,
        "title": str(slot.post),
        "url": reverse("publishing:post", args=[slot.post.public_id]),
        "move_url": _move_address(slot) if slot.movable else "",
        "state": status.label,
        "tone": status.tone,
        "icon": status.icon,
        "platforms": sorted({row.platform for row in slot.deliveries}),
        "where": ngettext("%(n)s channel: %(names)s", "%(n)s channels: %(names)s", n)
        % {"n": n, "names": ", ".join(sorted(names))},
        "unit": slot.deliveries[0].unit.name,
    }


def _move_address(slot: CalendarSlot) -> str:
    if len(slot.movable) == 1:
        return reverse("publishing:move", args=[slot.movable[0].public_id])
    return reverse("publishing:move_all", args=[slot.post.public_id])


def _platform_words(row: Delivery) -> str:
    platform = row.channel.get_platform_display()
    manual = row.state == State.MANUAL or (
        row.state == State.SCHEDULED and row.channel.health == Health.MANUAL
    )
    return _("%(platform)s by hand") % {"platform": platform} if manual else platform


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """Return what one unit plans in a period as the sheet by which posts are planned."""
    unit = _filters(request).chosen().unit or current_position(request).unit
    today = timezone.localdate()
    form = PeriodForm(request.GET, default=Period(today, today + timedelta(days=30)))
    period = form.period
    if period.end - period.start > LONGEST_WINDOW:
        messages.error(request, _("Choose at most two months at a time."))
        return redirect("publishing:calendar")
    quotas.use("export", by=request.user)
    rows = planned_posts(unit, start=period.start, end=period.end)
    data = workbook(rows, channels=channels_for(unit), topics=list(Topic.objects.all()))
    name = f"{_('plan')}-{period.first:%Y-%m-%d}-{period.last:%Y-%m-%d}"
    return HttpResponse(
        data,
        content_type=KIND,
        headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'},
    )


@require_GET
def feed(request: HttpRequest) -> JsonResponse:
    """Return what goes out in the asked days, one event for a post and a time on all its channels,
    and what else these days bring.
    """
    form, now = _filters(request), timezone.now()
    chosen = form.chosen()
    window = WindowForm(request.GET)
    if not window.is_valid():
        words = " ".join(error for errors in window.errors.values() for error in errors)
        return JsonResponse({"error": words}, status=400)
    rows = going_out(request.user, chosen=chosen, **window.cleaned_data)
    found = _found(request, form, rows, now=now)
    first = timezone.localdate(window.cleaned_data["start"])
    last = timezone.localdate(window.cleaned_data["end"] - timedelta(microseconds=1))
    marks = _marks(request, chosen, first=first, last=last, now=now)
    return JsonResponse(
        {
            "events": [_event(each) for each in _described(request, found.slots, now=now)],
            "marks": count_events(found.chips)
            + mark_events(marks, compose=bool(request.user.reach(Permission.POST_WRITE))),
            "long": long_marks(marks),
            "more": found.more,
        }
    )


def _event(described: dict[str, Any]) -> dict[str, Any]:
    slot: CalendarSlot = described["slot"]
    return {
        "id": f"{slot.post.public_id}-{slot.due_at:%Y%m%d%H%M%S}",
        "start": timezone.localtime(slot.due_at).isoformat(),
        "local": field_value(slot.due_at),
        **{
            name: described[name]
            for name in ("title", "url", "state", "tone", "icon", "where", "unit", "clash")
        },
        # Part of an event never moves alone: either all its channels may still be moved, or none.
        "movable": [str(row.public_id) for row in slot.movable]
        if len(slot.movable) == len(slot.deliveries)
        else [],
    }


class _ConfirmationNeeded(Exception):
    """Nothing is moved, and what was is rolled back: the person is asked first, by these words."""


@require_POST
def move(request: HttpRequest) -> JsonResponse:
    """Move the deliveries of one event to another time, all or none.

    The server alone decides whether it may be, and asks first where another post goes out beside.
    """
    if not request.user.reach(Permission.POST_SCHEDULE):
        raise PermissionDenied
    asked = _asked_move(request.body) if request.content_type == "application/json" else None
    if asked is None:
        return JsonResponse(
            {"error": _("The request could not be understood. Reload the page.")}, status=400
        )
    ids, due_at, is_agreed = asked
    rows = list(
        Delivery.objects.visible_to(request.user)
        .select_related("post", "unit", "channel")
        .filter(public_id__in=ids)
    )
    if len(rows) != len(ids):
        return JsonResponse(
            {"error": _("This is no longer in the calendar. Reload the page.")}, status=404
        )

    @transaction.atomic
    def action() -> None:
        for row in rows:
            scheduling.reschedule(row, by=request.user, due_at=due_at)
        if beside and not is_agreed:  # what is refused anyway is not asked
            raise _ConfirmationNeeded(beside)

    post, times = rows[0].post, {row.channel: due_at for row in rows}
    beside = _beside(request, rows, times)
    try:
        if error := refusal(action):
            return JsonResponse({"error": error}, status=409)
    except _ConfirmationNeeded as asked:
        return JsonResponse({"ask": str(asked)}, status=409)
    said = pause_warning(post, times, pauses_of(request)) or planned_times_sentence(
        times.values(), now=timezone.now()
    )
    return JsonResponse({"said": said})


def _beside(request: HttpRequest, rows: list[Delivery], times: Mapping[Channel, datetime]) -> str:
    """Say what else goes out beside these deliveries at their new times."""
    moved = moved_to(times, rows)
    near = clash_words(moved, clashes(request.user, moved, now=timezone.now()))
    said = [near and f"{near}.", *map(full_day_warning, full_days(rows[0].post, times))]
    return " ".join(filter(None, said))


def _asked_move(body: bytes) -> tuple[set[uuid.UUID], datetime, bool] | None:
    """Return which deliveries move, when to, and whether that was asked before and agreed to."""
    try:
        match json.loads(body):
            case {"deliveries": [_, *_] as names, "due_at": str(text), **more} if (
                len(names) <= MOST_MOVED
            ):
                ids, due_at = {uuid.UUID(name) for name in names}, parse_datetime(text)
            case _:
                return None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    is_agreed = more.get("anyway") is True
    return (ids, due_at, is_agreed) if due_at and timezone.is_aware(due_at) else None


@require_GET
def compose_on(request: HttpRequest) -> HttpResponse:
    """Begin a post for a day: at its first free slot, or else at eight in the morning."""
    if not request.user.reach(Permission.POST_WRITE):
        raise PermissionDenied
    form, now = DayForm(request.GET), timezone.now()
    if not form.is_valid():
        return redirect("posts:new")
    day = form.cleaned_data["day"]
    free = _marks(request, CalendarFilter(), first=day, last=day, now=now).free
    at = free[0].at if free else midnight(day) + timedelta(hours=8)
    return redirect(compose_address(at if at > now else None))


@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """Move, cancel or submit the chosen posts, each by itself, and say what became of each."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    back = f"{reverse('publishing:calendar')}?{QueryDict(request.POST.get('query')).urlencode()}"
    form, chosen = ManyForm(request.POST), _chosen(request)
    if not form.is_valid() or not chosen:
        words = [error for errors in form.errors.values() for error in errors]
        messages.error(request, " ".join(words) or _("No post is chosen."))
        return redirect(back)
    result: dict[str, Any] = {"done": [], "refused": [], "asked": []}
    answers: choices.Answers = {}
    for post in chosen:
        line = {
            "title": str(post),
            "url": reverse("publishing:post", args=[post.public_id]),
            "post": str(post.public_id),
        }
        try:
            if form.cleaned_data["act"] == ManyForm.SUBMIT:
                _require_choices(post, answers)
            with transaction.atomic():
                words = _do(request, post, form.cleaned_data)
        except _ConfirmationNeeded as question:
            result["asked"].append({**line, "words": str(question)})
        except Refused as error:
            result["refused"].append({**line, "words": str(error)})
        else:
            result["done"].append({**line, "words": words})
    if result["asked"]:
        result["fields"] = {name: request.POST.get(name, "") for name in ("query", *_MOMENT)}
    request.session[RESULT] = result
    return redirect(back)


def _chosen(request: HttpRequest) -> list[Post]:
    """Return the posts that were ticked, of those that the person may see."""
    ids = {name for name in request.POST.getlist("post") if parse_uuid(name)}
    found = Post.objects.visible_to(request.user).filter(public_id__in=sorted(ids)[:MOST_CHOSEN])
    return list(found.select_related("unit", "campaign", "current_revision").order_by("pk"))


def _require_choices(post: Post, answers: choices.Answers) -> None:
    """Raise Refused for what a page's own settings do not allow. No transaction waits for a
    platform.
    """
    if words := choices.refused(post, answers=answers):
        raise Refused(" ".join(words))


def _do(request: HttpRequest, post: Post, asked: dict[str, Any]) -> str:
    """Do one act to one post; return what comes of it. Raise Refused, and _ConfirmationNeeded where
    another post goes out beside the new time and nobody has agreed to that yet.
    """
    by = request.user
    match asked["act"]:
        case ManyForm.MOVE:
            rows = calendar_services.move(post, by=by, day=asked["day"], at=asked["at"])
            times = {row.channel: row.due_at for row in rows}
            if not asked["anyway"] and (beside := _beside(request, rows, times)):
                raise _ConfirmationNeeded(beside)
            return planned_times_sentence(times.values(), now=timezone.now())
        case ManyForm.CANCEL:
            n = len(calendar_services.cancel(post, by=by, reason=asked["reason"]))
            return ngettext("Cancelled on %(n)s channel.", "Cancelled on %(n)s channels.", n) % {
                "n": n
            }
        case _:
            reviews.submit(post, by=by)
            return _("Submitted: it waits for approval.")
