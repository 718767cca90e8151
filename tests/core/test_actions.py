import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from core.actions import button_action, form_action, form_data, read_typed_reason, refusal
from core.errors import NotAllowed, Refused
from core.forms import ReasonForm
from core.reasons import make_console_reason, require_reason


class OneField(forms.Form):
    name = forms.CharField()


def refuse():
    raise Refused("Taken. Choose another.")


def forbid():
    raise NotAllowed("Not yours.")


def posted(**data):
    request = RequestFactory().post("/", data)
    request.session, request.user = SessionStore(), AnonymousUser()
    MessageMiddleware(lambda _request: None).process_request(request)
    return request


def said(request):
    return [(message.level_tag, message.message) for message in get_messages(request)]


def test_a_form_that_was_not_sent_calls_no_service():
    done = form_action(OneField(), refuse)

    assert (bool(done), done.status) == (False, 200)


def test_a_form_with_a_wrong_field_calls_no_service():
    form = OneField({"name": ""})
    done = form_action(form, refuse)

    assert (bool(done), done.status) == (False, 422)
    assert list(form.errors) == ["name"]


@pytest.mark.parametrize("answer", ["Hải Châu", None, 0])
def test_a_valid_form_returns_what_the_service_returned(answer):
    done = form_action(OneField({"name": "Hải Châu"}), lambda: answer)

    assert (bool(done), done.result) == (True, answer)


def test_a_refusal_is_shown_on_the_form():
    form = OneField({"name": "Hải Châu"})
    done = form_action(form, refuse)

    assert (bool(done), done.status, str(done.refused)) == (False, 409, "Taken. Choose another.")
    assert form.non_field_errors() == ["Taken. Choose another."]


def test_a_refusal_can_stand_beside_the_field_that_it_is_about():
    form = OneField({"name": "Hải Châu"})
    form_action(form, refuse, field="name")

    assert form.errors == {"name": ["Taken. Choose another."]}


@pytest.mark.parametrize(("name", "status"), [("", 422), ("Hải Châu", 409)])
def test_a_form_that_comes_back_says_that_its_file_is_gone(name, status):
    class WithScan(OneField):
        scan = forms.FileField(required=False)

    scan = SimpleUploadedFile("ban-ky.pdf", b"%PDF-")
    form = WithScan({"name": name}, {"scan": scan})
    assert form_action(form, refuse).status == status
    assert [str(error) for error in form.errors["scan"]] == [
        "Choose the file again: it is not kept when a form comes back."
    ]

    without = WithScan({"name": name})
    form_action(without, refuse)
    assert "scan" not in without.errors


def test_a_form_without_a_field_is_sent_empty_and_is_bound_all_the_same():
    assert form_data(posted()) is not None
    assert form_data(RequestFactory().get("/")) is None


def test_a_missing_right_is_no_matter_of_the_form():
    with pytest.raises(PermissionDenied, match="Not yours"):
        form_action(OneField({"name": "Hải Châu"}), forbid)


def test_a_button_shows_what_was_done_or_why_not():
    request = posted()

    assert button_action(request, lambda: None, message="Done.")
    assert not button_action(request, refuse, message="Done.")
    assert said(request) == [("success", "Done."), ("error", "Taken. Choose another.")]


def test_a_button_without_the_right_is_forbidden():
    with pytest.raises(PermissionDenied):
        button_action(posted(), forbid, message="Done.")


def test_a_refusal_is_its_words_and_otherwise_empty():
    assert refusal(refuse) == "Taken. Choose another."
    assert refusal(lambda: None) == ""


def test_the_reason_of_a_button_is_cut_to_what_the_record_holds():
    assert read_typed_reason(posted(reason="a" * 600)) == "a" * 500
    assert read_typed_reason(posted()) == ""


def test_a_reason_is_required_in_the_words_of_the_action():
    assert require_reason("  Sai địa chỉ \n", "Please write why.") == "Sai địa chỉ"
    assert require_reason("abc", "Please write why.", most=2) == "ab"
    with pytest.raises(Refused, match="Please write why"):
        require_reason(" \n", "Please write why.")


def test_what_is_done_at_the_console_says_who_did_it_and_why():
    assert (
        make_console_reason(" Công văn 12 ", operator=" Trần Thị Bình ")
        == "Trần Thị Bình: Công văn 12"
    )
    for reason, operator in (("", "Trần Thị Bình"), ("Công văn 12", " ")):
        with pytest.raises(Refused, match="why, and who"):
            make_console_reason(reason, operator=operator)


def test_the_form_for_a_reason_says_in_the_words_of_the_action_that_it_is_missing():
    form = ReasonForm(
        {"reason": " "},
        missing="Please write why the post is withdrawn.",
        hint="Read by the officer.",
    )

    assert form.errors["reason"] == ["Please write why the post is withdrawn."]
    assert form["reason"].help_text == "Read by the officer."
    assert "missing" not in str(ReasonForm({"reason": ""}).errors)
