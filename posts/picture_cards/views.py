"""The page on which a card is made: for the library, for a post, or again from another card."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from campaigns.kits.models import KitVersion
from campaigns.kits.placeholders import PLACEHOLDER
from campaigns.kits.queries import find_editable_kits, find_open_version, find_readable_kits
from channels.models import Channel
from core.actions import form_action, form_data
from core.errors import Refused
from core.secrecy import SecrecyRefused
from media.cards import card_drawing
from media.cards.card_drawing import PREVIEW_SCALE, Preview
from media.cards.typesetting import LONGEST_TITLE, SHEETS, Format, Look
from media.models import Card, Media
from posts.editor import drafts
from posts.models import Post
from posts.picture_cards import making
from posts.picture_cards.forms import FIELDS, OTHER, CardForm
from units.models import Unit


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def new_card(request: HttpRequest) -> HttpResponse:
    """Make a card for the library of the current position's unit."""
    return _page(request, _unit(request), initial={}, back=reverse("posts:media_library"))


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def card_for_post(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Make a card that stands in the post's draft at once."""
    post = drafts.get_or_build_post(request, public_id)
    initial = {"title": post.own_title[:LONGEST_TITLE]}
    back = reverse("posts:edit", args=[post.public_id]) + drafts.address_query(request, post)
    return _page(request, post.unit, initial=initial, back=back, post=post)


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def change_card(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Make a new card from one of the library with other words; the old one stays."""
    _unit(request)
    rows = Media.objects.within(request.user.reach(Permission.LIBRARY_WRITE))
    media = get_object_or_404(rows.select_related("unit__parent"), public_id=public_id)
    card = Card.objects.filter(media=media).first()
    if card is None:
        messages.error(request, _("This picture is no card of the portal."))
        return redirect("posts:library_medium", media.public_id)
    initial = {"look": card.look, "formats": [card.format], **card.words}
    back = reverse("posts:library_medium", args=[media.public_id])
    return _page(request, media.unit, initial=initial, back=back)


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def card_for_kit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Make a card of the issuer that stands among the pictures of the kit at once."""
    own = find_editable_kits(request.user)
    if not request.user.reach(Permission.LIBRARY_WRITE) or not own.exists():
        raise PermissionDenied
    rows = find_readable_kits(request.user).select_related("unit__parent")
    kit = get_object_or_404(rows, public_id=public_id)
    if not own.filter(pk=kit.pk).exists():
        messages.info(request, _("Only people of %(unit)s may do this.") % {"unit": kit.unit})
        return redirect("kits:kit", kit.public_id)
    version = find_open_version(kit)
    if version is None or not version.is_editable:
        messages.info(request, _("This version is not open for editing."))
        return redirect("kits:kit", kit.public_id)
    version.kit = kit
    title = "" if PLACEHOLDER.search(version.title) else version.title
    back = reverse("kits:kit", args=[kit.public_id])
    return _page(
        request, kit.unit, initial={"title": title[:LONGEST_TITLE]}, back=back, version=version
    )


def _unit(request: HttpRequest) -> Unit:
    position = current_position(request)
    if position is None or not can(request.user, Permission.LIBRARY_WRITE, unit=position.unit):
        raise PermissionDenied
    return position.unit


def _page(
    request: HttpRequest,
    unit: Unit,
    *,
    initial: dict[str, Any],
    back: str,
    post: Post | None = None,
    version: KitVersion | None = None,
) -> HttpResponse:
    rows = Channel.objects.offered().filter(unit=unit, confirmed_at__isnull=False)
    pages = rows.exclude(address="").order_by("platform", "pk")
    addresses = {
        page.address: f"{page.get_platform_display()}: {page.name}"
        for page in pages
        if page.address.startswith("https://")
    }
    if link := initial.get("link"):
        initial["qr"] = link if link in addresses else OTHER
    form = CardForm(form_data(request), unit=unit, addresses=addresses, initial=initial)
    if request.POST.get("act") == "preview":
        preview = _preview(request, form, unit)
        name = "_preview.html" if request.htmx else "card.html"
        context = _context(form, unit, back, post, version) | preview
        return render(request, f"posts/picture_cards/{name}", context)
    done = form_action(
        form,
        lambda: making.make_card(
            form.words(),
            unit=unit,
            look=form.cleaned_data["look"],
            formats=form.cleaned_data["formats"],
            by=request.user,
            post=post,
            version=version,
        ),
    )
    if done:
        return _answer_made(request, done.result, post, version)
    context = _context(form, unit, back, post, version)
    if form.is_bound:
        context |= _preview(request, form, unit)
    return render(request, "posts/picture_cards/card.html", context, status=done.status)


def _answer_made(
    request: HttpRequest, made: list[Media], post: Post | None, version: KitVersion | None
) -> HttpResponse:
    if version:
        messages.success(request, _("The card stands in the kit, and in the library."))
        return redirect("kits:kit", version.kit.public_id)
    if post:
        return redirect(reverse("posts:edit", args=[post.public_id]) + "#at-pictures")
    message = ngettext(
        "The card is in the library.", "%(n)s cards are in the library.", len(made)
    ) % {"n": len(made)}
    messages.success(request, message)
    if len(made) == 1:
        return redirect("posts:library_medium", made[0].public_id)
    return redirect("posts:media_library")


def _context(
    form: CardForm, unit: Unit, back: str, post: Post | None, version: KitVersion | None
) -> dict[str, Any]:
    return {
        "form": form,
        "unit": unit,
        "back": back,
        "post": post,
        "kit": version.kit if version else None,
        "looks": [(look.value, look.label, f"img/cards/{look.value}.png") for look in Look],
        "fields": FIELDS,
        "over": {},
    }


def _preview(request: HttpRequest, form: CardForm, unit: Unit) -> dict[str, Any]:
    """Return the pictures of what was typed so far, or why there is none."""
    # What is not written yet has no preview; it is no mistake before the form is sent.
    form.is_valid()
    if not form.cleaned_data.get("title"):
        return {"why": _("Write a title: the card is drawn as you type.")}
    asked = form.cleaned_data.get("formats") or [Format.PORTRAIT]
    for name in (*FIELDS, "hotline", "link", "qr"):
        form.cleaned_data.setdefault(name, "")
    texts = form.words()
    try:
        making.require_clean(texts, unit)
        preview = card_drawing.preview(
            card_drawing.content_of(texts, unit),
            form.cleaned_data.get("look") or Look.WARNING,
            {name: SHEETS[name].scaled(PREVIEW_SCALE) for name in asked},
            unit=unit,
            by=request.user,
        )
    except SecrecyRefused:
        raise
    except Refused as error:
        return {"why": str(error)}
    return {
        "shown": [_shown_preview(name, preview) for name in asked],
        "over": preview.over,
        "hints": making.find_hints(texts, unit),
    }


def _shown_preview(name: str, preview: Preview) -> Mapping[str, Any]:
    sheet = SHEETS[name]
    return {
        "format": name,
        "label": Format(name).label,
        "picture": preview.pictures[name],
        "width": int(sheet.width * PREVIEW_SCALE),
        "height": int(sheet.height * PREVIEW_SCALE),
    }
