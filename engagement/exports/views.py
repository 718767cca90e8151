"""Pages of files that a worker makes: the offer, how far one is, and the file."""

import json
import uuid
from collections.abc import Mapping

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from core import quotas
from core.actions import refusal
from core.lists import render_page
from core.models import JobState
from engagement.exports import services
from engagement.exports.forms import ExportForm
from engagement.exports.models import Export
from engagement.exports.sheets import TYPES, make_disposition_header, make_download


def file_or_offer(
    request: HttpRequest, kind: str, format: str, params: Mapping[str, str]
) -> HttpResponse:
    """Answer with the file, or where it has many rows with a page that offers to have it made: a
    look at an address starts no work.
    """
    file = services.build_file(kind, request.user, params)
    if file.rows <= services.DIRECT_ROWS:
        quotas.use("export", by=request.user)
        return make_download(format, file.name, file.sheets)
    filled = {"kind": kind, "format": format, "params": json.dumps(params, ensure_ascii=False)}
    context = {
        "form": ExportForm(initial=filled),
        "file": file,
        "format": format,
        "is_too_large": file.rows > services.MOST_ROWS,
        "most": services.MOST_ROWS,
    }
    return render(request, "engagement/exports/offer.html", context)


@require_POST
def request_export(request: HttpRequest) -> HttpResponse:
    """Have a file made; the page that shows how far it is comes next."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    made: list[Export] = []
    refused = refusal(
        lambda: made.append(services.request_export(**form.cleaned_data, by=request.user))
    )
    if refused:
        messages.error(request, refused)
        open_one = services.find_unfinished(request.user)
        if open_one:
            return redirect("engagement:export", open_one.public_id)
        params = form.cleaned_data["params"]
        return redirect(services.build_file(form.cleaned_data["kind"], request.user, params).page)
    return redirect("engagement:export", made[0].public_id)


def _get_own_export(request: HttpRequest, public_id: uuid.UUID) -> Export:
    """Return an export of the person's own, in the positions they had when they asked for it."""
    export = get_object_or_404(
        Export.objects.select_related("job"), public_id=public_id, made_by=request.user
    )
    if export.positions != services.list_positions(request.user):
        raise Http404
    return export


@require_GET
@vary_on_headers("HX-Request")
def export(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show how far a file is, its download, or why there is none."""
    row = _get_own_export(request, public_id)
    if request.htmx and row.is_over:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    context = {
        "export": row,
        "until": timezone.localtime(row.asked_at + services.KEPT),
        "why": row.failure,
    }
    return render_page(request, "engagement/exports/export.html", context, part="progress")


@require_GET
def download_export(
    request: HttpRequest, public_id: uuid.UUID
) -> HttpResponse | StreamingHttpResponse:
    """Send the file piece by piece; as long as there is none, go back to its page."""
    row = _get_own_export(request, public_id)
    if row.state != JobState.DONE:
        messages.info(request, _("The file is not ready yet."))
        return redirect("engagement:export", row.public_id)
    headers = {
        **make_disposition_header(row.name, row.format),
        "Content-Length": str(row.size),
    }
    return StreamingHttpResponse(
        services.read_content(row), content_type=TYPES[row.format], headers=headers
    )
