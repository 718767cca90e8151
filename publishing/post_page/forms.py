"""The form for what a person saw on the page."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class DecideForm(forms.Form):
    """The observation of a person on the page."""

    LIVE, ABSENT = "stands", "absent"

    seen = forms.ChoiceField(
        label=gettext_lazy("What do you see on the page?"),
        choices=[
            (LIVE, gettext_lazy("The post stands on the page")),
            (ABSENT, gettext_lazy("The post is not there")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Please say whether the post stands on the page.")
        },
    )
    permalink = forms.URLField(
        label=gettext_lazy("Link of the post on the page"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy("Open the post on the page and copy its address from the browser."),
        error_messages={
            "invalid": gettext_lazy("This is not a link. Copy the whole address, from https:// on.")
        },
    )

    def __init__(self, *args: Any, removal: bool, **options: Any):
        """Offer the answers about the page; with ``removal`` the question is whether the post has
        been deleted there by hand.
        """
        super().__init__(*args, **options)
        if removal:
            self.fields["seen"].choices = [
                (self.ABSENT, _("The post is gone from the page")),
                (self.LIVE, _("The post still stands on the page")),
            ]
            del self.fields["permalink"]
