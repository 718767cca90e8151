"""The stock admin at /system/, for the few who operate the installation. Its door is the portal's
own sign-in.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
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
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the one sign-in, which checks passwords, second factor and sessions."""
        if request.user.is_authenticated:
            raise PermissionDenied
        here = urlencode({"next": request.GET.get("next") or reverse("admin:index")})
        return redirect(f"{reverse(settings.LOGIN_URL)}?{here}")

    def admin_view(self, view: Callable, cacheable: bool = False) -> Callable:
        """Record every accepted form: the change and its entry commit together or not at all."""

        def recorded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method != "POST":
                return view(request, *args, **kwargs)
            with transaction.atomic():
                response = view(request, *args, **kwargs)
                if response.status_code == 302:
                    from accounts.sign_in.record import (
                        record_action,
                    )  # models are not loaded when this module is

                    facts = {
                        "page": request.resolver_match.url_name,
                        "target": str(kwargs.get("object_id", "")),
                    }
                    facts["chosen"] = request.POST.getlist("_selected_action")[:100]
                    record_action("system.changed", request.user, request, by=request.user, **facts)
            return response

        return super().admin_view(recorded, cacheable)


class SystemAdminConfig(AdminConfig):
    default_site = "accounts.system.SystemSite"
