"""Answers to the scripts of the composer: saving and checks while somebody writes, who else is
there, previews, uploads.
"""

import uuid

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from channels import presenters
from channels.models import Channel
from core import quotas
from core.errors import Busy, NotAllowed, QuotaExceeded, Refused
from core.middleware import count_seconds_to_wait
from core.text import parse_whole_number
from media import storing
from media.models import VideoEdit
from posts.canonical import content
from posts.canonical.destinations import describe_destinations
from posts.context import post_to_write
from posts.editor import choices, drafts, saving, unsent
from posts.editor.forms import ComposeForm
from posts.editor.page import find_clash, findings_by_field, saved_context, with_new_videos
from posts.editor.parts import render_media_card
from posts.editor.saving import CHECKING, SAVING
from posts.kit_placeholders import UnitKit
from posts.models import Post


@login_not_required  # a script asks: it is told 401 instead of being sent to the sign-in page
@require_POST
def check(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """Return what is found in the form as it is being written, for the script. Nothing is stored.
    Statuses as of `autosave`, but for 409.
    """
    refused = _refusal_of_person(request)
    if refused:
        return refused
    try:
        with CHECKING.hold(request.user.pk):
            return _check(request, drafts.get_or_build_post(request, public_id))
    except (Busy, QuotaExceeded) as error:
        return _retry_response(error)


def _check(request: HttpRequest, post: Post) -> JsonResponse:
    quotas.use("check", by=request.user)
    form = ComposeForm(request.POST, post=post)
    if not form.is_valid() and not form.keep_stored_times():
        return JsonResponse({"errors": form.errors_by_field()}, status=422)
    try:
        post, targets, pictures = form.draft()
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        return JsonResponse({"errors": {"": [str(error)]}}, status=422)
    composed = content.compose(post, targets=targets, pictures=pictures)
    media = [picture.media for picture in pictures]
    context = {
        "parts": form.channel_parts(),
        "pictures": form.pictures,
        "targets": {target["channel"]: target for target in composed["channels"]},
        **describe_destinations(targets, pictures),
        "clash": find_clash(post, targets, now=timezone.now()),
        **findings_by_field(post, composed, targets=targets, media=media),
    }
    return JsonResponse({"html": render_to_string("posts/_found_parts.html", context, request)})


@login_not_required
@require_POST
def autosave(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """Save for the script: 200 saved, 401 signed out, 403 somebody else's page, 409 somebody else
    was faster, 422 errors by field, 429 too often.
    """
    refused = _refusal_of_person(request)
    if refused:
        return refused
    try:
        with SAVING.hold(request.user.pk):
            return _autosave(request, drafts.get_or_build_post(request, public_id))
    except (Busy, QuotaExceeded) as error:
        return _retry_response(error)


def _autosave(request: HttpRequest, post: Post) -> JsonResponse:
    quotas.use("autosave", by=request.user)
    data, videos = with_new_videos(request.POST, post)
    form = ComposeForm(data, post=post)
    if not form.is_valid() and not form.keep_stored_times():
        return JsonResponse({"errors": form.errors_by_field()}, status=422)
    try:
        overrule = request.POST.get("act", "").removeprefix("overwrite:")
        post = form.save(by=request.user, version=parse_whole_number(overrule))
    except saving.EditConflict as conflict:
        answer = {
            "version": conflict.post.version,
            "html": render_to_string(
                "posts/_conflict.html", {"conflict": conflict.post, "user": request.user}
            ),
        }
        return JsonResponse(answer, status=409)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        return JsonResponse({"errors": {"": [str(error)]}}, status=422)
    unsent.drop_unsent(request, post)
    form.post = post
    context = {
        "post": post,
        "parts": form.channel_parts(),
        "pictures": form.pictures,
        **saved_context(post, form),
    }
    parts = render_to_string("posts/_parts.html", context, request)
    saved = formats.time_format(timezone.localtime(post.changed_at), "H:i:s")
    answer = {"version": post.version, "saved": saved, "html": parts}
    if videos:
        # New videos, by the ids of those that they replace.
        scans = context["scans"]
        pictures = {picture.media.pk: picture for picture in form.pictures}
        answer["videos"] = {
            old: render_to_string(
                "posts/_picture.html", {"shown": pictures[new.pk], "scans": scans}
            )
            for old, new in videos.items()
            if new.pk in pictures
        }
    errors = form.errors_by_field(of_half_times=False)
    return JsonResponse(answer | {"switches": context["switches"], "errors": errors})


def _refusal_of_person(request: HttpRequest) -> JsonResponse | None:
    """Return the answer to signed-out users (401), and to others than opened the page (403)."""
    if not request.user.is_authenticated:
        return _signed_out_response()
    return JsonResponse({}, status=403) if unsent.is_of_another_person(request) else None


def _retry_response(error: Busy | QuotaExceeded) -> JsonResponse:
    """Answer that nothing was saved: the page reports it, keeps the text, and saves it after
    ``Retry-After``.
    """
    wait = str(count_seconds_to_wait(error))
    return JsonResponse({"errors": {"": [str(error)]}}, status=429, headers={"Retry-After": wait})


def _signed_out_response() -> JsonResponse:
    return JsonResponse({}, status=401)


@login_not_required
@require_GET
def presence(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """Return who asks, who else has the post open, its newest version, and a fresh CSRF token for a
    page that outlived its session.
    """
    if not request.user.is_authenticated:
        return _signed_out_response()
    post = drafts.get_or_build_post(request, public_id)
    others: list[User] = []
    if not post._state.adding:
        others = saving.note_editing(post, by=request.user, now=timezone.now())
    return JsonResponse(
        {
            "person": str(request.user.public_id),
            "others": [str(person) for person in others],
            "version": post.version,
            # The newest change is a video that a worker made: the page takes it over as it saves.
            "has_new_video": VideoEdit.objects.filter(
                purpose_id=post.public_id, purpose_version=post.version
            ).exists(),
            "token": get_token(request),
        }
    )


@require_GET
@vary_on_headers("HX-Request")
def preview(request: HttpRequest, public_id: uuid.UUID, channel: uuid.UUID) -> HttpResponse:
    """Show the stored draft on one channel as residents will see it."""
    post = post_to_write(request, public_id)
    row = get_object_or_404(Channel, public_id=channel, unit=post.unit)
    composed = content.compose(post)
    key = str(row.public_id)
    target = next((target for target in composed["channels"] if target["channel"] == key), None)
    if post.adoption and target:
        unit_kit = UnitKit(post.adoption.version, post.unit)
        composed["title"] = unit_kit.show_labels(composed["title"])
        target["text"] = unit_kit.show_labels(target["text"])
        target["html"] = unit_kit.show_labels(target["html"], is_html=True)
    template = "_target" if request.headers.get("HX-Request") else "preview"
    context = {"target": target, "content": composed}
    return render(request, f"posts/{template}.html", context)


@require_GET
def channel_choices(request: HttpRequest, public_id: uuid.UUID, channel: uuid.UUID) -> HttpResponse:
    """Return what the page's own settings allow now, by which the script narrows the fields."""
    post = drafts.get_or_build_post(request, public_id)
    row = get_object_or_404(Channel.objects.usable(), public_id=channel, unit=post.unit)
    if not choices.asks_platform(row):
        return HttpResponse(status=204)
    left = choices.allowed_values(row)
    longest = choices.longest_video(left or {})
    context = {
        "channel": row,
        "left": left,
        "longest": longest and presenters.format_duration(longest),
        "at": timezone.now(),
    }
    return render(request, "posts/_choices.html", context)


@login_not_required
@require_POST
def upload(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """Store one picture or video for the unit and answer with its card; the next form makes it part
    of the post.
    """
    if not request.user.is_authenticated:
        return _signed_out_response()
    post = drafts.get_or_build_post(request, public_id)
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"error": _("No file arrived. Choose it again.")}, status=422)
    try:
        stored = storing.store(file, unit=post.unit, by=request.user)
    except Busy as error:  # the script sends it again
        return JsonResponse(
            {"error": str(error)}, status=503, headers={"Retry-After": str(error.retry_after)}
        )
    except Refused as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse({"picture": str(stored.public_id), "html": render_media_card(stored)})
