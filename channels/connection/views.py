"""The way to a channel: which platform, the consent, the page, and posting by hand where there is
no consent.
"""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from accounts.step_up import step_up_required
from channels.connection import attempts, health, manual
from channels.connection.forms import ManualChannelForm, PlatformForm
from channels.context import channel_or_404, platform_or_404
from channels.models import Channel, ConnectAttempt
from channels.presenters import (
    describe_consent,
    describe_disconnecting,
    describe_limits,
    describe_rights,
)
from channels.queries import facts_of, is_permitted, is_set_up
from channels.states import Health, Kind
from core.actions import form_action
from core.errors import NotAllowed, Refused
from core.forms import ReasonForm
from core.text import parse_uuid
from platforms.registry import CONNECTORS
from units.models import Level, Unit


def _session_key(request: HttpRequest) -> str:
    return request.session.session_key or ""


def _unit(request: HttpRequest) -> Unit:
    """Return the unit that shall get the channel: the one named, else the one of the current
    position. Raises PermissionDenied (403) without the right to it."""
    asked = request.POST.get("unit") or request.GET.get("unit")
    if asked:
        unit = get_object_or_404(Unit.objects.visible_to(request.user), key=asked)
    else:
        position = current_position(request)
        unit = position.unit if position else None
    if unit is None or not can(request.user, Permission.CHANNEL_MANAGE, unit=unit):
        raise PermissionDenied
    return unit


def _channel_to_reconnect(request: HttpRequest, platform: str) -> Channel | None:
    """Return the channel that is to be connected again, if the address names one."""
    asked = request.POST.get("channel") or request.GET.get("channel")
    if not asked:
        return None
    public_id = parse_uuid(asked)
    if public_id is None:
        raise Http404
    channel = channel_or_404(request, public_id, Permission.CHANNEL_MANAGE)
    if channel.platform != platform:
        raise Http404
    return channel


@require_GET
def platforms(request: HttpRequest) -> HttpResponse:
    unit = _unit(request)
    own = set(Channel.objects.usable().filter(unit=unit).values_list("platform", "health"))
    offered = [
        {
            "kind": kind,
            "limits": describe_limits(facts_of(kind))[:3],
            "permitted": is_permitted(kind, unit=unit),
            "set_up": is_set_up(kind),
            "connected": (kind, Health.CONNECTED) in own,
            "manual": (kind, Health.MANUAL) in own,
        }
        for kind in Kind.values
    ]
    context = {"unit": unit, "platforms": offered, "neighbours": _neighbouring_units(request, unit)}
    return render(request, "channels/platforms.html", context)


def _neighbouring_units(request: HttpRequest, unit: Unit) -> list[Unit]:
    """Return the units that an administrator may turn to from here: the one above and those beside,
    or those below."""
    reach = request.user.reach(Permission.CHANNEL_MANAGE)
    top = unit.parent if unit.level == Level.COMMUNE and unit.parent else unit
    near = Q(pk=unit.pk) | Q(pk=top.pk) | Q(pk=top.parent_id) | Q(parent=top)
    return list(
        Unit.objects.within(reach)
        .filter(near)
        .current(timezone.localdate())
        .order_by("level", "search")
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Connect the page"), keep=False)
def connect(request: HttpRequest, platform: str) -> HttpResponse:
    again = _channel_to_reconnect(request, platform_or_404(platform))
    unit = again.unit if again else _unit(request)
    by_dialog = facts_of(platform).connects_by_dialog
    wider = bool(request.POST.get("wider") or request.GET.get("wider")) and bool(
        facts_of(platform).optional_rights
    )
    form = None
    if not by_dialog:
        page = f"@{again.handle}" if again and again.handle else again.external_id if again else ""
        first = {
            name: page
            for name, question in CONNECTORS[platform].form.items()
            if not question.secret
        }
        form = PlatformForm(platform, request.POST or None, initial=first)
    if request.method == "POST" and (form is None or form.is_valid()):
        whose = {
            "unit": unit,
            "by": request.user,
            "session_key": _session_key(request),
            "channel": again,
        }
        try:
            if form is not None:
                return _redirect_to_choices(
                    attempts.connect_with_form(platform, form.cleaned_data, **whose)
                )
            dialog = attempts.begin_dialog(platform, **whose, wider=wider)
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from None
        except Refused as error:
            if form is None:
                requested = str(again.public_id) if again else ""
                return _show_failure(
                    request, str(error), platform=platform, unit=unit, again=requested
                )
            form.add_error(None, str(error))
        else:
            # A page of ours with a link: the policy for forms forbids that a form's answer leads
            # elsewhere.
            return render(
                request,
                "channels/leave.html",
                {"dialog": dialog, "platform": platform, "unit": unit},
            )
    context = {
        "platform": platform,
        "label": Kind(platform).label,
        "unit": unit,
        "again": again,
        "form": form,
        "permitted": is_permitted(platform, unit=unit),
        "set_up": is_set_up(platform),
        "rights": describe_consent(platform, wider=wider),
        "wider": wider,
        "way": [_(step) for step in CONNECTORS[platform].words.connect_steps],
        "dialog_of": CONNECTORS[platform].words.dialog_of or Kind(platform).label,
    }
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "channels/connect.html", context, status=status)


@require_GET
def callback(request: HttpRequest, platform: str) -> HttpResponse:
    """Take the answer of the platform's dialog, which sends the browser back to here."""
    platform_or_404(platform)
    if not request.user.reach(Permission.CHANNEL_MANAGE):
        raise PermissionDenied
    try:
        attempt = attempts.accept_callback(
            platform, request.GET.dict(), by=request.user, session_key=_session_key(request)
        )
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except attempts.ConnectFlowEnded as stopped:
        return _show_stopped(request, stopped)
    except Refused as error:
        return _show_failure(request, str(error), platform=platform)
    return _redirect_to_choices(attempt)


def _redirect_to_choices(attempt: ConnectAttempt) -> HttpResponse:
    return redirect(f"{reverse('channels:choose')}?attempt={attempt.public_id}")


def _show_stopped(request: HttpRequest, stopped: attempts.ConnectFlowEnded) -> HttpResponse:
    more = (
        describe_rights(facts_of(stopped.platform).optional_rights)
        if stopped.offered_nothing
        else []
    )
    return _show_failure(
        request,
        str(stopped),
        platform=stopped.platform,
        unit=stopped.unit,
        again=stopped.channel,
        more=more,
    )


def _show_failure(
    request: HttpRequest,
    message: str,
    *,
    platform: str = "",
    unit: Unit | None = None,
    again: str = "",
    more: Sequence[str] = (),
) -> HttpResponse:
    """Show one page for all that can go wrong on the way: what happened, that nothing was
    connected, and the way out.

    ``more``: what further rights are for that may help, where one may ask for them.
    """
    start = (
        reverse("channels:connect", args=[platform]) if platform else reverse("channels:platforms")
    )
    if unit:
        start += f"?unit={unit.key}" + (f"&channel={again}" if again else "")
    context = {
        "words": message,
        "start": start,
        "more": more,
        "wider": f"{start}{'&' if unit else '?'}wider=1",
    }
    return render(request, "channels/no_way.html", context, status=409)


@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    if not request.user.reach(Permission.CHANNEL_MANAGE):
        raise PermissionDenied
    named = parse_uuid((request.POST or request.GET).get("attempt", ""))
    whose = {"by": request.user, "session_key": _session_key(request)}
    try:
        if request.method == "POST":
            channel = attempts.connect_page(named, request.POST.get("page", ""), **whose)
            messages.success(request, _("%(channel)s is connected.") % {"channel": channel})
            return redirect("channels:channel", channel.public_id)
        attempt = attempts.get_open_attempt(named, **whose)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except attempts.ConnectFlowEnded as stopped:
        return _show_stopped(request, stopped)
    except Refused as error:
        return _show_failure(request, str(error))
    offered = attempts.list_choices(attempt, by=request.user)
    free = [choice for choice in offered if not choice.refused]
    context = {
        "attempt": attempt,
        "again": attempts.requested_channel(attempt),
        "offered": offered,
        "free": free,
        "only": free[0] if len(free) == 1 else None,
        "more": describe_rights(facts_of(attempt.platform).optional_rights),
    }
    return render(request, "channels/choose.html", context)


@require_http_methods(["GET", "POST"])
def register_manually(request: HttpRequest, platform: str) -> HttpResponse:
    """Register a page that cannot be connected, to be posted to by people."""
    unit = _unit(request)
    form = ManualChannelForm(request.POST or None, initial={"name": unit.name})
    if not is_permitted(platform_or_404(platform), unit=unit):
        return redirect(f"{reverse('channels:connect', args=[platform])}?unit={unit.key}")
    done = form_action(
        form,
        lambda: manual.register(platform, unit=unit, by=request.user, **form.cleaned_data),
    )
    if done:
        messages.success(
            request,
            _("%(channel)s is registered. Its approved posts become tasks by hand.")
            % {"channel": done.result},
        )
        return redirect("channels:channel", done.result.public_id)
    context = {"platform": platform, "label": Kind(platform).label, "unit": unit, "form": form}
    return render(request, "channels/register_manually.html", context, status=done.status)


@require_http_methods(["GET", "POST"])
def continue_manually(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Turn a channel whose API right is lost for good into one that is posted to by hand."""
    channel = channel_or_404(request, public_id, Permission.CHANNEL_MANAGE)
    form = ReasonForm(request.POST or None, hint=_("It goes into the record."))
    done = form_action(
        form, lambda: manual.continue_manually(channel, by=request.user, **form.cleaned_data)
    )
    if done:
        message = _("From now on approved posts for %(channel)s become tasks by hand.")
        messages.success(request, message % {"channel": channel})
        return redirect("channels:channel", channel.public_id)
    context = {
        "channel": channel,
        "form": form,
        "back": reverse("channels:channel", args=[channel.public_id]),
    }
    return render(request, "channels/continue_manually.html", context, status=done.status)


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Disconnect the channel"), of=channel_or_404, only_posts=True)
def disconnect(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    channel = channel_or_404(request, public_id, Permission.CHANNEL_MANAGE)
    form = ReasonForm(request.POST or None, hint=_("It goes into the record."))
    done = form_action(
        form, lambda: health.disconnect(channel, by=request.user, **form.cleaned_data)
    )
    if done:
        messages.success(request, _("%(channel)s is disconnected.") % {"channel": channel})
        return redirect("channels:list")
    context = {
        "channel": channel,
        "form": form,
        "back": reverse("channels:channel", args=[channel.public_id]),
    }
    context |= {
        "revokes": facts_of(channel.platform).revokes,
        "way_out": describe_disconnecting(channel.platform),
    }
    return render(request, "channels/disconnect.html", context, status=done.status)
