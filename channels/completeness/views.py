"""Lists of what the official pages lack, and the page of one."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.context import current_position
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from channels.completeness import presenters, queries, reading
from channels.completeness.forms import CompletenessFilter, SeenForm
from channels.context import channel_or_404, channels_in_scope
from channels.queries import search_channels
from channels.states import OPEN_CHANGES, ChangeState
from core.actions import form_action, form_data
from core.lists import get_page, render_page
from platforms.facts import PROFILE
from units.models import Unit

WAITING = 10  # proposals, the oldest
CHANGES = 5  # of one page, the newest


@require_GET
def pages(request: HttpRequest) -> HttpResponse:
    """List the official pages with what each lacks, in the order of their units."""
    position = current_position(request)
    form = CompletenessFilter(request.GET)
    chosen = form.chosen
    channels = queries.counted_pages(channels_in_scope(request))
    unit = None
    if chosen.get("unit"):
        unit = Unit.objects.visible_to(request.user).filter(key=chosen["unit"]).first()
        channels = channels.filter(unit__path__startswith=unit.path) if unit else channels.none()
    totals, waiting = queries.count_totals(channels), queries.waiting_changes(channels)[:WAITING]
    if platform := chosen.get("platform"):
        channels = channels.filter(platform=platform)
    if item := chosen.get("missing"):
        channels = channels.filter(queries.match_missing(item))
    rows = queries.with_scores(search_channels(channels, chosen.get("q", "")))
    ordered = rows.select_related("unit__parent", "page_check").order_by(
        "unit__search", "platform", "name"
    )
    page = get_page(request, ordered)
    for channel in page:
        check = getattr(channel, "page_check", None)
        channel.score = presenters.score_of(
            channel.there, channel.possible, known=check is not None
        )
        channel.missing = presenters.missing_labels(channel, check) if check else []
    context = {
        "page_obj": page,
        "form": form,
        "unit": unit,
        "deep": position.role in DEEP,
        "filtered": any(chosen.values()),
        "asked": chosen.get("missing", ""),
        "score": presenters.score_of(totals["there"], totals["possible"]),
        "totals": totals,
        "waiting": waiting,
        "tiles": [(n, presenters.LABELS[n], totals[n]) for n in PROFILE if totals[n]],
    }
    return render_page(request, "channels/completeness.html", context)


@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show what one page has and lacks; take what a person saw there."""
    permission = Permission.POST_WRITE if request.method == "POST" else None
    channel, now = channel_or_404(request, public_id, permission), timezone.now()
    check = presenters.check_of(channel)
    items = presenters.describe_items(channel, check, now=now)
    may_say = can(request.user, Permission.POST_WRITE, unit=channel.unit)
    form = SeenForm(form_data(request), items=[item for item in items if item.by_person])
    done = form_action(
        form, lambda: reading.record_seen(channel, by=request.user, seen=form.cleaned_data)
    )
    if done:
        messages.success(request, _("Noted, with today's date. You are asked again in 90 days."))
        return redirect("channels:profile", channel.public_id)
    changes = list(queries.changes_of(channel)[:CHANGES])
    for row in changes:
        row.tone, row.symbol = presenters.CHANGE_LOOKS[ChangeState(row.state)]
    there = sum(item.there is True for item in items)
    context = {
        "channel": channel,
        "check": check,
        "items": items,
        "score": presenters.score_of(there, len(items), known=check is not None),
        "form": form,
        "may_say": may_say and bool(form.fields),
        "may_propose": can(request.user, Permission.POST_WRITE, unit=channel.unit),
        "may_write_there": may_say
        and bool(queries.writable_lengths(channel))
        and not any(row.state in OPEN_CHANGES for row in changes),
        "changes": changes,
        "edit_address": presenters.edit_address(channel),
    }
    return render(request, "channels/profile.html", context, status=done.status)
