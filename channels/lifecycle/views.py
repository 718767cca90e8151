"""A channel's life: rested, in other hands, closed, handed over; each with a reason."""

import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from accounts.queries import can
from accounts.step_up import step_up_required
from channels.context import channel_or_404
from channels.lifecycle import transitions
from channels.models import Channel
from channels.queries import manages_other_units
from channels.states import LIFECYCLE_STEPS, Lifecycle
from core.actions import form_action
from core.forms import ReasonForm
from units.forms import UnitField
from units.models import Unit


class CloseForm(ReasonForm):
    """Closing for good, with the channel that takes its place, if there is one."""

    successor = forms.ModelChoiceField(
        label=gettext_lazy("Where should residents go instead?"),
        queryset=Channel.objects.none(),
        required=False,
        empty_label=gettext_lazy("no other channel"),
        widget=forms.Select(attrs={"data-choices": True}),
    )
    field_order = ("successor", "reason")

    def __init__(self, *args: Any, channels: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor"].queryset = channels


class TransferForm(ReasonForm):
    to = UnitField(
        label=gettext_lazy("To which unit"),
        error_messages={"required": gettext_lazy("Please choose the unit.")},
    )
    field_order = ("to", "reason")

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            hint=gettext_lazy("Such as the resolution on the merger. It goes into the record."),
            **kwargs,
        )
        self.fields["to"].units = units


class Act(NamedTuple):
    """One step in a channel's life, in the words of its page."""

    to: Lifecycle
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
        Lifecycle.PAUSED,
        _STOPPING,
        transitions.pause,
        gettext_lazy("Let %(name)s rest"),
        gettext_lazy("Let it rest"),
        "player-pause",
        "primary",
        gettext_lazy(
            "The channel is offered for no post, and nothing goes out there. What is scheduled "
            "there waits, and is too late when its time has passed. The connection is kept."
        ),
        gettext_lazy(
            "Such as: the colleague who looks after the page is away. It goes into the record."
        ),
        gettext_lazy("%(channel)s rests from now on."),
    ),
    "resume": Act(
        Lifecycle.ACTIVE,
        _FREEING,
        transitions.resume,
        gettext_lazy("Use %(name)s again"),
        gettext_lazy("Use it again"),
        "player-play",
        "primary",
        gettext_lazy("Posts go out there again at their time."),
        gettext_lazy("It goes into the record."),
        gettext_lazy("%(channel)s is in use again."),
    ),
    "confirm": Act(
        Lifecycle.ACTIVE,
        _FREEING,
        transitions.resume,
        gettext_lazy("Is %(name)s still your page?"),
        gettext_lazy("Yes, it is the unit's page"),
        "circle-check",
        "primary",
        gettext_lazy(
            "Open the page itself and look at its name, its picture, its last posts and "
            "its administrators. Confirm "
            "only if all of that is the unit's. Posts then go out there again at their time."
        ),
        gettext_lazy(
            "Why the page has changed, such as the decision by which the unit was renamed."
        ),
        gettext_lazy("%(channel)s is confirmed; posts go out there again."),
    ),
    "taken_over": Act(
        Lifecycle.TAKEN_OVER,
        _STOPPING,
        transitions.report_taken_over,
        gettext_lazy("%(name)s is in other hands"),
        gettext_lazy("Stop everything and alarm the province"),
        "shield-exclamation",
        "danger",
        gettext_lazy(
            "Nothing goes out there any more, and the provincial police are alarmed. "
            "Then change the passwords of all "
            "who administer the page, sign out all devices there, and ask the platform for help."
        ),
        gettext_lazy("What you have seen on the page, and since when."),
        gettext_lazy("Nothing goes out on %(channel)s any more. The province has been alarmed."),
    ),
    "close": Act(
        Lifecycle.RETIRED,
        _FREEING,
        transitions.retire,
        gettext_lazy("Close %(name)s for good"),
        gettext_lazy("Close the channel"),
        "archive",
        "danger",
        gettext_lazy(
            "The stored access is destroyed, and what is scheduled there is cancelled. What was "
            "published stays on the page, and the record stays here."
        ),
        gettext_lazy("It goes into the record."),
        gettext_lazy("%(channel)s is closed."),
    ),
}


def _lets_out_or_ends(request: HttpRequest, public_id: uuid.UUID, act: str) -> bool:
    """Check whether posts go out after the act again, or never: to stop for a while must not wait
    for a proof.
    """
    return ACTS[act].permissions == _FREEING


def _name_step(_request: HttpRequest, *, act: str, **_kwargs: Any) -> str:
    return str(ACTS[act].button)


@require_http_methods(["GET", "POST"])
@step_up_required(
    _name_step,
    of=lambda request, public_id, act: channel_or_404(request, public_id),
    only_posts=True,
    when=_lets_out_or_ends,
)
def change(request: HttpRequest, public_id: uuid.UUID, act: str) -> HttpResponse:
    channel, step = channel_or_404(request, public_id), ACTS[act]
    if not any(can(request.user, permission, unit=channel.unit) for permission in step.permissions):
        raise PermissionDenied
    if act == "close":
        near = Channel.objects.visible_to(request.user).offered().exclude(pk=channel.pk)
        form: Any = CloseForm(
            request.POST or None,
            hint=step.hint,
            channels=near.filter(unit__path__startswith=channel.unit.province_path).order_by(
                "unit__search", "platform", "name"
            ),
        )
    else:
        form = ReasonForm(request.POST or None, hint=step.hint)
    done = form_action(form, lambda: step.do(channel, by=request.user, **form.cleaned_data))
    if done:
        messages.success(request, str(step.done) % {"channel": channel})
        return redirect("channels:channel", channel.public_id)
    context = {
        "channel": channel,
        "form": form,
        "step": step,
        "title": str(step.title) % {"name": channel.name},
        "possible": step.to in LIFECYCLE_STEPS[channel.lifecycle],
        "back": reverse("channels:channel", args=[channel.public_id]),
    }
    return render(request, "channels/lifecycle.html", context, status=done.status)


@require_http_methods(["GET", "POST"])
@step_up_required(
    gettext_lazy("Hand the channel over to the unit"), of=channel_or_404, only_posts=True
)
def transfer(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Give the channel to another unit, as after a merger; for users who manage both."""
    channel = channel_or_404(request, public_id, Permission.CHANNEL_MANAGE)
    if not manages_other_units(request.user, channel):
        raise PermissionDenied
    units = Unit.objects.within(request.user.reach(Permission.CHANNEL_MANAGE)).current(
        timezone.localdate()
    )
    form = TransferForm(request.POST or None, units=units.filter(has_police_body=True))
    done = form_action(
        form, lambda: transitions.transfer(channel, by=request.user, **form.cleaned_data)
    )
    if done:
        names = {"channel": channel, "unit": channel.unit}
        messages.success(request, _("%(channel)s belongs to %(unit)s from now on.") % names)
        return redirect("channels:channel", channel.public_id)
    context = {
        "channel": channel,
        "form": form,
        "back": reverse("channels:channel", args=[channel.public_id]),
    }
    return render(request, "channels/transfer.html", context, status=done.status)
