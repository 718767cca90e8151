"""The way to a channel: which platform, the consent, the page, and posting by hand where there is no consent."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.context import desk_of
from accounts.permissions import Permission
from accounts.queries import can
from channels import by_hand as hands
from channels import connecting
from channels.connectors import CONNECTORS
from channels.forms import ByHandForm, PlatformForm, ReasonForm
from channels.models import Channel, ConnectAttempt
from channels.queries import facts_of, is_permitted, is_set_up
from channels.states import Health, Kind
from channels.views.looking import shown
from channels.wording import asked, limits
from core.errors import NotAllowed, Refused
from units.models import Level, Unit


def known(platform: str) -> str:
    if platform not in Kind.values:
        raise Http404
    return platform


def _session_key(request: HttpRequest) -> str:
    return request.session.session_key or ""


def _unit(request: HttpRequest) -> Unit:
    """Whose channel it shall become: the unit named, else the one at the desk. 403 without the right to it."""
    asked = request.POST.get("unit") or request.GET.get("unit")
    if asked:
        unit = get_object_or_404(Unit.objects.visible_to(request.user), key=asked)
    else:
        desk = desk_of(request)
        unit = desk.unit if desk else None
    if unit is None or not can(request.user, Permission.CHANNEL_MANAGE, unit=unit):
        raise PermissionDenied
    return unit


def _again(request: HttpRequest, platform: str) -> Channel | None:
    """The channel that is to be connected again, if the address names one."""
    asked = request.POST.get("channel") or request.GET.get("channel")
    if not asked:
        return None
    try:
        public_id = uuid.UUID(asked)
    except ValueError:
        raise Http404 from None
    channel = shown(request, public_id, Permission.CHANNEL_MANAGE)
    if channel.platform != platform:
        raise Http404
    return channel


def _attempt(request: HttpRequest) -> uuid.UUID | None:
    """The walk that the page of choices names."""
    try:
        return uuid.UUID((request.POST or request.GET).get("attempt", ""))
    except ValueError:
        return None


@require_GET
def platforms(request: HttpRequest) -> HttpResponse:
    unit = _unit(request)
    own = set(Channel.objects.usable().filter(unit=unit).values_list("platform", "health"))
    offered = [
        {
            "kind": kind,
            "limits": limits(facts_of(kind))[:3],
            "permitted": is_permitted(kind, unit=unit),
            "set_up": is_set_up(kind),
            "connected": (kind, Health.CONNECTED) in own,
            "by_hand": (kind, Health.BY_HAND) in own,
        }
        for kind in Kind.values
    ]
    context = {"unit": unit, "platforms": offered, "neighbours": _neighbours(request, unit)}
    return render(request, "channels/platforms.html", context)


def _neighbours(request: HttpRequest, unit: Unit) -> list[Unit]:
    """The units that an administrator may turn to from here: the one above and those beside, or those below."""
    reach = request.user.reach(Permission.CHANNEL_MANAGE)
    top = unit.parent if unit.level == Level.COMMUNE and unit.parent else unit
    near = Q(pk=unit.pk) | Q(pk=top.pk) | Q(pk=top.parent_id) | Q(parent=top)
    return list(Unit.objects.within(reach).filter(near).current(timezone.localdate()).order_by("level", "search"))


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def connect(request: HttpRequest, platform: str) -> HttpResponse:
    again = _again(request, known(platform))
    unit = again.unit if again else _unit(request)
    by_dialog = facts_of(platform).by_dialog
    form = None
    if not by_dialog:
        page = f"@{again.handle}" if again and again.handle else again.external_id if again else ""
        first = {name: page for name, each in CONNECTORS[platform].form.items() if not each.secret}
        form = PlatformForm(platform, request.POST or None, initial=first)
    if request.method == "POST" and (form is None or form.is_valid()):
        whose = {"unit": unit, "by": request.user, "session_key": _session_key(request), "channel": again}
        try:
            if form is not None:
                return _to_choose(connecting.by_form(platform, form.cleaned_data, **whose))
            dialog = connecting.begin(platform, **whose)
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from None
        except Refused as error:
            if form is None:
                wanted = str(again.public_id) if again else ""
                return _no_way(request, str(error), platform=platform, unit=unit, again=wanted)
            form.add_error(None, str(error))
        else:
            # A page of ours with a link: the policy for forms forbids that a form's answer leads elsewhere.
            return render(request, "channels/leave.html", {"dialog": dialog, "platform": platform, "unit": unit})
    context = {
        "platform": platform,
        "label": Kind(platform).label,
        "unit": unit,
        "again": again,
        "form": form,
        "permitted": is_permitted(platform, unit=unit),
        "set_up": is_set_up(platform),
        "rights": asked(platform),
        "way": [_(step) for step in CONNECTORS[platform].words.way],
        "dialog_of": CONNECTORS[platform].words.through or Kind(platform).label,
    }
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "channels/connect.html", context, status=status)


@require_GET
def callback(request: HttpRequest, platform: str) -> HttpResponse:
    """Where the platform's dialog sends the browser back to."""
    known(platform)
    if not request.user.reach(Permission.CHANNEL_MANAGE):
        raise PermissionDenied
    try:
        attempt = connecting.answer(platform, request.GET.dict(), by=request.user, session_key=_session_key(request))
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except connecting.Stopped as stopped:
        return _stopped(request, stopped)
    except Refused as error:
        return _no_way(request, str(error), platform=platform)
    return _to_choose(attempt)


def _to_choose(attempt: ConnectAttempt) -> HttpResponse:
    return redirect(f"{reverse('channels:choose')}?attempt={attempt.public_id}")


def _stopped(request: HttpRequest, walk: connecting.Stopped) -> HttpResponse:
    return _no_way(request, str(walk), platform=walk.platform, unit=walk.unit, again=walk.channel)


def _no_way(
    request: HttpRequest, words: str, *, platform: str = "", unit: Unit | None = None, again: str = ""
) -> HttpResponse:
    """One page for all that can go wrong on the way: what happened, that nothing was connected, and the way out."""
    start = reverse("channels:connect", args=[platform]) if platform else reverse("channels:platforms")
    if unit:
        start += f"?unit={unit.key}" + (f"&channel={again}" if again else "")
    context = {"words": words, "start": start}
    return render(request, "channels/no_way.html", context, status=409)


@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    if not request.user.reach(Permission.CHANNEL_MANAGE):
        raise PermissionDenied
    named, whose = _attempt(request), {"by": request.user, "session_key": _session_key(request)}
    try:
        if request.method == "POST":
            channel = connecting.choose(named, request.POST.get("page", ""), **whose)
            messages.success(request, _("%(channel)s is connected.") % {"channel": channel})
            return redirect("channels:channel", channel.public_id)
        attempt = connecting.open_attempt(named, **whose)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except connecting.Stopped as stopped:
        return _stopped(request, stopped)
    except Refused as error:
        return _no_way(request, str(error))
    offered = connecting.choices(attempt, by=request.user)
    free = [choice for choice in offered if not choice.refused]
    context = {
        "attempt": attempt,
        "again": connecting.wanted(attempt),
        "offered": offered,
        "free": free,
        "only": free[0] if len(free) == 1 else None,
    }
    return render(request, "channels/choose.html", context)


@require_http_methods(["GET", "POST"])
def by_hand(request: HttpRequest, platform: str) -> HttpResponse:
    """The second way: a page that cannot be connected, registered to be posted to by people."""
    unit = _unit(request)
    form = ByHandForm(request.POST or None, initial={"name": unit.name})
    if not is_permitted(known(platform), unit=unit):
        return redirect(f"{reverse('channels:connect', args=[platform])}?unit={unit.key}")
    if request.method == "POST" and form.is_valid():
        try:
            made = hands.register(platform, unit=unit, by=request.user, **form.cleaned_data)
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from None
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("%(channel)s is registered. Its approved posts become tasks by hand.") % {"channel": made}
            )
            return redirect("channels:channel", made.public_id)
    context = {"platform": platform, "label": Kind(platform).label, "unit": unit, "form": form}
    return render(request, "channels/by_hand.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def go_on_by_hand(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """For a channel whose API right is lost for good."""
    channel = shown(request, public_id, Permission.CHANNEL_MANAGE)
    form = ReasonForm(request.POST or None, hint=_("It goes into the record."))
    if request.method == "POST" and form.is_valid():
        try:
            hands.go_on(channel, by=request.user, reason=form.cleaned_data["reason"])
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from None
        except Refused as error:
            form.add_error(None, str(error))
        else:
            done = _("From now on approved posts for %(channel)s become tasks by hand.") % {"channel": channel}
            messages.success(request, done)
            return redirect("channels:channel", channel.public_id)
    context = {"channel": channel, "form": form, "back": reverse("channels:channel", args=[channel.public_id])}
    return render(request, "channels/go_on_by_hand.html", context, status=422 if form.is_bound else 200)
