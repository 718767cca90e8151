"""Filter of the list of channels."""

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.states import Health, Kind, Lifecycle

SHOWN_HEALTH = [(health, health.label) for health in (Health.CONNECTED, Health.LOST, Health.MANUAL)]


class ChannelFilter(forms.Form):
    q = forms.CharField(
        label=_("Search channels"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Unit, channel name or address")}),
    )
    platform = forms.ChoiceField(
        label=_("Platform"), choices=[("", _("All")), *Kind.choices], required=False
    )
    health = forms.ChoiceField(
        label=_("Connection"),
        choices=[
            ("", _("In use")),
            *SHOWN_HEALTH,
            (Health.DISCONNECTED, Health.DISCONNECTED.label),
        ],
        required=False,
    )
    lifecycle = forms.ChoiceField(
        label=_("Use"),
        choices=[
            ("", _("All")),
            *(
                (lifecycle, lifecycle.label)
                for lifecycle in Lifecycle
                if lifecycle != Lifecycle.ACTIVE
            ),
        ],
        required=False,
    )
