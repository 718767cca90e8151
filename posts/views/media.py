import uuid

from django.contrib.auth.decorators import login_not_required
from django.core.files import File
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from core import ranges
from posts import media_links, pictures
from posts.models import Media

JPEG = "image/jpeg"


@require_safe
def media(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """A picture or a film for those who may see its unit's posts. ``?size=thumb``: a small picture; ``?size=poster``:
    the one that stands for a film before it plays."""
    row = get_object_or_404(Media.objects.visible_to(request.user), public_id=public_id)
    match request.GET.get("size"):
        case "thumb":
            response = _served(request, pictures.thumb(row), JPEG, f"{row.sha256}-thumb")
        case "poster" if row.is_video:
            response = _served(request, pictures.still(row), JPEG, row.poster_sha256)
        case _:
            response = _served(request, row.file.open("rb"), row.content_type, row.sha256)
    # The bytes under an id never change. Vary: the next person at a shared PC has another cookie, and asks again.
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response["Vary"] = "Cookie"
    return response


@login_not_required
@require_safe
def public_media(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """What the platform that is publishing it may fetch; see ``posts.media_links``. ``name`` only pleases fetchers."""
    behind = media_links.media_behind(token)
    if behind is None:
        raise Http404
    row, part = behind
    if isinstance(part, pictures.Shape):
        response = _served(request, pictures.rendition(row, part), JPEG, f"{row.sha256}-{part}")
    elif part == media_links.COVER:
        response = _served(request, pictures.still(row), JPEG, row.poster_sha256)
    else:
        response = _served(request, row.file.open("rb"), row.content_type, row.sha256)
    response["Cache-Control"] = "no-store"
    return response


def _served(request: HttpRequest, file: File, content_type: str, tag: str) -> HttpResponseBase:
    """An uploaded file can do nothing in our origin, whatever a browser takes it for."""
    response = ranges.answer(request, file, content_type=content_type, tag=tag)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = "inline"
    return response
