"""The views of lists that a person saved under a name."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import services
from accounts.forms import SavedViewForm
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
def delete_view(request: HttpRequest) -> HttpResponse:
    page = request.POST.get("page", "")
    if page not in lists.SAVED_FIELDS:
        return HttpResponse(status=400)
    services.delete_view(request.user, page=page, name=request.POST.get("name", ""))
    messages.success(request, _("The saved view is gone."))
    return HttpResponseRedirect(reverse(page))
