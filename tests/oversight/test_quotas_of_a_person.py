"""Quotas of one person, over HTTP: the last action that passes, and the one after it."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import reverse
from openpyxl import Workbook
from PIL import Image

from accounts.permissions import Role
from media.models import Media, Upload
from posts.models import Post
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_twice")]
OFTEN = "You did this very often in a short time. Try again after "


@pytest.fixture
def post():
    return factories.PostFactory()


@pytest.fixture
def officer(client, post):
    officer = factories.person(Role.OFFICER, post.unit)
    client.force_login(officer)
    return officer


@pytest.fixture
def _twice(settings):
    settings.QUOTAS = {act: [(2, 86400)] for act in settings.QUOTAS}


def picture(colour: str) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "PNG")
    return SimpleUploadedFile("anh.png", out.getvalue())


def typed(post: Post, **fields: object) -> dict[str, object]:
    channels = [str(target.channel.public_id) for target in post.targets.all()]
    return {
        "version": post.version,
        "body": post.body,
        "body-is-html": "1",
        "channels": channels,
        **fields,
    }


def begin(client) -> HttpResponse:
    """Write a title on the page for a new post and save it."""
    page = client.get(reverse("posts:new")).context
    address = reverse("posts:edit", args=[page["post"].public_id]) + page["query"]
    return client.post(address, {"version": 1, "title": "Cảnh giác", "act": "save"})


def test_the_third_draft_is_refused_on_its_form_whichever_way_drafts_begin(client, officer, post):
    assert begin(client).status_code == 302
    assert client.post(reverse("posts:duplicate", args=[post.public_id])).status_code == 302

    third = begin(client)
    fourth = client.post(reverse("posts:duplicate", args=[post.public_id]))

    assert (third.status_code, fourth.status_code) == (422, 429)
    assert OFTEN in third.content.decode()
    assert OFTEN in fourth.content.decode()
    assert Post.objects.count() == 3


def test_another_persons_quota_is_their_own(client, officer, post):
    for _draft in range(2):
        client.post(reverse("posts:duplicate", args=[post.public_id]))
    client.force_login(factories.person(Role.OFFICER, post.unit))

    assert client.post(reverse("posts:duplicate", args=[post.public_id])).status_code == 302


def test_the_third_autosave_is_refused_to_the_script_and_nothing_is_stored(client, officer, post):
    def save(title: str):
        post.refresh_from_db()
        return client.post(
            reverse("posts:autosave", args=[post.public_id]), typed(post, title=title)
        )

    answers = [save("Một"), save("Hai"), save("Ba")]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["errors"][""][0].startswith(OFTEN)
    assert int(answers[2]["Retry-After"]) > 0
    post.refresh_from_db()
    assert post.title == "Hai"


def test_a_save_by_the_button_that_is_refused_keeps_what_was_typed_on_the_page(
    client, officer, post
):
    def save(title: str):
        post.refresh_from_db()
        return client.post(reverse("posts:edit", args=[post.public_id]), typed(post, title=title))

    answers = [save("Một"), save("Hai"), save("Ba mươi")]

    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert OFTEN in answers[2].content.decode()
    assert 'value="Ba mươi"' in answers[2].content.decode()


def test_the_third_file_is_refused_whichever_way_it_comes(client, officer, post):
    upload = reverse("posts:upload", args=[post.public_id])
    video = {"name": "video.mp4", "size": 1000, "mark": "1"}
    assert client.post(upload, {"file": picture("red")}).status_code == 200
    assert client.post(reverse("posts:uploads", args=[post.public_id]), video).status_code == 200

    third = client.post(upload, {"file": picture("blue")})
    fourth = client.post(reverse("posts:uploads", args=[post.public_id]), {**video, "mark": "2"})
    fifth = client.post(
        reverse("posts:edit", args=[post.public_id]),
        typed(post, act="upload:", files=picture("green")),
        follow=True,
    )

    assert (third.status_code, fourth.status_code) == (422, 422)
    assert third.json()["error"].startswith(OFTEN)
    assert fourth.json()["error"].startswith(OFTEN)
    assert f"anh.png: {OFTEN}" in fifth.content.decode()
    assert (Media.objects.count(), Upload.objects.count()) == (1, 1)


def test_a_video_that_goes_on_is_not_counted_again(client, officer, post):
    video = {"name": "video.mp4", "size": 1000, "mark": "1"}
    answers = [
        client.post(reverse("posts:uploads", args=[post.public_id]), video) for _time in range(4)
    ]

    assert [answer.status_code for answer in answers] == [200] * 4


def test_the_third_export_is_refused_with_the_time_whichever_file_it_is(client, post):
    province = factories.ProvinceFactory()
    campaign = factories.CampaignFactory(unit=province)
    client.force_login(factories.person(Role.OVERSEER, province))
    export = reverse("engagement:campaign_export", args=[campaign.public_id])
    overview = reverse("oversight:province")
    assert client.get(export).status_code == 200
    assert client.get(overview, {"format": "csv"}).status_code == 200

    refused = [client.get(export), client.get(overview, {"format": "xlsx"})]

    assert [answer.status_code for answer in refused] == [429, 429]
    assert OFTEN in refused[0].content.decode()
    assert client.get(overview).status_code == 200


def test_the_third_import_is_refused_on_its_form(client):
    client.force_login(factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory()))

    def send():
        out = io.BytesIO()
        Workbook().save(out)
        return client.post(
            reverse("accounts:import"), {"file": SimpleUploadedFile("a.xlsx", out.getvalue())}
        )

    answers = [send().content.decode() for _time in range(3)]

    assert [OFTEN in answer for answer in answers] == [False, False, True]


def test_the_third_import_template_is_refused(client):
    client.force_login(factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory()))

    answers = [client.get(reverse("accounts:import_template")).status_code for _time in range(3)]

    assert answers == [200, 200, 429]
