"""The composer: one form that saves itself, and works as a plain form where no script runs."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

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
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from campaigns.kits.presenters import Difference
from campaigns.queries import topic_asks
from channels import presenters
from channels.models import Channel
from channels.queries import facts_of
from core import quotas
from core.actions import refusal
from core.clock import local_time
from core.errors import Busy, NotAllowed, QuotaExceeded, Refused
from core.middleware import seconds_to_wait
from core.semaphores import OwnTurns
from core.text import whole_number
from media import services as media_services
from media import uploads
from media.models import FilmEdit, Media
from media.scanners.queries import state_of
from platforms.limits import text_limit, visible_text
from posts.canonical import content, corrections, material
from posts.checks.base import Finding, Severity
from posts.context import post_to_write, units_to_write_in
from posts.editor import beginning, choices, leaks, unit_cards, unsent
from posts.editor import services as editing
from posts.editor.cards import picture_card
from posts.editor.forms import ComposeForm, Shown, targets_of, with_new_films
from posts.findings import findings, hints
from posts.kits.queries import changes_of_kit
from posts.kits.services import has_newer_version
from posts.leak_rules.models import LeakCount
from posts.leak_rules.queries import has_entered
from posts.leak_rules.services import count
from posts.models import UPLOAD_PURPOSE, Post, PostChannel
from posts.origins.shown import origin_of
from posts.queries import deliveries_that_would_stop, free_times, last_return
from posts.review import services as post_reviews
from posts.review.passing import rules_in
from posts.scanned import cards_of
from posts.states import EDITABLE, PostState
from posts.suggested_times import suggested_times

# Reading what is written costs a processor up to seconds: a person's requests go one by one.
_checking, _saving = OwnTurns(waiting=1, patience=10), OwnTurns(waiting=2, patience=30)

# --- The page -------------------------------------------------------------------------------------


@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """Open the composer at once. The first save makes the post; looking makes none."""
    post = beginning.new_post(request)
    units = units_to_write_in(request.user)
    page = _page(request, post, ComposeForm(None, post=post), units=units)
    return render(request, "posts/edit.html", page)


# so that a form sent after the session ran out is kept until its sender has signed in again
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    return _composer(request, public_id)


@login_not_required
@require_POST
def submit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """Save the form, where one came along, and submit the post to the approvers."""
    return _composer(request, public_id, then_submit=True)


def _composer(
    request: HttpRequest, public_id: uuid.UUID, *, then_submit: bool = False
) -> HttpResponseBase:
    if not request.user.is_authenticated:
        if request.method == "POST":
            unsent.keep(request, public_id)
        return redirect_to_login(_page_of(request, public_id))
    if request.method == "POST":
        with _saving.taken(by=request.user.pk):
            post = beginning.post_of(request, public_id)
            return _take_form(request, post, then_submit=then_submit)
    post = beginning.post_of(request, public_id)
    if post.state not in EDITABLE:
        return _locked(request, post)
    offered = unsent.offered(request, post)
    form = ComposeForm(offered.fields if offered else None, post=post)
    return render(request, "posts/edit.html", _page(request, post, form, offered=offered))


def _take_form(request: HttpRequest, post: Post, *, then_submit: bool) -> HttpResponse:
    if request.POST.get("act") == "return":
        return _show_unsaved(request, post)
    if "version" in request.POST:
        return _save(request, post, then_submit=then_submit)
    if then_submit:
        return _submit(request, post)
    unsent.forget(request, post)  # "use what was saved" of the offer
    return redirect(_page_of(request, post.public_id))


def _show_unsaved(request: HttpRequest, post: Post) -> HttpResponse:
    """Show the form with what the browser kept while the portal was away; nothing is saved yet."""
    if post.state not in EDITABLE:
        return _locked(request, post)
    form = ComposeForm(request.POST, post=post)
    return render(request, "posts/edit.html", _page(request, post, form, is_returned=True))


def _page_of(request: HttpRequest, public_id: uuid.UUID) -> str:
    """Return the composer's address with what it carries of a post that has no row yet."""
    address = reverse("posts:edit", args=[public_id])
    begun = request.GET.get("begun")
    return f"{address}?{urlencode({'begun': begun})}" if begun else address


def _page(request: HttpRequest, post: Post, form: ComposeForm, **more: Any) -> dict[str, Any]:
    return {
        "post": post,
        "query": beginning.query(request, post),
        "form": form,
        "kit": form.kit_part(),
        "parts": form.channel_parts(),
        "asked": {
            part.channel.pk
            for part in form.channel_parts()
            if part.options and choices.asks(part.channel)
        },
        "chosen": {str(value) for value in form["channels"].value() or ()},
        "pictures": form.pictures,
        "corrected": corrections.published_trace(post.corrects) if post.corrects else None,
        "origin": None if post._state.adding or post.adoption else origin_of(post, request.user),
        "returned": last_return(post) if post.state == PostState.CHANGES_REQUESTED else None,
        "newer_kit": has_newer_version(post),
        "kit_changes": _changes_of_kit(post),
        "unit_cards": unit_cards.offers(post),
        "proof": unsent.proof(request.user, post),
        "accept": media_services.ACCEPT,
        "unfinished": 0 if post._state.adding else _unfinished(request, post),
        "times": _times(form, timezone.now()),
        "asks_public_numbers": post._state.adding and not has_entered(post.unit),
        **_checked(post, form),
        **more,
    }


def _changes_of_kit(post: Post) -> list[Difference]:
    return changes_of_kit(post.adoption.kit, post.adoption) if post.adoption else []


def _unfinished(request: HttpRequest, post: Post) -> int:
    """Count the files of which a part arrived before the page was loaded anew."""
    purpose = {"purpose": UPLOAD_PURPOSE, "purpose_id": post.public_id}
    return uploads.unfinished(unit=post.unit, by=request.user, **purpose)


def _times(form: ComposeForm, now: datetime) -> dict[str, list[tuple[str, str]]]:
    """Return the times that are offered at one tap, each with its value for the fields: those at
    which residents read, and the unit's free slots.
    """
    suggested = suggested_times(now)
    taken = {at for at, _words in suggested}
    free = [time.at for time in free_times(form.usable, now=now) if time.at not in taken]
    return {
        "suggested": [(words, _value(at)) for at, words in suggested],
        "free": [(local_time(at), _value(at)) for at in free],
    }


def _value(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%dT%H:%M}"


def _checked(post: Post, form: ComposeForm) -> dict[str, Any]:
    """Return the stored working copy as composed, its findings, the field beside which each is
    shown, and how far the scanners are with the form's pictures. Nothing is found in a post that
    has no row yet.
    """
    targets = targets_of(post)
    pictures = [] if post._state.adding else list(post.pictures.select_related("media"))
    media = [picture.media for picture in pictures]
    in_form = [shown.media for shown in form.pictures]
    scans = state_of({*media, *in_form})
    cards = cards_of(in_form, scans)
    unfit = material.reasons(targets, content.material_of(pictures))
    if post._state.adding:
        none: list[Finding] = []
        return {
            "targets": {},
            "scans": cards,
            "missing": none,
            "to_tick": none,
            "to_pass": none,
            "warnings": none,
            "hints": none,
            "said": {},
            "unfit": unfit,
            "required": set(),
        }
    composed = content.compose(post, targets=targets, pictures=pictures)
    for target in composed["channels"]:
        target["shown_as"] = _mark_of(composed, target)
        form = facts_of(target["platform"]).format(target.get("format", ""))
        shown = content.media_for(composed, target)
        videos = sum("video" in medium for medium in shown)
        target["count"] = form.count(visible_text(form, target["text"], target["html"]))
        target["limit"] = text_limit(form, media=len(shown))
        target["counted_in"] = presenters.counting_unit(form)
        target["counted"] = presenters.COUNTED[target["counted_in"]]
        target["kind"] = form.name
        target["kind_name"] = presenters.format_name(form.name)
        target["shown"] = presenters.describe_media_counts(len(shown) - videos, videos)
    return {
        "targets": {target["channel"]: target for target in composed["channels"]},
        "scans": cards,
        "unfit": unfit,
        # What a script does not change where a person has switched meanwhile.
        "switches": {str(t.channel.public_id): t.is_on for t in targets if not t.by_hand},
        **_found(post, composed, targets=targets, media=media, scans=scans),
    }


def _found(
    post: Post, composed: Mapping[str, Any], *, targets: Sequence[PostChannel], **about: Any
) -> dict[str, Any]:
    """Return what is found in a working copy, stored or not, and beside which field each finding is
    shown. ``about``: what `findings` takes besides.
    """
    required = topic_asks(post.topic_id, post.unit, on=timezone.localdate())
    found = findings(post, composed, targets=targets, asked=required, **about)
    shown = leaks.with_words(post, composed, found, targets)
    said: dict[str, list[leaks.Shown]] = {}
    for finding in shown:
        said.setdefault(finding.where, []).append(finding)
    return {
        "missing": [finding for finding in shown if finding.severity == Severity.BLOCK],
        "to_tick": [finding for finding in shown if finding.severity == Severity.TICK],
        "to_pass": [finding for finding in shown if finding.severity == Severity.REASON],
        "warnings": [finding for finding in shown if finding.severity == Severity.WARN],
        "hints": hints(post, composed),
        "said": said,
        "required": required,
    }


def _mark_of(composed: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    """Return a mark of what residents see on one channel: it changes when the preview does."""
    names = ("title", "body", "link", "media", "ai_made", "unit")
    shown = {name: composed.get(name) for name in names}
    return content.digest(shown | {"channels": [dict(target)]})[:16]


def _locked(request: HttpRequest, post: Post) -> HttpResponse:
    revision = post.current_revision
    context = {
        "post": post,
        "composed": revision.content if revision else content.compose(post),
        "stops": deliveries_that_would_stop(post) if post.state == PostState.APPROVED else 0,
        "may_reopen": post.state != PostState.ARCHIVED,
    }
    return render(request, "posts/locked.html", context)


# --- Saving ---------------------------------------------------------------------------------------


def _save(request: HttpRequest, post: Post, *, then_submit: bool) -> HttpResponse:
    """Save the whole form from a plain POST, then do the action of its button: ``act``."""
    data, _films = with_new_films(request.POST, post)
    form = ComposeForm(data, request.FILES, post=post)
    act, _colon, about = request.POST.get("act", "").partition(":")
    refused = ""
    if act == "upload":
        refused = _add_uploads(request, form)
    elif act in ("up", "down", "remove"):
        _rearrange(form.pictures, act, about)
    if not form.is_valid():
        return render(request, "posts/edit.html", _page(request, post, form), status=422)
    try:
        quotas.use("autosave", by=request.user)
        overrule = whole_number(about) if act == "overwrite" else None
        post = form.save(by=request.user, version=overrule)
    except editing.EditConflict as conflict:
        return render(
            request,
            "posts/edit.html",
            _page(request, post, form, conflict=conflict.post),
            status=409,
        )
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        return render(
            request, "posts/edit.html", _page(request, post, form, refused=str(error)), status=422
        )
    unsent.forget(request, post)
    if act in ("way", "alarm"):
        refused = _answer_finding(request, post, act, about)
    if refused:
        messages.error(request, refused)
    if then_submit and (changed := _switched_meanwhile(form, post)):
        messages.warning(request, changed)
        return redirect(reverse("posts:edit", args=[post.public_id]) + "#at-channels")
    if then_submit:
        return _submit(request, post)
    if not refused and act not in _NEXT:
        messages.success(request, _("The draft is saved. It is not before the approver yet."))
    return redirect(_after(post, act, about))


def _answer_finding(request: HttpRequest, post: Post, act: str, about: str) -> str:
    """Do what one tap asks beside a finding of the leak check: change the text, or report that it
    is no leak. Return why not.
    """
    mark, _colon, kind = about.partition(":")
    if act == "way":
        return refusal(lambda: leaks.take_way_out(post, mark, kind, by=request.user))
    if refused := refusal(lambda: leaks.report(post, mark, by=request.user)):
        return refused
    words = _("Thank you. The ministry sees the rule and the shape of the words, never the words.")
    messages.success(request, words)
    return ""


def _after(post: Post, act: str, about: str) -> str:
    """Return the address at which a saved form goes on."""
    page, place = _NEXT.get(act, ("posts:edit", ""))
    address = reverse(page, args=[post.public_id]) + place
    pages = {"edit": "posts:edit_media", "boxes": "posts:media_findings"}
    return (act in pages and _page_of_picture(post, pages[act], about)) or address


def _page_of_picture(post: Post, page: str, about: str) -> str:
    """Return the address at which one of the post's pictures is edited for it, or decided on; empty
    for another one. ``about``: its public id, and the shape to begin with.
    """
    key, _colon, shape = about.partition(":")
    for shown in post.pictures.select_related("media"):
        if str(shown.media.public_id) == key:
            query = {"post": post.public_id, **({"shape": shape} if shape else {})}
            address = reverse(page, args=[shown.media.public_id])
            return f"{address}?{urlencode(query)}"
    return ""


# Where a button leads that does more than to save.
_NEXT = {
    "pieces": ("posts:pieces", ""),
    **dict.fromkeys(("way", "alarm"), ("posts:edit", "#at-findings")),
    "library": ("posts:choose_media", ""),
    "card": ("posts:card_for_post", ""),
    **dict.fromkeys(("upload", "up", "down", "remove", "edit"), ("posts:edit", "#at-pictures")),
}


def _switched_meanwhile(form: ComposeForm, post: Post) -> str:
    """Name the channels that the pictures and videos switched by this save: what is approved goes
    where the page said that it goes.
    """
    shown = {channel.pk for channel in form.cleaned_data["channels"]}
    stored = {target.channel_id for target in post.targets.switched_on()}
    names = [part.label for part in form.channel_parts() if part.channel.pk in shown ^ stored]
    if not names:
        return ""
    words = _(
        "The pictures and videos decided anew about %(names)s. Look at the channels, then "
        "submit again."
    )
    return words % {"names": ", ".join(names)}


def _submit(request: HttpRequest, post: Post) -> HttpResponse:
    # The pages' own settings count, too; queried before, since no transaction waits for a platform.
    refused = " ".join(choices.refused(post)) or refusal(
        lambda: post_reviews.submit(post, by=request.user, ticks=request.POST.getlist("tick"))
    )
    if refused:
        # The page says itself what is missing, and where.
        blocking = rules_in(findings(post), Severity.BLOCK)
        count(post.unit, blocking, LeakCount.Outcome.HELD)
        if not blocking:
            messages.error(request, refused)
        return redirect(reverse("posts:edit", args=[post.public_id]) + "#at-findings")
    messages.success(
        request, _("The post is before the approver. You will be told what is decided.")
    )
    return redirect("publishing:post", post.public_id)


def _add_uploads(request: HttpRequest, form: ComposeForm) -> str:
    """Add each file as a picture or a video at the end. Return what was refused, in words."""
    refused = []
    for upload in request.FILES.getlist("files"):
        try:
            stored = media_services.store(upload, unit=form.post.unit, by=request.user)
        except Refused as error:
            refused.append(f"{upload.name}: {error}")
        else:
            if stored not in [shown.media for shown in form.pictures]:
                form.pictures.append(Shown(stored, stored.alt_text))
    return " ".join(refused)


def _rearrange(shown: list[Shown], act: str, public_id: str) -> None:
    place = next(
        (n for n, each in enumerate(shown) if str(each.media.public_id) == public_id), None
    )
    if place is None:
        return
    moved = shown.pop(place)
    if act != "remove":
        shown.insert(max(place - 1, 0) if act == "up" else place + 1, moved)


@login_not_required  # a script asks: it is told 401 instead of being sent to the sign-in page
@require_POST
def check(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """Return what is found in the form as it is being written, for the script. Nothing is stored.
    Statuses as of `autosave`, but for 409.
    """
    if refused := _not_theirs(request):
        return refused
    try:
        with _checking.taken(by=request.user.pk):
            return _check(request, beginning.post_of(request, public_id))
    except (Busy, QuotaExceeded) as error:
        return _try_again(error)


def _check(request: HttpRequest, post: Post) -> JsonResponse:
    quotas.use("check", by=request.user)
    form = ComposeForm(request.POST, post=post)
    if not form.is_valid() and not form.set_times_aside():
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
        **_found(post, composed, targets=targets, media=media),
    }
    return JsonResponse({"html": render_to_string("posts/_found_parts.html", context, request)})


@login_not_required
@require_POST
def autosave(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """Save for the script: 200 saved, 401 signed out, 403 somebody else's page, 409 somebody else
    was faster, 422 errors by field, 429 too often.
    """
    if refused := _not_theirs(request):
        return refused
    try:
        with _saving.taken(by=request.user.pk):
            return _autosave(request, beginning.post_of(request, public_id))
    except (Busy, QuotaExceeded) as error:
        return _try_again(error)


def _autosave(request: HttpRequest, post: Post) -> JsonResponse:
    quotas.use("autosave", by=request.user)
    data, films = with_new_films(request.POST, post)
    form = ComposeForm(data, post=post)
    if not form.is_valid() and not form.set_times_aside():
        return JsonResponse({"errors": form.errors_by_field()}, status=422)
    try:
        overrule = request.POST.get("act", "").removeprefix("overwrite:")
        post = form.save(by=request.user, version=whole_number(overrule))
    except editing.EditConflict as conflict:
        answer = {"version": conflict.post.version, "html": _conflict_html(request, conflict.post)}
        return JsonResponse(answer, status=409)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        return JsonResponse({"errors": {"": [str(error)]}}, status=422)
    unsent.forget(request, post)
    form.post = post
    context = {
        "post": post,
        "parts": form.channel_parts(),
        "pictures": form.pictures,
        **_checked(post, form),
    }
    parts = render_to_string("posts/_parts.html", context, request)
    saved = formats.time_format(timezone.localtime(post.changed_at), "H:i:s")
    answer = {"version": post.version, "saved": saved, "html": parts}
    if films:
        answer["films"] = _tiles(form, films, context["scans"])
    errors = form.errors_by_field(of_half_times=False)
    return JsonResponse(answer | {"switches": context["switches"], "errors": errors})


def _not_theirs(request: HttpRequest) -> JsonResponse | None:
    """Answer a script whose page is nobody's any more, or another person's."""
    if not request.user.is_authenticated:
        return _signed_out()
    return JsonResponse({}, status=403) if unsent.is_of_another(request) else None


def _tiles(form: ComposeForm, films: Mapping[str, Media], scans: Any) -> dict[str, str]:
    """Return the tiles of new videos by the ids of those in whose place they stand."""
    shown = {each.media.pk: each for each in form.pictures}
    return {
        old: render_to_string("posts/_picture.html", {"shown": shown[new.pk], "scans": scans})
        for old, new in films.items()
        if new.pk in shown
    }


def _try_again(error: Busy | QuotaExceeded) -> JsonResponse:
    """Answer that nothing was saved: the page reports it, keeps the text, and saves it after
    ``Retry-After``.
    """
    wait = str(seconds_to_wait(error))
    return JsonResponse({"errors": {"": [str(error)]}}, status=429, headers={"Retry-After": wait})


def _conflict_html(request: HttpRequest, post: Post) -> str:
    return render_to_string("posts/_conflict.html", {"conflict": post, "user": request.user})


def _signed_out() -> JsonResponse:
    return JsonResponse({}, status=401)


# --- What a script asks for besides ---------------------------------------------------------------


@login_not_required
@require_GET
def presence(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """Return who asks, who else has the post open, its newest version, and a fresh CSRF token for a
    page that outlived its session.
    """
    if not request.user.is_authenticated:
        return _signed_out()
    post = beginning.post_of(request, public_id)
    others: list[User] = []
    if not post._state.adding:
        others = editing.touch(post, by=request.user, now=timezone.now())
    return JsonResponse(
        {
            "person": str(request.user.public_id),
            "others": [str(o) for o in others],
            "version": post.version,
            # The newest change is a video that a worker made: the page takes it over as it saves.
            "has_new_film": FilmEdit.objects.filter(
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
    target = next((each for each in composed["channels"] if each["channel"] == key), None)
    template = "_target" if request.headers.get("HX-Request") else "preview"
    context = {"target": target, "content": composed}
    return render(request, f"posts/{template}.html", context)


@require_GET
def channel_choices(request: HttpRequest, public_id: uuid.UUID, channel: uuid.UUID) -> HttpResponse:
    """Return what the page's own settings allow now, by which the script narrows the fields."""
    post = beginning.post_of(request, public_id)
    row = get_object_or_404(Channel.objects.usable(), public_id=channel, unit=post.unit)
    if not choices.asks(row):
        return HttpResponse(status=204)
    left = choices.left(row)
    longest = choices.longest_of(left or {})
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
        return _signed_out()
    post = beginning.post_of(request, public_id)
    if not (file := request.FILES.get("file")):
        return JsonResponse({"error": _("No file arrived. Choose it again.")}, status=422)
    try:
        stored = media_services.store(file, unit=post.unit, by=request.user)
    except Busy as error:  # the script sends it again
        return JsonResponse(
            {"error": str(error)}, status=503, headers={"Retry-After": str(error.retry_after)}
        )
    except Refused as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse({"picture": str(stored.public_id), "html": picture_card(stored)})
