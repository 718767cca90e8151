"""A video in pieces, as a script sends it. Every answer says how far it has come; the last one
brings its card.
"""

import uuid

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse, UnreadablePostError
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from core.errors import Busy, NotAllowed, Refused
from core.text import parse_whole_number
from media import uploads
from media.library import entries
from media.library.entries import LIBRARY_PURPOSE
from media.library.queries import find_similar
from media.links import THUMB, viewing_url
from media.models import Media, Upload
from posts.editor import drafts
from posts.editor.parts import render_media_card
from posts.models import UPLOAD_PURPOSE
from units.models import Unit


@login_not_required  # a script asks: it is told 401 instead of being sent to the sign-in page
@require_POST
def begin(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """Begin an upload by ``size`` and ``mark``: answer where to send the pieces, and from
    which byte on.
    """
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    post = drafts.get_or_build_post(request, public_id)
    return _begin(request, unit=post.unit, purpose=UPLOAD_PURPOSE, purpose_id=post.public_id)


@login_not_required
@require_POST
def begin_in_library(request: HttpRequest) -> JsonResponse:
    """Begin an upload into the library of the current position's unit, as `begin` does."""
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    position = current_position(request)
    if position is None:
        raise PermissionDenied
    return _begin(request, unit=position.unit, purpose=LIBRARY_PURPOSE, purpose_id=None)


def _begin(
    request: HttpRequest, *, unit: Unit, purpose: str, purpose_id: uuid.UUID | None
) -> JsonResponse:
    try:
        upload = uploads.begin(
            unit=unit,
            purpose=purpose,
            purpose_id=purpose_id,
            size=parse_whole_number(request.POST.get("size", "")) or 0,
            mark=request.POST.get("mark", "")[:100],
            by=request.user,
            now=timezone.now(),
            right=_required_permission(purpose),
        )
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        return JsonResponse({"error": str(error)}, status=422)
    return _upload_json(upload)


def _required_permission(purpose: str) -> Permission:
    """Return the right that an upload takes: an overseer fills a library, and writes no posts."""
    return Permission.LIBRARY_WRITE if purpose == LIBRARY_PURPOSE else Permission.POST_WRITE


@login_not_required
@require_http_methods(["GET", "HEAD", "PATCH", "DELETE"])
def upload(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """Handle an upload. GET: its offset. PATCH: the next piece, from ``Upload-Offset`` on; an empty
    one asks again for the result of a complete file. DELETE: cancel.

    409: the piece belongs elsewhere. 202: to be looked into; ask again after ``Retry-After``. 422:
    refused.
    """
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    owned = Upload.objects.filter(user=request.user).select_related("unit", "media")
    upload = get_object_or_404(owned, public_id=public_id)
    if not can(request.user, _required_permission(upload.purpose), unit=upload.unit):
        raise PermissionDenied
    match request.method:
        case "PATCH":
            return _append_piece(request, upload)
        case "DELETE":
            uploads.discard(upload)
            return JsonResponse({})
    return _upload_json(upload)


def _append_piece(request: HttpRequest, upload: Upload) -> JsonResponse:
    length = parse_whole_number(request.META.get("CONTENT_LENGTH") or "0")
    offset = parse_whole_number(request.headers.get("Upload-Offset", ""))
    if length is None or offset is None:
        return JsonResponse(
            {"error": _("The browser sent no proper piece of the file.")}, status=400
        )
    if length > uploads.LARGEST_PIECE:
        return JsonResponse({"largest": uploads.LARGEST_PIECE}, status=413)
    if upload.media:
        return _upload_json(upload)
    try:
        uploads.append(upload, _read_received(request, length), offset=offset, now=timezone.now())
        if not upload.is_complete:
            return _upload_json(upload)
        upload.media = uploads.finish(
            upload, by=request.user, right=_required_permission(upload.purpose)
        )
    except uploads.WrongOffset:
        upload.refresh_from_db()
        return _upload_json(upload, status=409)
    except uploads.BeingChecked:
        return _upload_json(upload, status=202, again=3)
    except Busy:
        return _upload_json(upload, status=202, again=10)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        uploads.discard(upload)
        return JsonResponse({"error": str(error)}, status=422)
    return _upload_json(upload)


def _read_received(request: HttpRequest, length: int) -> bytes:
    """Return the piece, or as much of it as came before the connection broke: on a slow line, every
    byte counts.
    """
    pieces = []
    try:
        while length > 0 and (data := request.read(min(length, 64 * 1024))):
            pieces.append(data)
            length -= len(data)
    except UnreadablePostError:
        pass
    return b"".join(pieces)


def _upload_json(upload: Upload, *, status: int = 200, again: int = 0) -> JsonResponse:
    answer = {
        "url": reverse("posts:one_upload", args=[upload.public_id]),
        "offset": upload.received,
        "size": upload.size,
        "largest": uploads.LARGEST_PIECE,
    }
    if upload.media:
        html = (
            library_card(entries.keep_in_library(upload.media))
            if upload.purpose == LIBRARY_PURPOSE
            else render_media_card(upload.media)
        )
        answer |= {"picture": str(upload.media.public_id), "html": html}
    response = JsonResponse(answer, status=status)
    response["Upload-Offset"] = str(upload.received)
    if again:
        response["Retry-After"] = str(again)
    return response


def library_card(media: Media) -> str:
    """Render what became of a file that was just put into the library: whether the unit had it
    before, and what looks like it.
    """
    alike = [(similar, viewing_url(similar, THUMB)) for similar in find_similar(media)]
    context = {
        "media": media,
        "thumb": viewing_url(media, THUMB),
        "is_known": media.was_stored_before,
        "alike": alike,
    }
    return render_to_string("posts/media_library/_added.html", context)
