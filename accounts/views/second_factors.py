"""One's own second factor, and the day from which everybody needs one."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts import forms, queries, services, step_up
from accounts.models import Appointment, FactorDate, User
from accounts.permissions import Permission
from accounts.queries import with_facts
from accounts.second_factors.recovery_codes import replace_codes as make_recovery_codes
from accounts.step_up import step_up_required
from core.actions import form_action
from core.errors import Refused
from units.models import Level, Unit


@require_GET
def enrol(request: HttpRequest) -> HttpResponse:
    """Explain how to set up a second factor. Until then this is all that opens to people who need
    one.
    """
    day = queries.factor_day(request.user)
    context = {
        "required": queries.must_enrol(request.user),
        "from_day": day if day and day > timezone.localdate() else None,
        "keys": request.user.authenticator_set.filter(type=Authenticator.Type.WEBAUTHN).count(),
        "app": request.user.authenticator_set.filter(type=Authenticator.Type.TOTP).exists(),
    }
    return render(request, "accounts/enrol.html", context)


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Make new recovery codes"), only_posts=True)
@never_cache
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes and show them in the answer to this POST, the only time that they are
    shown.
    """
    if request.method != "POST":
        return redirect("mfa_index")
    try:
        codes = make_recovery_codes(request)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("mfa_index")
    return render(request, "accounts/recovery_codes.html", {"codes": codes})


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Set the day"))
def factor_day(request: HttpRequest) -> HttpResponse:
    """Show and set the day from which officers and supervisors need a second factor, and how many
    have one.
    """
    ministry = get_object_or_404(Unit, level=Level.MINISTRY)
    if not queries.can(request.user, Permission.ACCOUNT_MANAGE, unit=ministry):
        raise PermissionDenied
    decided = FactorDate.objects.select_related("set_by").order_by("-pk").first()
    form = forms.FactorDayForm(
        request.POST or None, initial={"day": decided.day if decided else None}
    )
    done = form_action(
        form, lambda: services.set_factor_day(form.cleaned_data["day"], by=request.user)
    )
    if done:
        messages.success(
            request, _("Decided. Everybody concerned sees the day on their Today page.")
        )
        return redirect("accounts:factor_day")
    holders = Appointment.objects.in_force(timezone.localdate()).values("user")
    people = with_facts(User.objects.filter(pk__in=holders, is_active=True))
    context = {
        "form": form,
        "decided": decided,
        **people.aggregate(n=Count("pk"), ready=Count("pk", Q(has_mfa=True))),
    }
    context["missing"] = context["n"] - context["ready"]
    return render(request, "accounts/factor_day.html", context, status=done.status)


@require_GET
def pending_form(request: HttpRequest) -> HttpResponse:
    """Show, after a step-up, the form that waited, for the person to send with one more press."""
    form = step_up.pending_form(request)
    if form is None:
        messages.info(
            request,
            _("What you wanted to send waited for five minutes and was removed. Begin it again."),
        )
        return redirect(settings.LOGIN_REDIRECT_URL)
    fields = [(name, value) for name, values in form.typed.lists() for value in values]
    context = {"path": form.path, "fields": fields, "back": form.origin, "act": form.act}
    return render(request, "accounts/pending_form.html", context)
