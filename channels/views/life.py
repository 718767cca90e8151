"""A channel's life: rested, in other hands, closed, handed over, disconnected; each with a reason."""

import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission
from accounts.queries import can
from channels import foreign, lifecycle, services
from channels.forms import CloseForm, HandOverForm, ReasonForm
from channels.models import Channel, ForeignPost
from channels.states import LIFE, Life
from channels.views.looking import reaches_beyond, shown
from core.errors import NotAllowed, Refused
from units.models import Unit


class Act(NamedTuple):
    """One step in a channel's life, in the words of its page."""

    to: Life
    permissions: tuple[Permission, ...]
    do: Callable[..., None]
    title: Any
    button: Any
    icon: str
    tone: str
    what: Any  # what happens
    hint: Any
    done: Any


_STOPPING = (Permission.CHANNEL_MANAGE, Permission.PUBLISHING_PAUSE)
_FREEING = (Permission.CHANNEL_MANAGE,)
ACTS = {
    "rest": Act(
        Life.PAUSED,
        _STOPPING,
        lifecycle.pause,
        gettext_lazy("Let %(name)s rest"),
        gettext_lazy("Let it rest"),
        "player-pause",
        "primary",
        gettext_lazy(
            "The channel is offered for no post, and nothing goes out there. What is scheduled there waits, and is too "
            "late when its time has passed. The connection is kept."
        ),
        gettext_lazy("Such as: the colleague who looks after the page is away. It goes into the record."),
        gettext_lazy("%(channel)s rests from now on."),
    ),
    "resume": Act(
        Life.ACTIVE,
        _FREEING,
        lifecycle.resume,
        gettext_lazy("Use %(name)s again"),
        gettext_lazy("Use it again"),
        "player-play",
        "primary",
        gettext_lazy("Posts go out there again at their time."),
        gettext_lazy("It goes into the record."),
        gettext_lazy("%(channel)s is in use again."),
    ),
    "confirm": Act(
        Life.ACTIVE,
        _FREEING,
        lifecycle.resume,
        gettext_lazy("Is %(name)s still your page?"),
        gettext_lazy("Yes, it is the unit's page"),
        "circle-check",
        "primary",
        gettext_lazy(
            "Open the page itself and look at its name, its picture, its last posts and its administrators. Confirm "
            "only if all of that is the unit's. Posts then go out there again at their time."
        ),
        gettext_lazy("Why the page has changed, such as the decision by which the unit was renamed."),
        gettext_lazy("%(channel)s is confirmed; posts go out there again."),
    ),
    "taken_over": Act(
        Life.TAKEN_OVER,
        _STOPPING,
        lifecycle.report_taken_over,
        gettext_lazy("%(name)s is in other hands"),
        gettext_lazy("Stop everything and alarm the province"),
        "shield-exclamation",
        "danger",
        gettext_lazy(
            "Nothing goes out there any more, and the provincial police are alarmed. Then change the passwords of all "
            "who administer the page, sign out all devices there, and ask the platform for help."
        ),
        gettext_lazy("What you have seen on the page, and since when."),
        gettext_lazy("Nothing goes out on %(channel)s any more. The province has been alarmed."),
    ),
    "close": Act(
        Life.RETIRED,
        _FREEING,
        lifecycle.retire,
        gettext_lazy("Close %(name)s for good"),
        gettext_lazy("Close the channel"),
        "archive",
        "danger",
        gettext_lazy(
            "The stored access is destroyed, and what is scheduled there is cancelled. What was published stays on the "
            "page, and the record stays here."
        ),
        gettext_lazy("It goes into the record."),
        gettext_lazy("%(channel)s is closed."),
    ),
}


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, public_id: uuid.UUID, act: str) -> HttpResponse:
    channel, step = shown(request, public_id), ACTS[act]
    if not any(can(request.user, permission, unit=channel.unit) for permission in step.permissions):
        raise PermissionDenied
    if act == "close":
        form: Any = CloseForm(request.POST or None, hint=step.hint, channels=_successors(request, channel))
    else:
        form = ReasonForm(request.POST or None, hint=step.hint)
    if _done(request, form, lambda given: step.do(channel, by=request.user, **given)):
        messages.success(request, str(step.done) % {"channel": channel})
        return redirect("channels:channel", channel.public_id)
    context = {
        "channel": channel,
        "form": form,
        "step": step,
        "title": str(step.title) % {"name": channel.name},
        "possible": step.to in LIFE[channel.life],
        "back": reverse("channels:channel", args=[channel.public_id]),
    }
    return render(request, "channels/life.html", context, status=422 if form.is_bound else 200)


def _successors(request: HttpRequest, channel: Channel) -> QuerySet[Channel]:
    near = Channel.objects.visible_to(request.user).offered().exclude(pk=channel.pk)
    return near.filter(unit__path__startswith=channel.unit.province_path).order_by("unit__search", "platform", "name")


@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """To another unit, as after a merger; by who manages both."""
    channel = shown(request, public_id, Permission.CHANNEL_MANAGE)
    if not reaches_beyond(request.user, channel):
        raise PermissionDenied
    units = Unit.objects.within(request.user.reach(Permission.CHANNEL_MANAGE)).current(timezone.localdate())
    form = HandOverForm(request.POST or None, units=units.filter(has_police_body=True))
    if _done(request, form, lambda given: lifecycle.hand_over(channel, by=request.user, **given)):
        told = {"channel": channel, "unit": channel.unit}
        messages.success(request, _("%(channel)s belongs to %(unit)s from now on.") % told)
        return redirect("channels:channel", channel.public_id)
    context = {"channel": channel, "form": form, "back": reverse("channels:channel", args=[channel.public_id])}
    return render(request, "channels/hand_over.html", context, status=422 if form.is_bound else 200)


@require_POST
def decide(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Whose a post is that the portal did not make."""
    seen = ForeignPost.objects.visible_to(request.user).select_related("channel__unit")
    post = get_object_or_404(seen, public_id=public_id)
    ours = {"ours": True, "not_ours": False}.get(request.POST.get("verdict", ""))
    try:
        if ours is None:
            raise Refused(_("Say whether the unit made this post."))
        foreign.acknowledge(post, by=request.user, ours=ours, note=request.POST.get("note", ""))
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
                    "The province has been alarmed. Now change the passwords of all who administer the page and sign "
                    "out all devices there. If you cannot get in any more, report that the page is in other hands."
                ),
            )
    return redirect(f"{reverse('channels:channel', args=[post.channel.public_id])}#foreign")


@require_http_methods(["GET", "POST"])
def disconnect(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    channel = shown(request, public_id, Permission.CHANNEL_MANAGE)
    form = ReasonForm(request.POST or None, hint=_("It goes into the record."))
    if _done(request, form, lambda given: services.disconnect(channel, by=request.user, **given)):
        messages.success(request, _("%(channel)s is disconnected.") % {"channel": channel})
        return redirect("channels:list")
    context = {"channel": channel, "form": form, "back": reverse("channels:channel", args=[channel.public_id])}
    return render(request, "channels/disconnect.html", context, status=422 if form.is_bound else 200)


def _done(request: HttpRequest, form: forms.Form, act: Callable[[dict[str, Any]], None]) -> bool:
    """Whether the form was sent and the act done; a refusal stands in the form, a missing right is a 403."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        form.add_error(None, str(error))
        return False
    return True
