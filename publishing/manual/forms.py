"""The form that closes a task: the link of the post on the page."""

from django import forms
from django.utils.translation import gettext_lazy

from core.fields import DayAndClockField


class ProofForm(forms.Form):
    """The proof that a post is live on a page to which people post themselves."""

    permalink = forms.URLField(
        label=gettext_lazy("Link of the post on the page"),
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(
            attrs={"placeholder": "https://", "autocomplete": "off", "inputmode": "url"}
        ),
        help_text=gettext_lazy("Open the post on the page, copy its link and paste it here."),
        error_messages={
            "required": gettext_lazy("Please enter the link of the post."),
            "invalid": gettext_lazy(
                "This is not a link. Copy the whole address, from https:// on."
            ),
        },
    )
    published_at = DayAndClockField(
        label=gettext_lazy("Time of posting"),
        required=False,
        help_text=gettext_lazy("Leave empty if you have posted it just now."),
    )

    def clean_permalink(self) -> str:
        return self.cleaned_data["permalink"].strip()
