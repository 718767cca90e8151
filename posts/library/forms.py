"""Forms of the library, and of the placeholders that are filled when a template is used."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Topic
from channels.states import Kind
from core.fields import DayField
from core.lists import FilterForm, SearchField
from posts.library.models import LONGEST_TEXT, Template, TemplateKind
from posts.library.placeholders import LONGEST_VALUE, Placeholder
from posts.library.texts import (
    MOST_VARIABLES,
    SNIPPET_LIMITS,
    TemplateFields,
    find_undeclared,
)
from posts.models import LEGAL_BASIS_FIELDS, LONGEST_LEGAL_BASIS

ASKED = "placeholder-"
NO_DAY = _("Please enter the date as dd/mm/yyyy.")


def require_days_in_order(form: forms.Form) -> None:
    """Refuse a legal basis that ends before it begins."""
    first, last = (form.cleaned_data.get(name) for name in ("legal_from", "legal_until"))
    if first and last and last < first:
        form.add_error("legal_until", gettext("The last day must not be before the first day."))


class LibraryFilter(FilterForm):
    q = SearchField(_("Search the library"), _("Words of title or text"))
    topic = forms.ModelChoiceField(
        label=_("Topic"),
        queryset=Topic.objects.all(),
        required=False,
        to_field_name="code",
        empty_label=_("All"),
    )
    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("In use")),
            ("own", _("Only our own")),
            ("archived", _("Archived")),
        ],
    )
    # In which the composer that led here begins a post.
    unit = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)


class PlaceholdersForm(forms.Form):
    """Ask for what the portal cannot fill in by itself. Nothing has to be filled in: what is left
    open shows in the draft, and blocks its submission.
    """

    def __init__(self, data: Any = None, *, placeholders: Sequence[Placeholder]):
        super().__init__(data, label_suffix="")
        for placeholder in placeholders:
            self.fields[f"{ASKED}{placeholder.name}"] = forms.CharField(
                label=placeholder.label,
                max_length=LONGEST_VALUE,
                required=False,
                help_text=placeholder.hint,
                widget=forms.TextInput(
                    attrs={"placeholder": placeholder.example, "autocomplete": "off"}
                ),
            )

    def values(self) -> dict[str, str]:
        return {name.removeprefix(ASKED): value for name, value in self.cleaned_data.items()}


class SnippetForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_147_483_647)
    kind = forms.ChoiceField(label=_("Kind"), choices=TemplateKind.choices[1:])
    title = forms.CharField(
        label=_("Name"),
        max_length=SNIPPET_LIMITS["title"],
        help_text=_("By it officers find the piece."),
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=SNIPPET_LIMITS["text"],
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Placeholders: {don_vi}, {dia_chi}, {duong_day_nong}, {gio_lam_viec}, {ngay}."),
    )
    topic = forms.ModelChoiceField(
        label=_("Topic"),
        queryset=Topic.objects.all(),
        required=False,
        empty_label=_("any"),
        help_text=_("A signature with a topic closes the posts on it, by {chu_ky}."),
    )

    def __init__(self, data: Any = None, *, template: Template) -> None:
        """Show the stored template, or a new one with the kind that it is to have."""
        names = ("version", "kind", "title", "text", "hashtags", *LEGAL_BASIS_FIELDS)
        initial = {
            **{name: getattr(template, name) for name in names},
            "topic": template.topic_id,
            "months": [month for month in MONTHS if template.fits_in(month)],
        }
        super().__init__(data, initial=initial, label_suffix="")

    def template_fields(self) -> TemplateFields:
        names = {field.name for field in fields(TemplateFields)} & self.cleaned_data.keys()
        return TemplateFields(**{name: self.cleaned_data[name] for name in names})


class TemplateForm(SnippetForm):
    """A whole post."""

    title = forms.CharField(label=_("Title"), max_length=150)
    text = forms.CharField(
        label=_("Text"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 12})
    )
    topic = forms.ModelChoiceField(
        label=_("Topic"), queryset=Topic.objects.all(), empty_label=_("Choose a topic")
    )
    hashtags = forms.CharField(
        label=_("Hashtags"),
        max_length=200,
        required=False,
        help_text=_("They stand below the text, such as #canhgiacluadao."),
    )
    months = forms.TypedMultipleChoiceField(
        label=_("Fits best in"),
        choices=list(MONTHS.items()),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("In these months it is offered first."),
    )

    legal_basis = forms.CharField(
        label=_("Legal basis"),
        max_length=LONGEST_LEGAL_BASIS,
        required=False,
        help_text=_("The document that the post rests on, by its kind and number."),
    )
    legal_from = DayField(
        label=_("In force from"), required=False, error_messages={"invalid": NO_DAY}
    )
    legal_until = DayField(
        label=_("In force until"),
        required=False,
        error_messages={"invalid": NO_DAY},
        help_text=_("Empty: no end is set. After this day the post is not published any more."),
    )
    source = forms.CharField(
        label=_("Source of the warning"),
        max_length=LONGEST_LEGAL_BASIS,
        required=False,
        help_text=_("A document, or the unit that gave the warning."),
    )

    def __init__(self, data: Any = None, *, template: Template) -> None:
        super().__init__(data, template=template)
        del self.fields["kind"]
        self.own_texts = [self._add_own_text(kind, template) for kind in Kind]
        self.placeholders = self._add_placeholders(template)

    def _add_own_text(self, kind: Kind, stored: Template) -> str:
        name = f"text-{kind.value}"
        self.fields[name] = forms.CharField(
            label=kind.label,
            max_length=LONGEST_TEXT,
            required=False,
            initial=stored.texts.get(kind.value, ""),
            widget=forms.Textarea(attrs={"rows": 4}),
        )
        return name

    def _add_placeholders(self, stored: Template) -> list[str]:
        """Add the fields that describe the text's own placeholders; return the names of these."""
        known = {variable["name"]: variable for variable in stored.variables}
        written = self._written_texts() if self.is_bound else stored.parts()
        names = find_undeclared(written)[:MOST_VARIABLES]
        for name in names:
            variable = known.get(name, {})
            for part, label, most, required in (
                ("label", _("What is asked for"), 80, True),
                ("hint", _("Hint"), 150, False),
                ("example", _("Example"), 150, False),
            ):
                self.fields[f"var-{name}-{part}"] = forms.CharField(
                    label=label, max_length=most, required=required, initial=variable.get(part, "")
                )
        return names

    def _written_texts(self) -> list[str]:
        names = ["title", "text", "hashtags", *self.own_texts]
        return [self.data.get(name, "")[:LONGEST_TEXT] for name in names]

    @property
    def own_text_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.own_texts]

    @property
    def placeholder_fields(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return by placeholder the fields that explain it."""
        parts = ("label", "hint", "example")
        return [
            (name, [self[f"var-{name}-{part}"] for part in parts]) for name in self.placeholders
        ]

    def clean(self) -> dict[str, Any]:
        for name in self.placeholders:
            if f"var-{name}-label" in self.errors and f"var-{name}-label" not in self.data:
                # It was not on the page yet: the text has just named it.
                self.add_error(
                    None,
                    gettext("Say below what is to be filled in at {%(name)s}.") % {"name": name},
                )
        require_days_in_order(self)
        return self.cleaned_data

    def template_fields(self) -> TemplateFields:
        values = self.cleaned_data
        return replace(
            super().template_fields(),
            texts={name.removeprefix("text-"): values[name] for name in self.own_texts},
            variables=[self._variable(name, values) for name in self.placeholders],
        )

    def _variable(self, name: str, values: Mapping[str, str]) -> dict[str, str]:
        parts = {part: values[f"var-{name}-{part}"] for part in ("label", "hint", "example")}
        return {"name": name, **{part: value for part, value in parts.items() if value}}
