"""Forms of completeness: a filter, and what a person saw on a page."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from channels.completeness.presenters import LABELS, Item
from channels.states import Kind
from core import phones


class CompletenessFilter(forms.Form):
    q = forms.CharField(
        label=_("Search channels"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Unit, channel name or address")}),
    )
    platform = forms.ChoiceField(
        label=_("Platform"), choices=[("", _("All")), *Kind.choices], required=False
    )
    lacking = forms.ChoiceField(
        label=_("Lacks"), choices=[("", _("All")), *LABELS.items()], required=False
    )
    unit = forms.CharField(required=False, max_length=8, widget=forms.HiddenInput)


class SeenForm(forms.Form):
    """A yes or no for each item that only a person can say."""

    def __init__(self, *args: Any, items: Sequence[Item], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in items:
            self.fields[item.name] = forms.TypedChoiceField(
                label=item.label,
                choices=[("", _("not looked")), ("yes", _("it is there")), ("no", _("missing"))],
                coerce=lambda value: value == "yes",
                empty_value=None,
                required=False,
                initial={True: "yes", False: "no"}.get(item.there, ""),  # type: ignore[call-overload]
                help_text=item.note if item.said else "",
            )


class ProposeForm(forms.Form):
    """The texts of a page that the portal may write, beside what stands there now."""

    def __init__(
        self,
        *args: Any,
        limits: Mapping[str, int],
        present: Mapping[str, str],
        numbers: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if most := limits.get("description"):
            self.fields["description"] = forms.CharField(
                label=_("Description"),
                max_length=most,
                required=False,
                initial=present.get("description", ""),
                widget=forms.Textarea(attrs={"rows": 4}),
                help_text=_(
                    "At most %(n)s characters. Which unit, of which place, and that the page is "
                    "official."
                )
                % {"n": most},
            )
        if "phone" in limits and numbers:
            shown = [(n, " · ".join(filter(None, [phones.shown(n), numbers[n]]))) for n in numbers]
            self.fields["phone"] = forms.ChoiceField(
                label=_("Telephone number"),
                choices=[("", _("leave as it is")), *shown],
                required=False,
                help_text=_("The numbers are those among the unit's own facts."),
            )
        if "website" in limits and settings.REGISTER_URL:
            self.fields["website"] = forms.BooleanField(
                label=_("Write the address of the register as the page's website"),
                required=False,
                initial=settings.REGISTER_URL not in present.get("website", ""),
                help_text=settings.REGISTER_URL,
            )

    def texts(self) -> dict[str, str]:
        """Return the texts by field; empty for what shall stay as it is."""
        cleaned = dict(self.cleaned_data)
        if "website" in cleaned:
            cleaned["website"] = settings.REGISTER_URL if cleaned["website"] else ""
        return cleaned
