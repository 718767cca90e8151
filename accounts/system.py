"""The stock admin at /system/, for the few who operate the installation. Its door is the portal's own sign-in."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _


class SystemSite(AdminSite):
    site_header = site_title = _("System operation")

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_staff and request.user.is_superuser

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Wrong passwords, second factor and sessions are dealt with in one place: never here."""
        if request.user.is_authenticated:
            raise PermissionDenied
        here = urlencode({"next": request.GET.get("next") or reverse("admin:index")})
        return redirect(f"{reverse(settings.LOGIN_URL)}?{here}")


class SystemAdminConfig(AdminConfig):
    default_site = "accounts.system.SystemSite"
