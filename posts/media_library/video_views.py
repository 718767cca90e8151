"""The page on which a video is cut, set upright and blurred, alone or for a draft."""

import uuid
from collections.abc import Iterable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from core.actions import form_action, form_data
from core.lists import render_page
from media.editing import video_edits
from media.editing.video_edits import Span
from media.models import Media
from media.scanners.models import Box
from media.scanners.queries import open_boxes, state_of
from posts.context import named_draft
from posts.media_library.video_forms import VideoForm
from posts.models import Post

MOST_SHOWN = 5  # edits of a video, the newest


@require_http_methods(["GET", "HEAD", "POST"])
def edit_video(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show how far the video's edits are; a POST has a worker make another one, which takes the
    place of the old one in the draft that ``post`` names.
    """
    rows = Media.objects.within(request.user.reach(Permission.LIBRARY_WRITE))
    media = get_object_or_404(rows.select_related("unit"), public_id=public_id)
    post = named_draft(request)
    if not media.is_video:
        return redirect("posts:edit_media", media.public_id)
    scan = state_of([media]).get(media.pk)
    spans = _spans(open_boxes(scan) if scan else ())
    form = VideoForm(
        form_data(request),
        request.FILES or None,
        media=media,
        spans=spans,
        seen=_spans(scan.boxes.all() if scan else ()),
        captions=_captions(media, post),
    )
    key = post.public_id if post else None
    done = form_action(
        form,
        lambda: video_edits.queue(
            media, form.cleaned_data["plan"], by=request.user, purpose_id=key
        ),
    )
    if done:
        messages.success(
            request, _("The video is being made. You may leave this page; you are told when.")
        )
        query = f"?{urlencode({'post': post.public_id})}" if post else ""
        return redirect(reverse("posts:edit_video", args=[media.public_id]) + query)
    edits = list(media.video_edits.select_related("result", "job").order_by("-pk")[:MOST_SHOWN])
    context = {
        "media": media,
        "form": form,
        "post": post,
        "found": len(spans),
        "edits": edits,
        "is_at_work": any(not edit.is_over for edit in edits),
        "back": _back_address(media, post),
        "address": request.get_full_path(),
    }
    return render_page(
        request, "posts/media_library/video.html", context, part="edits", status=done.status
    )


def _spans(boxes: Iterable[Box]) -> list[Span]:
    """Return places that the scanners found, with their seconds."""
    return [
        (box.x, box.y, box.width, box.height, box.from_second, box.to_second)
        for box in boxes
        if box.from_second is not None and box.to_second is not None
    ]


def _captions(media: Media, post: Post | None) -> str:
    """Return the captions that the draft, or the newest post with some, attaches to the video."""
    rows = media.uses.exclude(captions="")
    if post:
        rows = rows.filter(post=post)
    newest = rows.order_by("-post__changed_at").values_list("captions", flat=True)
    return newest.first() or ""


def _back_address(media: Media, post: Post | None) -> str:
    if post:
        return reverse("posts:edit", args=[post.public_id]) + "#at-pictures"
    return reverse("posts:library_medium", args=[media.public_id])
