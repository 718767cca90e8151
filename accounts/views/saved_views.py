"""The views of lists that a person saved under a name."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import services
from accounts.forms import SavedViewForm
from accounts.models import SavedView
from core import lists
from core.actions import button_action


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters of a list under a name, in place of those that had it."""
    page = request.POST.get("page", "")
    if page not in lists.SAVED_FIELDS:
        return HttpResponse(status=400)
    query = lists.clean_query(page, QueryDict(request.POST.get("query", "")[:2000]))
    form = SavedViewForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please give the view a name."))
    else:
        name = form.cleaned_data["name"]
        button_action(
            request,
            lambda: services.save_view(request.user, page=page, name=name, query=query),
            message=_("Saved. You find the view above the list."),
        )
    return HttpResponseRedirect(f"{reverse(page)}?{query}")


@require_POST
def delete_view(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    view = get_object_or_404(SavedView, user=request.user, public_id=public_id)
    view.delete()
    messages.success(request, _("The saved view is gone."))
    return HttpResponseRedirect(reverse(view.page) if view.page in lists.SAVED_FIELDS else "/")
