"""The sheet of what the scanners found in a picture or video, and its states for the composer."""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.permissions import Permission
from accounts.queries import can
from core.errors import NotAllowed, Refused
from core.text import parse_uuid, parse_whole_number
from media.links import COVER, ITSELF, viewing_url
from media.models import Media
from media.scanners import scanning
from media.scanners.models import LONGEST_SHOWN_NOTE, SECRET_MARK, Box, Kind, ShownAs
from posts.editor.limits import MOST_MEDIA
from posts.editor.parts import render_media_card
from posts.media_findings import remedies
from posts.models import Post
from posts.scanned import EVERY_KIND, BoxCard, ScanCard, cards_of

_FOR_FACES = (ShownAs.CONSENT, ShownAs.GUARDIAN, ShownAs.STAFF, ShownAs.PUBLIC, ShownAs.REASON)


class ShowForm(forms.Form):
    """Ask on which legal basis a finding may be shown. A face is somebody's; of anything else, the
    reason is written.
    """

    legal_basis = forms.ChoiceField(
        label=gettext_lazy("Why it may be shown"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say why it may be shown: choose a reason.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=LONGEST_SHOWN_NOTE,
        help_text=gettext_lazy(
            "Name nobody: where the signed consent is kept or its number, or the reason in words."
        ),
    )

    def __init__(self, *args: object, kind: str, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        bases = _FOR_FACES if kind == Kind.FACE else (ShownAs.PUBLIC, ShownAs.REASON)
        labels = dict(ShownAs.choices)
        if kind != Kind.FACE:
            labels[ShownAs.PUBLIC] = gettext_lazy("it is public already, or the unit's own")
        self.fields["legal_basis"].choices = [
            (legal_basis.value, labels[legal_basis]) for legal_basis in bases
        ]  # type: ignore[attr-defined]


MOST_LOOKS = 40  # of a page by itself; then it asks the person to look again


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def findings(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show what was found in a picture or video; a POST decides on it, as ``act`` says.

    ``post`` in the address is the draft in which a blurred picture takes the place of this one;
    with ``card``, a script puts the card of the new one into the composer itself.
    """
    rows = Media.objects.in_sight_of(request.user).select_related("unit")
    media = get_object_or_404(rows, public_id=public_id)
    if request.method != "POST":
        return _page(request, media)
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None:
        return redirect(_address(request, media))
    try:
        media = act(request, media) or media
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refused as error:
        if request.htmx:
            return _page(request, media, refused=str(error), status=422)
        messages.error(request, str(error))
        return redirect(_address(request, media))
    if media.is_video and act in (_blur_one, _blur_kind):  # a worker makes it: see how far it is
        return redirect(_video_address(request, media))
    if request.htmx:
        return _page(request, media, replaces=public_id)
    if media.pk is None:  # removed
        return redirect(_after_removal(request))
    return redirect(_address(request, media))


def _address(request: HttpRequest, media: Media) -> str:
    kept = {name: request.GET[name] for name in ("post", "card") if name in request.GET}
    address = reverse("posts:media_findings", args=[media.public_id])
    return f"{address}?{urlencode(kept)}" if kept else address


def _video_address(request: HttpRequest, media: Media) -> str:
    address = reverse("posts:edit_video", args=[media.public_id])
    post = _post(request)
    return f"{address}?{urlencode({'post': post.public_id})}" if post else address


def _after_removal(request: HttpRequest) -> str:
    post = _post(request)
    if post:
        return reverse("posts:edit", args=[post.public_id]) + "#at-pictures"
    return reverse("posts:media_library")


def _post(request: HttpRequest) -> Post | None:
    """Return the draft that ``post`` names in the address, of those that the person writes."""
    key = parse_uuid(request.GET.get("post", ""))
    if key is None:
        return None
    post = Post.objects.visible_to(request.user).filter(public_id=key).first()
    return post if post and can(request.user, Permission.POST_WRITE, unit=post.unit) else None


def _page(
    request: HttpRequest,
    media: Media,
    *,
    refused: str = "",
    replaces: uuid.UUID | None = None,
    status: int = 200,
) -> HttpResponse:
    is_gone = media.pk is None
    context: dict[str, Any] = {"media": media, "refused": refused, "is_gone": is_gone}
    if is_gone:
        post = _post(request)
        context["version"] = post.version if post else 0
    else:
        card = cards_of([media])[str(media.public_id)]
        context |= _finding_context(request, media, card)
    if replaces and replaces != media.public_id and "card" in request.GET:
        context |= {"replaces": replaces, "new_card": render_media_card(media)}
    name = "posts/media_findings/" + ("_sheet.html" if request.htmx else "page.html")
    return render(request, name, context, status=status)


def _finding_context(request: HttpRequest, media: Media, card: ScanCard) -> dict[str, Any]:
    looks = parse_whole_number(request.GET.get("looks", "")) or 0
    rights = (Permission.POST_WRITE, Permission.POST_APPROVE, Permission.POST_APPROVE_SECOND)
    return {
        "card": card,
        "address": _address(request, media),
        "post": _post(request),
        "video": _video_address(request, media) if media.is_video else "",
        "whole": viewing_url(media, COVER if media.is_video else ITSELF),
        "may_decide": can(request.user, Permission.POST_WRITE, unit=media.unit),
        "may_refuse": any(can(request.user, right, unit=media.unit) for right in rights),
        "forms": {
            str(open_card.number): _form(request, open_card)
            for open_card in card.open
            if open_card.box.may_be_shown
        },
        "next_look": looks + 1 if looks < MOST_LOOKS else None,
        "wait": min(2 + looks // 4, 10),
    }


def _form(request: HttpRequest, card: BoxCard) -> ShowForm:
    data = request.POST if request.POST.get("box") == str(card.box.public_id) else None
    is_asked = data is not None and data.get("act") == "show"
    auto_id = f"box-{card.number}-%s"
    return ShowForm(data if is_asked else None, kind=card.box.kind, auto_id=auto_id)


# --- What a POST does: each returns the picture to show afterwards, where it is another one -------


def _box(request: HttpRequest, media: Media) -> Box:
    key = parse_uuid(request.POST.get("box", ""))
    row = Box.objects.filter(scan__media=media, public_id=key).select_related("scan__media__unit")
    if not (box := row.first()):
        raise Refused(_("It was checked anew meanwhile. Look at the findings again."))
    return box


def _blur_one(request: HttpRequest, media: Media) -> Media:
    return _blur(request, media, [_box(request, media)])


def _blur_kind(request: HttpRequest, media: Media) -> Media:
    kind = request.POST.get("kind", "")
    boxes = Box.objects.filter(scan__media=media).open()
    if kind != EVERY_KIND:
        boxes = boxes.filter(kind=kind if kind in Kind else "")
    return _blur(request, media, [box for box in boxes if box.rule != SECRET_MARK])


def _blur(request: HttpRequest, media: Media, boxes: list[Box]) -> Media:
    by_script = "card" in request.GET and not media.is_video
    post = None if by_script else _post(request)
    return remedies.blur(media, boxes, by=request.user, post=post)


def _allow_box(request: HttpRequest, media: Media) -> None:
    box = _box(request, media)
    form = ShowForm(request.POST, kind=box.kind)
    if not form.is_valid():
        raise Refused(" ".join(error for errors in form.errors.values() for error in errors))
    legal_basis, note = form.cleaned_data["legal_basis"], form.cleaned_data["note"]
    scanning.allow_box(box, as_=legal_basis, note=note, by=request.user)


def _disallow_box(request: HttpRequest, media: Media) -> None:
    scanning.disallow_box(_box(request, media), by=request.user)


def _confirm_review(request: HttpRequest, media: Media) -> None:
    scanning.confirm_review(media, by=request.user)


def _scan_again(request: HttpRequest, media: Media) -> None:
    scanning.scan_again(media, by=request.user)


def _remove_from_draft(request: HttpRequest, media: Media) -> None:
    remedies.remove_from_draft(media, by=request.user, post=_post(request))
    if not Media.objects.filter(pk=media.pk).exists():
        media.pk = None


_ACTS: dict[str, Callable[[HttpRequest, Media], Media | None]] = {
    "blur": _blur_one,
    "blur_kind": _blur_kind,
    "show": _allow_box,
    "hide": _disallow_box,
    "look": _confirm_review,
    "scan": _scan_again,
    "take_out": _remove_from_draft,
}


# --- For the composer -----------------------------------------------------------------------------


@require_safe
def states(request: HttpRequest) -> JsonResponse:
    """Return how far the scanners are with the media of ``media``, as parts of the composer."""
    if not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    named = request.GET.getlist("media")[:MOST_MEDIA]
    keys = [key for value in named if (key := parse_uuid(value))]
    rows = Media.objects.visible_to(request.user).filter(public_id__in=keys)
    cards = cards_of(rows)
    answer = {
        key: {
            "is_over": card.is_over,
            "html": render_to_string("posts/_picture_scans.html", {"card": card, "id": key}),
        }
        for key, card in cards.items()
    }
    return JsonResponse(answer)
