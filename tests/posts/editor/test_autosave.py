"""The composer saves itself, and reads what was typed into its fields."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.permissions import Role
from posts.editor import saving
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.factories import ChannelFactory, PostFactory, UnitFactory, person
from tests.posts.editor.composer import address, typed

pytestmark = pytest.mark.django_db
SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture(autouse=True)
def _signed_in(client, officer):
    client.force_login(officer)


# --- Saving by itself -----------------------------------------------------------------------------


def test_autosave_stores_the_form_and_answers_with_what_changed(client, post, channel):
    response = client.post(address("autosave", post), typed(post, title="Tiêu đề mới"))

    post.refresh_from_db()
    body = response.json()
    assert response.status_code == 200
    assert post.title == "Tiêu đề mới"
    assert body["version"] == post.version == 2
    assert body["saved"] == timezone.localtime(post.changed_at).strftime("%H:%M:%S")
    assert f'data-part="shown-{channel.public_id}"' in body["html"]
    assert "Nothing is missing" in body["html"]


def test_autosave_names_what_is_missing(client, post):
    told = client.post(address("autosave", post), typed(post, body="", topic="")).json()
    assert told["html"].count("<li data-block>") == 2
    assert 'href="#at-body"' in told["html"]


def test_autosave_reports_a_newer_copy_and_keeps_it(client, post, colleague):
    values = typed(post)
    newer = factories.edit_of(post, title="Bản của đồng nghiệp", texts={})
    saving.save(post, newer, by=colleague, version=1)

    response = client.post(address("autosave", post), {**values, "title": "Bản của tôi"})

    post.refresh_from_db()
    assert response.status_code == 409
    assert response.json()["version"] == 2
    assert "Lê Văn Cường saved this post at" in response.json()["html"]
    assert post.title == "Bản của đồng nghiệp"

    response = client.post(
        address("autosave", post), {**values, "title": "Bản của tôi", "act": "overwrite:2"}
    )
    post.refresh_from_db()
    assert (response.status_code, post.title, post.version) == (200, "Bản của tôi", 3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("link", "không phải đường dẫn"),
        ("title", "ă" * 201),
        ("topic", "999999"),
        ("campaign", str(uuid.uuid4())),
        ("channels", [str(uuid.uuid4())]),
        ("version", "x"),
    ],
)
def test_autosave_names_the_field_that_is_wrong_and_stores_nothing(client, post, field, value):
    response = client.post(
        address("autosave", post), typed(post, body="<p>Khác</p>") | {field: value}
    )

    assert response.status_code == 422
    assert list(response.json()["errors"]) == [field]
    assert Post.objects.get(pk=post.pk).version == 1


@pytest.mark.parametrize(
    ("day", "clock", "errors"),
    [("28/11/2030", "", []), ("31/02/2030", "07:00", ["valid_until_1"])],
)
def test_a_time_that_is_none_yet_does_not_keep_the_rest_from_being_saved(
    client, post, day, clock, errors
):
    half = {"valid_until_0": day, "valid_until_1": clock}
    sent = {**typed(post, body="<p>Khác</p>"), **half}
    del sent["valid_until"]

    response = client.post(address("autosave", post), sent)

    assert (response.status_code, list(response.json()["errors"])) == (200, errors)
    post.refresh_from_db()
    assert (post.body, post.valid_until) == ("<p>Khác</p>", None)
    assert client.post(address("edit", post), sent | {"version": 2}).status_code == 422


def test_autosave_refuses_a_secrecy_mark_in_words_and_stores_nothing(client, post, caplog):
    response = client.post(
        address("autosave", post), typed(post, body="<p>TUYỆT MẬT</p><p>Kế hoạch 12</p>")
    )

    assert response.status_code == 422
    assert "state secret" in response.json()["errors"][""][0]
    assert "Kế hoạch 12" not in response.content.decode() + caplog.text
    assert Post.objects.get(pk=post.pk).body == post.body


def test_autosave_reports_to_a_script_that_the_session_has_ended(client, post):
    client.logout()
    response = client.post(address("autosave", post), typed(post, title="Khác"))
    assert (response.status_code, response["Content-Type"]) == (401, "application/json")
    assert client.get(address("presence", post)).status_code == 401
    assert client.post(address("upload", post)).status_code == 401
    assert Post.objects.get(pk=post.pk).title == post.title


def test_a_post_in_review_is_not_saved(client, unit, officer):
    post = factories.submitted(unit=unit, author=officer)
    response = client.post(address("autosave", post), typed(post, title="Khác"))
    assert response.status_code == 422
    assert "not open for editing" in response.json()["errors"][""][0]


@pytest.mark.parametrize("name", ["autosave", "edit", "submit", "upload", "archive", "duplicate"])
def test_another_units_post_does_not_exist(client, name):
    foreign = PostFactory()
    assert client.post(address(name, foreign), typed(foreign, title="Khác")).status_code == 404
    foreign.refresh_from_db()
    assert (foreign.title == "Khác", foreign.state) == (False, PostState.DRAFT)


def test_a_reader_of_the_post_may_not_compose(client, unit, post):
    client.force_login(person(Role.SUPERVISOR, unit))
    assert client.get(address("edit", post)).status_code == 403
    assert client.post(address("autosave", post), typed(post)).status_code == 403


def test_foreign_channels_and_pictures_cannot_be_slipped_in(client, post):
    foreign, picture = ChannelFactory(), factories.media(UnitFactory())
    assert (
        client.post(
            address("autosave", post), typed(post, channels=[foreign.public_id])
        ).status_code
        == 422
    )
    assert (
        client.post(address("autosave", post), typed(post, picture=[picture.public_id])).status_code
        == 200
    )
    assert not post.pictures.exists()


# --- The fields -----------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["05/12/2026 07:00", "07:00 05/12/2026", "2026-12-05T07:00"])
@pytest.mark.clock("2026-12-01 08:00")
def test_a_day_is_read_as_the_fifth_of_december(client, post, written, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "vi"
    client.post(address("autosave", post), typed(post, requested_time=written))
    post.refresh_from_db()
    assert post.requested_time == datetime(2026, 12, 5, 7, 0, tzinfo=SAIGON)


def test_only_campaigns_that_run_and_are_open_to_the_unit_can_be_chosen(client, unit, post):
    today = timezone.localdate()
    mine = factories.CampaignFactory(unit=unit.parent)
    over = factories.CampaignFactory(
        unit=unit, starts_on=today - timedelta(30), ends_on=today - timedelta(1)
    )
    siblings = factories.CampaignFactory(unit=UnitFactory(parent=unit.parent))
    for campaign, status in ((mine, 200), (over, 422), (siblings, 422)):
        post.refresh_from_db()
        values = typed(post, campaign=str(campaign.public_id))
        assert client.post(address("autosave", post), values).status_code == status
    post.refresh_from_db()
    assert post.campaign == mine


def test_a_campaign_that_ended_meanwhile_stays_with_its_post(client, unit, officer):
    today = timezone.localdate()
    over = factories.CampaignFactory(
        unit=unit, starts_on=today - timedelta(30), ends_on=today - timedelta(1)
    )
    post = PostFactory(unit=unit, author=officer, campaign=over)
    values = typed(post, title="Khác", campaign=str(over.public_id))
    assert client.post(address("autosave", post), values).status_code == 200


def test_without_the_editor_the_text_is_typed_plain(client, post):
    values = typed(post, body="Dòng một\r\nDòng hai\r\n\r\nĐoạn <b>hai</b>")
    del values["body-is-html"]
    client.post(address("edit", post), values)
    post.refresh_from_db()
    assert post.body == "<p>Dòng một<br>Dòng hai</p><p>Đoạn &lt;b&gt;hai&lt;/b&gt;</p>"


def test_without_the_editor_formatting_stays_where_the_text_was_not_touched(client, unit, officer):
    post = PostFactory(
        unit=unit, author=officer, body="<p><strong>Đậm</strong></p><ul><li>một</li></ul>"
    )
    page = client.get(address("edit", post)).content.decode()
    assert ">\nĐậm\n\n- một</textarea>" in page
    values = typed(post, title="Khác", body="Đậm\r\n\r\n- một")
    del values["body-is-html"]
    client.post(address("edit", post), values)
    post.refresh_from_db()
    assert (post.title, post.body) == ("Khác", "<p><strong>Đậm</strong></p><ul><li>một</li></ul>")
