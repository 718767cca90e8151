from django import forms
from django.utils.translation import gettext_lazy as _


class LinkForm(forms.Form):
    """The choice of what a new calendar link shows."""

    use_required_attribute = False
    shows = forms.ChoiceField(
        label=_("The link shows"),
        choices=[
            ("unit", _("all posts of the unit")),
            ("own", _("only posts that I wrote or edited last")),
        ],
        initial="unit",
        widget=forms.RadioSelect,
    )
