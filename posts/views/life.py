"""How a post begins, by itself or as a copy, and how a draft is put away."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.context import desk_of
from accounts.permissions import GRANTS, Permission
from core.errors import Refused
from core.views import refusal
from posts import queries, services
from posts.forms import NewForm
from posts.models import Post
from posts.views.compose import open_to_write


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Where the post shall belong. Looking at the page makes nothing; the button does."""
    units = {a.unit.pk: a.unit for a in request.user.held if Permission.POST_WRITE in GRANTS[a.role]}
    if not units:
        raise PermissionDenied
    desk = desk_of(request)
    form = NewForm(
        request.POST or None,
        units=list(units.values()),
        initial={"unit": desk.unit.key, "campaign": request.GET.get("campaign")},
    )
    if request.method == "POST" and form.is_valid():
        post = services.start(by=request.user, **form.cleaned_data)
        return redirect("posts:edit", post.public_id)
    drafts = queries.unfinished(request.user)[:5]
    status = 422 if form.is_bound else 200
    return render(request, "posts/new.html", {"form": form, "drafts": drafts, "units": units}, status=status)


@require_POST
def duplicate(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    copy = services.duplicate(open_to_write(request, public_id), by=request.user)
    messages.success(request, _("This is a copy, a draft of your own. The original stays as it is."))
    return redirect("posts:edit", copy.public_id)


@require_POST
def correct(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    post = open_to_write(request, public_id)
    made: list[Post] = []
    if refused := refusal(lambda: made.append(services.correct(post, by=request.user))):
        messages.error(request, refused)
        return redirect("publishing:post", post.public_id)
    messages.success(request, _("This is the draft of the correction. Write what was wrong and what is right."))
    return redirect("posts:edit", made[0].public_id)


@require_POST
def archive(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    post = open_to_write(request, public_id)
    if refused := refusal(lambda: services.archive(post, by=request.user)):
        messages.error(request, refused)
        return redirect("posts:edit", post.public_id)
    messages.success(request, _("The draft is put away. You find it in the list under “archived”."))
    return redirect("posts:list")


@require_POST
def archive_many(request: HttpRequest) -> HttpResponse:
    """Puts away the chosen drafts, each by itself: one that cannot be does not hold up the others."""
    if not request.user.reach(Permission.POST_WRITE):
        raise PermissionDenied
    chosen = [value for value in request.POST.getlist("post") if _is_id(value)][:200]
    done = 0
    for post in (
        Post.objects.visible_to(request.user).in_the_works().filter(public_id__in=chosen).select_related("unit")
    ):
        try:
            services.archive(post, by=request.user)
        except Refused:
            continue
        done += 1
    if done:
        messages.success(
            request, ngettext("%(n)s draft is put away.", "%(n)s drafts are put away.", done) % {"n": done}
        )
    if left := len(set(chosen)) - done:
        messages.error(
            request,
            ngettext(
                "%(n)s post stays: only drafts of your own unit can be put away.",
                "%(n)s posts stay: only drafts of your own unit can be put away.",
                left,
            )
            % {"n": left},
        )
    return redirect("posts:list")


def _is_id(value: str) -> bool:
    try:
        return bool(uuid.UUID(value))
    except ValueError:
        return False
