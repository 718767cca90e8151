"""The logo of a unit: the picture, and the page on which its leader changes it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission
from accounts.queries import can
from core import ranges
from core.actions import button_action, form_action
from media import pictures, storing
from media.models import Logo
from media.pictures import FORMATS
from units.models import Unit


class LogoForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Picture"),
        help_text=gettext_lazy("JPEG, PNG or WebP; best a square of at least 400 pixels."),
        widget=forms.FileInput(
            attrs={"accept": ",".join(f"image/{name.lower()}" for name in FORMATS)}
        ),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.IMAGE_MAX_BYTES:
            raise ValidationError(
                gettext_lazy("The picture is larger than %(n)s MB. Choose a smaller one."),
                params={"n": settings.IMAGE_MAX_BYTES // (1024 * 1024)},
            )
        return file


@require_safe
def logo(request: HttpRequest, key: str) -> HttpResponseBase:
    """Serve the logo, drawn small, to whoever may see the unit."""
    unit = get_object_or_404(Unit.objects.visible_to(request.user), key=key)
    media = get_object_or_404(Logo.objects.select_related("media"), unit=unit).media
    try:
        small = pictures.open_thumbnail(media)
    except FileNotFoundError:
        raise Http404 from None
    response = ranges.answer_range(
        request, small, content_type="image/jpeg", tag=f"{media.sha256}-thumb"
    )
    # Our own JPEG; still nothing that a browser might run in our origin.
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-cache"
    return response


@require_http_methods(["GET", "POST"])
def change_logo(request: HttpRequest, key: str) -> HttpResponse:
    unit = get_object_or_404(Unit.objects.visible_to(request.user), key=key)
    if not can(request.user, Permission.UNIT_FACTS, unit=unit):
        raise PermissionDenied
    if request.method == "POST" and "remove" in request.POST:
        button_action(
            request,
            lambda: storing.remove_logo(unit, by=request.user),
            message=_("The unit has no logo any more."),
        )
        return redirect("units:unit", unit.key)
    form = LogoForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    done = form_action(
        form,
        lambda: storing.change_logo(unit, form.cleaned_data["file"], by=request.user),
        field="file",
    )
    if done:
        messages.success(request, _("This is the unit's logo now."))
        return redirect("units:unit", unit.key)
    context = {"form": form, "unit": unit, "has_logo": Logo.objects.filter(unit=unit).exists()}
    return render(request, "media/logo.html", context, status=done.status)
