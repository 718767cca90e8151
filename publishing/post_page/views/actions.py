"""Actions on the post and on one of its deliveries: each asks what it needs, does it, and goes back
to the post.
"""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission
from accounts.step_up import step_up_required
from core.actions import button_action, form_action, form_data
from posts.canonical import content
from posts.models import Post
from posts.review import decisions
from publishing.deliveries.queries import deliveries_of
from publishing.models import Delivery, Recall
from publishing.pauses.context import pauses_of
from publishing.post_page.views.lookups import address_of, delivery_of, post_of
from publishing.presenters.delivery import delivery_status, describe_attempt
from publishing.presenters.text import page_name
from publishing.recalls import recalling
from publishing.recalls.forms import RecallForm, WithdrawForm
from publishing.reconciliation import verdicts
from publishing.scheduling import scheduling
from publishing.scheduling.forms import CancelForm
from publishing.slots.presenters import TimeChip
from publishing.states import MAY_BE_VISIBLE, RECALL_TASKS, State


class DecideForm(forms.Form):
    """The observation of a person on the page."""

    LIVE, ABSENT = "stands", "absent"

    seen = forms.ChoiceField(
        label=gettext_lazy("What do you see on the page?"),
        choices=[
            (LIVE, gettext_lazy("The post stands on the page")),
            (ABSENT, gettext_lazy("The post is not there")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Please say whether the post stands on the page.")
        },
    )
    permalink = forms.URLField(
        label=gettext_lazy("Link of the post on the page"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy("Open the post on the page and copy its address from the browser."),
        error_messages={
            "invalid": gettext_lazy("This is not a link. Copy the whole address, from https:// on.")
        },
    )

    def __init__(self, *args: Any, removal: bool, **options: Any):
        """Offer the answers about the page; with ``removal`` the question is whether the post has
        been deleted there by hand.
        """
        super().__init__(*args, **options)
        if removal:
            self.fields["seen"].choices = [
                (self.ABSENT, _("The post is gone from the page")),
                (self.LIVE, _("The post still stands on the page")),
            ]
            del self.fields["permalink"]


def action_page(
    request: HttpRequest,
    post: Post,
    form: Form,
    action: Callable[[], object],
    *,
    delivery: Delivery | None = None,
    chips: Sequence[TimeChip] = (),
    instead: Sequence[TimeChip] = (),
    **texts: str,
) -> HttpResponse:
    """Ask what an action needs, do it, and go back to the post, which says what became of it, or on
    to the report of the recall that it began. ``chips`` are times that fill in the form's; each of
    ``instead`` sends it with that time.
    """
    outcome = form_action(form, action)
    if outcome:
        if isinstance(outcome.result, Recall):
            return redirect("publishing:recall_ledger", public_id=outcome.result.public_id)
        return redirect(address_of(post, delivery))
    context = {
        "post": post,
        "form": form,
        "back": address_of(post, delivery),
        "delivery": delivery,
        "chips": chips,
        "instead": instead,
        **texts,
    }
    return render(request, "publishing/act.html", context, status=outcome.status)


@require_POST
def reopen(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a submitted or approved post back for editing, and go straight to the editor."""
    post = post_of(request, public_id, Permission.POST_WRITE)
    message = _("Open for editing. It must be submitted and approved again.")
    if not button_action(request, lambda: decisions.reopen(post, by=request.user), message=message):
        return redirect(address_of(post))
    return redirect("posts:edit", public_id=post.public_id)


def _is_live_on_several_pages(request: HttpRequest, public_id: uuid.UUID) -> bool:
    live = Delivery.objects.visible_to(request.user).filter(
        post__public_id=public_id, state=State.PUBLISHED
    )
    return live.count() > 1


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Withdraw the post"), of=post_of, when=_is_live_on_several_pages)
def withdraw(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask for the reason of a withdrawal, and whether live posts are taken down, too."""
    post = post_of(request, public_id, Permission.POST_WITHDRAW)
    deliveries = deliveries_of(post)
    live = sum(row.state == State.PUBLISHED for row in deliveries)
    perhaps = sum(row.state in MAY_BE_VISIBLE for row in deliveries)
    form = WithdrawForm(form_data(request), live=live)

    def action() -> Recall | None:
        # Who was not asked wants it gone: it may have become live since the page was opened.
        take_down = form.cleaned_data.get("take_down", True)
        return recalling.withdraw(
            post, by=request.user, reason=form.cleaned_data["reason"], take_down=take_down
        )

    lead = _(
        "What is scheduled stops. The text and the reason stay on record, and the author is told."
    )
    if live:
        where = ngettext(
            "The post stands on %(n)s channel now.", "The post stands on %(n)s channels now.", live
        )
        lead += " " + where % {"n": live}
    if perhaps:
        where = ngettext(
            "On %(n)s channel it may stand: that is being looked up, and it is treated alike.",
            "On %(n)s channels it may stand: that is being looked up, and it is treated alike.",
            perhaps,
        )
        lead += " " + where % {"n": perhaps}
    message = {
        "heading": _("Withdraw the post"),
        "lead": lead,
        "label": _("Withdraw"),
        "tone": "danger",
        "icon": "ban",
    }
    return action_page(request, post, form, action, **message)


@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask for the reason for which one delivery is not published after all."""
    row = delivery_of(request, public_id, Permission.POST_SCHEDULE)
    form = CancelForm(form_data(request))
    return action_page(
        request,
        row.post,
        form,
        lambda: scheduling.cancel(row, by=request.user, reason=form.cleaned_data["reason"].strip()),
        delivery=row,
        heading=_("Cancel the schedule"),
        lead=delivery_status(row, pauses_of(request)).sentence,
        label=_("Cancel the schedule"),
        tone="danger",
        icon="calendar-off",
    )


@require_http_methods(["GET", "POST"])
def recall(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = delivery_of(request, public_id, Permission.POST_WITHDRAW)
    form = RecallForm(form_data(request))
    page = {"page": page_name(row.channel)}
    lead = _(
        "The post disappears from %(page)s for everybody who reads it there. The text "
        "and the reason stay on record."
    )
    return action_page(
        request,
        row.post,
        form,
        lambda: recalling.recall(row, by=request.user, reason=form.cleaned_data["reason"]),
        delivery=row,
        heading=_("Take the post down"),
        lead=lead % page,
        label=_("Take down"),
        tone="danger",
        icon="arrow-back-up",
    )


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show all that is needed to check the page and to say whether the post is live there."""
    row = delivery_of(request, public_id, Permission.POST_SCHEDULE)
    if row.state != State.NEEDS_PERSON:
        messages.info(request, _("This has been settled meanwhile."))
        return redirect(address_of(row.post, row))
    removal = row.error_code in RECALL_TASKS
    form = DecideForm(form_data(request), removal=removal)

    def action() -> None:
        is_live = form.cleaned_data["seen"] == form.LIVE
        link = form.cleaned_data.get("permalink", "")
        verdicts.decide(row, by=request.user, is_live=is_live, permalink=link)

    outcome = form_action(form, action)
    if outcome:
        return redirect(address_of(row.post, row))
    context = {
        "delivery": row,
        "post": row.post,
        "form": form,
        "removal": removal,
        "status": delivery_status(row),
        "page": page_name(row.channel),
        "attempts": [describe_attempt(attempt) for attempt in row.attempts.all()],
        "target": content.target_of(row.revision.content, row.channel.public_id),
        "content": row.revision.content,
        "back": address_of(row.post, row),
    }
    return render(request, "publishing/decide.html", context, status=outcome.status)
