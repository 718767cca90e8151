"""The page of the weekly mail: what it would say now, and whether one gets it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.context import current_position
from accounts.permissions import Permission
from oversight.digests import mailing
from oversight.models import NoDigest
from oversight.queries import find_overseen_unit


@require_http_methods(["GET", "POST"])
def digest(request: HttpRequest) -> HttpResponse:
    """Show this week's figures as the mail tells them; a POST switches the mail on or off."""
    if not request.user.reach(Permission.OVERSIGHT_VIEW):
        raise PermissionDenied
    if request.method == "POST":
        wanted = request.POST.get("wanted") == "on"
        mailing.set_wanted(request.user, wanted=wanted)
        if wanted:
            messages.success(request, _("You get the mail on Mondays at 07:00 again."))
        else:
            messages.success(request, _("You get no weekly mail any more."))
        return redirect("oversight:digest")
    now = timezone.now()
    place = find_overseen_unit(request.user, current_position(request))
    summary = mailing.summarise(place, now=now) if place else None
    lines = []
    if place and summary:
        week = mailing.find_monday(now)
        lines = summary.list_lines(mailing.find_previous_counts(request.user, place, week))
    context = {
        "summary": summary,
        "lines": lines,
        "wanted": not NoDigest.objects.filter(user=request.user).exists(),
    }
    return render(request, "oversight/digest.html", context)
