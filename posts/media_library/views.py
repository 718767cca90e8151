"""The library of pictures and videos: its list, one of it, its folders, and the sheet of the
composer.
"""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from core import quotas
from core.actions import button_action, form_action, form_data, offer_undo, refusal
from core.errors import Busy, NotAllowed, Refused
from core.lists import get_page, render_page
from core.text import parse_uuid
from media import storing, uploads
from media.library import entries
from media.library.queries import find_similar, folders_of, in_library_of, tags_of
from media.links import COVER, ITSELF, THUMB, viewing_url
from media.models import Card, Folder, Media
from posts.context import post_to_write, units_to_write_in
from posts.editor import drafts
from posts.editor.parts import render_media_card
from posts.editor.upload_views import library_card
from posts.media_library import queries, upkeep
from posts.media_library.forms import SIZES, FolderForm, LibraryFilter, MediaForm
from posts.models import Post
from posts.queries import match_shown_nowhere, published_uses, unfinished_drafts
from posts.scanned import cards_of
from units.models import Level, Unit

PAGE = 24
MOST_CHOSEN_FROM = 60  # pictures in the sheet; the search finds the others
MOST_DRAFTS = 10  # open drafts offered to take a picture


# --- The list -------------------------------------------------------------------------------------


@require_safe
def media_library(request: HttpRequest) -> HttpResponse:
    """List the library of the current position's unit, and what the units above share with it."""
    unit = _unit(request)
    folders = folders_of(unit)
    form = LibraryFilter(request.GET, folders=folders, tags=tags_of(unit))
    media = _filter_media(unit, form.chosen)
    page = get_page(request, media, PAGE)
    context = {
        "cards": _cards(list(page), unit),
        "page_obj": page,
        "form": form,
        "unit": unit,
        "accept": storing.ACCEPT,
        "unfinished": uploads.count_unfinished(
            unit=unit, purpose=entries.LIBRARY_PURPOSE, purpose_id=None, by=request.user
        ),
        "writes": unit in units_to_write_in(request.user),
    }
    return render_page(request, "posts/media_library/list.html", context)


def _unit(request: HttpRequest) -> Unit:
    position = current_position(request)
    if position is None or not can(request.user, Permission.LIBRARY_WRITE, unit=position.unit):
        raise PermissionDenied
    return position.unit


def _filter_media(unit: Unit, wanted: dict[str, Any]) -> QuerySet[Media]:
    show = wanted.get("show")
    media = queries.archived_media(unit) if show == "archived" else queries.library_media(unit)
    if show == "ending":
        media = queries.filter_ending(media, on=timezone.localdate())
    if level := wanted.get("level"):
        media = media.filter(unit=unit) if level == "own" else media.filter(unit__level=level)
    if kind := wanted.get("kind"):
        is_video = {"content_type__startswith": "video/"}
        media = media.filter(**is_video) if kind == "video" else media.exclude(**is_video)
    if size := wanted.get("size"):
        least, most = SIZES[size]
        media = media.filter(size__gte=least)
        media = media.filter(size__lt=most) if most else media
    if folder := wanted.get("folder"):
        media = media.filter(folder__in=[folder, *folder.folders.all()])
    if tag := wanted.get("tag"):
        media = media.filter(tags=tag)
    if used := wanted.get("used"):
        media = queries.filter_by_use(media, used=used == "yes")
    return queries.search(media, wanted.get("q", ""), unit)


def _cards(rows: list[Media], unit: Unit) -> list[dict[str, Any]]:
    """Return what the list shows of each, with its small picture as a signed link."""
    uses, today = queries.count_uses(rows), timezone.localdate()
    return [
        {
            "media": row,
            "thumb": viewing_url(row, THUMB),
            "uses": uses.get(row.pk, 0),
            "is_own": row.unit_id == unit.pk,
            "is_over": row.is_expired(today),
            "ends_soon": bool(row.expires_on and row.expires_on <= today + queries.SOON),
        }
        for row in rows
    ]


@login_not_required  # a script asks: it is told 401 instead of being sent to the sign-in page
@require_POST
def add_media(request: HttpRequest) -> HttpResponse:
    """Store pictures or videos in the library. A script sends one in ``file`` and gets a card; a
    plain form sends several in ``files``.
    """
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    unit = _unit(request)
    if "file" not in request.FILES:
        return _add_many(request, unit)
    try:
        added = entries.add(request.FILES["file"], unit=unit, by=request.user)
    except Busy as error:  # the script sends it again
        return JsonResponse(
            {"error": str(error)}, status=503, headers={"Retry-After": str(error.retry_after)}
        )
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        return JsonResponse({"error": str(error)}, status=422)
    card = library_card(added.media)
    return JsonResponse({"picture": str(added.media.public_id), "html": card})


def _add_many(request: HttpRequest, unit: Unit) -> HttpResponse:
    added = []
    for file in request.FILES.getlist("files"):
        if refused := refusal(
            lambda file=file: added.append(entries.add(file, unit=unit, by=request.user))
        ):
            messages.error(request, f"{file.name}: {refused}")
    known = sum(addition.is_known for addition in added)
    if added:
        message = _("%(n)s files are in the library, %(known)s of them were there before.")
        messages.success(request, message % {"n": len(added), "known": known})
    elif not request.FILES:
        messages.error(request, _("No file arrived. Choose it again."))
    return redirect("posts:media_library")


# --- One of it ------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def medium(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a picture or video with where it is used; a POST changes what is said of it."""
    unit = _unit(request)
    rows = Media.objects.in_sight_of(request.user).select_related("unit", "folder__parent")
    media = get_object_or_404(rows, public_id=public_id)
    may_change = can(request.user, Permission.LIBRARY_WRITE, unit=media.unit)
    folders = folders_of(media.unit) if may_change else []
    data = form_data(request) if may_change else None
    form = MediaForm(data, media=media, folders=folders)
    done = form_action(
        form,
        lambda: entries.describe(
            media, form.description(), by=request.user, version=form.cleaned_data["version"]
        ),
    )
    if done:
        messages.success(request, _("Saved."))
        return redirect("posts:library_medium", media.public_id)
    family = queries.media_and_copies(media)
    writes = unit in units_to_write_in(request.user) and unit.path.startswith(media.unit.path)
    context = {
        "media": media,
        "scan": cards_of([media])[str(media.public_id)],
        "form": form,
        "may_change": may_change,
        "whole": viewing_url(media, ITSELF),
        "cover": viewing_url(media, COVER if media.is_video else THUMB),
        "pages": published_uses(family, user=request.user),
        "posts": queries.posts_with(family, user=request.user),
        "alike": [(similar, viewing_url(similar, THUMB)) for similar in find_similar(media)],
        "tags": tags_of(media.unit) if may_change else (),
        "is_over": media.is_expired(timezone.localdate()),
        "is_card": Card.objects.filter(media=media).exists(),
        "may_share": may_change and media.unit.level != Level.COMMUNE,
        "is_free": may_change and Media.objects.filter(match_shown_nowhere(), pk=media.pk).exists(),
        "writes": writes,
        "drafts": list(unfinished_drafts(request.user).filter(unit=unit)[:MOST_DRAFTS])
        if writes
        else (),
    }
    return render(request, "posts/media_library/one.html", context, status=done.status)


def _get_to_change(request: HttpRequest, public_id: uuid.UUID) -> Media:
    _unit(request)
    rows = Media.objects.within(request.user.reach(Permission.LIBRARY_WRITE))
    return get_object_or_404(rows.select_related("unit"), public_id=public_id)


@require_POST
def use(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Begin a draft with the picture, or put it into the one that ``post`` names."""
    unit = _unit(request)
    if unit not in units_to_write_in(request.user):
        raise PermissionDenied
    media = get_object_or_404(in_library_of(unit), public_id=public_id)
    post = None
    if named := request.POST.get("post"):
        key = parse_uuid(named)
        if key is None:
            return redirect("posts:library_medium", media.public_id)
        post = post_to_write(request, key)
    made: list[Post] = []
    if refused := refusal(
        lambda: made.append(
            upkeep.put_in_post(media, unit=post.unit if post else unit, by=request.user, post=post)
        )
    ):
        messages.error(request, refused)
        return redirect("posts:library_medium", media.public_id)
    return redirect(reverse("posts:edit", args=[made[0].public_id]) + "#at-pictures")


@require_POST
def share(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Share the picture with the units below, or no longer: as ``act`` says."""
    media = _get_to_change(request, public_id)
    shared = request.POST.get("act") != "stop"
    message = _("The units below may use it now.") if shared else _("It is shared no longer.")
    button_action(
        request, lambda: entries.set_shared(media, shared, by=request.user), message=message
    )
    return redirect("posts:library_medium", media.public_id)


@require_POST
def archive(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    media = _get_to_change(request, public_id)
    if refused := refusal(lambda: upkeep.archive(media, by=request.user)):
        messages.error(request, refused)
        return redirect("posts:library_medium", media.public_id)
    message = _("“%(name)s” is archived, and removed after 30 days.") % {"name": media}
    offer_undo(request, message, reverse("posts:unarchive_media", args=[media.public_id]))
    return redirect("posts:media_library")


@require_POST
def unarchive(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    media = _get_to_change(request, public_id)
    button_action(
        request,
        lambda: upkeep.unarchive(media, by=request.user),
        message=_("“%(name)s” is in the library again.") % {"name": media},
    )
    return redirect("posts:library_medium", media.public_id)


# --- Folders --------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def folders(request: HttpRequest) -> HttpResponse:
    """List the unit's folders; a POST makes one."""
    unit = _unit(request)
    rows = folders_of(unit)
    form = FolderForm(form_data(request), folders=rows)
    done = form_action(
        form, lambda: entries.create_folder(unit, by=request.user, **form.cleaned_data)
    )
    if done:
        messages.success(request, _("The folder is there."))
        return redirect("posts:media_folders")
    context = {"form": form, "folders": rows, "unit": unit}
    return render(request, "posts/media_library/folders.html", context, status=done.status)


@require_POST
def change_folder(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Rename the folder, or remove it: as ``act`` says."""
    _unit(request)
    rows = Folder.objects.within(request.user.reach(Permission.LIBRARY_WRITE))
    folder = get_object_or_404(rows.select_related("unit", "parent"), public_id=public_id)
    if request.POST.get("act") == "remove":
        button_action(
            request,
            lambda: entries.remove_folder(folder, by=request.user),
            message=_("The folder is removed; its pictures stay."),
        )
    else:
        name = request.POST.get("name", "")[:200]
        button_action(
            request,
            lambda: entries.rename_folder(folder, name, by=request.user),
            message=_("Saved."),
        )
    return redirect("posts:media_folders")


# --- In the composer ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def choose(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """List the library for a post. To a script, a POST answers with the card of the chosen one,
    which the next form makes part of the post; a plain POST puts it into the stored post.
    """
    post = drafts.get_or_build_post(request, public_id)
    if request.method == "POST":
        return _answer_chosen(request, post)
    query = request.GET.get("q", "")[:100]
    media = queries.search(queries.library_media(post.unit), query, post.unit)
    rows = list(media[: MOST_CHOSEN_FROM + 1])
    context = {
        "post": post,
        "query": drafts.address_query(request, post),
        "words": query,
        "cards": _cards(rows[:MOST_CHOSEN_FROM], post.unit),
        "has_more": len(rows) > MOST_CHOSEN_FROM,
        "is_sheet": bool(request.htmx),
    }
    name = "_choices" if request.htmx else "choose"
    return render(request, f"posts/media_library/{name}.html", context)


def _answer_chosen(request: HttpRequest, post: Post) -> HttpResponse:
    key = parse_uuid(request.POST.get("media", ""))
    media = get_object_or_404(in_library_of(post.unit), public_id=key)
    if "application/json" not in request.headers.get("Accept", ""):
        post = post_to_write(request, post.public_id)
        refused = refusal(
            lambda: upkeep.put_in_post(media, unit=post.unit, by=request.user, post=post)
        )
        if refused:
            messages.error(request, refused)
        return redirect(reverse("posts:edit", args=[post.public_id]) + "#at-pictures")
    try:
        quotas.use("autosave", by=request.user)
        own = upkeep.own_media(media, unit=post.unit, by=request.user)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse({"picture": str(own.public_id), "html": render_media_card(own)})
