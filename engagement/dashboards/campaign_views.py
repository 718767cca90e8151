"""The page of a campaign: how far it is, what comes next, and who has not begun."""

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.context import current_position
from accounts.notices import count_reminded_units
from accounts.permissions import Permission
from accounts.queries import can
from campaigns.files.states import FileState
from campaigns.kits.models import Kit
from campaigns.kits.queries import find_readable_kits
from campaigns.models import Campaign
from campaigns.planning.models import CampaignResult
from campaigns.planning.queries import find_authority
from core.actions import button_action
from core.expensive import one_at_a_time
from engagement.dashboards import progress, queries, reminders, usual
from engagement.dashboards.agenda import list_next_dates
from engagement.dashboards.charts import thin_totals
from engagement.dashboards.closing import is_unchanged
from engagement.dashboards.context import get_campaign_or_404, make_whole_period, sees_all
from engagement.dashboards.funnel import count_funnels
from units.models import Level, Unit

BEHIND_SHOWN, DATES_SHOWN, BEST_SHOWN, KITS_SHOWN = 10, 8, 5, 6
NAMES = {
    "posts": gettext_lazy("Posts published"),
    "units": gettext_lazy("Units taking part"),
    "reach": gettext_lazy("Reach"),
    "clicks": gettext_lazy("Clicks"),
}
ICONS = {"posts": "file-text", "units": "building-community", "reach": "users", "clicks": "click"}


@require_POST
@one_at_a_time
def remind_units(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Remind the units that have published nothing in the campaign."""
    campaign = get_campaign_or_404(request, public_id)
    place = _find_place_to_remind_from(request, campaign)
    if place is None:
        raise PermissionDenied
    button_action(
        request,
        lambda: reminders.remind_units_behind(campaign, at=place, by=request.user),
        message=count_reminded_units,
    )
    return redirect("engagement:campaign", campaign.public_id)


def _find_place_to_remind_from(request: HttpRequest, campaign: Campaign) -> Unit | None:
    """Return the unit from whose post the person oversees units of the campaign."""
    unit = current_position(request).unit
    is_above = unit.path.startswith(campaign.unit.path) or campaign.unit.path.startswith(unit.path)
    oversees = unit.level != Level.COMMUNE and is_above
    return unit if oversees and can(request.user, Permission.OVERSIGHT_VIEW, unit=unit) else None


@require_GET
@one_at_a_time
def campaign(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    campaign = get_campaign_or_404(request, public_id)
    user, now = request.user, timezone.now()
    today = timezone.localdate(now)
    is_whole = sees_all(user, campaign)
    deliveries = queries.find_published(user, campaign, make_whole_period(campaign))
    charted = is_whole and (campaign.target_reach or campaign.target_clicks)
    posts = progress.sum_published_posts(deliveries, most=usual.MOST_RANKED)
    aims = progress.measure_progress(
        campaign,
        posts,
        queries.sum_daily_totals(deliveries) if charted else [],
        today=today,
        has_targets=is_whole,
    )
    silent: list[Any] = list(
        progress.find_units_behind(user, campaign, posts, today=today)[:BEHIND_SHOWN]
    )
    with_page, of_all = (silent[0].with_page, silent[0].of_all) if silent else (0, 0)
    behind = [unit for unit in silent if unit.has_page]
    best = usual.find_candidates(deliveries.filter(post__in=posts.candidates), now=now, weak=False)
    phases, items = list(campaign.phases.all()), list(campaign.checklist.select_related("done_by"))
    kits = _find_kits(request, campaign)
    result = getattr(campaign, "result", None)
    context = {
        "campaign": campaign,
        "today": today,
        "stage": campaign.stage(today),
        "topics": list(campaign.topics.all()),
        "is_whole": is_whole,
        "is_lone": campaign.unit.level == Level.COMMUNE,
        "tiles": [_make_tile(aim, posts.median_reach) for aim in aims],
        "charts": [_draw_progress(campaign, aim) for aim in aims if aim.target],
        "targets": [(NAMES[name], n) for name, n in campaign.targets().items() if n],
        "behind": behind,
        "behind_count": with_page,
        "behind_left": with_page - len(behind),
        "pageless": of_all - with_page,
        "may_remind": bool(behind)
        and campaign.stage(today) == "running"
        and _find_place_to_remind_from(request, campaign) is not None,
        "dates": list_next_dates(
            campaign, phases=phases, items=items, kits=kits, today=today, most=DATES_SHOWN
        ),
        "phases": phases,
        "items": items,
        "items_left": sum(item.done_at is None for item in items),
        "documents": list(campaign.documents.all()),
        "files": list(campaign.files.filter(state=FileState.READY, kit=None)),
        "funnels": count_funnels(user, kits),
        "kit_page": "kits:kit" if may_read_kits(request) else "",
        "best": [
            (row, usual.explain_rank(row)) for row in usual.choose_best(best, most=BEST_SHOWN)
        ],
        "result": result,
        "is_unchanged": result and is_unchanged(result),
        "summary": getattr(campaign, "public_summary", None),
        "portal_url": settings.PORTAL_URL,
        **_find_permitted_actions(request, campaign, result),
    }
    return render(request, "engagement/campaign.html", context)


def _find_permitted_actions(
    request: HttpRequest, campaign: Campaign, result: CampaignResult | None
) -> dict[str, bool]:
    """Return which actions the page offers this person."""
    user, is_open = request.user, campaign.closed_at is None
    writes = can(user, Permission.CAMPAIGN_WRITE, unit=campaign.unit)
    has_begun = campaign.starts_on <= timezone.localdate()
    return {
        "may_plan": writes and is_open,
        "may_tick": is_open and find_authority(campaign, user) is not None,
        "may_close": writes and is_open and has_begun,
        "may_copy": writes,
        "may_revoke": writes,
        "may_show": writes and bool(result) and result.is_shown_by(user.pk),
        "may_recall": can(user, Permission.POST_WITHDRAW, unit=current_position(request).unit),
    }


def may_read_kits(request: HttpRequest) -> bool:
    """Check whether the person sits where kits are issued or passed on; communes take them up on
    pages of their own.
    """
    return current_position(request).unit.level != Level.COMMUNE


def _find_kits(request: HttpRequest, campaign: Campaign) -> list[Kit]:
    if may_read_kits(request):
        rows = find_readable_kits(request.user)
    else:
        rows = Kit.objects.open_to(current_position(request).unit)
    kits = rows.filter(campaign=campaign, current__isnull=False, withdrawn_at=None)
    return list(kits.select_related("unit", "current").order_by("-pk")[:KITS_SHOWN])


def _make_tile(aim: progress.Progress, median_reach: int | None) -> dict[str, Any]:
    hint, tone = "", ""
    if aim.target:
        hint = _("of %(target)s") % {"target": number_format(aim.target, force_grouping=True)}
        if aim.is_reached:
            tone, hint = "green", _("%(hint)s: reached") % {"hint": hint}
        elif aim.is_behind:
            due = number_format(aim.due, force_grouping=True)
            tone = "yellow"
            hint = _("%(hint)s; should be %(due)s by today") % {"hint": hint, "due": due}
        else:
            tone, hint = "green", _("%(hint)s: on course") % {"hint": hint}
    if aim.name == "reach" and median_reach is not None:
        median = _("median of a post %(n)s") % {
            "n": number_format(median_reach, force_grouping=True)
        }
        hint = f"{hint}; {median}" if hint else median
    return {
        "name": aim.name,
        "label": NAMES[aim.name],
        "icon": ICONS[aim.name],
        "value": aim.value,
        "target": aim.target,
        "hint": hint,
        "tone": tone,
    }


def _draw_progress(campaign: Campaign, aim: progress.Progress) -> dict[str, Any]:
    assert aim.target is not None
    name = str(NAMES[aim.name])
    points = thin_totals(aim.points, lambda point: (aim.points[-1][0] - point[0]).days)
    straight = progress.draw_target_line(campaign, aim.target)
    series = [
        {"name": name, "points": [[day.isoformat(), n] for day, n in points]},
        {"name": _("Straight to the target"), "points": [[d.isoformat(), n] for d, n in straight]},
    ]
    return {
        "name": aim.name,
        "id": f"chart-{aim.name}",
        "title": _("%(what)s: day by day") % {"what": name},
        "label": name,
        "points": points,
        "figures": {"kind": "line", "series": series if points else []},
    }
