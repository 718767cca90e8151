"""Words for each rule of the leak check: its name, and what it seems to be, why that is not
published, and the way out.
"""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _


class RuleWords(NamedTuple):
    name: object
    message: object


_WORDS: dict[str, RuleWords] = {
    "id_cccd": RuleWords(
        _("Personal identification number"),
        _(
            "This seems to be a personal identification number. With it a person can be "
            "impersonated. Mask it or leave it out."
        ),
    ),
    "id_cmnd": RuleWords(
        _("Number of an old identity card"),
        _(
            "This seems to be the number of an identity card. With it a person can be "
            "impersonated. Mask it or leave it out."
        ),
    ),
    "phone_personal": RuleWords(
        _("Private telephone number"),
        _(
            "This seems to be somebody's private telephone number; even a swindler's may belong to "
            "an innocent person. Mask it, or name the unit's hotline."
        ),
    ),
    "phone_069": RuleWords(
        _("Telephone number of the police network"),
        _(
            "This is a number of the police network; some are internal. Publish it only if "
            "residents are to call it."
        ),
    ),
    "plate": RuleWords(
        _("Number plate"),
        _(
            "This seems to be a number plate, by which the owner can be found. Mask its last "
            "figures."
        ),
    ),
    "plate_mil": RuleWords(
        _("Number plate of the army"),
        _("This seems to be a number plate of the army, which is not published. Leave it out."),
    ),
    "bank_acc": RuleWords(
        _("Bank account"),
        _(
            "This seems to be a bank account. Only accounts that the unit has entered as public "
            "are published. Mask it or leave it out."
        ),
    ),
    "card_pan": RuleWords(
        _("Number of a bank card"),
        _(
            "This seems to be the number of a bank card. With it money can be stolen. Mask it or "
            "leave it out."
        ),
    ),
    "passport": RuleWords(
        _("Passport number"),
        _(
            "This seems to be a passport number. With it a person can be impersonated. Mask it or "
            "leave it out."
        ),
    ),
    "bhyt": RuleWords(
        _("Number of a health insurance card"),
        _(
            "This seems to be the number of a health insurance card, which is personal data. Mask "
            "it or leave it out."
        ),
    ),
    "bhxh": RuleWords(
        _("Social insurance number"),
        _(
            "This seems to be a social insurance number, which is personal data. Mask it or leave "
            "it out."
        ),
    ),
    "tax_id": RuleWords(
        _("Tax number"),
        _("This seems to be a tax number. A company's is public; a person's is to be masked."),
    ),
    "addr_home": RuleWords(
        _("Home address"),
        _(
            "This seems to say where somebody lives. Name the commune or ward at most, and leave "
            "out house, lane and hamlet."
        ),
    ),
    "name_dob": RuleWords(
        _("Name with date of birth"),
        _(
            "A full name with the date or year of birth tells who it is. Write initials; of the "
            "birth, the year at most."
        ),
    ),
    "name_age": RuleWords(
        _("Name with age"),
        _("A full name with the age tells who it is. Write initials."),
    ),
    "name_case": RuleWords(
        _("Name of a person in a case"),
        _(
            "This seems to name a victim or somebody who is accused before a court has spoken. "
            "Write initials."
        ),
    ),
    "minor_id": RuleWords(
        _("Name of a child"),
        _(
            "This seems to name a child. A child's name, school and family are secret without the "
            "consent of the child and its guardian. Write initials and leave out class and school."
        ),
    ),
    "minor_reident": RuleWords(
        _("Child that can be recognised"),
        _(
            "By initials, class and school together the child is still recognised. Leave out class "
            "and school."
        ),
    ),
    "informant": RuleWords(
        _("Informant or witness"),
        _(
            "This seems to tell who reported something or who is a witness. They must be "
            "protected. Leave the person out."
        ),
    ),
    "sensitive_person": RuleWords(
        _("Person with sensitive data"),
        _(
            "This seems to name a person together with an illness, an addiction or an abuse. "
            "Leave the person out."
        ),
    ),
    "secret_mark": RuleWords(
        _("Secrecy mark"),
        _(
            "This seems to be the secrecy mark of a document. Stop drafting on this system and "
            "report to your unit's leader."
        ),
    ),
    "circ_limit": RuleWords(
        _("Mark of internal documents"),
        _(
            "This mark stands on documents that are not for the public. Make sure that the text is "
            "for residents, and take the mark out."
        ),
    ),
    "doc_internal": RuleWords(
        _("Number of a police document"),
        _(
            "This seems to be the number of a police document. Make sure that it has been "
            "published; else leave it out."
        ),
    ),
    "ops_info": RuleWords(
        _("Work of the unit"),
        _(
            "This seems to tell how, when or where the police will work. Whoever is to be caught "
            "reads it, too. Leave out time, place and means."
        ),
    ),
    "credential": RuleWords(
        _("Password or code"),
        _("This seems to be a password or a code. Leave it out, and change it if it is real."),
    ),
    "internal_ip": RuleWords(
        _("Address of an internal network"),
        _("This is an address of an internal network, which helps attackers. Leave it out."),
    ),
    "gps": RuleWords(
        _("Coordinates"),
        _("These seem to be the coordinates of a place. Name the commune or ward instead."),
    ),
    "police_id": RuleWords(
        _("Number of an officer"),
        _("This seems to be the number or the card of an officer. Leave it out."),
    ),
    "email_personal": RuleWords(
        _("Private e-mail address"),
        _("This e-mail address is not one of gov.vn. Make sure that it is public."),
    ),
    "link_risk": RuleWords(
        _("Link to a site that is not known"),
        _(
            "This link leads to a site that is neither gov.vn nor one of the unit's pages. In a "
            "warning, write it so that nobody can open it: ten-mien[.]xyz."
        ),
    ),
}
_OTHER = RuleWords(
    _("Another leak"), _("This seems to be something that is not published. Leave it out.")
)


def rule_name(rule: str) -> str:
    return str(_WORDS.get(rule, _OTHER).name)


def rule_description(rule: str) -> str:
    return str(_WORDS.get(rule, _OTHER).message)


def has_words(rule: str) -> bool:
    return rule in _WORDS
