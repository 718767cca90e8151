"""Snippets of the library for a text: in a sheet of the composer, or on a page without scripts."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from core import quotas
from core.actions import button_action, refusal
from posts.checks.placeholders import fill_placeholders
from posts.context import post_to_write
from posts.editor import drafts, saving, unit_cards
from posts.library.placeholders import known_values
from posts.library.queries import snippets_for
from posts.models import Post

MOST_SHOWN = 60  # snippets; the search finds the others


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def snippets(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """List the snippets that the post may take, filled by the unit's facts. A script puts the
    chosen one at the caret; a POST puts it at the end of the stored text.
    """
    if request.method == "POST":
        return _append_snippet(request, post_to_write(request, public_id))
    post = drafts.get_or_build_post(request, public_id)
    query = request.GET.get("q", "")[:200]
    rows = snippets_for(post.unit, None if query else post.topic).search(query)[:MOST_SHOWN]
    values = known_values(post.unit, post.topic, on=timezone.localdate())
    context = {
        "post": post,
        "words": query,
        "snippets": [(snippet, fill_placeholders(snippet.text, values)) for snippet in rows],
        "is_sheet": bool(request.htmx),
    }
    return render(
        request, f"posts/{'_snippets' if request.htmx else 'insert_snippet'}.html", context
    )


def _append_snippet(request: HttpRequest, post: Post) -> HttpResponse:
    try:
        key = uuid.UUID(request.POST.get("snippet", ""))
    except ValueError:
        key = uuid.UUID(int=0)
    snippet = get_object_or_404(snippets_for(post.unit), public_id=key)
    values = known_values(post.unit, post.topic, on=timezone.localdate())
    text = fill_placeholders(snippet.text, values)
    quotas.use("autosave", by=request.user)
    if refused := refusal(lambda: saving.append(post, text, by=request.user)):
        messages.error(request, refused)
    else:
        messages.success(
            request, _("“%(name)s” stands at the end of the text.") % {"name": snippet}
        )
    return redirect(reverse("posts:edit", args=[post.public_id]) + "#at-body")


@require_POST
def take_over_kit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Bring the draft to the kit's new version; show once the values that it does not take over."""
    post = post_to_write(request, public_id)
    quotas.use("autosave", by=request.user)
    gone: dict[str, str] = {}
    if refused := refusal(lambda: gone.update(saving.take_over_version(post, by=request.user))):
        messages.error(request, refused)
        return redirect("posts:edit", post.public_id)
    messages.success(request, _("The draft follows the new version; what you filled in stands."))
    for label, text in gone.items():
        lost = _("The new version has no place for “%(label)s”. You had written: %(words)s")
        messages.warning(request, lost % {"label": label, "words": text})
    return redirect("posts:edit", post.public_id)


@require_POST
def use_unit_cards(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Put the cards with the unit's own name where the draft shows those of the kit's issuer."""
    post = post_to_write(request, public_id)
    quotas.use("autosave", by=request.user)
    button_action(
        request,
        lambda: unit_cards.use_unit_cards(post, by=request.user),
        message=_("The draft shows the cards with your unit's name now."),
    )
    return redirect("posts:edit", post.public_id)
