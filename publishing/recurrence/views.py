"""Pages of a series: begin it, see and change it, and approve it from one sheet."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Permission
from accounts.queries import can
from accounts.second_factors import passkeys
from core import quotas
from core.actions import form_action, form_data, refusal
from core.fields import DayAndClockField, DayField
from core.form_marks import make_render_mark
from core.forms import ReasonForm
from posts.context import post_to_write
from posts.findings import find_findings
from posts.models import Post
from posts.origins.shown import Suggestion, suggestion_for
from posts.review import readings
from posts.states import EDITABLE
from publishing.models import Series
from publishing.models.series import MOST_OCCURRENCES, MOST_STEP, Rhythm
from publishing.recurrence import planning
from publishing.recurrence.queries import (
    later_occurrences,
    occurrences_of,
    pending_posts,
    waiting_posts,
)


class RuleForm(forms.Form):
    """The rule by which a post goes out again, and its end."""

    first = DayAndClockField(label=gettext_lazy("First time"))
    rhythm = forms.ChoiceField(label=gettext_lazy("Repeat"), choices=Rhythm, initial=Rhythm.WEEKS)
    step = forms.IntegerField(
        label=gettext_lazy("Every how many days, weeks or months"),
        min_value=1,
        max_value=MOST_STEP,
        initial=1,
    )
    times = forms.IntegerField(
        label=gettext_lazy("Number of times"),
        min_value=2,
        max_value=MOST_OCCURRENCES,
        required=False,
    )
    until = DayField(
        label=gettext_lazy("Or until"),
        required=False,
        help_text=gettext_lazy("The last day. A series has at most 52 times."),
    )

    def __init__(
        self, *args: Any, post: Post, suggestion: Suggestion | None = None, **kwargs: Any
    ) -> None:
        initial: dict[str, Any] = {"first": post.requested_time}
        if suggestion:
            initial = {
                "first": post.requested_time or suggestion.first,
                "rhythm": suggestion.rhythm,
                "step": suggestion.step,
            }
        super().__init__(*args, initial=initial, label_suffix="", **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and not (cleaned.get("times") or cleaned.get("until")):
            self.add_error("times", _("Write how many times, or the last day."))
        return cleaned


QUEUE = "queue"  # the mark of the form that approves several, see publishing/review/views/queues.py


def _series(request: HttpRequest, public_id: uuid.UUID, permission: Permission) -> Series:
    """Return the series if the person may see it (else 404) and do this in its unit (else 403)."""
    series = get_object_or_404(
        Series.objects.visible_to(request.user).select_related("unit", "made_by", "stopped_by"),
        public_id=public_id,
    )
    if not can(request.user, permission, unit=series.unit):
        raise PermissionDenied
    return series


@require_http_methods(["GET", "HEAD", "POST"])
def repeat(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask how a draft is to be repeated, show the days, then make the series."""
    post = post_to_write(request, public_id)
    suggestion = suggestion_for(post)
    form = RuleForm(form_data(request), post=post, suggestion=suggestion)
    context = {"post": post, "form": form, "said": suggestion and suggestion.said}
    if "make" not in request.POST:
        outcome = form_action(form, lambda: planning.planned_times(post, **form.cleaned_data))
        context["times"] = outcome.answer or []
        return render(request, "publishing/series_new.html", context, status=outcome.status)

    def service() -> Series:
        quotas.use("series", by=request.user)
        return planning.create_series(post, by=request.user, **form.cleaned_data)

    done = form_action(form, service)
    if done:
        return redirect("publishing:series", done.result.public_id)
    return render(request, "publishing/series_new.html", context, status=done.status)


@require_GET
def series_page(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    series = _series(request, public_id, Permission.POST_VIEW)
    posts = list(occurrences_of(series))
    context = {
        "series": series,
        "posts": posts,
        "open": [post for post in posts if post.state in EDITABLE],
        "waiting": waiting_posts(series).count(),
        "later": set(later_occurrences(series, now=timezone.now()).values_list("pk", flat=True)),
        "may_write": can(request.user, Permission.POST_WRITE, unit=series.unit),
        "may_approve": can(request.user, Permission.POST_APPROVE, unit=series.unit),
    }
    return render(request, "publishing/series.html", context)


@require_POST
def submit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    series = _series(request, public_id, Permission.POST_WRITE)
    n, reasons = planning.submit_all(series, by=request.user)
    if n:
        message = ngettext(
            "%(n)s post is before the approver.", "%(n)s posts are before the approver.", n
        )
        messages.success(request, message % {"n": n})
    for reason in reasons or ([] if n else [_("There is no draft to submit.")]):
        messages.error(request, reason)
    return redirect("publishing:series", series.public_id)


@require_POST
def change(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Write one occurrence's content into all later ones."""
    post = post_to_write(request, public_id)
    occurrence = getattr(post, "occurrence", None)
    if occurrence is None:
        messages.error(request, _("This post belongs to no series."))
        return redirect("publishing:post", post.public_id)
    changed: list[int] = []
    refused = refusal(
        lambda: changed.append(planning.change_later(occurrence.series, post, by=request.user))
    )
    if refused:
        messages.error(request, refused)
    else:
        n = changed[0]
        message = ngettext(
            "%(n)s later post is changed; it has to be submitted again.",
            "%(n)s later posts are changed; they have to be submitted again.",
            n,
        )
        messages.success(request, message % {"n": n})
    return redirect("publishing:series", occurrence.series.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    series = _series(request, public_id, Permission.POST_WRITE)
    form = ReasonForm(form_data(request), label_suffix="")
    done = form_action(form, lambda: planning.stop(series, by=request.user, **form.cleaned_data))
    if done:
        message = ngettext("%(n)s post is put away.", "%(n)s posts are put away.", done.result)
        messages.success(request, message % {"n": done.result})
        return redirect("publishing:series", series.public_id)
    n = later_occurrences(series, now=timezone.now()).count()
    context = {"series": series, "form": form, "n": n}
    return render(request, "publishing/series_stop.html", context, status=done.status)


@require_GET
def review(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one content and all its times; who sees this page has opened each of these revisions.

    Only revisions of the very same hash stand on it: what differs is opened by itself. Approving is
    the queue's own act, revision by revision.
    """
    series = _series(request, public_id, Permission.POST_APPROVE)
    posts = pending_posts(series, request.user)
    for post in posts:
        readings.open_revision(post.current_revision, by=request.user)
    context: dict[str, Any] = {
        "series": series,
        "posts": posts,
        # Another content, or the reader's own text: not to be approved here.
        "others": list(waiting_posts(series).exclude(pk__in=[post.pk for post in posts])),
        "now": timezone.now(),
        "mark": make_render_mark(QUEUE, by=request.user),
        "passkey": passkeys.has_passkey(request.user),
    }
    if posts:
        revision = posts[0].current_revision
        context |= {"revision": revision, "findings": find_findings(posts[0], revision.content)}
    return render(request, "publishing/series_review.html", context)
