"""The page of one's calendar links, and what calendar programs read by them."""

import uuid

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.context import current_position
from accounts.permissions import Permission
from core import quotas
from core.actions import button_action, form_action, form_data
from publishing.calendar_links import feed_links
from publishing.calendar_links.presenters import render_icalendar
from publishing.calendar_links.queries import AHEAD, BEHIND, planned_contents
from publishing.models import CalendarLink
from publishing.pauses.queries import pauses_for


class LinkForm(forms.Form):
    """The choice of what a new calendar link shows."""

    use_required_attribute = False
    shows = forms.ChoiceField(
        label=gettext_lazy("The link shows"),
        choices=[
            ("unit", gettext_lazy("all posts of the unit")),
            ("own", gettext_lazy("only posts that I wrote or edited last")),
        ],
        initial="unit",
        widget=forms.RadioSelect,
    )


READS_A_MINUTE = 10  # of one link; programs ask once in some hours, a person tries a few times


@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest) -> HttpResponse:
    """Show the person's links, and make one for the current position's unit."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    unit = current_position(request).unit
    form = LinkForm(form_data(request))
    outcome = form_action(
        form,
        lambda: feed_links.create_link(
            unit=unit, own_posts=form.cleaned_data["shows"] == "own", by=request.user
        ),
    )
    if outcome:
        return _page(request, form=LinkForm(), made=outcome.result)
    return _page(request, form=form, status=outcome.status)


@require_POST
def renew(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Replace a link by a new one, and show that once."""
    link = _own_link(request, public_id)
    made: list[tuple[CalendarLink, str]] = []
    if button_action(
        request,
        lambda: made.append(feed_links.renew_link(link, by=request.user)),
        message=_("The old link no longer works."),
    ):
        return _page(request, form=LinkForm(), made=made[0])
    return redirect("publishing:calendar_links")


@require_POST
def revoke(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    link = _own_link(request, public_id)
    button_action(
        request,
        lambda: feed_links.revoke_link(link, by=request.user),
        message=_("Revoked. No calendar can read by this link any more."),
    )
    return redirect("publishing:calendar_links")


def _own_link(request: HttpRequest, public_id: uuid.UUID) -> CalendarLink:
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    links = CalendarLink.objects.filter(user=request.user).select_related("unit")
    return get_object_or_404(links, public_id=public_id)


def _page(
    request: HttpRequest,
    *,
    form: LinkForm,
    made: tuple[CalendarLink, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    in_use = CalendarLink.objects.filter(user=request.user, revoked_at=None).select_related("unit")
    address = ""
    if made:
        link, secret = made
        path = reverse("publishing:calendar_subscribed", args=[link.public_id, secret])
        address = f"{settings.PORTAL_URL}{path}"
    context = {
        "unit": current_position(request).unit,
        "form": form,
        "links": list(in_use),
        "full": len(in_use) >= feed_links.MOST_LINKS,
        "most": feed_links.MOST_LINKS,
        "behind": BEHIND.days,
        "ahead": AHEAD.days,
        "address": address,
        "opens": f"webcal:{address.partition(':')[2]}",
    }
    return render(request, "publishing/calendar_links.html", context, status=status)


@login_not_required
@require_safe
def serve_calendar(request: HttpRequest, public_id: uuid.UUID, secret: str) -> HttpResponse:
    """Return the calendar to a program that knows the link's secret: what its owner may see now.

    A wrong secret, a revoked link and one whose owner lost the right are the same 404.
    """
    live = CalendarLink.objects.filter(public_id=public_id, revoked_at=None)
    link = live.select_related("unit", "user").first()
    if link is None or not link.is_opened_by(secret):
        raise Http404
    quotas.spend(f"calendar-link:{link.pk}", limit=READS_A_MINUTE, seconds=60)
    if feed_links.end_without_right(link):
        raise Http404
    now = timezone.now()
    with translation.override(link.user.language):
        body = render_icalendar(
            link, planned_contents(link, now=now), pauses=pauses_for(link.user, now=now), now=now
        )
    return HttpResponse(
        body,
        content_type="text/calendar; charset=utf-8",
        headers={
            "Cache-Control": "private, max-age=300",
            "Content-Disposition": 'inline; filename="lich-dang-bai.ics"',
            "X-Robots-Tag": "noindex",
        },
    )
