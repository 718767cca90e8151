"""The provinces' decisions on platforms that are off at first."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from accounts.step_up import step_up_required
from channels.allowances.allowing import allow, forbid
from channels.context import platform_or_404
from channels.queries import load_allowances, restricted_platforms
from channels.states import Kind
from core.actions import form_action
from core.forms import ReasonForm
from units.models import Level, Unit


def _allows(request: HttpRequest) -> bool:
    return request.POST.get("act") == "allow"


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Allow the platform"), only_posts=True, when=_allows)
def allowances(request: HttpRequest) -> HttpResponse:
    """Show the provinces' decisions on platforms that are off at first, and take new ones."""
    reach = request.user.reach(Permission.PLATFORM_ALLOW)
    if not reach:
        raise PermissionDenied
    provinces = (
        Unit.objects.within(reach).filter(level=Level.PROVINCE).current(timezone.localdate())
    )
    form = ReasonForm(request.POST or None, hint=_("It goes into the record."))
    asked, status = "", 200
    if request.method == "POST":
        province = get_object_or_404(provinces, key=request.POST.get("province", ""))
        platform = platform_or_404(request.POST.get("platform", ""))
        asked = f"{province.key} {platform}"
        act = allow if request.POST.get("act") == "allow" else forbid
        done = form_action(
            form,
            lambda: act(platform, province=province, by=request.user, **form.cleaned_data),
        )
        if done:
            messages.success(request, _("The decision is recorded."))
            return redirect("channels:allowances")
        status = done.status
    provinces = list(provinces.order_by("search"))
    granted = load_allowances(provinces)
    rows = [
        {
            "province": province,
            "platform": platform,
            "label": Kind(platform).label,
            "allowance": granted.get((province.pk, platform)),
            # The form with what was typed stays at the row that it belongs to.
            "form": form
            if asked == f"{province.key} {platform}"
            else ReasonForm(prefix=None, auto_id=f"{province.key}-{platform}-%s"),
        }
        for province in provinces
        for platform in restricted_platforms()
    ]
    return render(request, "channels/allowances.html", {"rows": rows}, status=status)
