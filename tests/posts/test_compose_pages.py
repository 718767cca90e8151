"""The composer over HTTP: it saves itself, and no text is lost on the way."""

import io
import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.permissions import Role
from posts import services
from posts.models import Media, Post
from posts.states import PostState
from tests import factories
from tests.factories import ChannelFactory, PostFactory, UnitFactory, person

pytestmark = pytest.mark.django_db
NEITHER = "This file is neither a picture (JPEG, PNG, WebP) nor a video (MP4, MOV, WebM)."
SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(unit):
    return person(Role.OFFICER, unit, full_name="Trần Thị Bình")


@pytest.fixture
def colleague(unit):
    return person(Role.OFFICER, unit, full_name="Lê Văn Cường")


@pytest.fixture
def post(unit, officer):
    return PostFactory(unit=unit, author=officer)


@pytest.fixture
def channel(post):
    return post.targets.get().channel


@pytest.fixture(autouse=True)
def _signed_in(client, officer):
    client.force_login(officer)


def address(name: str, post: Post) -> str:
    return reverse(f"posts:{name}", args=[post.public_id])


def typed(post: Post, **fields: object) -> dict[str, object]:
    """What a browser with the editor sends of an untouched page, but for ``fields``."""
    values = {
        "version": post.version,
        "title": post.title,
        "body": post.body,
        "body-is-html": "1",
        "topic": post.topic_id or "",
        "campaign": "",
        "link": post.link,
        "wanted_at": "",
        "valid_until": "",
        "channels": [str(t.channel.public_id) for t in post.targets.all()],
        "picture": [str(p.media.public_id) for p in post.pictures.all()],
        **{f"text-{t.channel.public_id}": t.text for t in post.targets.all()},
        **{f"alt-{p.media.public_id}": p.alt_text for p in post.pictures.all()},
    }
    return {**values, **fields}


def picture_file(name: str = "anh.png", colour: str = "green") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/png")


# --- Saving by itself -------------------------------------------------------------------------------------------------


def test_autosave_stores_the_form_and_answers_with_what_changed(client, post, channel):
    response = client.post(address("autosave", post), typed(post, title="Tiêu đề mới"))

    post.refresh_from_db()
    told = response.json()
    assert response.status_code == 200
    assert post.title == "Tiêu đề mới"
    assert told["version"] == post.version == 2
    assert told["saved"] == timezone.localtime(post.changed_at).strftime("%H:%M:%S")
    assert f'data-part="preview-{channel.public_id}"' in told["html"]
    assert "Tiêu đề mới" in told["html"]
    assert "Nothing is missing" in told["html"]


def test_autosave_names_what_is_missing(client, post):
    told = client.post(address("autosave", post), typed(post, title="", topic="")).json()
    assert "2 things are still missing" in told["html"]
    assert 'href="#at-title"' in told["html"]


def test_autosave_tells_of_a_newer_copy_and_keeps_it(client, post, colleague):
    values = typed(post)
    services.save(
        post, by=colleague, version=1, fields={**_fields(post), "title": "Bản của đồng nghiệp"}, texts={}, pictures=()
    )

    response = client.post(address("autosave", post), {**values, "title": "Bản của tôi"})

    post.refresh_from_db()
    assert response.status_code == 409
    assert response.json()["version"] == 2
    assert "Lê Văn Cường saved this post at" in response.json()["html"]
    assert post.title == "Bản của đồng nghiệp"

    response = client.post(address("autosave", post), {**values, "title": "Bản của tôi", "act": "overwrite:2"})
    post.refresh_from_db()
    assert (response.status_code, post.title, post.version) == (200, "Bản của tôi", 3)


def _fields(post: Post) -> dict[str, object]:
    return {n: getattr(post, n) for n in ("title", "body", "link", "topic", "campaign", "valid_until", "wanted_at")}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("link", "không phải đường dẫn"),
        ("wanted_at", "ngày mai"),
        ("valid_until", "31/02/2026 07:00"),
        ("title", "ă" * 201),
        ("topic", "999999"),
        ("campaign", str(uuid.uuid4())),
        ("channels", [str(uuid.uuid4())]),
        ("version", "x"),
    ],
)
def test_autosave_names_the_field_that_is_wrong_and_stores_nothing(client, post, field, value):
    response = client.post(address("autosave", post), typed(post, body="<p>Khác</p>") | {field: value})

    assert response.status_code == 422
    assert list(response.json()["errors"]) == [field]
    assert Post.objects.get(pk=post.pk).version == 1


def test_autosave_refuses_a_secrecy_mark_in_words_and_stores_nothing(client, post, caplog):
    response = client.post(address("autosave", post), typed(post, body="<p>TUYỆT MẬT</p><p>Kế hoạch 12</p>"))

    assert response.status_code == 422
    assert "state secret" in response.json()["errors"][""][0]
    assert "Kế hoạch 12" not in response.content.decode() + caplog.text
    assert Post.objects.get(pk=post.pk).body == post.body


def test_autosave_tells_a_script_that_the_session_has_ended(client, post):
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
    assert client.post(address("autosave", post), typed(post, channels=[foreign.public_id])).status_code == 422
    assert client.post(address("autosave", post), typed(post, picture=[picture.public_id])).status_code == 200
    assert not post.pictures.exists()


# --- The fields -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["05/12/2026 07:00", "07:00 05/12/2026", "2026-12-05T07:00"])
def test_a_day_is_read_as_the_fifth_of_december(client, post, written, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "vi"
    client.post(address("autosave", post), typed(post, wanted_at=written))
    post.refresh_from_db()
    assert post.wanted_at == datetime(2026, 12, 5, 7, 0, tzinfo=SAIGON)


def test_only_campaigns_that_run_and_are_open_to_the_unit_can_be_chosen(client, unit, post):
    today = timezone.localdate()
    mine = factories.CampaignFactory(unit=unit.parent)
    over = factories.CampaignFactory(unit=unit, starts_on=today - timedelta(30), ends_on=today - timedelta(1))
    siblings = factories.CampaignFactory(unit=UnitFactory(parent=unit.parent))
    for campaign, status in ((mine, 200), (over, 422), (siblings, 422)):
        post.refresh_from_db()
        values = typed(post, campaign=str(campaign.public_id))
        assert client.post(address("autosave", post), values).status_code == status
    post.refresh_from_db()
    assert post.campaign == mine


def test_a_campaign_that_ended_meanwhile_stays_with_its_post(client, unit, officer):
    today = timezone.localdate()
    over = factories.CampaignFactory(unit=unit, starts_on=today - timedelta(30), ends_on=today - timedelta(1))
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
    post = PostFactory(unit=unit, author=officer, body="<p><strong>Đậm</strong></p><ul><li>một</li></ul>")
    page = client.get(address("edit", post)).content.decode()
    assert ">\nĐậm\n\n- một</textarea>" in page
    values = typed(post, title="Khác", body="Đậm\r\n\r\n- một")
    del values["body-is-html"]
    client.post(address("edit", post), values)
    post.refresh_from_db()
    assert (post.title, post.body) == ("Khác", "<p><strong>Đậm</strong></p><ul><li>một</li></ul>")


# --- Without JavaScript -----------------------------------------------------------------------------------------------


def test_the_save_button_saves_and_returns_to_the_page(client, post):
    response = client.post(address("edit", post), typed(post, title="Khác", act="save"))
    post.refresh_from_db()
    assert (response.status_code, response["Location"], post.title) == (302, address("edit", post), "Khác")


def test_the_page_keeps_what_was_typed_when_a_field_is_wrong(client, post):
    response = client.post(address("edit", post), typed(post, title="Tiêu đề dở dang", link="sai"))
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="Tiêu đề dở dang"' in page
    assert "Not saved yet" in page


def test_the_page_keeps_my_text_beside_a_newer_copy_and_saves_it_when_told(client, post, colleague):
    values = typed(post, title="Bản của tôi")
    services.save(post, by=colleague, version=1, fields={**_fields(post), "title": "Mới"}, texts={}, pictures=())

    response = client.post(address("edit", post), values)
    page = response.content.decode()
    assert response.status_code == 409
    assert 'value="Bản của tôi"' in page
    assert 'name="act" value="overwrite:2"' in page

    client.post(address("edit", post), {**values, "act": "overwrite:2"})
    post.refresh_from_db()
    assert post.title == "Bản của tôi"


def test_the_upload_button_adds_pictures_and_says_what_was_refused(client, post):
    files = [picture_file(), SimpleUploadedFile("don.pdf", b"%PDF-1.7"), picture_file("hai.png", "red")]

    response = client.post(address("edit", post), typed(post, act="upload", files=files, title="Khác"), follow=True)

    post.refresh_from_db()
    assert post.title == "Khác"
    assert [(p.media.width, p.position) for p in post.pictures.all()] == [(300, 0), (300, 1)]
    assert f"don.pdf: {NEITHER}" in response.content.decode()


@pytest.mark.parametrize(
    ("act", "order"),
    [("up:1", [1, 0, 2]), ("down:0", [1, 0, 2]), ("up:0", [0, 1, 2]), ("down:2", [0, 1, 2]), ("remove:1", [0, 2])],
)
def test_pictures_are_moved_and_removed_by_buttons(client, unit, officer, act, order):
    media = [factories.media(unit) for _ in range(3)]
    post = PostFactory(unit=unit, author=officer, media=media)
    name, number = act.split(":")

    client.post(address("edit", post), typed(post, act=f"{name}:{media[int(number)].public_id}"))

    assert [p.media for p in post.pictures.all()] == [media[n] for n in order]


def test_submitting_saves_first_and_leads_to_the_post(client, post):
    response = client.post(address("submit", post), typed(post, title="Khác", act="submit"))
    post.refresh_from_db()
    assert response["Location"] == reverse("publishing:post", args=[post.public_id])
    assert (post.state, post.current_revision.content["title"]) == (PostState.IN_REVIEW, "Khác")


def test_submitting_an_incomplete_post_saves_it_and_says_what_is_missing(client, post):
    response = client.post(address("submit", post), typed(post, title=""), follow=True)
    post.refresh_from_db()
    assert (post.state, post.title) == (PostState.DRAFT, "")
    assert "The title is missing." in response.content.decode()


# --- A session that ended in the meantime -----------------------------------------------------------------------------


def proof_of(client, post: Post) -> str:
    return client.get(address("edit", post)).context["proof"]


def test_a_form_sent_signed_out_is_offered_again_after_signing_in(client, post, officer):
    officer.language = "en"
    officer.save()
    values = typed(post, title="Viết lúc hết phiên", act="submit", proof=proof_of(client, post))
    client.logout()

    response = client.post(address("submit", post), values)
    assert response["Location"] == f"{reverse('account_login')}?next={address('edit', post)}"

    client.post(reverse("account_login"), {"login": officer.username, "password": factories.PASSWORD})
    page = client.get(address("edit", post)).content.decode()
    assert "This is what you sent while you were signed out" in page
    assert 'value="Viết lúc hết phiên"' in page
    post.refresh_from_db()
    assert (post.title == "Viết lúc hết phiên", post.state) == (False, PostState.DRAFT)

    client.post(address("edit", post), typed(post, title="Viết lúc hết phiên"))
    assert "while you were signed out" not in client.get(address("edit", post)).content.decode()
    post.refresh_from_db()
    assert post.title == "Viết lúc hết phiên"


def test_the_offer_can_be_declined(client, post, officer):
    values = typed(post, title="Viết lúc hết phiên", proof=proof_of(client, post))
    client.logout()
    client.post(address("edit", post), values)
    client.post(reverse("account_login"), {"login": officer.username, "password": factories.PASSWORD})

    client.post(address("edit", post))

    assert "while you were signed out" not in client.get(address("edit", post)).content.decode()


def test_somebody_else_who_signs_in_is_offered_nothing(client, post, colleague):
    values = typed(post, title="Viết lúc hết phiên", proof=proof_of(client, post))
    client.logout()
    client.post(address("edit", post), values)
    client.post(reverse("account_login"), {"login": colleague.username, "password": factories.PASSWORD})
    assert "Viết lúc hết phiên" not in client.get(address("edit", post)).content.decode()


@pytest.mark.parametrize("why", ["no proof", "of another post", "too large", "a secret"])
def test_nothing_is_kept_for_a_stranger_nor_too_much_nor_a_secret(client, unit, post, officer, why):
    proof = {"no proof": "", "of another post": proof_of(client, PostFactory(unit=unit, author=officer))}.get(
        why, proof_of(client, post)
    )
    body = {"too large": "ă" * 210_000, "a secret": "TUYỆT MẬT"}.get(why, "Nội dung")
    client.logout()
    client.post(address("edit", post), typed(post, body=body, proof=proof))
    assert "unsent" not in client.session


# --- Uploads, presence ------------------------------------------------------------------------------------------------


def test_an_uploaded_picture_belongs_to_the_unit_and_comes_back_as_a_card(client, unit, post):
    response = client.post(address("upload", post), {"file": picture_file()})
    media = Media.objects.get()
    assert (media.unit, response.json()["picture"]) == (unit, str(media.public_id))
    assert f'name="alt-{media.public_id}"' in response.json()["html"]
    assert not post.pictures.exists()


def test_a_refused_upload_is_told_in_words(client, post):
    response = client.post(address("upload", post), {"file": SimpleUploadedFile("a.png", b"<svg/>")})
    assert (response.status_code, response.json()) == (422, {"error": NEITHER})
    assert client.post(address("upload", post)).status_code == 422


def test_presence_names_the_others_and_gives_a_fresh_token(client, post, officer, colleague):
    services.touch(post, by=colleague, now=timezone.now())
    told = client.get(address("presence", post)).json()
    assert (told["others"], told["version"]) == (["Lê Văn Cường"], 1)
    assert len(told["token"]) > 30


# --- Other pages ------------------------------------------------------------------------------------------------------


def test_an_approved_post_is_shown_read_only_and_says_what_an_edit_would_stop(client, unit, officer):
    post = factories.approved(unit=unit, author=officer)
    factories.delivery(post, due_at=timezone.now() + timedelta(hours=1))
    page = client.get(address("edit", post)).content.decode()
    assert "1 scheduled publication stops" in page
    assert f'action="{reverse("publishing:reopen", args=[post.public_id])}"' in page
    assert 'name="title"' not in page


def test_a_returned_post_shows_why(client, post, unit, officer):
    revision = services.submit(post, by=officer)
    services.send_back(post, revision, by=person(Role.APPROVER, unit), reason="Thiếu số trực ban")
    assert "Thiếu số trực ban" in client.get(address("edit", post)).content.decode()


def test_looking_at_the_page_for_a_new_post_makes_none(client, unit):
    assert client.get(reverse("posts:new")).status_code == 200
    assert not Post.objects.exists()

    response = client.post(reverse("posts:new"), {"unit": unit.key})
    assert response["Location"] == address("edit", Post.objects.get())


def test_a_post_is_begun_only_in_units_where_one_writes(client, unit):
    assert client.post(reverse("posts:new"), {"unit": UnitFactory().key}).status_code == 422
    assert not Post.objects.exists()
    client.force_login(person(Role.SUPERVISOR, unit))
    assert client.get(reverse("posts:new")).status_code == 403


def test_a_kept_campaign_is_chosen_on_the_page_for_a_new_post(client, unit):
    campaign = factories.CampaignFactory(unit=unit.parent)
    page = client.get(reverse("posts:new"), {"campaign": campaign.public_id}).content.decode()
    assert f'<option value="{campaign.public_id}" selected>' in page


def test_a_draft_is_put_away_and_a_copy_made(client, post):
    client.post(address("archive", post))
    post.refresh_from_db()
    assert post.state == PostState.ARCHIVED

    response = client.post(address("duplicate", post))
    copy = Post.objects.exclude(pk=post.pk).get()
    assert response["Location"] == address("edit", copy)


def test_the_composer_costs_the_same_for_one_channel_and_for_three(
    client, unit, officer, django_assert_max_num_queries
):
    for number in (1, 3):
        post = PostFactory(unit=unit, author=officer, channels=[ChannelFactory(unit=unit) for _ in range(number)])
        with django_assert_max_num_queries(30):
            client.get(address("edit", post))
