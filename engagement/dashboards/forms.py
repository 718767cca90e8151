from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.planning.models import LONGEST_LESSONS
from core.fields import ReasonField


class CloseForm(forms.Form):
    lessons = ReasonField(
        label=_("What was learned"),
        rows=6,
        max_length=LONGEST_LESSONS,
        help_text=_("What worked, what did not, what to do next time. No names of residents."),
        error_messages={"required": _("Please write what was learned.")},
    )
