"""The composer: one form that saves itself, and works as a plain form where no script runs."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import quotas
from core.actions import refusal
from core.errors import NotAllowed, Refused
from core.text import parse_whole_number
from media import storing
from posts.canonical import content
from posts.checks.base import Severity
from posts.context import units_to_write_in
from posts.editor import choices, drafts, leaks, saving, unsent
from posts.editor.forms import ComposeForm
from posts.editor.page import page_context, with_new_videos
from posts.editor.parts import FormMedia
from posts.editor.saving import SAVING
from posts.findings import find_findings
from posts.leak_rules.enforcement import count_outcome
from posts.leak_rules.models import LeakCount
from posts.models import Post
from posts.queries import deliveries_that_would_stop
from posts.review import decisions
from posts.review.overrides import rule_names
from posts.states import EDITABLE, PostState


@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """Open the composer at once. The first save makes the post; looking makes none."""
    post = drafts.build_new_post(request)
    units = units_to_write_in(request.user)
    page = page_context(request, post, ComposeForm(None, post=post), units=units)
    return render(request, "posts/edit.html", page)


# so that a form sent after the session ran out is kept until its sender has signed in again
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """Show the composer with a post, and save it where no script runs."""
    return _handle_composer(request, public_id)


@login_not_required
@require_POST
def submit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """Save the form, where one came along, and submit the post to the approvers."""
    return _handle_composer(request, public_id, then_submit=True)


def _handle_composer(
    request: HttpRequest, public_id: uuid.UUID, *, then_submit: bool = False
) -> HttpResponseBase:
    if not request.user.is_authenticated:
        if request.method == "POST":
            unsent.store_unsent(request, public_id)
        return redirect_to_login(_address_of(request, public_id))
    if request.method == "POST":
        with SAVING.hold(request.user.pk):
            post = drafts.get_or_build_post(request, public_id)
            if request.POST.get("act") == "return":
                return _show_unsaved(request, post)
            if "version" in request.POST:
                return _save(request, post, then_submit=then_submit)
            if then_submit:
                return _submit(request, post)
            unsent.drop_unsent(request, post)  # "use what was saved" of the offer
            return redirect(_address_of(request, post.public_id))
    post = drafts.get_or_build_post(request, public_id)
    if post.state not in EDITABLE:
        return _show_locked(request, post)
    offered = unsent.unsent_offer(request, post)
    form = ComposeForm(offered.fields if offered else None, post=post)
    return render(request, "posts/edit.html", page_context(request, post, form, offered=offered))


def _show_unsaved(request: HttpRequest, post: Post) -> HttpResponse:
    """Show the form with what the browser kept while the portal was away; nothing is saved yet."""
    if post.state not in EDITABLE:
        return _show_locked(request, post)
    form = ComposeForm(request.POST, post=post)
    return render(request, "posts/edit.html", page_context(request, post, form, is_returned=True))


def _address_of(request: HttpRequest, public_id: uuid.UUID) -> str:
    """Return the composer's address with what it carries of a post that has no row yet."""
    address = reverse("posts:edit", args=[public_id])
    begun = request.GET.get("begun")
    return f"{address}?{urlencode({'begun': begun})}" if begun else address


def _show_locked(request: HttpRequest, post: Post) -> HttpResponse:
    """Show a post that is not open for editing, and what opening it again would stop."""
    revision = post.current_revision
    context = {
        "post": post,
        "composed": revision.content if revision else content.compose(post),
        "stops": deliveries_that_would_stop(post) if post.state == PostState.APPROVED else 0,
        "may_reopen": post.state != PostState.ARCHIVED,
    }
    return render(request, "posts/locked.html", context)


def _save(request: HttpRequest, post: Post, *, then_submit: bool) -> HttpResponse:
    """Save the whole form from a plain POST, then do the action of its button: ``act``."""
    data, _videos = with_new_videos(request.POST, post)
    form = ComposeForm(data, request.FILES, post=post)
    act, _colon, about = request.POST.get("act", "").partition(":")
    refused = _add_uploads(request, form) if act == "upload" else ""
    if act in ("up", "down", "remove"):
        _move_picture(form.pictures, act, about)
    if not form.is_valid():
        return _show_form_again(request, post, form)
    if act == "card" and post._state.adding and form.is_blank:
        # Who gives the card up leaves no empty draft behind.
        address = reverse("posts:card_for_post", args=[post.public_id])
        return redirect(address + drafts.address_query(request, post))
    try:
        quotas.use("autosave", by=request.user)
        overrule = parse_whole_number(about) if act == "overwrite" else None
        post = form.save(by=request.user, version=overrule)
    except saving.EditConflict as conflict:
        return _show_form_again(request, post, form, status=409, conflict=conflict.post)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        return _show_form_again(request, post, form, refused=str(error))
    unsent.drop_unsent(request, post)
    if act in ("way", "alarm"):
        refused = _answer_finding(request, post, act, about)
    if refused:
        messages.error(request, refused)
    if then_submit:
        switched = _describe_switched(form, post)
        if not switched:
            return _submit(request, post)
        messages.warning(request, switched)
        return redirect(reverse("posts:edit", args=[post.public_id]) + "#at-channels")
    if not refused and act not in _NEXT:
        messages.success(request, _("The draft is saved. It is not before the approver yet."))
    return redirect(_address_after_save(post, act, about))


def _show_form_again(
    request: HttpRequest, post: Post, form: ComposeForm, *, status: int = 422, **more: Any
) -> HttpResponse:
    """Show the form that was not saved, as it was sent."""
    page = page_context(request, post, form, **more)
    return render(request, "posts/edit.html", page, status=status)


def _answer_finding(request: HttpRequest, post: Post, act: str, about: str) -> str:
    """Do what one tap asks beside a finding of the leak check: change the text, or report that it
    is no leak. Return why not.
    """
    mark, _colon, kind = about.partition(":")
    if act == "way":
        return refusal(lambda: leaks.apply_way_out(post, mark, kind, by=request.user))
    refused = refusal(lambda: leaks.report_no_leak(post, mark, by=request.user))
    if not refused:
        message = _(
            "Thank you. The ministry sees the rule and the shape of the words, never the words."
        )
        messages.success(request, message)
    return refused


def _address_after_save(post: Post, act: str, about: str) -> str:
    """Return the address at which a saved form goes on."""
    page, place = _NEXT.get(act, ("posts:edit", ""))
    address = reverse(page, args=[post.public_id]) + place
    pages = {"edit": "posts:edit_media", "boxes": "posts:media_findings"}
    of_picture = _page_of_picture(post, pages[act], about) if act in pages else ""
    return of_picture or address


def _page_of_picture(post: Post, page: str, about: str) -> str:
    """Return the address at which one of the post's pictures is edited for it, or decided on; empty
    for another one. ``about``: its public id, and the shape to begin with.
    """
    key, _colon, shape = about.partition(":")
    for picture in post.pictures.select_related("media"):
        if str(picture.media.public_id) == key:
            query = {"post": post.public_id, **({"shape": shape} if shape else {})}
            address = reverse(page, args=[picture.media.public_id])
            return f"{address}?{urlencode(query)}"
    return ""


# Where a button leads that does more than to save.
_NEXT = {
    "snippets": ("posts:insert_snippet", ""),
    **dict.fromkeys(("way", "alarm"), ("posts:edit", "#at-findings")),
    "library": ("posts:choose_media", ""),
    "card": ("posts:card_for_post", ""),
    **dict.fromkeys(("upload", "up", "down", "remove", "edit"), ("posts:edit", "#at-pictures")),
}


def _describe_switched(form: ComposeForm, post: Post) -> str:
    """Say which channels the pictures and videos switched by this save, for the author to look at:
    what is approved goes where the page said that it goes.
    """
    pks = {channel.pk for channel in form.cleaned_data["channels"]}
    stored = {target.channel_id for target in post.targets.switched_on()}
    names = [part.label for part in form.channel_parts() if part.channel.pk in pks ^ stored]
    if not names:
        return ""
    message = _(
        "The pictures and videos decided anew about %(names)s. Look at the channels, then "
        "submit again."
    )
    return message % {"names": ", ".join(names)}


def _submit(request: HttpRequest, post: Post) -> HttpResponse:
    # The pages' own settings count, too; queried before, since no transaction waits for a platform.
    refused = " ".join(choices.refused_choices(post)) or refusal(
        lambda: decisions.submit(
            post, by=request.user, acknowledgements=request.POST.getlist("acknowledged")
        )
    )
    if refused:
        # The page says itself what is missing, and where.
        blocking = rule_names(find_findings(post), Severity.BLOCK)
        count_outcome(post.unit, blocking, LeakCount.Outcome.BLOCKED)
        if not blocking:
            messages.error(request, refused)
        return redirect(reverse("posts:edit", args=[post.public_id]) + "#at-findings")
    return redirect("publishing:post", post.public_id)  # which says where it is now


def _add_uploads(request: HttpRequest, form: ComposeForm) -> str:
    """Add each file as a picture or a video at the end. Return what was refused, in words."""
    refused = []
    for upload in request.FILES.getlist("files"):
        try:
            stored = storing.store(upload, unit=form.post.unit, by=request.user)
        except Refused as error:
            refused.append(f"{upload.name}: {error}")
        else:
            if stored not in [picture.media for picture in form.pictures]:
                form.pictures.append(FormMedia(stored, stored.alt_text))
    return " ".join(refused)


def _move_picture(pictures: list[FormMedia], act: str, public_id: str) -> None:
    place = next(
        (n for n, picture in enumerate(pictures) if str(picture.media.public_id) == public_id), None
    )
    if place is None:
        return
    moved = pictures.pop(place)
    if act != "remove":
        pictures.insert(max(place - 1, 0) if act == "up" else place + 1, moved)
