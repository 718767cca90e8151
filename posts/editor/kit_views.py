"""Take the new version of a kit over in the composer, and its cards with the unit's own name."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import quotas
from core.actions import button_action, refusal
from posts.context import post_to_write
from posts.editor import services as editing
from posts.editor import unit_cards


@require_POST
def take_over_kit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Bring the draft to the kit's new version; show once what goes into no gap any more."""
    post = post_to_write(request, public_id)
    quotas.use("autosave", by=request.user)
    gone: dict[str, str] = {}
    if refused := refusal(lambda: gone.update(editing.take_over_version(post, by=request.user))):
        messages.error(request, refused)
        return redirect("posts:edit", post.public_id)
    messages.success(request, _("The draft follows the new version; what you filled in stands."))
    for label, words in gone.items():
        lost = _("The new version has no place for “%(label)s”. You had written: %(words)s")
        messages.warning(request, lost % {"label": label, "words": words})
    return redirect("posts:edit", post.public_id)


@require_POST
def use_unit_cards(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Put the cards with the unit's own name where the draft shows those of the kit's issuer."""
    post = post_to_write(request, public_id)
    quotas.use("autosave", by=request.user)
    button_action(
        request,
        lambda: unit_cards.use_unit_cards(post, by=request.user),
        said=_("The draft shows the cards with your unit's name now."),
    )
    return redirect("posts:edit", post.public_id)
