import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from posts import media_links, pictures
from posts.models import Media


@require_safe
def media(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """A picture, or with ``?size=thumb`` a small one, for those who may see its unit's posts."""
    row = get_object_or_404(Media.objects.visible_to(request.user), public_id=public_id)
    if request.GET.get("size") == "thumb":
        response = _inert(FileResponse(pictures.thumb(row), content_type="image/jpeg"))
    else:
        response = _inert(FileResponse(row.file.open("rb"), content_type=row.content_type))
    # The bytes under an id never change. Vary: the next person at a shared PC has another cookie, and asks again.
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response["Vary"] = "Cookie"
    return response


@login_not_required
@require_safe
def public_media(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """A picture for the platform that is publishing it; see ``posts.media_links``. ``name`` only pleases fetchers."""
    row = media_links.media_behind(token)
    if row is None:
        raise Http404
    response = _inert(FileResponse(row.file.open("rb"), content_type=row.content_type))
    response["Cache-Control"] = "no-store"
    return response


def _inert(response: FileResponse) -> FileResponse:
    """An uploaded file can do nothing in our origin, whatever a browser takes it for."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = "inline"
    return response
