from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from channels.models import Channel
from channels.states import by_platform, platforms
from core.actions import form_action, form_data, refusal
from publishing.models import Slot, SlotQuerySet, SlotSuggestion, Weekday
from publishing.scheduling.forms import clock_field
from publishing.slots import slot_changes
from publishing.slots.presenters import weekly_times
from publishing.slots.queries import missing_slots, slots_of, suggestions_for
from units.models import Level, Unit


class WeeklyForm(forms.Form):
    """A time and its weekdays: the base of the forms that add one."""

    use_required_attribute = False
    at = clock_field(label=gettext_lazy("Time"))
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Weekdays"),
        choices=Weekday,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Please choose at least one day.")},
    )


class SlotForm(WeeklyForm):
    """A weekly time for some of a unit's channels."""

    channels = forms.ModelMultipleChoiceField(
        Channel.objects.none(),
        to_field_name="public_id",
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Channels"),
        error_messages={"required": gettext_lazy("No channel is chosen.")},
    )

    def __init__(self, *args: Any, channels: list[Channel], **options: Any):
        options.setdefault("initial", {"channels": [c.public_id for c in channels]})
        super().__init__(*args, **options)
        known = Channel.objects.filter(pk__in=[c.pk for c in channels])
        self.fields["channels"].queryset = known.order_by(by_platform(), "name")


class SuggestionForm(WeeklyForm):
    """A weekly time for the units below, on one platform or on all."""

    prefix = "suggest"
    platform = forms.ChoiceField(label=gettext_lazy("Platform"), required=False)

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.fields["platform"].choices = [("", gettext_lazy("All platforms")), *platforms()]


class ChosenForm(forms.Form):
    """The rows that a button names, among those the person may see."""

    chosen = forms.ModelMultipleChoiceField(
        Slot.objects.none(),
        to_field_name="public_id",
        error_messages={"required": gettext_lazy("Nothing is chosen.")},
    )

    def __init__(self, *args: Any, among: SlotQuerySet, **options: Any):
        super().__init__(*args, **options)
        self.fields["chosen"].queryset = among


@require_http_methods(["GET", "HEAD", "POST"])
def slots(request: HttpRequest) -> HttpResponse:
    """Show the slots of the current position's unit, and add some."""
    unit = _unit(request, Permission.POST_VIEW)
    may_keep = can(request.user, Permission.POST_SCHEDULE, unit=unit)
    if request.method == "POST" and not may_keep:
        raise PermissionDenied
    form = SlotForm(form_data(request), channels=_channels(unit))
    outcome = form_action(
        form, lambda: slot_changes.add_slots(unit, by=request.user, **form.cleaned_data)
    )
    if outcome:
        _say_added(request, outcome.result)
        return redirect("publishing:slots")
    return _page(request, unit, form=form, status=outcome.status)


@require_POST
def suggest(request: HttpRequest) -> HttpResponse:
    """Suggest a time to the units below the current position's."""
    unit = _unit(request, Permission.CAMPAIGN_WRITE)
    form = SuggestionForm(request.POST)
    outcome = form_action(
        form, lambda: slot_changes.suggest(unit, by=request.user, **form.cleaned_data)
    )
    if outcome:
        messages.success(request, _("Suggested. Each unit below decides whether to follow."))
        return redirect("publishing:slots")
    return _page(request, unit, suggestion_form=form, status=outcome.status)


@require_POST
def follow(request: HttpRequest) -> HttpResponse:
    """Take over all suggestions for the current position's unit."""
    unit = _unit(request, Permission.POST_SCHEDULE)
    added: list[int] = []
    if refused := refusal(
        lambda: added.append(slot_changes.follow_suggestions(unit, by=request.user))
    ):
        messages.error(request, refused)
    else:
        _say_added(request, added[0])
    return redirect("publishing:slots")


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    if not request.user.reach(Permission.POST_SCHEDULE):
        raise PermissionDenied
    among = Slot.objects.visible_to(request.user).select_related("unit", "channel")
    return _remove(request, among, slot_changes.remove_slots)


@require_POST
def remove_suggestion(request: HttpRequest) -> HttpResponse:
    if not request.user.reach(Permission.CAMPAIGN_WRITE):
        raise PermissionDenied
    among = SlotSuggestion.objects.visible_to(request.user).select_related("unit")
    return _remove(request, among, slot_changes.remove_suggestions)


def _remove(request: HttpRequest, among: SlotQuerySet, service: Any) -> HttpResponse:
    form = ChosenForm(request.POST, among=among)
    outcome = form_action(form, lambda: service(form.cleaned_data["chosen"], by=request.user))
    if outcome:
        messages.success(request, _("Removed. What is scheduled already stays as it is."))
    else:
        messages.error(request, str(outcome.refused or _("This is gone already.")))
    return redirect("publishing:slots")


def _unit(request: HttpRequest, permission: Permission) -> Unit:
    """Return the current position's unit; 403 for users who hold ``permission`` nowhere."""
    if not request.user.reach(permission):
        raise PermissionDenied
    return current_position(request).unit


def _channels(unit: Unit) -> list[Channel]:
    channels = Channel.objects.offered().filter(unit=unit).defer("sealed")
    return list(channels.order_by(by_platform(), "name"))


def _say_added(request: HttpRequest, n: int) -> None:
    if n:
        message = ngettext("%(n)s slot is added.", "%(n)s slots are added.", n) % {"n": n}
        messages.success(request, message)
    else:
        messages.info(request, _("These slots are there already."))


def _page(
    request: HttpRequest,
    unit: Unit,
    *,
    form: SlotForm | None = None,
    suggestion_form: SuggestionForm | None = None,
    status: int,
) -> HttpResponse:
    channels = _channels(unit)
    by_channel: dict[int, list[Slot]] = {channel.pk: [] for channel in channels}
    for slot in slots_of(unit):
        by_channel[slot.channel_id].append(slot)
    may_keep = can(request.user, Permission.POST_SCHEDULE, unit=unit)
    may_suggest = unit.level != Level.COMMUNE and can(
        request.user, Permission.CAMPAIGN_WRITE, unit=unit
    )
    context = {
        "unit": unit,
        "channels": [(channel, weekly_times(by_channel[channel.pk])) for channel in channels],
        "form": form or SlotForm(channels=channels),
        "may_keep": may_keep,
        "suggested": _group_suggestions(suggestions_for(unit)),
        "missing": len(missing_slots(unit)) if may_keep else 0,
        "own": _group_suggestions(SlotSuggestion.objects.filter(unit=unit).select_related("unit"))
        if may_suggest
        else [],
        "suggestion_form": (suggestion_form or SuggestionForm()) if may_suggest else None,
    }
    return render(request, "publishing/slots.html", context, status=status)


def _group_suggestions(suggestions: Any) -> list[dict[str, Any]]:
    """Group suggestions by unit and platform, each with its weekly times."""
    groups: dict[tuple[Unit, str], list[SlotSuggestion]] = {}
    for suggestion in suggestions:
        groups.setdefault((suggestion.unit, suggestion.get_platform_display()), []).append(
            suggestion
        )
    return [
        {"unit": unit, "platform": platform or _("All platforms"), "times": weekly_times(rows)}
        for (unit, platform), rows in groups.items()
    ]
