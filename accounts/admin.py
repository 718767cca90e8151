from typing import Any

# Their pages are registered before they are taken away: accounts comes before them.
import allauth.account.admin
import allauth.mfa.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Appointment, User
from accounts.people.invitations import send_invitations
from accounts.permissions import Role
from accounts.queries import had_ministry_administrators
from units.models import Level

admin.site.unregister(Group)  # rights come from positions, never from groups
# Who could remove a factor or bend an address here would take over any account by the letter for a
# new password.
admin.site.unregister([Authenticator, EmailAddress])


class FirstAdministratorForm(forms.ModelForm):
    """A position given outside the portal: only to the administrators with whom an installation
    begins.
    """

    def clean(self) -> dict[str, Any]:
        facts = super().clean()
        unit = facts.get("unit")
        if unit is None or unit.level != Level.MINISTRY or facts.get("role") != Role.ADMINISTRATOR:
            raise ValidationError(
                _(
                    "From here only the ministry's first administrators are appointed. "
                    "All others are in the portal."
                )
            )
        if had_ministry_administrators():
            raise ValidationError(
                _("The ministry has two administrators already. They appoint all others.")
            )
        if self.instance.user_id and self.instance.user.is_superuser:
            raise ValidationError(_("A system operator holds no post. Choose somebody else."))
        return facts


class AppointmentInline(admin.TabularInline):
    model = Appointment
    form = FirstAdministratorForm
    fk_name = "user"
    extra = 0
    autocomplete_fields = ["unit"]

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return not had_ministry_administrators()

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(User)
class SystemUserAdmin(admin.ModelAdmin):
    """For system operators: the first accounts of an installation. Once the ministry has had its
    two administrators, nothing is changed here any more: one operator could make the people who
    publish. What remains for operators asks for a second person (`people/system_changes.py`).

    No password is set or seen here: a new account gets the letter of invitation.
    """

    list_display = ["full_name", "username", "email", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    search_fields = ["search", "username", "email"]
    ordering = ["search"]
    inlines = [AppointmentInline]
    fieldsets = [
        (_("Person"), {"fields": ["username", "full_name", "email", "language"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not had_ministry_administrators()

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return not had_ministry_administrators()

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse always: appointments and the record name this person. An account that ends is
        disabled.
        """
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Keep the address fixed: who could change it could have the password sent there."""
        fixed = obj is not None and (
            obj.appointments.exists()
            or obj.pending_appointments.exists()
            or obj.has_usable_password()
        )
        return ["last_login", "date_joined", *(["email", "username"] if fixed else [])]

    def save_model(
        self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool
    ) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            with transaction.atomic():
                send_invitations([obj], by=request.user)
