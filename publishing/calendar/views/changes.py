"""Changes to posts in the calendar: move one, or move, cancel and submit several."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.permissions import Permission
from channels.models import Channel
from core.actions import refusal
from core.errors import Refused
from core.text import parse_uuid
from posts.editor import choices
from posts.models import Post
from posts.review import decisions
from publishing.calendar import moving
from publishing.calendar.forms import ManyForm
from publishing.calendar.presenters import describe_clash
from publishing.calendar.queries import copy_with_times, find_clashes
from publishing.calendar.views.scope import RESULT
from publishing.models import Delivery
from publishing.pauses.context import pauses_of
from publishing.presenters.scheduling import full_day_warning, pause_warning, planned_times_sentence
from publishing.scheduling import scheduling
from publishing.scheduling.conflicts import full_days

MOST_MOVED = 20  # one event is one post's channels
MOST_CHOSEN = 50
_MOMENT = ("day", "at")  # fields by which a move of many posts is asked for again


class _ConfirmationNeeded(Exception):
    """Nothing is moved, and what was is rolled back: the person is asked first, by these words."""


@require_POST
def move(request: HttpRequest) -> JsonResponse:
    """Move the deliveries of one event to another time, all or none.

    The server alone decides whether it may be, and asks first where another post goes out beside.
    """
    if not request.user.reach(Permission.POST_SCHEDULE):
        raise PermissionDenied
    asked = _parse_move(request.body) if request.content_type == "application/json" else None
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

    post, times = rows[0].post, {row.channel: due_at for row in rows}
    beside = _describe_neighbours(request, rows, times)

    @transaction.atomic
    def action() -> None:
        for row in rows:
            scheduling.reschedule(row, by=request.user, due_at=due_at)
        if beside and not is_agreed:  # what is refused anyway is not asked
            raise _ConfirmationNeeded(beside)

    try:
        error = refusal(action)
        if error:
            return JsonResponse({"error": error}, status=409)
    except _ConfirmationNeeded as asked:
        return JsonResponse({"ask": str(asked)}, status=409)
    message = pause_warning(post, times, pauses_of(request)) or planned_times_sentence(
        times.values(), now=timezone.now()
    )
    return JsonResponse({"said": message})


def _describe_neighbours(
    request: HttpRequest, rows: list[Delivery], times: Mapping[Channel, datetime]
) -> str:
    """Say what else goes out beside these deliveries at their new times."""
    moved = copy_with_times(times, rows)
    near = describe_clash(moved, find_clashes(request.user, moved, now=timezone.now()))
    texts = [near and f"{near}.", *map(full_day_warning, full_days(rows[0].post, times))]
    return " ".join(filter(None, texts))


def _parse_move(body: bytes) -> tuple[set[uuid.UUID], datetime, bool] | None:
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


@require_POST
def change_many(request: HttpRequest) -> HttpResponse:
    """Move, cancel or submit the chosen posts, each by itself, and say what became of each."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    back = f"{reverse('publishing:calendar')}?{QueryDict(request.POST.get('query')).urlencode()}"
    form, chosen = ManyForm(request.POST), _chosen_posts(request)
    if not form.is_valid() or not chosen:
        texts = [error for errors in form.errors.values() for error in errors]
        messages.error(request, " ".join(texts) or _("No post is chosen."))
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
                texts = _act_on(request, post, form.cleaned_data)
        except _ConfirmationNeeded as question:
            result["asked"].append({**line, "words": str(question)})
        except Refused as error:
            result["refused"].append({**line, "words": str(error)})
        else:
            result["done"].append({**line, "words": texts})
    if result["asked"]:
        result["fields"] = {name: request.POST.get(name, "") for name in ("query", *_MOMENT)}
    request.session[RESULT] = result
    return redirect(back)


def _chosen_posts(request: HttpRequest) -> list[Post]:
    """Return the posts that were ticked, of those that the person may see."""
    ids = {name for name in request.POST.getlist("post") if parse_uuid(name)}
    posts = Post.objects.visible_to(request.user).filter(public_id__in=sorted(ids)[:MOST_CHOSEN])
    return list(posts.select_related("unit", "campaign", "current_revision").order_by("pk"))


def _require_choices(post: Post, answers: choices.Answers) -> None:
    """Raise Refused for what a page's own settings do not allow. No transaction waits for a
    platform.
    """
    refusals = choices.refused_choices(post, answers=answers)
    if refusals:
        raise Refused(" ".join(refusals))


def _act_on(request: HttpRequest, post: Post, asked: dict[str, Any]) -> str:
    """Do one act to one post; return what comes of it. Raise Refused, and _ConfirmationNeeded where
    another post goes out beside the new time and nobody has agreed to that yet.
    """
    by = request.user
    match asked["act"]:
        case ManyForm.MOVE:
            rows = moving.move(post, by=by, day=asked["day"], at=asked["at"])
            times = {row.channel: row.due_at for row in rows}
            beside = "" if asked["anyway"] else _describe_neighbours(request, rows, times)
            if beside:
                raise _ConfirmationNeeded(beside)
            return planned_times_sentence(times.values(), now=timezone.now())
        case ManyForm.CANCEL:
            n = len(moving.cancel(post, by=by, reason=asked["reason"]))
            message = ngettext("Cancelled on %(n)s channel.", "Cancelled on %(n)s channels.", n)
            return message % {"n": n}
        case _:
            decisions.submit(post, by=by)
            return _("Submitted: it waits for approval.")
