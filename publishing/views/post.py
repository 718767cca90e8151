import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.permissions import Permission
from accounts.queries import can
from channels.models import Channel
from channels.queries import facts_of
from channels.states import Health
from core.views import refusal
from posts import content
from posts import services as posts
from posts.models import Post, Revision
from posts.queries import revisions_of
from posts.states import EDITABLE, PostState
from posts.states import NEXT as POST_NEXT
from publishing import broadcast_wording, queries, recalls, services, wording
from publishing.context import pauses_of
from publishing.forms import CancelForm, DecideForm, MoveForm, ReasonForm, ScheduleForm, WithdrawForm
from publishing.models import Delivery, Recall
from publishing.states import ENDED, NEVER_SENT, RECALL_TASKS, BroadcastState, State

RELATED = ("unit", "corrects", "author", "last_editor", "topic", "campaign", "current_revision", "approved_revision")
_GOING = (BroadcastState.CONFIRMED, BroadcastState.SENDING)
NAMED_RIGHTS = {
    "write": Permission.POST_WRITE,
    "approve": Permission.POST_APPROVE,
    "schedule": Permission.POST_SCHEDULE,
    "withdraw": Permission.POST_WITHDRAW,
    "figures": Permission.FIGURES_VIEW,
}


def _post(request: HttpRequest, public_id: uuid.UUID, permission: Permission | None = None) -> Post:
    """The post, of those the person may see; 403 when they may not act on it."""
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related(*RELATED), public_id=public_id)
    if permission and not can(request.user, permission, unit=post.unit):
        raise PermissionDenied
    return post


def _delivery(request: HttpRequest, public_id: uuid.UUID, permission: Permission) -> Delivery:
    found = Delivery.objects.visible_to(request.user).select_related("channel", "unit", "post", "revision")
    delivery = get_object_or_404(found, public_id=public_id)
    if not can(request.user, permission, unit=delivery.unit):
        raise PermissionDenied
    return delivery


def _address(post: Post, delivery: Delivery | None = None) -> str:
    address = reverse("publishing:post", args=[post.public_id])
    return f"{address}#delivery-{delivery.public_id}" if delivery else address


# --- The page ---------------------------------------------------------------------------------------------------------


@require_GET
@vary_on_headers("HX-Request")
def life(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The post's life on one page. For HTMX only the part that changes by itself, or 204 when it has not changed."""
    post = _post(request, public_id)
    deliveries = queries.deliveries_of(post)
    stamp = "-".join([f"{post.version}", *(f"{d.pk}{d.state}{d.attempt}.{d.fire_at:%d%H%M%S}" for d in deliveries)])
    stamp += "".join(f"-b{each.pk}{each.state}" for d in deliveries for each in d.broadcasts.all())
    stamp += "".join(f"-p{pause.pk}" for pause in pauses_of(request).active)
    if request.htmx and request.GET.get("seen") == stamp:
        return HttpResponse(status=204)
    context = {"post": post, "stamp": stamp, **_moving_part(request, post, deliveries)}
    if request.htmx:
        return render(request, "publishing/post.html#life", context)
    return render(request, "publishing/post.html", {**context, **_still_part(request, post, deliveries)})


def _moving_part(request: HttpRequest, post: Post, deliveries: list[Delivery]) -> dict[str, Any]:
    """The state of the post and of its deliveries, and what may be done about each."""
    now = timezone.now()
    rights = {name: can(request.user, right, unit=post.unit) for name, right in NAMED_RIGHTS.items()}
    live = {d.channel_id for d in deliveries if d.state not in ENDED}
    approved = post.state == PostState.APPROVED
    pauses = pauses_of(request)
    by_channel: dict[int, list[Delivery]] = {}
    ledgers = {recall.pk: recall for recall in Recall.objects.visible_to(request.user).filter(deliveries__post=post)}
    for delivery in deliveries:
        delivery.ledger = ledgers.get(delivery.recall_id)
        by_channel.setdefault(delivery.channel_id, []).insert(0, delivery)
        delivery.told = wording.told(delivery, pauses)
        delivery.page = wording.page_name(delivery.channel)
        delivery.tried = [wording.attempt_words(attempt) for attempt in delivery.attempts.all()]
        delivery.movable = rights["schedule"] and delivery.state == State.SCHEDULED
        delivery.cancellable = rights["schedule"] and delivery.state in services.UNSEEN
        delivery.is_task = rights["schedule"] and delivery.state == State.BY_HAND
        delivery.recallable = (
            rights["withdraw"]
            and delivery.recall_id is None
            and delivery.state in (State.PUBLISHED, *recalls.UNDER_WAY)
        )
        delivery.broadcast = next(iter(delivery.broadcasts.all()), None)
        delivery.broadcast_told = delivery.broadcast and broadcast_wording.told(delivery.broadcast)
        delivery.broadcastable = rights["schedule"] and approved and _may_be_broadcast(delivery)
        delivery.decidable = rights["schedule"] and delivery.state == State.NEEDS_PERSON
        delivery.again = rights["schedule"] and approved and delivery.channel_id not in live
    for group in by_channel.values():
        group[0].leavable = group[0].again and group[0].state == State.EXPIRED and group[0].error_code == "paused"
        for delivery in group[1:]:
            if delivery.error_code == "paused":
                delivery.told = wording.decided(delivery)
    soon = [d for d in deliveries if d.state == State.SCHEDULED and (d.fire_at - now).total_seconds() < 60]
    return {
        "channels": [{"newest": group[0], "earlier": group[1:]} for group in by_channel.values()],
        "next_step": wording.next_step(post, deliveries, now=now, reason=queries.why_stopped(post), pauses=pauses),
        "moving": bool(soon)
        or any(d.state in queries.MOVING for d in deliveries)
        or any(d.broadcast and d.broadcast.state in _GOING for d in deliveries),
        "rights": rights,
        "open_channels": _open_channels(post, live) if rights["schedule"] else [],
        "task": next((d for d in deliveries if d.is_task), None),
        "to_decide": next((d for d in deliveries if d.decidable), None),
        "standing": sum(d.state == State.PUBLISHED for d in deliveries),
        "editable": post.state in EDITABLE,
        "withdrawable": PostState.WITHDRAWN in POST_NEXT[post.state],
        "mine": bool(post.current_revision) and queries.wrote(request.user, post.current_revision),
    }


def _may_be_broadcast(delivery: Delivery) -> bool:
    """Whether the button makes sense; the service asks again, and asks everything."""
    standing = delivery.state == State.PUBLISHED and not delivery.remote_id.startswith(("hand:", "seen:"))
    never_sent = delivery.broadcast is None or delivery.broadcast.state in NEVER_SENT
    connected = delivery.channel.health == Health.CONNECTED
    return standing and never_sent and connected and facts_of(delivery.platform).broadcasts


def _still_part(request: HttpRequest, post: Post, deliveries: list[Delivery]) -> dict[str, Any]:
    revision = post.current_revision
    shown = content.compose(post) if revision is None or post.state in EDITABLE else revision.content
    return {
        "content": shown,
        "revisions": revisions_of(post),
        "corrections": post.corrections.exclude(state=PostState.ARCHIVED).order_by("created_at"),
        "was_seen": any(d.published_at for d in deliveries),
        "record": [wording.record_line(entry) for entry in queries.record_of(post, deliveries, request.user)],
        "badge": wording.post_label(post.state),
    }


def _open_channels(post: Post, live: set[int]) -> list[Channel]:
    """The channels of the approved revision on which the post neither stands nor is on its way."""
    if post.state != PostState.APPROVED:
        return []
    return [channel for channel in services.channels_of(post.approved_revision) if channel.pk not in live]


@require_GET
def delivery(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Every id has an address: a delivery's is its place on the page of its post."""
    found = get_object_or_404(Delivery.objects.visible_to(request.user).select_related("post"), public_id=public_id)
    return redirect(_address(found.post, found))


# --- Acts on the post -------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
def schedule(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """When and where to publish. For HTMX: what would happen with the form as it is filled in now."""
    post = _post(request, public_id, Permission.POST_SCHEDULE)
    now = timezone.now()
    channels = _open_channels(post, queries.live_channels(post))
    if not channels:
        messages.error(request, _("There is no channel on which this post can be scheduled now."))
        return redirect(_address(post))
    asked = [c.public_id for c in channels if str(c.public_id) == request.GET.get("channel")]
    first = {
        "channels": asked or [c.public_id for c in channels],
        "due_at": post.wanted_at if post.wanted_at and post.wanted_at > now else None,
    }
    given = request.POST if request.method == "POST" else request.GET if request.htmx else None
    form = ScheduleForm(given, post=post, channels=channels, now=now, initial=first)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            beside = _beside(post, form.times)
            anyway = form.cleaned_data["anyway"]
            error = refusal(lambda: services.schedule(post, by=request.user, times=form.times, same_text=anyway))
            if not error:
                for words in filter(None, [*beside["hints"], wording.hand_words(form.times)]):
                    messages.info(request, words)
                if warning := wording.pause_warning(post, form.times, pauses_of(request)):
                    messages.warning(request, warning)
                else:
                    messages.success(request, wording.will(form.times.values(), now=now))
                return redirect(_address(post))
            form.add_error(None, error)
            status = 409
    times, common = {}, first["due_at"]
    if form.is_bound:
        fits = set(form.errors) <= {NON_FIELD_ERRORS}
        times, common = (form.times if fits else {}), None if form.at_once else form.cleaned_data.get("due_at")
    elif common:
        times = dict.fromkeys([c for c in channels if c.public_id in first["channels"]], services.spread(post, common))
    context = {
        "post": post,
        "form": form,
        "will": wording.will(times.values(), now=now),
        "spread": wording.spread_words(post, common, times.values()) if common else "",
        "by_hand": wording.hand_words(times),
        "warning": wording.pause_warning(post, times, pauses_of(request)),
        **_beside(post, times),
    }
    name = "publishing/schedule.html#will" if request.htmx else "publishing/schedule.html"
    return render(request, name, context, status=200 if request.htmx else status)


def _beside(post: Post, times: dict[Channel, datetime], revision: Revision | None = None) -> dict[str, list[str]]:
    """What else goes out on the same channels in the same minutes or, beyond what they take, on the same day."""
    others = queries.same_minute(post, revision or post.approved_revision, times) if times else []
    return {
        "same_text": [wording.beside(other) for other in others if other.same_text],
        "hints": [
            *(wording.beside(other) for other in others if not other.same_text),
            *(wording.full_day(full) for full in queries.full_days(post, times)),
        ],
    }


@require_POST
def reopen(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Takes a submitted or approved post back for editing, and goes straight to the editor."""
    post = _post(request, public_id, Permission.POST_WRITE)
    if error := refusal(lambda: posts.reopen(post, by=request.user)):
        messages.error(request, error)
        return redirect(_address(post))
    messages.success(request, _("Open for editing. It must be submitted and approved again."))
    return redirect("posts:edit", public_id=post.public_id)


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    post = _post(request, public_id, Permission.POST_WITHDRAW)
    standing = [d for d in queries.deliveries_of(post) if d.state == State.PUBLISHED]
    form = WithdrawForm(request.POST if request.method == "POST" else None, standing=len(standing))
    made: list[Recall | None] = []

    def act() -> None:
        # Who was not asked wants it gone: it may have come to stand since the page was opened.
        take_down = form.cleaned_data.get("take_down", True)
        made.append(recalls.withdraw(post, by=request.user, reason=form.cleaned_data["reason"], take_down=take_down))

    lead = _("What is scheduled stops. The text and the reason stay on record, and the author is told.")
    if standing:
        lead += " " + ngettext(
            "The post stands on %(n)s channel now.", "The post stands on %(n)s channels now.", len(standing)
        ) % {"n": len(standing)}
    words = {"heading": _("Withdraw the post"), "lead": lead, "label": _("Withdraw"), "tone": "danger", "icon": "ban"}
    return _act(request, post, form, act, done=_("The post is withdrawn."), made=made, **words)


# --- Acts on one delivery ---------------------------------------------------------------------------------------------


def _act(
    request: HttpRequest,
    post: Post,
    form: Form,
    act: Callable[[], object],
    *,
    done: str,
    delivery: Delivery | None = None,
    made: Sequence[Recall | None] = (),
    **words: str,
) -> HttpResponse:
    """A page that asks what an act needs, does it, and goes back to the post, or on to the ledger of the recall that it
    ``made``. What was typed survives a refusal."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            error = refusal(act)
            if not error:
                messages.success(request, done)
                if recall := next(filter(None, made), None):
                    return redirect("publishing:recall_ledger", public_id=recall.public_id)
                return redirect(_address(post, delivery))
            form.add_error(None, error)
            status = 409
    context = {"post": post, "form": form, "back": _address(post, delivery), "delivery": delivery, **words}
    return render(request, "publishing/act.html", context, status=status)


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _delivery(request, public_id, Permission.POST_SCHEDULE)
    given = request.POST if request.method == "POST" else None
    form = MoveForm(given, post=row.post, now=timezone.now(), initial={"due_at": row.due_at})
    at = form.cleaned_data["due_at"] if form.is_bound and form.is_valid() else None
    done, beside = "", {"same_text": [], "hints": []}
    if at:
        beside = _beside(row.post, {row.channel: at}, row.revision)
        warning = wording.pause_warning(row.post, {row.channel: at}, pauses_of(request))
        done = " ".join([warning or wording.will([at], now=timezone.now()), *beside["hints"]])
    if not beside["same_text"]:
        del form.fields["anyway"]  # a tick is asked for only where there is something to agree to
    return _act(
        request,
        row.post,
        form,
        lambda: services.reschedule(row, by=request.user, due_at=at, same_text=form.cleaned_data["anyway"]),
        done=done,
        delivery=row,
        heading=_("Change the time"),
        lead=wording.told(row, pauses_of(request)).sentence,
        label=_("Change the time"),
        icon="calendar-time",
    )


@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _delivery(request, public_id, Permission.POST_SCHEDULE)
    form = CancelForm(request.POST if request.method == "POST" else None)
    return _act(
        request,
        row.post,
        form,
        lambda: services.cancel(row, by=request.user, reason=form.cleaned_data["reason"].strip()),
        done=_("Cancelled. Nothing will be published on %(page)s.") % {"page": wording.page_name(row.channel)},
        delivery=row,
        heading=_("Cancel the schedule"),
        lead=wording.told(row, pauses_of(request)).sentence,
        label=_("Cancel the schedule"),
        tone="danger",
        icon="calendar-off",
    )


@require_http_methods(["GET", "POST"])
def recall(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _delivery(request, public_id, Permission.POST_WITHDRAW)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    page = {"page": wording.page_name(row.channel)}
    made: list[Recall] = []
    return _act(
        request,
        row.post,
        form,
        lambda: made.append(recalls.recall(row, by=request.user, reason=form.cleaned_data["reason"])),
        made=made,
        done=_("Being taken down from %(page)s. The portal checks that it is gone.") % page,
        delivery=row,
        heading=_("Take the post down"),
        lead=_(
            "The post disappears from %(page)s for everybody who reads it there. "
            "The text and the reason stay on record."
        )
        % page,
        label=_("Take down"),
        tone="danger",
        icon="arrow-back-up",
    )


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One screen with all that is needed to look at the page and to say what stands there."""
    row = _delivery(request, public_id, Permission.POST_SCHEDULE)
    if row.state != State.NEEDS_PERSON:
        messages.info(request, _("This has been settled meanwhile."))
        return redirect(_address(row.post, row))
    removal = row.error_code in RECALL_TASKS
    form = DecideForm(request.POST if request.method == "POST" else None, removal=removal)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            stands, link = form.cleaned_data["seen"] == form.STANDS, form.cleaned_data.get("permalink", "")
            error = refusal(lambda: services.decide(row, by=request.user, stands=stands, permalink=link))
            if not error:
                messages.success(request, wording.sentence(row))
                return redirect(_address(row.post, row))
            form.add_error(None, error)
            status = 409
    target = next(t for t in row.revision.content["channels"] if t["channel"] == str(row.channel.public_id))
    context = {
        "delivery": row,
        "post": row.post,
        "form": form,
        "removal": removal,
        "told": wording.told(row),
        "page": wording.page_name(row.channel),
        "tries": [wording.attempt_words(attempt) for attempt in row.attempts.all()],
        "target": target,
        "content": row.revision.content,
        "back": _address(row.post, row),
    }
    return render(request, "publishing/decide.html", context, status=status)
