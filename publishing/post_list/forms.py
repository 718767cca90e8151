"""The filters of the list of posts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Topic
from channels.models import Channel
from core.fields import ShortModelChoiceField
from core.lists import FilterForm, SearchField
from posts.states import PostState
from publishing.post_list.queries import SORTS
from publishing.states import PostGroup
from units.models import Unit


class PostFilter(FilterForm):
    """The list's filters, as the address gives them."""

    q = SearchField(_("Search posts"), max_length=200)
    state = forms.ChoiceField(label=_("State"), required=False)
    topic = ShortModelChoiceField(
        label=_("Topic"),
        queryset=Topic.objects.all(),
        required=False,
        to_field_name="code",
        empty_label=_("All"),
    )
    campaign = ShortModelChoiceField(
        label=_("Campaign"),
        queryset=Campaign.objects.none(),
        required=False,
        to_field_name="public_id",
        empty_label=_("All"),
    )
    unit = ShortModelChoiceField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        to_field_name="key",
        empty_label=_("All"),
    )
    channel = ShortModelChoiceField(
        label=_("Channel"),
        queryset=Channel.objects.none(),
        required=False,
        to_field_name="public_id",
        empty_label=_("All"),
    )
    mine = forms.BooleanField(label=_("Only mine"), required=False)
    tab = forms.ChoiceField(choices=PostGroup, required=False, widget=forms.HiddenInput)
    sort = forms.ChoiceField(
        choices=[(key, key) for key in SORTS], required=False, widget=forms.HiddenInput
    )

    def has_changed(self) -> bool:
        """Say whether something narrows the list: the tab and the order do not open the filters."""
        return bool({*self.changed_data} - {"tab", "sort"})

    def __init__(self, data: Any, *, unit: Unit, chosen: Unit | None, deep: bool, writes: bool):
        """Offer the filters of ``unit``, the current position's;
        a deep role may have ``chosen`` one below it."""
        super().__init__(data, label_suffix="")
        self.fields["state"].choices = [("", _("All but archived")), *PostState.choices]
        self.fields["campaign"].queryset = Campaign.objects.open_to(chosen or unit)
        self.fields["channel"].queryset = Channel.objects.filter(unit=chosen or unit)
        if not writes:
            del self.fields["mine"]
        if not deep:
            del self.fields["unit"]
            return
        below = self.fields["unit"]
        below.queryset = Unit.objects.under(unit)
        listed = list(
            Unit.objects.filter(parent=unit).order_by("search").values_list("key", "name")
        )
        if chosen and chosen.parent_id != unit.pk:
            listed.append((chosen.key, chosen.name))
        below.choices = [("", _("All")), *listed]
