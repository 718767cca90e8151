"""Pages on which a post begins as a copy or as a correction of another."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.actions import refusal
from core.lists import get_page
from posts.context import post_to_write, unit_to_write_in
from posts.library.forms import PlaceholdersForm
from posts.library.models import Template
from posts.library.placeholders import placeholders_of
from posts.models import Post
from posts.origins import starting
from posts.queries import approved_posts

PAGE, MOST_TURNED = 20, 500  # posts to begin from; the search finds the others


@require_GET
def reuse(request: HttpRequest) -> HttpResponse:
    """List the unit's approved posts, each to begin a new one as its copy."""
    unit = unit_to_write_in(request)
    query = request.GET.get("q", "")[:200]
    posts = approved_posts(request.user, unit, query)
    page = get_page(request, posts, PAGE, most=MOST_TURNED)
    context = {"unit": unit, "page_obj": page, "posts": page.object_list, "words": query}
    return render(request, "posts/reuse.html", context)


@require_POST
def from_template(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Begin a post of the current position's unit, or of the one that ``unit`` names."""
    unit = unit_to_write_in(request)
    seen = Template.objects.visible_to(request.user).select_related("unit", "topic")
    template = get_object_or_404(seen, public_id=public_id)  # archived ones are refused below
    page = f"{reverse('posts:template', args=[template.public_id])}?unit={unit.key}"
    form = PlaceholdersForm(request.POST, placeholders=placeholders_of(template, unit))
    if not form.is_valid():
        messages.error(request, _("What you filled in is too long. Shorten it."))
        return redirect(page)
    made: list[Post] = []
    if refused := refusal(
        lambda: made.append(
            starting.start_from_template(template, unit=unit, by=request.user, values=form.values())
        )
    ):
        messages.error(request, refused)
        return redirect(page)
    return redirect("posts:edit", made[0].public_id)


@require_POST
def duplicate(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    copy = starting.duplicate(post_to_write(request, public_id), by=request.user)
    messages.success(
        request, _("This is a copy, a draft of your own. The original stays as it is.")
    )
    return redirect("posts:edit", copy.public_id)


@require_POST
def correct(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    post = post_to_write(request, public_id)
    made: list[Post] = []
    if refused := refusal(lambda: made.append(starting.start_correction(post, by=request.user))):
        messages.error(request, refused)
        return redirect("publishing:post", post.public_id)
    return redirect("posts:edit", made[0].public_id)  # which says what it is, and what to write
