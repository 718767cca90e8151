"""Pages of the files of campaigns and kits."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission
from campaigns.files import queries, storing
from campaigns.files.models import LONGEST_NAME, CampaignFile
from campaigns.files.states import Kind
from campaigns.files.storing import LARGEST
from campaigns.kits.models import Kit
from campaigns.models import Campaign
from core.actions import button_action, form_action
from units.models import Level

ACCEPT = ".pdf,.docx,.xlsx,.jpg,.jpeg,.png,.webp"


class FileForm(forms.Form):
    """A file for the units of a campaign or a kit, and what it is."""

    name = forms.CharField(
        label=gettext_lazy("Name of the file"),
        max_length=LONGEST_NAME,
        help_text=gettext_lazy(
            "What it is, such as “Plan 105/KH-CAT of 1 September”. No names of residents."
        ),
        error_messages={
            "required": gettext_lazy("Please enter a name that says what the file is.")
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "PDF, Word (.docx), Excel (.xlsx) or a picture; at most 20 MB, no macros."
        ),
        error_messages={"required": gettext_lazy("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )
    looked = forms.BooleanField(
        label=gettext_lazy("I looked through it: no mark of secrecy, no data of residents."),
        error_messages={
            "required": gettext_lazy(
                "Look through the file, then say so: scans are not read by the portal."
            )
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise ValidationError(
                gettext_lazy("The file is larger than %(n)s MB. Make it smaller or split it."),
                params={"n": LARGEST // (1024 * 1024)},
            )
        return file


_PATH_LETTERS = str.maketrans('/\\:*?"<>|', "-" * 9)  # a system may not take them in a name
_SUFFIXES = {
    storing.CONTENT_TYPES[Kind.PDF]: ".pdf",
    storing.CONTENT_TYPES[Kind.WORD]: ".docx",
    storing.CONTENT_TYPES[Kind.EXCEL]: ".xlsx",
    "image/png": ".png",
    "image/jpeg": ".jpg",
}


@require_http_methods(["GET", "HEAD", "POST"])
def campaign_files(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """List the files of a campaign, and take another one from those who write the campaign."""
    rows = Campaign.objects.visible_to(request.user).select_related("unit")
    _require_reader(request)
    campaign = get_object_or_404(rows, public_id=public_id)
    return _render_page(
        request, campaign, {"campaign": campaign, "is_over": bool(campaign.closed_at)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def kit_files(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """List the files of a kit, and take another one from its issuer."""
    _require_reader(request)
    rows = queries.find_kits_read_by(request.user).select_related("unit", "campaign")
    kit = get_object_or_404(rows, public_id=public_id)
    return _render_page(request, kit, {"kit": kit, "is_over": kit.is_withdrawn})


def _render_page(request: HttpRequest, to: Campaign | Kit, about: dict[str, Any]) -> HttpResponse:
    may_write = _may_write(request, to)
    if request.method == "POST" and not may_write:
        raise PermissionDenied
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = FileForm(*sent)
    done = form_action(
        form,
        lambda: storing.add_file(
            to, form.cleaned_data["file"], name=form.cleaned_data["name"], by=request.user
        ),
        field="file",
    )
    if done:
        messages.success(
            request,
            _("Added. It is being checked; the units see it as soon as that is done."),
        )
        return redirect(storing.get_address(done.result))
    files = list(
        queries.find_readable_files(request.user).filter(pk__in=queries.find_files(to).values("pk"))
    )
    context = {
        **about,
        "to": to,
        "form": form,
        "files": files,
        "is_waiting": any(file.is_waiting for file in files) and not form.is_bound,
        "may_write": may_write and not about["is_over"],
        "most": storing.MOST_FILES,
    }
    return render(request, "campaigns/files.html", context, status=done.status)


@require_safe
def download_file(
    request: HttpRequest, public_id: uuid.UUID
) -> HttpResponse | StreamingHttpResponse:
    """Send a checked file to be saved: no browser opens it in our origin."""
    row = _get_readable_file(request, public_id)
    if not row.is_ready:
        messages.info(request, _("This file is not checked yet. Try again in a minute."))
        return redirect(storing.get_address(row))
    suffix = _SUFFIXES[row.content_type]
    name = row.name.translate(_PATH_LETTERS)
    if not name.lower().endswith(suffix):
        name += suffix
    response = StreamingHttpResponse(queries.read_content(row), content_type=row.content_type)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Content-Length"] = str(row.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def remove_file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask, then remove a file for everybody."""
    row = _get_readable_file(request, public_id)
    if not request.user.reach(Permission.KIT_WRITE if row.kit else Permission.CAMPAIGN_WRITE):
        raise PermissionDenied
    if not _may_write(request, row.kit or row.campaign):
        raise Http404
    back = storing.get_address(row)
    if request.method == "POST":
        message = _("Removed: %(name)s.") % {"name": row}
        button_action(request, lambda: storing.remove_file(row, by=request.user), message=message)
        return redirect(back)
    return render(request, "campaigns/file_remove.html", {"file": row, "back": back})


def _require_reader(request: HttpRequest) -> None:
    if not request.user.reach(Permission.CAMPAIGN_VIEW):
        raise PermissionDenied


def _get_readable_file(request: HttpRequest, public_id: uuid.UUID) -> CampaignFile:
    _require_reader(request)
    return get_object_or_404(queries.find_readable_files(request.user), public_id=public_id)


def _may_write(request: HttpRequest, to: Campaign | Kit) -> bool:
    if isinstance(to, Campaign):
        return request.user.authority(Permission.CAMPAIGN_WRITE, unit=to.unit) is not None
    authority = request.user.own_authority(Permission.KIT_WRITE, unit=to.unit)
    at_issuer = authority is not None and authority.unit_id == to.unit_id
    return at_issuer and to.unit.level != Level.COMMUNE
