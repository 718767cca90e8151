"""The page on which a picture is cropped, turned, lightened and blurred, alone or for a draft."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission
from channels.queries import facts_of
from channels.states import Kind
from core.actions import button_action, form_action, form_data, offer_undo, refusal
from media.editing import picture_edits
from media.editing.shapes import best_preset
from media.models import Media
from posts.context import named_draft
from posts.editor import saving
from posts.media_library.edit_forms import EditForm
from posts.models import Post


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Edit the picture; a POST makes a new one of it, and puts that into the draft that ``post``
    names, in the place of the old one.
    """
    media = _get_to_edit(request, public_id)
    post = named_draft(request)
    if media.is_video:
        query = f"?{urlencode({'post': post.public_id})}" if post else ""
        return redirect(reverse("posts:edit_video", args=[media.public_id]) + query)
    if media.blurred_at:
        return _redirect_to_replacement(request, media)
    form = EditForm(form_data(request), media=media, shape=request.GET.get("shape", ""))
    made: list[Media] = []
    done = form_action(
        form,
        lambda: made.append(picture_edits.edit(media, form.cleaned_data["edits"], by=request.user)),
    )
    if done:
        return _finish(request, media, made[0], post)
    context = {
        "media": media,
        "form": form,
        "post": post,
        "wanted": _requested_shapes(media, post) if post else (),
        "back": _back_address(media, post),
    }
    return render(request, "posts/media_library/edit.html", context, status=done.status)


def _requested_shapes(media: Media, post: Post) -> list[tuple[str, str]]:
    """Return the draft's platforms that frame the picture in white, each with the shape that they
    take.
    """
    wanted = {}
    for target in post.targets.switched_on().select_related("channel"):
        form = facts_of(target.channel.platform).format(target.format)
        if form.images and (shape := best_preset(media.width, media.height, form.images)):
            wanted[str(Kind(target.channel.platform).label)] = shape
    return list(wanted.items())


def _get_to_edit(request: HttpRequest, public_id: uuid.UUID) -> Media:
    rows = Media.objects.within(request.user.reach(Permission.LIBRARY_WRITE))
    return get_object_or_404(rows.select_related("unit"), public_id=public_id)


def _redirect_to_replacement(request: HttpRequest, media: Media) -> HttpResponse:
    """Lead to the picture that is edited in the place of this one."""
    newest = media.edited.order_by("-pk").first()
    messages.info(
        request,
        _("Something was blurred out of that picture, so it is used no more. This is the new one."),
    )
    if newest is None:
        return redirect("posts:media_library")
    return redirect("posts:library_medium", newest.public_id)


def _back_address(media: Media, post: Post | None) -> str:
    if post:
        return reverse("posts:edit", args=[post.public_id]) + "#at-pictures"
    return reverse("posts:library_medium", args=[media.public_id])


def _finish(request: HttpRequest, media: Media, made: Media, post: Post | None) -> HttpResponse:
    message = _("The new picture is there.")
    if media.blurred_at:
        message = _("The new picture is there. The old one is used no more, and removed.")
    if post is None:
        messages.success(request, message)
        return redirect("posts:library_medium", made.public_id)
    if refused := refusal(lambda: saving.replace_media(post, media, made, by=request.user)):
        messages.error(request, refused)
    elif media.blurred_at:
        messages.success(request, message)
    else:
        undo = reverse("posts:undo_edit", args=[made.public_id])
        offer_undo(request, message, f"{undo}?{urlencode({'post': post.public_id})}")
    return redirect(_back_address(made, post))


@require_POST
def undo(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Put the picture from which this one was made back into the draft."""
    media = _get_to_edit(request, public_id)
    post = named_draft(request)
    source = media.made_from
    if post and source:
        button_action(
            request,
            lambda: saving.replace_media(post, media, source, by=request.user),
            message=_("The draft shows the picture as it was."),
        )
    return redirect(_back_address(media, post))
