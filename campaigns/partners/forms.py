from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.forms import NO_DAY
from campaigns.partners.agreements import MOST_PAGES, Agreement, is_known_page
from campaigns.partners.models import (
    LONGEST_ADDRESS,
    LONGEST_EMAIL,
    LONGEST_NAME,
    LONGEST_NUMBER,
    LONGEST_PERSON,
    LONGEST_PHONE,
    LONGEST_PLACE,
    LONGEST_TITLE,
    Contact,
    Kind,
    Partner,
    Place,
)
from campaigns.partners.queries import list_pages
from core import phones
from core.fields import DayField
from core.lists import FilterForm, SearchField


class PartnerFilter(FilterForm):
    q = SearchField(_("Search partners"))
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            ("current", _("In force now")),
            ("ending", _("Ends within 14 days")),
            ("over", _("Ended")),
        ],
    )


class ContactForm(forms.Form):
    """Ask for the person to call, who signed, and where the paper lies."""

    contact_name = forms.CharField(
        label=_("Whom the unit calls"),
        max_length=LONGEST_PERSON,
        help_text=_("At an organisation, such as its secretary. Of a person: their own name."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Please enter the name of whom the unit calls.")},
    )
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=LONGEST_PHONE,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=LONGEST_EMAIL,
        required=False,
        help_text=_("A telephone number, an e-mail address or both."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    signed_for_partner = forms.CharField(
        label=_("Signed for the partner"),
        max_length=LONGEST_PERSON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Please enter who signed for the partner.")},
    )
    signed_for_unit = forms.CharField(
        label=_("Signed for the unit"),
        max_length=LONGEST_PERSON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Please enter who signed for the unit.")},
    )
    filed_at = forms.CharField(
        label=_("Where the document is filed"),
        max_length=LONGEST_PLACE,
        help_text=_("Such as the folder and the cabinet. The paper itself stays there."),
        error_messages={"required": _("Please write where the document is filed.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name in ("phone", "email", "name", "pages"):  # of each group something is needed
            if name in self.fields:
                self.fields[name].is_asked_for = True  # type: ignore[attr-defined]

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"].strip()
        if typed and phones.parse_digits(typed) is None:
            raise forms.ValidationError(_("This is no telephone number of Viet Nam."))
        return typed

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        typed = any(cleaned.get(name) or name in self.errors for name in ("phone", "email"))
        if not typed:
            self.add_error("phone", _("Please enter a telephone number or an e-mail address."))
        return cleaned

    def contact(self) -> Contact:
        cleaned = self.cleaned_data
        return Contact(
            name=cleaned["contact_name"],
            phone=cleaned["phone"],
            email=cleaned["email"],
            signed_for_partner=cleaned["signed_for_partner"],
            signed_for_unit=cleaned["signed_for_unit"],
        )


def make_contact_values(partner: Partner, contact: Contact | None) -> dict[str, Any]:
    """Return what a `ContactForm` of the partner begins with."""
    values: dict[str, Any] = {"filed_at": partner.filed_at}
    if contact:
        values |= {
            "contact_name": contact.name,
            "phone": contact.phone and phones.group_digits(contact.phone),
            "email": contact.email,
            "signed_for_partner": contact.signed_for_partner,
            "signed_for_unit": contact.signed_for_unit,
        }
    return values


class PartnerForm(ContactForm):
    field_order = (
        "kind",
        "name",
        "document_number",
        "document_date",
        "document_title",
        "starts_on",
        "ends_on",
        "pages",
        "notice_board",
        "loudspeaker",
    )
    kind = forms.ChoiceField(
        label=_("Kind of partner"),
        choices=[("", _("Choose")), *Kind.choices],
        error_messages={"required": _("Please choose what kind of partner it is.")},
    )
    name = forms.CharField(
        label=_("Name of the organisation"),
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("Empty for a person: their name is kept below and deleted at the end."),
    )
    document_number = forms.CharField(
        label=_("Number of the document"),
        max_length=LONGEST_NUMBER,
        help_text=_("Such as 05/TTPH-CA-ĐTN. It stays in the record; it names no person."),
        error_messages={"required": _("Please enter the number of the document of consent.")},
    )
    document_title = forms.CharField(
        label=_("Title of the document"),
        max_length=LONGEST_TITLE,
        error_messages={"required": _("Please enter the title of the document of consent.")},
    )
    document_date = DayField(
        label=_("Signed on"),
        error_messages={"required": _("Please enter the day of signing."), "invalid": NO_DAY},
    )
    starts_on = DayField(
        label=_("From day"),
        error_messages={"required": _("Please enter the first day."), "invalid": NO_DAY},
    )
    ends_on = DayField(
        label=_("To day"),
        error_messages={"required": _("Please enter the last day."), "invalid": NO_DAY},
    )
    pages = forms.CharField(
        label=_("Own pages of the partner"),
        max_length=MOST_PAGES * (LONGEST_ADDRESS + 2),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "https://www.facebook.com/…"}),
        help_text=_(
            "One address a line, as the document names them. Empty where the partner passes posts "
            "on only as marked below."
        ),
    )
    notice_board = forms.BooleanField(label=_("Notice board"), required=False)
    loudspeaker = forms.BooleanField(label=_("Loudspeaker"), required=False)

    def clean_pages(self) -> list[str]:
        pages = self.cleaned_data["pages"].split()
        if len(pages) > MOST_PAGES:
            raise forms.ValidationError(_("Enter at most %(n)s pages.") % {"n": MOST_PAGES})
        if any(not is_known_page(page) for page in pages):
            raise forms.ValidationError(
                _("Enter addresses of pages on known platforms, from https:// on, one a line.")
            )
        return pages

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        kind, name = cleaned.get("kind"), cleaned.get("name")
        if kind == Kind.PERSON:
            cleaned["name"] = ""
        elif kind and not name:
            self.add_error("name", _("Please enter the name of the organisation."))
        chosen = [cleaned.get(name) for name in ("pages", "notice_board", "loudspeaker")]
        if not any(chosen) and "pages" not in self.errors:
            missing = _("Please enter where the document lets the partner pass posts on.")
            self.add_error("pages", missing)
        return cleaned

    def agreement(self) -> Agreement:
        apart = {"contact_name", "phone", "email", "signed_for_partner", "signed_for_unit"}
        return Agreement(**{k: v for k, v in self.cleaned_data.items() if k not in apart})


def make_renewal_values(partner: Partner, contact: Contact | None) -> dict[str, Any]:
    """Return what the form of the next document begins with: all but the document itself."""
    places = {row.kind for row in partner.places.all()}
    return {
        "kind": partner.kind,
        "name": partner.name,
        "pages": "\n".join(list_pages(partner)),
        "notice_board": Place.NOTICE_BOARD in places,
        "loudspeaker": Place.LOUDSPEAKER in places,
        **make_contact_values(partner, contact),
        "filed_at": "",
    }
