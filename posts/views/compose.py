"""The composer: one form that saves itself, and works as a plain form where no script runs."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Permission
from accounts.queries import can
from channels import wording
from channels.connectors.limits import seen, text_limit
from channels.models import Channel
from channels.queries import facts_of
from core.errors import NotAllowed, Refused
from core.views import refusal
from posts import choices, content, corrections, media, queries, services
from posts.checks.base import Finding, Severity
from posts.forms import ComposeForm, Shown
from posts.models import Post
from posts.states import EDITABLE, PostState
from posts.views import unsent

RELATED = ("unit__parent", "corrects", "author", "last_editor", "topic", "campaign", "current_revision")


def open_to_write(request: HttpRequest, public_id: uuid.UUID) -> Post:
    """The post, of those the person may see, if they may also write it."""
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related(*RELATED), public_id=public_id)
    if not can(request.user, Permission.POST_WRITE, unit=post.unit):
        raise PermissionDenied
    return post


# --- The page ---------------------------------------------------------------------------------------------------------


@login_not_required  # so that a form sent after the session ran out is kept until its sender has signed in again
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    return _composer(request, public_id)


@login_not_required
@require_POST
def submit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """Saves the form, where one came along, and puts the post before the approvers."""
    return _composer(request, public_id, then_submit=True)


def _composer(request: HttpRequest, public_id: uuid.UUID, *, then_submit: bool = False) -> HttpResponseBase:
    if not request.user.is_authenticated:
        if request.method == "POST":
            unsent.keep(request, public_id)
        return redirect_to_login(reverse("posts:edit", args=[public_id]))
    post = open_to_write(request, public_id)
    if request.method == "POST" and "version" in request.POST:
        return _save(request, post, then_submit=then_submit)
    if then_submit:
        return _submit(request, post)
    if request.method == "POST":  # "use what was saved" of the offer below
        unsent.forget(request, post)
        return redirect("posts:edit", post.public_id)
    if post.state not in EDITABLE:
        return _locked(request, post)
    offered = unsent.offered(request, post)
    form = ComposeForm(offered.fields if offered else None, post=post)
    return render(request, "posts/edit.html", _page(request, post, form, offered=offered))


def _page(request: HttpRequest, post: Post, form: ComposeForm, **more: Any) -> dict[str, Any]:
    return {
        "post": post,
        "form": form,
        "parts": form.channel_parts(),
        "asked": {part.channel.pk for part in form.channel_parts() if part.options and choices.asks(part.channel)},
        "chosen": {str(value) for value in form["channels"].value() or ()},
        "pictures": form.pictures,
        "corrected": corrections.stood(post.corrects) if post.corrects else None,
        "returned": queries.last_return(post) if post.state == PostState.CHANGES_REQUESTED else None,
        "proof": unsent.proof(request.user, post),
        "accept": media.ACCEPT,
        **_checked(post),
        **more,
    }


def _checked(post: Post) -> dict[str, Any]:
    """What the working copy as stored comes out as, what it lacks, and beside which field that is said."""
    composed = content.compose(post)
    for target in composed["channels"]:
        form = facts_of(target["platform"]).format(target.get("format", ""))
        shown = content.media_for(composed, target)
        films = sum("video" in medium for medium in shown)
        target["count"] = form.count(seen(form, target["text"], target["html"]))
        target["limit"] = text_limit(form, media=len(shown))
        target["counted_in"] = wording.counted_in(form)
        target["counted"] = wording.COUNTED[target["counted_in"]]
        target["kind"] = form.name
        target["kind_name"] = wording.format_name(form.name)
        target["shown"] = wording.shown(len(shown) - films, films)
    found = queries.findings(post, composed)
    said: dict[str, list[Finding]] = {}
    for finding in found:
        said.setdefault(finding.where, []).append(finding)
    return {
        "composed": composed,
        "targets": {target["channel"]: target for target in composed["channels"]},
        "missing": [finding for finding in found if finding.severity == Severity.BLOCK],
        "warnings": [finding for finding in found if finding.severity == Severity.WARN],
        "said": said,
    }


def _locked(request: HttpRequest, post: Post) -> HttpResponse:
    revision = post.current_revision
    context = {
        "post": post,
        "composed": revision.content if revision else content.compose(post),
        "stops": queries.deliveries_that_would_stop(post) if post.state == PostState.APPROVED else 0,
        "may_reopen": post.state != PostState.ARCHIVED,
    }
    return render(request, "posts/locked.html", context)


# --- Saving -----------------------------------------------------------------------------------------------------------


def _save(request: HttpRequest, post: Post, *, then_submit: bool) -> HttpResponse:
    """The whole form by a plain POST, and then what its button asks for: ``act``."""
    form = ComposeForm(request.POST, request.FILES, post=post)
    act, _colon, about = request.POST.get("act", "").partition(":")
    refused = ""
    if act == "upload":
        refused = _add_uploads(request, form)
    elif act in ("up", "down", "remove"):
        _rearrange(form.pictures, act, about)
    if not form.is_valid():
        return render(request, "posts/edit.html", _page(request, post, form), status=422)
    try:
        overrule = int(about) if act == "overwrite" and about.isdecimal() else None
        post = form.save(by=request.user, version=overrule)
    except services.EditConflict as conflict:
        return render(request, "posts/edit.html", _page(request, post, form, conflict=conflict.post), status=409)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        return render(request, "posts/edit.html", _page(request, post, form, refused=str(error)), status=422)
    unsent.forget(request, post)
    if refused:
        messages.error(request, refused)
    if then_submit:
        return _submit(request, post)
    if act in ("upload", "up", "down", "remove"):
        return redirect(reverse("posts:edit", args=[post.public_id]) + "#at-pictures")
    if not refused:
        messages.success(request, _("The draft is saved. It is not before the approver yet."))
    return redirect("posts:edit", post.public_id)


def _submit(request: HttpRequest, post: Post) -> HttpResponse:
    # The pages themselves have a word in it; asked before, for nothing waits for a platform inside a transaction.
    refused = " ".join(choices.refused(post)) or refusal(lambda: services.submit(post, by=request.user))
    if refused:
        messages.error(request, refused)
        return redirect(reverse("posts:edit", args=[post.public_id]) + "#at-findings")
    messages.success(request, _("The post is before the approver. You will be told what is decided."))
    return redirect("publishing:post", post.public_id)


def _add_uploads(request: HttpRequest, form: ComposeForm) -> str:
    """Each file as a picture or a video at the end. What was refused, in words."""
    refused = []
    for upload in request.FILES.getlist("files"):
        try:
            stored = media.store(upload, unit=form.post.unit, by=request.user)
        except Refused as error:
            refused.append(f"{upload.name}: {error}")
        else:
            if stored not in [shown.media for shown in form.pictures]:
                form.pictures.append(Shown(stored))
    return " ".join(refused)


def _rearrange(shown: list[Shown], act: str, public_id: str) -> None:
    place = next((n for n, each in enumerate(shown) if str(each.media.public_id) == public_id), None)
    if place is None:
        return
    moved = shown.pop(place)
    if act != "remove":
        shown.insert(max(place - 1, 0) if act == "up" else place + 1, moved)


@login_not_required  # a script asks: it is told 401 instead of being sent to the sign-in page
@require_POST
def autosave(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """200 saved, 401 signed out, 409 somebody else was faster, 422 what is wrong, by field."""
    if not request.user.is_authenticated:
        return _signed_out()
    post = open_to_write(request, public_id)
    form = ComposeForm(request.POST, post=post)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors_by_field()}, status=422)
    try:
        overrule = request.POST.get("act", "").removeprefix("overwrite:")
        post = form.save(by=request.user, version=int(overrule) if overrule.isdecimal() else None)
    except services.EditConflict as conflict:
        answer = {"version": conflict.post.version, "html": _conflict_html(conflict.post)}
        return JsonResponse(answer, status=409)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        return JsonResponse({"errors": {"": [str(error)]}}, status=422)
    unsent.forget(request, post)
    form.post = post
    context = {"parts": form.channel_parts(), "pictures": form.pictures, **_checked(post)}
    parts = render_to_string("posts/_parts.html", context, request)
    saved = formats.time_format(timezone.localtime(post.changed_at), "H:i:s")
    return JsonResponse({"version": post.version, "saved": saved, "html": parts})


def _conflict_html(post: Post) -> str:
    return render_to_string("posts/_conflict.html", {"conflict": post})


def _signed_out() -> JsonResponse:
    return JsonResponse({}, status=401)


# --- What a script asks for besides -----------------------------------------------------------------------------------


@login_not_required
@require_GET
def presence(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """Who else has the post open, its newest version, and a fresh CSRF token for a page that outlived its session."""
    if not request.user.is_authenticated:
        return _signed_out()
    post = open_to_write(request, public_id)
    others = services.touch(post, by=request.user, now=timezone.now())
    return JsonResponse({"others": [str(o) for o in others], "version": post.version, "token": get_token(request)})


@require_GET
def channel_choices(request: HttpRequest, public_id: uuid.UUID, channel: uuid.UUID) -> HttpResponse:
    """What the page's own settings allow just now, for the script to narrow the fields by."""
    post = open_to_write(request, public_id)
    row = get_object_or_404(Channel.objects.usable(), public_id=channel, unit=post.unit)
    if not choices.asks(row):
        return HttpResponse(status=204)
    left = choices.left(row)
    longest = choices.longest_of(left or {})
    context = {"channel": row, "left": left, "longest": longest and wording.span_of(longest), "at": timezone.now()}
    return render(request, "posts/_choices.html", context)


@login_not_required
@require_POST
def upload(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """Stores one picture or video for the unit and answers with its card; the form that comes next makes it part of the
    post."""
    if not request.user.is_authenticated:
        return _signed_out()
    post = open_to_write(request, public_id)
    if not (file := request.FILES.get("file")):
        return JsonResponse({"error": _("No file arrived. Choose it again.")}, status=422)
    try:
        stored = media.store(file, unit=post.unit, by=request.user)
    except Refused as error:
        return JsonResponse({"error": str(error)}, status=422)
    card = render_to_string("posts/_picture.html", {"shown": Shown(stored)})
    return JsonResponse({"picture": str(stored.public_id), "html": card})
