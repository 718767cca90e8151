"""The poster of a kit, as those who write it see and print a specimen."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.kits import presenters, queries
from campaigns.kits.models import Kit, KitVersion
from campaigns.kits.views import get_readable_kit, is_own
from core import quotas
from core.errors import Refused
from media.cards import card_drawing
from media.cards.typesetting import PAPERS, Look, too_long, typeset


@require_GET
def poster(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the poster as a unit below would print it, drawn for this answer."""
    row, version = _get_shown_version(request, public_id)
    if not version.poster:
        return redirect("kits:kit", row.public_id)
    unit = presenters.choose_preview_unit(version)
    context = {"kit": row, "version": version, "unit": unit}
    try:
        preview = card_drawing.preview(
            presenters.make_poster(version, unit),
            version.poster["look"],
            {"a4": PAPERS["a4"].scaled(1)},
            unit=unit,
            by=request.user,
        )
        context |= {"picture": preview.pictures["a4"], "over": preview.over}
    except Refused as error:
        context["why"] = str(error)
    return render(request, "kits/poster.html", context)


@require_GET
def poster_file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Send a specimen as ``paper`` says, a4 or a3, in PDF; it is kept nowhere."""
    row, version = _get_shown_version(request, public_id)
    paper = request.GET.get("paper", "")
    if not version.poster or paper not in PAPERS:
        return redirect("kits:kit", row.public_id)
    unit = presenters.choose_preview_unit(version)
    try:
        quotas.use("export", by=request.user)
        sheet = PAPERS[paper]._replace(form="pdf")
        content, look = presenters.make_poster(version, unit), Look(version.poster["look"])
        drawn = typeset(content, look, {paper: sheet}, logo_of=unit, by=request.user)
        if too_long(drawn):
            raise Refused(_("The text does not fit onto the poster. Shorten title or lines."))
    except Refused as error:
        messages.error(request, str(error))
        return redirect("kits:poster", row.public_id)
    response = HttpResponse(drawn[paper].data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="ban-mau-ap-phich-{paper}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _get_shown_version(request: HttpRequest, public_id: uuid.UUID) -> tuple[Kit, KitVersion]:
    """Return the version that the page of the kit shows to this person."""
    row = get_readable_kit(request, public_id)
    newer = (
        queries.find_open_version(row) if is_own(request, row) and not row.is_withdrawn else None
    )
    version = newer or row.current or get_object_or_404(row.versions.all()[:1])
    version.kit = row
    return row, version
