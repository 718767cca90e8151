"""Putting posts away, one or many."""

import uuid
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.permissions import Permission
from core.actions import button_action, offer_undo, refusal
from core.errors import Refused
from core.text import parse_uuid
from posts.archive import archiving
from posts.context import post_to_write
from posts.models import Post
from posts.states import PostState

PUT_AWAY = "put_away"  # in the session: the drafts that its last bulk action archived


@require_POST
def archive(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    post = post_to_write(request, public_id)
    if refused := refusal(lambda: archiving.archive(post, by=request.user)):
        messages.error(request, refused)
        return redirect("posts:edit", post.public_id)
    # Its page, where one tap takes it back.
    message = _("The draft is put away. You find it in the list under “archived”.")
    offer_undo(request, message, reverse("posts:unarchive", args=[post.public_id]))
    return redirect("posts:edit", post.public_id)


@require_POST
def unarchive(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    post = post_to_write(request, public_id)
    message = _("The draft is back.")
    button_action(request, lambda: archiving.unarchive(post, by=request.user), message=message)
    return redirect("posts:edit", post.public_id)


@require_POST
def archive_many(request: HttpRequest) -> HttpResponse:
    """Archive the chosen drafts, each by itself: one that cannot be does not block the others."""
    if not request.user.reach(Permission.POST_WRITE):
        raise PermissionDenied
    chosen = [value for value in request.POST.getlist("post") if parse_uuid(value)][:200]
    done: list[str] = []
    for post in (
        Post.objects.visible_to(request.user)
        .open_for_editing()
        .filter(public_id__in=chosen)
        .select_related("unit")
    ):
        try:
            archiving.archive(post, by=request.user)
        except Refused:
            continue
        done.append(str(post.public_id))
    if done:
        request.session[PUT_AWAY] = done
        message = ngettext("%(n)s draft is put away.", "%(n)s drafts are put away.", len(done))
        offer_undo(request, message % {"n": len(done)}, reverse("posts:unarchive_many"))
    if left := len(set(chosen)) - len(done):
        messages.error(
            request,
            ngettext(
                "%(n)s post stays: only drafts of your own unit can be put away.",
                "%(n)s posts stay: only drafts of your own unit can be put away.",
                left,
            )
            % {"n": left},
        )
    return redirect("publishing:post_list")


@require_POST
def unarchive_many(request: HttpRequest) -> HttpResponse:
    """Take back the drafts that this session has put away last, each by itself."""
    if not request.user.reach(Permission.POST_WRITE):
        raise PermissionDenied
    put_away = request.session.pop(PUT_AWAY, [])
    posts = Post.objects.visible_to(request.user).filter(public_id__in=put_away)
    done = 0
    for post in posts.filter(state=PostState.ARCHIVED).select_related("unit"):
        done += not refusal(partial(archiving.unarchive, post, by=request.user))
    if done:
        message = ngettext("%(n)s draft is back.", "%(n)s drafts are back.", done)
        messages.success(request, message % {"n": done})
    if left := len(put_away) - done:
        message = ngettext(
            "%(n)s draft is not back: it was changed meanwhile, or put away too long ago.",
            "%(n)s drafts are not back: they were changed meanwhile, or put away too long ago.",
            left,
        )
        messages.error(request, message % {"n": left})
    return redirect("publishing:post_list")
