import functools
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from core import ranges
from media import links as media_links
from media import pictures
from media.models import Media
from posts.media_access.queries import resolve_link

JPEG = "image/jpeg"


def refuse_other_sites(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Refuse requests that a page of another site makes through the browser of somebody who may see
    a picture.

    Platforms' fetchers and browsers of before 2023 send no site, and are served.
    """

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@refuse_other_sites
def media(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """Serve a picture or video to those who may see its unit's posts, or whom the unit shares
    it with. ``?size=thumb``: a small
    picture; ``?size=poster``: a video's cover.
    """
    row = get_object_or_404(Media.objects.in_sight_of(request.user), public_id=public_id)
    part = {
        "thumb": media_links.THUMB,
        "poster": media_links.COVER if row.is_video else media_links.ITSELF,
    }.get(request.GET.get("size", ""), media_links.ITSELF)
    if settings.MEDIA_PUBLIC_URL:
        # A host of its own: a script smuggled into a file finds no session there.
        response: HttpResponseBase = redirect(media_links.viewing_url(row, part))
    else:
        response = _serve(request, media_links.LinkTarget(row, part))
    # A shared PC must not cache a draft's pictures.
    response["Cache-Control"] = "no-store"
    return response


@login_not_required
@require_safe
@refuse_other_sites
def public_media(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """Serve media to the platform that is publishing it, and to a person who views it; see
    ``media.links``. Some fetchers require ``name``.
    """
    behind = resolve_link(token) or media_links.resolve_viewing_token(token)
    if behind is None:
        raise Http404
    response = _serve(request, behind)
    if name.startswith(media_links.DOWNLOAD):
        ending = name.removeprefix(media_links.DOWNLOAD)
        saved_as = f"{behind.media.sha256[:12]}.{ending if ending.isalnum() else 'bin'}"
        response["Content-Disposition"] = f'attachment; filename="{saved_as}"'
    response["Cache-Control"] = "no-store"
    # The portal's pages show it from another host of the same domain.
    response["Cross-Origin-Resource-Policy"] = "same-site"
    return response


def _serve(request: HttpRequest, behind: media_links.LinkTarget) -> HttpResponseBase:
    """Serve an uploaded file so that it can do nothing in our origin, whatever type a browser
    assumes.
    """
    try:
        response = _file_response(request, *behind)
    except FileNotFoundError:  # its bytes were removed, see posts.media_library
        raise Http404 from None
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = "inline"
    return response


def _file_response(
    request: HttpRequest, row: Media, part: str | pictures.Shape
) -> HttpResponseBase:
    if isinstance(part, pictures.Shape):
        file, content_type, tag = pictures.open_rendition(row, part), JPEG, f"{row.sha256}-{part}"
    elif part == media_links.COVER:
        file, content_type, tag = pictures.open_still(row), JPEG, row.poster_sha256
    elif part == media_links.THUMB:
        file, content_type, tag = pictures.open_thumbnail(row), JPEG, f"{row.sha256}-thumb"
    else:
        file, content_type, tag = row.file.open("rb"), row.content_type, row.sha256
    return ranges.answer_range(request, file, content_type=content_type, tag=tag)
