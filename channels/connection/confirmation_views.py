"""The page on which a second person compares a newly connected page with the unit."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from accounts.step_up import step_up_required
from channels.connection import confirmation
from channels.context import channel_or_404
from channels.queries import address_of
from core.errors import NotAllowed, Refused
from core.forms import ReasonForm


def _name_answer(request: HttpRequest, **_kwargs: Any) -> str:
    refuses = request.POST.get("answer") == "refuse"
    return _("Refuse the page") if refuses else _("Confirm the page as the unit's")


@require_http_methods(["GET", "POST"])
@step_up_required(_name_answer, of=channel_or_404, only_posts=True)
def confirm_page(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Confirm the page as the unit's, or refuse it with a reason."""
    channel = channel_or_404(request, public_id, Permission.CHANNEL_MANAGE)
    refusing = request.POST.get("answer") == "refuse"
    form = ReasonForm(request.POST if refusing else None, hint=_("It goes into the record."))
    error = ""
    if request.method == "POST" and (not refusing or form.is_valid()):
        seen = request.POST.get("seen", "")
        try:
            if refusing:
                confirmation.refuse(
                    channel, by=request.user, reason=form.cleaned_data["reason"], seen=seen
                )
                messages.success(request, _("%(channel)s is disconnected.") % {"channel": channel})
            elif request.POST.get("answer") == "confirm":
                confirmation.confirm(channel, by=request.user, seen=seen)
                done = _("%(channel)s is confirmed; approved posts go out there at their time.") % {
                    "channel": channel
                }
                messages.success(request, done)
            else:
                raise Refused(_("Say whether the page is the unit's."))
        except NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from None
        except Refused as refusal:
            error = str(refusal)
        else:
            return redirect(address_of(channel))
    if not error and not channel.awaits_confirmation:
        return redirect(address_of(channel))
    context = {
        "channel": channel,
        "form": form,
        "error": error,
        "seen": confirmation.fingerprint(channel),
        "own": channel.connected_by_id == request.user.pk,
        "back": address_of(channel),
    }
    status = 409 if error else 422 if form.is_bound else 200
    return render(request, "channels/confirm_page.html", context, status=status)
