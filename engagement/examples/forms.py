from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from campaigns.kits.states import PLATFORMS
from campaigns.models import Topic
from core.forms import ReasonForm as ReasonForm
from core.lists import FilterForm, SearchField
from engagement.examples.models import LONGEST_LINE, LONGEST_NAME
from engagement.examples.services import Proposal
from posts.models import Post

MOST_OFFERED = 20  # posts of the same campaign, the newest


class ExampleFilter(FilterForm):
    """The filters of the list, as in the address."""

    q = SearchField(_("Search good examples"), _("Words, unit or topic"))
    level = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("All in the library")),
            ("nation", _("Accepted for the whole country")),
            ("province", _("Accepted in the province")),
            ("own", _("Proposed by our units")),
            ("waiting", _("Waiting for my decision")),
        ],
    )
    topic = forms.ModelChoiceField(
        label=_("Topic"),
        queryset=Topic.objects.all(),
        required=False,
        to_field_name="code",
        empty_label=_("All"),
    )
    platform = forms.ChoiceField(
        label=_("Platform"), required=False, choices=[("", _("All")), *PLATFORMS]
    )
    # In which the composer that led here begins a post.
    unit = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)


def _make_line_field(label: Any, hint: Any, missing: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST_LINE,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": missing},
    )


class ProposeForm(forms.Form):
    """A name and three lines of why it worked; other posts of the campaign may come along."""

    name = forms.CharField(
        label=_("Name of the example"),
        max_length=LONGEST_NAME,
        error_messages={"required": _("Give the example a name.")},
    )
    why_heard = _make_line_field(
        _("Why residents took it up"),
        _("Such as: posted at the hour when parents pick up their children."),
        _("Write why residents took it up."),
    )
    why_clear = _make_line_field(
        _("What was done well"),
        _("Such as: one warning sign, one thing to do, in the words of the place."),
        _("Write what was done well."),
    )
    advice = _make_line_field(
        _("Advice for other units"),
        _("Such as: name your own market; read it over the loudspeaker the same evening."),
        _("Write your advice for other units."),
    )
    others = forms.ModelMultipleChoiceField(
        label=_("Further posts of the same campaign or series"),
        queryset=Post.objects.none(),
        required=False,
        to_field_name="public_id",
        help_text=_("At most 5. Together they make one example."),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, others: QuerySet[Post], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = list(others.values_list("pk", flat=True)[:MOST_OFFERED])
        if keys:
            self.fields["others"].queryset = Post.objects.filter(pk__in=keys)
        else:
            del self.fields["others"]

    def proposal(self) -> Proposal:
        names = ("name", "why_heard", "why_clear", "advice")
        return Proposal(**{name: self.cleaned_data[name] for name in names})
