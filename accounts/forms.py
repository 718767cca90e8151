from datetime import date
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
)
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import ChangeKind, ClaimMapping, User
from accounts.people.delegations import LONGEST
from accounts.people.invitations import check_username
from accounts.permissions import Permission, Role
from accounts.queries import AccountState
from accounts.second_factors import recovery_codes
from accounts.sign_in import known_browsers
from accounts.sign_in.reset_letters import send_reset_letter
from core.errors import Busy
from core.fields import DayField, PasswordInput, ReasonField
from core.lists import FilterForm, SearchField
from units.forms import UnitField
from units.models import Unit
from units.queries import find_reachable_units

STATES = {
    AccountState.ACTIVE: _("In use"),
    AccountState.INVITED: _("No password yet"),
    AccountState.LOCKED: _("Locked after wrong passwords"),
    AccountState.DISABLED: _("Disabled"),
}


NOT_MINE = {"autocomplete": "off"}  # the browser must not offer the administrator's own data


class PeopleFilterForm(FilterForm):
    q = SearchField(_("Search people"), _("Name or e-mail"), max_length=200)
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("All")), *Role.choices]
    )
    unit = forms.CharField(label=_("Unit"), required=False, max_length=200)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *STATES.items()]
    )
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


class SavedViewForm(forms.Form):
    name = forms.CharField(label=_("Name of this view"), max_length=60)


class InviteForm(forms.Form):
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
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "data-username-from": "full_name",
            }
        ),
    )
    unit = UnitField()
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    title = forms.CharField(
        label=_("Position"),
        max_length=100,
        required=False,
        help_text=_("As records name it, such as Phó Trưởng Công an phường. Empty: the role."),
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].units = find_reachable_units(by, Permission.ACCOUNT_MANAGE)

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
                raise ValidationError(
                    _("This user name is taken. Choose another, or leave it empty.")
                )
        return username


class AppointForm(forms.Form):
    unit = UnitField()
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    title = forms.CharField(
        label=_("Position"),
        max_length=100,
        required=False,
        help_text=_("As records name it, such as Phó Trưởng Công an phường. Empty: the role."),
    )
    valid_from = DayField(label=_("First day"), initial=timezone.localdate)
    valid_to = DayField(
        label=_("Last day"), required=False, help_text=_("Empty: until it is ended.")
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].units = find_reachable_units(by, Permission.ACCOUNT_MANAGE)


class DecideForm(forms.Form):
    """The second administrator's decision, or the proposer's change of mind."""

    CONFIRM, REFUSE, WITHDRAW = "confirm", "refuse", "withdraw"
    decision = forms.ChoiceField(
        choices=[(CONFIRM, CONFIRM), (REFUSE, REFUSE), (WITHDRAW, WITHDRAW)]
    )
    reason = forms.CharField(max_length=500, required=False)


class WaiveForm(forms.Form):
    reason = forms.CharField(label=_("Why it cannot wait"), max_length=500)


class SystemChangeForm(forms.Form):
    """A change of the ministry's administrators or the system's operators, for a second person
    to confirm.
    """

    kind = forms.ChoiceField(label=_("Change"), choices=ChangeKind)
    account = forms.CharField(
        label=_("User name or e-mail of the account"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    reason = ReasonField(error_messages={"required": _("Please write why.")})


class DelegateForm(forms.Form):
    """A leader's approval in the hands of a deputy, from one day to another."""

    deputy = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Deputy"),
        empty_label=_("Choose a person of the unit"),
        error_messages={"required": _("Please choose who approves in your stead.")},
    )
    valid_from = DayField(label=_("First day"), initial=timezone.localdate)
    valid_to = DayField(
        label=_("Last day"),
        help_text=format_lazy(_("At most {n} days. It ends by itself."), n=LONGEST),
    )
    reason = ReasonField(
        help_text=_("Such as leave, a course or a mission; it goes into the record."),
        error_messages={"required": _("Please write why approval is handed over.")},
    )

    def __init__(self, *args: Any, deputies: QuerySet[User], unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["deputy"].queryset = deputies
        self.fields["deputy"].help_text = _(
            "People who write or approve posts of %(unit)s. Nobody approves what they wrote or "
            "edited, nor in your stead what you wrote."
        ) % {"unit": unit}


class EndPostForm(forms.Form):
    post = forms.UUIDField(widget=forms.HiddenInput)
    on = DayField(
        label=_("Last day"),
        error_messages={"required": _("Please write the last day of the post.")},
    )
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)


class NoteTrainingForm(forms.Form):
    on = DayField(label=_("Training completed on"), required=False)


class CorrectForm(forms.Form):
    full_name = forms.CharField(label=_("Full name"), max_length=100)
    email = forms.EmailField(label=_("E-mail"))


class AddPasskeyForm(AddWebAuthnForm):
    """A key that signs in by itself unless the person says otherwise: it counts as password and
    factor at once.
    """

    passwordless = forms.BooleanField(
        label=_("Sign in with this key alone, without the password"), required=False, initial=True
    )
    field_order = ["name", "passwordless", "credential"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["name"].max_length = 50
        self.fields["name"].widget.attrs["maxlength"] = 50
        self.initial["name"] = ""
        self.fields["name"].widget.attrs["placeholder"] = _("My phone")


class FactorDayForm(forms.Form):
    day = DayField(label=_("First day"))

    def clean_day(self) -> date:
        if self.cleaned_data["day"] <= timezone.localdate():
            raise ValidationError(_("Choose a day after today, so that people can prepare."))
        return self.cleaned_data["day"]


class SignInForm(LoginForm):
    shared = forms.BooleanField(label=_("Shared computer"), required=False)
    busy: Busy | None = None  # once too many passwords were being checked

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autofocus"] = True
        password = self.fields["password"]
        password.widget = PasswordInput(attrs=password.widget.attrs)
        self.fields["shared"].initial = known_browsers.is_shared_computer(self.request)

    def clean(self) -> dict[str, Any]:
        """Check the password; when too many are being checked, keep the name typed
        and report it.
        """
        self.request.shared_computer = bool(self.cleaned_data.get("shared"))
        try:
            return super().clean()
        except Busy as busy:
            self.busy = busy
            raise ValidationError(str(busy), code="busy") from busy


class RecoveryCodeForm(BaseAuthenticateForm):
    """Take a recovery code where the library expects a code of the app."""

    code = forms.CharField(
        label=_("Code"),
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )

    def clean_code(self) -> str:
        code = recovery_codes.digits_of(self.cleaned_data["code"])
        if not code:
            return super().clean_code()
        clear_limit = check_rate_limit(self.user)
        self.authenticator = recovery_codes.use_code(self.user, code)
        if self.authenticator is None:
            if factor := self.user.authenticator_set.first():
                self._emit_authentication_failed(factor)
            raise get_adapter().validation_error("incorrect_code")
        clear_limit()
        return code


class SecondFactorForm(RecoveryCodeForm, AuthenticateForm):
    pass


class StepUpForm(RecoveryCodeForm, ReauthenticateForm):
    pass


class ResetPasswordRequestForm(ResetPasswordForm):
    """Asks for a link. Whose address it is, is looked up after the answer: the time that an answer
    takes would tell whether there is an account.
    """

    def clean_email(self) -> str:
        return get_account_adapter().clean_email(self.cleaned_data["email"].lower())

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Leave the rest to ``send``."""
        return self.cleaned_data["email"]

    def send(self, request: HttpRequest) -> None:
        """Send the link to an address that was proved, or to the one of the invitation; to no
        other.
        """
        send_reset_letter(request, self.cleaned_data["email"])


PASSWORD_HELP = _(
    "At least 12 characters. Several words in a row are easy to remember and hard to guess."
)


class _NewPassword:
    """A form of allauth that sets a password: one line of help instead of every validator's, and
    a button that shows what was typed.
    """

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = PASSWORD_HELP
        for field in self.fields.values():
            field.widget = PasswordInput(attrs=field.widget.attrs)


class NewPasswordForm(_NewPassword, ResetPasswordKeyForm):
    pass


class ChangeOwnPasswordForm(_NewPassword, ChangePasswordForm):
    pass


class ChoosePasswordForm(forms.Form):
    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
        help_text=PASSWORD_HELP,
    )
    password2 = forms.CharField(
        label=_("Password once more"),
        strip=False,
        widget=PasswordInput(attrs={"autocomplete": "new-password"}),
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


class UploadPeopleForm(forms.Form):
    file = forms.FileField(
        label=_("Excel file"),
        error_messages={"required": _("Choose a file.")},
        help_text=_("The filled template, .xlsx, at most 2 MB and 5,000 rows."),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )


class LanguageForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"), choices=[])

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = choices


# --- The ministry's sign-in -----------------------------------------------------------------------


class StartMinistrySignInForm(forms.Form):
    shared = forms.BooleanField(required=False)
    next = forms.CharField(required=False, max_length=500)


class ChooseAccountForm(forms.Form):
    account = forms.CharField(
        label=_("User name or e-mail of the account"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )


class ClaimMeaningsForm(forms.Form):
    kind = forms.ChoiceField(label=_("What the values name"), choices=ClaimMapping.KINDS)
    text = forms.CharField(
        label=_("Values and their meaning"),
        max_length=150_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_(
            "One a line: the value, an equals sign, the unit's name or code, or the "
            "role. At most 500 lines."
        ),
    )
