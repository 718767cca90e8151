"""The form of a comment."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from posts.discussion.discussing import Remark
from posts.models import LONGEST_COMMENT, LONGEST_QUOTE


class ReplyForm(forms.Form):
    """A comment of a person; ``may_propose``: also the words that they would write."""

    text = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    proposal = forms.CharField(
        label=_("Proposed words, in place of those marked"),
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The officer can take them into the draft by one tap."),
    )

    def __init__(self, *args: Any, may_propose: bool = False, **options: Any):
        super().__init__(*args, **options)
        if not may_propose:
            del self.fields["proposal"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        text = cleaned.get("text", "").strip() or cleaned.get("proposal", "").strip()
        if not self.errors and not text:
            self.add_error("text", gettext("Please write the comment."))
        return cleaned

    def remark(self) -> Remark:
        return Remark(**self.cleaned_data)


class RemarkForm(ReplyForm):
    """A comment that begins a thread: about words, a picture, or the whole post."""

    picture = forms.ChoiceField(label=_("What the comment is about"), required=False)
    quote = forms.CharField(
        label=_("About these words"),
        required=False,
        max_length=LONGEST_QUOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Mark them in the text, or copy them from it. Empty: the whole post."),
    )
    before = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    field_order = ("text", "picture", "quote", "before", "proposal")

    def __init__(self, *args: Any, content: Mapping[str, Any], **options: Any):
        super().__init__(*args, **options)
        pictures = [
            (medium["media"], self._name(number, medium))
            for number, medium in enumerate(content["media"], start=1)
        ]
        self.fields["picture"].choices = [("", gettext("The text")), *pictures]
        if not pictures:
            del self.fields["picture"]

    @property
    def is_about_a_part(self) -> bool:
        """Check whether something is said or asked of its words or pictures."""
        names = [name for name in ("picture", "quote", "proposal") if name in self.fields]
        return any(self[name].value() or self[name].errors for name in names)

    @staticmethod
    def _name(number: int, medium: Mapping[str, Any]) -> str:
        label = gettext("Video %(n)s") if "video" in medium else gettext("Picture %(n)s")
        return f"{label % {'n': number}}: {medium['alt'][:60]}".rstrip(": ")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("proposal") and not cleaned.get("quote"):
            message = gettext_lazy("Mark the words that the proposed ones shall replace.")
            self.add_error("quote", ValidationError(message))
        return cleaned
