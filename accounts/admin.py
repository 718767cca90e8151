from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.models import Appointment, User

admin.site.unregister(Group)  # rights come from posts held, never from groups


class Appointments(admin.TabularInline):
    model = Appointment
    extra = 0
    autocomplete_fields = ["unit"]


@admin.register(User)
class SystemUserAdmin(UserAdmin):
    """For system operators: the first administrator of an installation, and accounts nobody else can reach."""

    list_display = ["full_name", "username", "email", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    search_fields = ["search", "username", "email"]
    ordering = ["search"]
    inlines = [Appointments]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["full_name", "email", "language"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    add_fieldsets = [
        (None, {"fields": ["username", "full_name", "email", "usable_password", "password1", "password2"]})
    ]
