from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Permission, Role
from accounts.queries import AccountState
from accounts.services import check_username
from units.forms import DATE, UnitField
from units.queries import reach_of

STATES = {
    AccountState.ACTIVE: _("In use"),
    AccountState.INVITED: _("Invited, no password yet"),
    AccountState.LOCKED: _("Locked after wrong passwords"),
    AccountState.DISABLED: _("Disabled"),
}


NOT_MINE = {"autocomplete": "off"}  # the browser must not offer the administrator's own data


class Filters(forms.Form):
    q = forms.CharField(
        label=_("Search people"),
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name, user name or e-mail")}),
    )
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("All")), *Role.choices])
    unit = forms.CharField(label=_("Unit"), required=False, max_length=200)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *STATES.items()])
    mfa = forms.ChoiceField(
        label=_("Two-factor authentication"),
        required=False,
        choices=[("", _("All")), ("yes", _("On")), ("no", _("Off"))],
    )
    seen = forms.ChoiceField(
        label=_("Last sign-in"),
        required=False,
        choices=[("", _("All")), ("never", _("Never")), ("old", _("More than 30 days ago"))],
    )


class Invite(forms.Form):
    full_name = forms.CharField(
        label=_("Full name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(label=_("E-mail"), help_text=_("The invitation goes there."))
    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        required=False,
        help_text=_("Empty: made from the name, such as nguyen.van.an."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "data-username-from": "full_name"}
        ),
    )
    unit = UnitField()
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    title = forms.CharField(
        label=_("Post held"),
        max_length=100,
        required=False,
        help_text=_("As records name it, such as Phó Trưởng Công an phường. Empty: the role."),
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].units = reach_of(by, Permission.ACCOUNT_MANAGE)

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError(_("There is an account with this e-mail already."))
        return email

    def clean_username(self) -> str:
        username = self.cleaned_data["username"].lower()
        if username:
            check_username(username)
            if User.objects.filter(username=username).exists():
                raise ValidationError(_("This user name is taken. Choose another, or leave it empty."))
        return username


class Appoint(forms.Form):
    unit = UnitField()
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    title = forms.CharField(
        label=_("Post held"),
        max_length=100,
        required=False,
        help_text=_("As records name it, such as Phó Trưởng Công an phường. Empty: the role."),
    )
    valid_from = forms.DateField(label=_("First day"), widget=DATE, initial=timezone.localdate)
    valid_to = forms.DateField(
        label=_("Last day"), widget=DATE, required=False, help_text=_("Empty: until it is ended.")
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].units = reach_of(by, Permission.ACCOUNT_MANAGE)


class EndPost(forms.Form):
    post = forms.UUIDField(widget=forms.HiddenInput)
    on = forms.DateField(label=_("Last day"), widget=DATE)
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)


class Correct(forms.Form):
    full_name = forms.CharField(label=_("Full name"), max_length=100)
    email = forms.EmailField(label=_("E-mail"))


class ChoosePassword(forms.Form):
    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. Several words in a row are easy to remember and hard to guess."),
    )
    password2 = forms.CharField(
        label=_("Password once more"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password1(self) -> str:
        password_validation.validate_password(self.cleaned_data["password1"], self.person)
        return self.cleaned_data["password1"]

    def clean_password2(self) -> str:
        first, second = self.cleaned_data.get("password1"), self.cleaned_data["password2"]
        if first and first != second:
            raise ValidationError(_("The two passwords differ."))
        return second


class Upload(forms.Form):
    file = forms.FileField(
        label=_("Excel file"),
        help_text=_("The filled template, .xlsx, at most 2 MB and 5,000 rows."),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )


class Language(forms.Form):
    language = forms.ChoiceField(label=_("Language"), choices=[])

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = choices
