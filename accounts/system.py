"""The stock admin at /system/, for the few who operate the installation. Its door is the portal's
own sign-in.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
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
from django.views.decorators.csp import csp_override

# jQuery 3, which Django's admin ships, draws by strings; nothing inline runs there all the same.
ADMIN_CSP = {
    name: value
    for name, value in settings.SECURE_CSP.items()
    if name not in ("require-trusted-types-for", "trusted-types")
}


# One of them, and their list. Here and not on the models: only these pages say them, and words of
# a page owe no migration.
_NAMES = {
    "User": (_("account"), _("Accounts")),
    "Unit": (_("unit"), _("Units")),
    "Topic": (_("topic"), _("Topics")),
    "Entry": (_("entry"), _("Record")),
}


class SystemSite(AdminSite):
    site_header = site_title = index_title = _("System operation")

    def register(
        self,
        model_or_iterable: Any,
        admin_class: type[ModelAdmin] | None = None,
        **options: Any,
    ) -> None:
        super().register(model_or_iterable, admin_class, **options)
        one = isinstance(model_or_iterable, type)
        for model in [model_or_iterable] if one else model_or_iterable:
            if names := _NAMES.get(model.__name__):
                model._meta.verbose_name, model._meta.verbose_name_plural = names

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.is_operator

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
        """Ask for a proof before every form, and record and report every accepted one: the change
        and its entry commit together or not at all.
        """

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            # Models are not loaded when this module is.
            from accounts import step_up
            from accounts.alarms import raise_alarm
            from accounts.sign_in.record import record_action

            if request.method != "POST" or not self.has_permission(request):
                return view(request, *args, **kwargs)
            if not step_up.has_stepped_up(request):
                return step_up.redirect_to_proof(request, _("Save the change"), may_reread=True)
            with transaction.atomic():
                response = view(request, *args, **kwargs)
                if response.status_code == 302:
                    facts = {
                        "page": request.resolver_match.url_name,
                        "target": str(kwargs.get("object_id", "")),
                    }
                    chosen = request.POST.getlist("_selected_action")[:100]
                    by = request.user
                    record_action("system.changed", by, request, by=by, chosen=chosen, **facts)
                    raise_alarm(
                        "system_changed", address=reverse("admin:index"), by=by, page=facts["page"]
                    )
            return response

        return super().admin_view(csp_override(ADMIN_CSP)(guarded), cacheable)


class SystemAdminConfig(AdminConfig):
    default_site = "accounts.system.SystemSite"
