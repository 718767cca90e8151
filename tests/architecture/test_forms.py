"""Everything that a form takes has a maximum, and what it refuses it says in Vietnamese."""

import importlib
from collections.abc import Iterator
from pathlib import Path

from django import forms
from django.conf import settings
from django.core.validators import ProhibitNullCharactersValidator
from django.utils import translation
from django.utils.translation import gettext

from tests.architecture.patterns import APPS

ROOT = Path(__file__).resolve().parents[2]
# What people never type, or what a library's own form asks for; the request as a whole is bounded.
BOUNDED_OTHERWISE = {
    "accounts.forms.AddPasskeyForm.credential",
    "accounts.forms.AddPasskeyForm.name",
    "accounts.forms.ChangeOwnPasswordForm.oldpassword",
    "accounts.forms.ChangeOwnPasswordForm.password1",
    "accounts.forms.ChangeOwnPasswordForm.password2",
    "accounts.forms.ChoosePasswordForm.password1",
    "accounts.forms.ChoosePasswordForm.password2",
    "accounts.forms.NewPasswordForm.password1",
    "accounts.forms.NewPasswordForm.password2",
    "accounts.forms.SignInForm.password",
}


def our_forms() -> Iterator[tuple[str, type[forms.BaseForm]]]:
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for form in vars(importlib.import_module(name)).values():
                if (
                    isinstance(form, type)
                    and issubclass(form, forms.BaseForm)
                    and form.__module__ == name
                ):
                    yield f"{name}.{form.__name__}", form


def test_no_form_takes_a_field_that_is_refused_before():
    longer = {
        f"{name}.{key}"
        for name, form in our_forms()
        for key, field in getattr(form, "base_fields", {}).items()
        if (getattr(field, "max_length", 0) or 0)
        > settings.LONG_FIELDS.get(key.split("-")[0], settings.FIELD_MAX_CHARACTERS)
    }

    assert longer == set()


def test_every_text_and_number_of_a_form_has_a_maximum():
    boundless = set()
    for name, form in our_forms():
        for key, field in getattr(form, "base_fields", {}).items():
            is_text = isinstance(field, forms.CharField) and not isinstance(field, forms.UUIDField)
            if is_text and field.max_length is None:
                boundless.add(f"{name}.{key}")
            if (
                isinstance(field, forms.IntegerField | forms.DecimalField)
                and field.max_value is None
            ):
                boundless.add(f"{name}.{key}")

    assert boundless <= BOUNDED_OTHERWISE
    assert len(list(our_forms())) > 20


def kinds_of(field: type[forms.Field]) -> Iterator[type[forms.Field]]:
    yield field
    for kind in field.__subclasses__():
        yield from kinds_of(kind)


def test_each_message_of_a_form_field_is_in_vietnamese():
    """Django's own catalogue lacks some of those that a forged or torn request meets."""
    messages = {
        gettext_of(message, "en")
        for field in kinds_of(forms.Field)
        if not field.__module__.startswith("django.contrib.postgres")  # no form of ours has them
        for message in field.default_error_messages.values()
    } | {gettext_of(ProhibitNullCharactersValidator.message, "en")}

    assert len(messages) > 20
    assert {m for m in messages if m and gettext_of(m, "vi") == m} == set()


def gettext_of(message: str, language: str) -> str:
    with translation.override(language):
        return gettext(str(message))
