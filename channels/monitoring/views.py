"""Lists of channels at risk and of posts that the portal did not make, and the decision on such a
post.
"""

import uuid

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.context import current_position
from accounts.permissions import DEEP, Permission
from accounts.queries import can
from channels.context import channels_in_scope
from channels.models import UnrecognisedPost
from channels.monitoring import forecast, unrecognised
from channels.monitoring.forecast import Risk
from channels.monitoring.presenters import RISK_LOOKS, describe_decisions, describe_remedy
from channels.presenters import describe_rights
from channels.queries import facts_of, search_channels
from channels.states import Kind, Verdict
from core.errors import NotAllowed, Refused
from core.lists import FilterForm, SearchField, get_page, render_page


class ForecastFilter(FilterForm):
    q = SearchField(gettext_lazy("Search channels"), gettext_lazy("Unit, channel name or address"))
    days = forms.TypedChoiceField(
        label=gettext_lazy("Looking ahead"),
        choices=[
            ("", gettext_lazy("until tomorrow")),
            ("7", gettext_lazy("7 days")),
            ("14", gettext_lazy("14 days")),
        ],
        coerce=int,
        empty_value=0,
        required=False,
    )
    risk = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("All")), *Risk.choices],
        required=False,
    )
    platform = forms.ChoiceField(
        label=gettext_lazy("Platform"),
        choices=[("", gettext_lazy("All")), *Kind.choices],
        required=False,
    )


class UnrecognisedFilter(FilterForm):
    q = SearchField(gettext_lazy("Search channels"), gettext_lazy("Unit, channel name or address"))
    verdict = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[
            ("", gettext_lazy("All")),
            ("open", Verdict.OPEN.label),
            *[c for c in Verdict.choices if c[0]],
        ],
        required=False,
    )


@require_GET
def channels_at_risk(request: HttpRequest) -> HttpResponse:
    """Show channels that would not carry tomorrow's posts, with what somebody has to do about
    each.
    """
    channels = channels_in_scope(request)
    form = ForecastFilter(request.GET)
    chosen = form.chosen
    risky = forecast.find_at_risk(
        search_channels(channels, chosen.get("q", "")),
        now=timezone.now(),
        days=chosen.get("days") or 1,
    )
    if platform := chosen.get("platform"):
        risky = risky.filter(platform=platform)
    counts = forecast.count_by_risk(risky)
    asked = chosen.get("risk", "")
    rows = risky.filter(risk=asked) if asked else risky.exclude(risk=Risk.RIGHTS)
    page = get_page(request, rows.order_by("risk", "unit__search", "platform"))
    for channel in page:
        channel.label = channel.risk.label
        channel.tone, channel.symbol = RISK_LOOKS[channel.risk]
        channel.to_do = describe_remedy(channel)
        channel.missing_rights = describe_rights(
            right for right in facts_of(channel.platform).rights if right not in channel.scopes
        )
    tiles = [(Risk(name), n, *RISK_LOOKS[Risk(name)]) for name, n in counts.items()]
    context = {
        "page_obj": page,
        "form": form,
        "tiles": tiles,
        "asked": asked,
    }
    context["deep"] = current_position(request).role in DEEP
    return render_page(request, "channels/forecast.html", context)


@require_GET
def unrecognised_posts(request: HttpRequest) -> HttpResponse:
    """Show posts on the pages that the portal did not make."""
    channels = channels_in_scope(request)
    form = UnrecognisedFilter(request.GET)
    chosen = form.chosen
    posts = UnrecognisedPost.objects.filter(
        channel__in=search_channels(channels, chosen.get("q", ""))
    )
    if verdict := chosen.get("verdict"):
        posts = posts.filter(verdict="" if verdict == "open" else verdict)
    rows = posts.select_related("channel__unit__parent", "decided_by", "decided_for")
    page = get_page(request, rows.order_by("verdict", "-published_at", "-pk"))
    describe_decisions(page, reader=request.user)
    for post in page:
        post.may_decide = not post.verdict and can(
            request.user, Permission.CHANNEL_MANAGE, unit=post.channel.unit
        )
    context = {
        "page_obj": page,
        "form": form,
        "deep": current_position(request).role in DEEP,
    }
    return render_page(request, "channels/unrecognised_posts.html", context)


@require_POST
def decide(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Record whose a post is that the portal did not make."""
    seen = UnrecognisedPost.objects.visible_to(request.user).select_related("channel__unit")
    post = get_object_or_404(seen, public_id=public_id)
    ours = {"ours": True, "not_ours": False}.get(request.POST.get("verdict", ""))
    try:
        if ours is None:
            raise Refused(_("Say whether the unit made this post."))
        unrecognised.acknowledge(
            post, by=request.user, ours=ours, note=request.POST.get("note", "")
        )
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        messages.error(request, str(error))
    else:
        if ours:
            messages.success(request, _("Noted: the unit posted it by hand."))
        else:
            messages.warning(
                request,
                _(
                    "The province has been alarmed. Now change the passwords of all who administer "
                    "the page and sign out all devices there. If you cannot get in any more, "
                    "report that the page is in other hands."
                ),
            )
    return redirect(f"{reverse('channels:channel', args=[post.channel.public_id])}#foreign")
