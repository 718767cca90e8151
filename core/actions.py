"""Rituals of a page on which one person does one thing: call the service, and show a refusal where
it helps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from core.errors import NotAllowed, Refused
from core.reasons import LONGEST_REASON

UNDO = "undo:"  # before the address, in the tags of a message


def refusal(service: Callable[[], object]) -> str:
    """Make the one service call of a request; return "" or, after a refusal, its words for the
    person.

    A missing right is a 403.
    """
    try:
        service()
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    except Refused as error:
        return str(error)
    return ""


@dataclass(frozen=True, slots=True)
class FormAction[T]:
    """The outcome of `form_action`: true once the service has done its work.

    ``status`` is for the page that shows the form: 200 before it was sent, 422 when a field is
    wrong, 409 after the service refused, by ``refused``.
    """

    status: int = 200
    is_done: bool = False
    answer: T | None = None
    refused: Refused | None = None

    def __bool__(self) -> bool:
        return self.is_done

    @property
    def result(self) -> T:
        """Return what the service returned."""
        return cast("T", self.answer)


def form_action[T](
    form: forms.BaseForm, service: Callable[[], T], *, field: str | None = None
) -> FormAction[T]:
    """Call ``service`` if ``form`` was sent and is valid. Put a refusal's words on the form, and
    ask for its files again; a missing right is a 403.

    ``field`` is where they stand; without it, above the form.

    form = Rename(form_data(request))
    done = form_action(form, lambda: rename_unit(unit, by=request.user, **form.cleaned_data))
    if done:
        messages.success(request, _("Saved."))
        return redirect(unit)
    return render(request, "rename.html", {"form": form}, status=done.status)
    """
    if not form.is_bound:
        return FormAction()
    if not form.is_valid():
        _ask_for_files_again(form)
        return FormAction(422)
    try:
        return FormAction(200, True, service())
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    except Refused as error:
        form.add_error(field, str(error))
        _ask_for_files_again(form)
        return FormAction(409, refused=error)


def _ask_for_files_again(form: forms.BaseForm) -> None:
    """Say at each file that it is gone: a browser shows a form again without them, and where a file
    may be left out the form would go without it.
    """
    for name in form.fields:
        if form.add_prefix(name) in form.files and name not in form.errors:
            form.add_error(name, _("Choose the file again: it is not kept when a form comes back."))


def form_data(request: HttpRequest) -> QueryDict | None:
    """Return what the page's form was sent with; None before it was. A form without a field is sent
    empty.
    """
    return request.POST if request.method == "POST" else None


def button_action[T](
    request: HttpRequest, service: Callable[[], T], *, message: str | Callable[[T], str]
) -> bool:
    """Call the service of a button that has no form of its own; the page that comes next shows
    ``message``, perhaps made of what the service returned, or the refusal.

    Return whether it was done. A missing right is a 403.
    """
    answers: list[T] = []
    why = refusal(lambda: answers.append(service()))
    if why:
        messages.error(request, why)
    else:
        messages.success(request, message(answers[0]) if callable(message) else message)
    return not why


def offer_undo(request: HttpRequest, message: str, address: str) -> None:
    """Show ``message`` on the next page, with a button that takes the action back by a POST to
    ``address``.
    """
    messages.success(request, message, extra_tags=f"{UNDO}{address}")


def read_typed_reason(request: HttpRequest) -> str:
    """Return the reason that was sent with a button, cut to what a record holds."""
    return request.POST.get("reason", "")[:LONGEST_REASON]
