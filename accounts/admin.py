from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Appointment, User
from accounts.people.invitations import send_invitations
from accounts.permissions import Role
from units.models import Level

admin.site.unregister(Group)  # rights come from positions, never from groups
# Who could remove a factor or bend an address here would take over any account by the letter for a
# new password.
admin.site.unregister([Authenticator, EmailAddress])


FIRST_ADMINISTRATORS = (
    2  # they confirm what the other proposes; all further posts are given in the portal
)


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
        posts = Appointment.objects.in_force(timezone.localdate()).filter(
            unit=unit, role=Role.ADMINISTRATOR
        )
        if posts.filter(user__is_active=True).count() >= FIRST_ADMINISTRATORS:
            raise ValidationError(
                _("The ministry has two administrators already. They appoint all others.")
            )
        return facts


class AppointmentInline(admin.TabularInline):
    model = Appointment
    form = FirstAdministratorForm
    fk_name = "user"
    extra = 0
    autocomplete_fields = ["unit"]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


def _holds_appointment(person: User) -> bool:
    return person.appointments.exists() or person.pending_appointments.exists()


@admin.register(User)
class SystemUserAdmin(admin.ModelAdmin):
    """For system operators: the first administrator of an installation, and accounts nobody else
    can reach.

    No password is set or seen here: a new account gets the letter of invitation, an old one the
    letter for a new password, both to its own address.
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

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse always: appointments and the record name this person. An account that ends is
        disabled.
        """
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Keep the address fixed: who could change it could have the password sent there."""
        fixed = obj is not None and (_holds_appointment(obj) or obj.has_usable_password())
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
