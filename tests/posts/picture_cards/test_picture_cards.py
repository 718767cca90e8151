"""The page on which a card is made: for the library, for a post, and again from another card."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from core import jobs
from core.models import JobState, QuotaUse
from media import incoming, pictures
from media.cards.typesetting import Look
from media.models import Card, Media
from media.scanners import examining
from media.scanners.models import WHOLE, Box
from posts.models import Post
from tests import factories
from units.models import UnitFacts

pytestmark = pytest.mark.django_db
NEW = "/media/cards/new/"
WORDS = {
    "title": "Không đọc mã OTP cho bất kỳ ai",
    "line_1": "Công an không gọi điện yêu cầu chuyển tiền.",
    "line_2": "Nghi ngờ lừa đảo: gọi 113.",
    "look": "warning",
    "formats": ["1x1"],
    "hotline": "113",
    "qr": "",
    "link": "",
}


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture(autouse=True)
def _signed_in(client, officer):
    client.force_login(officer)


def preview(client, **changed):
    data = WORDS | {"act": "preview"} | changed
    return client.post(NEW, data, headers={"HX-Request": "true"}).content.decode()


def test_a_card_stands_in_the_library_in_each_format_with_its_text_as_description(client, unit):
    response = client.post(NEW, WORDS | {"formats": ["1x1", "16x9"]})

    rows = Media.objects.filter(unit=unit).order_by("width")
    assert response.url == reverse("posts:media_library")
    assert [(row.width, row.height, row.content_type) for row in rows] == [
        (1080, 1080, "image/png"),
        (1920, 1080, "image/png"),
    ]
    assert {row.alt_text for row in rows} == {
        "Không đọc mã OTP cho bất kỳ ai. Công an không gọi điện yêu cầu chuyển tiền. "
        "Nghi ngờ lừa đảo: gọi 113. Công an: 113."
    }
    assert {(row.rights, bool(row.kept_at)) for row in rows} == {("own", True)}
    assert sorted(Card.objects.values_list("look", "format")) == [
        ("warning", "16x9"),
        ("warning", "1x1"),
    ]


def test_the_same_card_twice_is_one_picture_and_keeps_what_was_said_of_it(client, unit):
    client.post(NEW, WORDS)
    Media.objects.update(alt_text="Tấm thẻ của phường")

    client.post(NEW, WORDS)

    assert Media.objects.get(unit=unit).alt_text == "Tấm thẻ của phường"
    assert Card.objects.count() == 1


def test_from_the_composer_the_card_stands_in_the_draft_at_once(client, unit, officer):
    post = factories.PostFactory(author=officer, unit=unit, title="Cảnh giác lừa đảo")
    address = reverse("posts:card_for_post", args=[post.public_id])

    page = client.get(address).content.decode()
    response = client.post(address, WORDS)

    assert ">\nCảnh giác lừa đảo</textarea>" in page
    assert response.url == reverse("posts:edit", args=[post.public_id]) + "#at-pictures"
    shown = post.pictures.get()
    assert (shown.media.width, shown.alt_text.split(".")[0]) == (1080, WORDS["title"])


def test_a_card_is_changed_into_a_new_one(client, unit):
    client.post(NEW, WORDS | {"qr": "other", "link": "https://vneid.gov.vn/"})
    first = Media.objects.get(unit=unit)
    address = reverse("posts:change_card", args=[first.public_id])

    form = client.get(address).context["form"]
    client.post(address, WORDS | {"title": "Không chuyển tiền cho người lạ"})

    assert {name: form[name].value() for name in ("title", "look", "formats", "qr", "link")} == {
        "title": WORDS["title"],
        "look": "warning",
        "formats": ["1x1"],
        "qr": "other",
        "link": "https://vneid.gov.vn/",
    }
    assert (
        address
        in client.get(reverse("posts:library_medium", args=[first.public_id])).content.decode()
    )
    assert Media.objects.filter(unit=unit).count() == 2


def test_a_photo_is_no_card(client, unit):
    photo = factories.media(unit)

    response = client.get(reverse("posts:change_card", args=[photo.public_id]))

    assert response.url == reverse("posts:library_medium", args=[photo.public_id])


# --- What may not stand on it ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"line_1": "Liên hệ người có CCCD 048099001234 để nhận lại tiền"},
        {"qr": "other", "link": "https://tang-qua.top/vay"},
        {"qr": "other", "link": "http://vneid.gov.vn/"},
        {"qr": "other", "link": ""},
        {"qr": "https://elsewhere.example/"},
        {"formats": []},
        {"look": "../../secret"},
        {"title": "W" * 100},
    ],
    ids=["number", "host", "no_tls", "no_link", "not_offered", "no_format", "look", "too_long"],
)
def test_what_may_not_stand_on_a_card_is_refused_and_nothing_is_stored(client, changed):
    response = client.post(NEW, WORDS | changed)

    assert response.status_code in (409, 422)
    assert not Media.objects.exists()
    assert response.context["form"]["line_2"].value() == WORDS["line_2"]  # nothing typed is lost


def test_a_secrecy_mark_is_refused(client):
    response = client.post(NEW, WORDS | {"line_1": "TUYỆT MẬT"})

    assert response.status_code == 422
    assert not Media.objects.exists()


def test_the_code_may_lead_to_the_units_own_confirmed_page(client, unit):
    page = factories.ChannelFactory(unit=unit, address="https://t.me/conganbinhyen")

    response = client.post(NEW, WORDS | {"qr": page.address})

    assert response.status_code == 302
    assert Card.objects.get().words["link"] == "https://t.me/conganbinhyen"


def test_the_unit_may_name_the_number_of_its_duty_desk(client, unit):
    UnitFacts.objects.create(unit=unit, duty_phone="02363822300", changed_at=timezone.now())

    client.post(NEW, WORDS | {"hotline": "own"})

    assert Media.objects.get().alt_text.endswith("Điện thoại trực ban: 0236.3822.300.")


# --- The preview ----------------------------------------------------------------------------------


def test_a_preview_shows_each_format_and_stores_nothing(client):
    before = sorted(incoming.folder().iterdir())

    page = preview(client, formats=["1x1", "9x16"])

    assert page.count('src="data:image/png;base64,') == 2
    assert not Media.objects.exists()
    assert sorted(incoming.folder().iterdir()) == before


def test_a_preview_says_beside_the_field_by_how_much_it_is_too_long(client):
    page = preview(client, line_1="W" * 90)

    note = page.split('id="over-line_1"')[1].split("</p>")[0]
    assert "hx-swap-oob" in note
    assert "Too long for the card by" in note
    assert "Too long" not in page.split('id="over-title"')[1].split("</p>")[0]


def test_a_preview_warns_of_what_an_approver_must_pass(client):
    page = preview(client, line_1="Không mở trang tang-qua.top khi có người gửi")

    assert 'class="card-hint"' in page


def test_a_preview_without_a_title_says_what_to_do(client):
    assert "data:image" not in preview(client, title="")


def test_the_same_preview_again_is_not_drawn_again(client):
    preview(client)
    used = QuotaUse.objects.filter(key__startswith="card_preview")
    before = sorted(used.values_list("used", flat=True))

    preview(client)

    assert sorted(used.values_list("used", flat=True)) == before
    assert before


def test_too_many_previews_are_refused_in_words(client, settings):
    settings.QUOTAS = settings.QUOTAS | {"card_preview": [(1, 3600)]}
    preview(client)

    page = preview(client, title="Một tiêu đề khác")

    assert "data:image" not in page
    assert 'role="status"' in page


def test_without_scripts_the_preview_is_a_page_that_keeps_what_was_typed(client):
    response = client.post(NEW, WORDS | {"act": "preview"})

    page = response.content.decode()
    assert "data:image/png" in page
    assert WORDS["line_2"] in page


@pytest.mark.parametrize("look", Look.values)
def test_no_design_is_stopped_by_the_look_for_stamps(client, unit, settings, monkeypatch, look):
    settings.SCAN_MEDIA = True
    monkeypatch.setattr(examining, "examine", None)  # nothing is looked for in the picture

    client.post(NEW, WORDS | {"look": look, "formats": ["1x1", "16x9"]})

    rows = Media.objects.filter(unit=unit)
    assert [jobs.run_job(row.scan.job_id) for row in rows] == [True, True]
    assert {row.scan.state for row in rows} == {JobState.DONE}
    assert not Box.objects.exists()


def test_a_card_is_known_by_its_bytes_in_another_unit(client, settings, monkeypatch):
    settings.SCAN_MEDIA = True
    monkeypatch.setattr(examining, "examine", None)
    client.post(NEW, WORDS)
    drawn = Media.objects.get()
    there = factories.UnitFactory()
    other = factories.person(Role.OFFICER, there)

    with drawn.file.open() as file:
        again = pictures.store(file, unit=there, by=other)

    assert again.sha256 == drawn.sha256
    assert jobs.run_job(again.scan.job_id)
    assert not again.scan.boxes.exists()


def test_what_a_card_says_is_judged_by_the_words_it_was_drawn_from(client, unit, settings):
    settings.SCAN_MEDIA = True
    client.post(NEW, WORDS)
    card = Card.objects.get()
    # A rule that came later, or words of a kit that another unit approved.
    card.words |= {"line_1": "Số CCCD 034190000017.", "link": "https://la.example/trung-thuong"}
    card.save()

    assert jobs.run_job(card.media.scan.job_id)

    rows = Box.objects.values_list("kind", "rule", "width")
    assert sorted(rows) == [("code", "link_risk", WHOLE), ("text", "id_cccd", WHOLE)]
    assert all(box.is_open for box in Box.objects.all())


def test_a_card_that_is_given_up_leaves_no_draft_and_one_that_is_made_begins_it(client, unit):
    page = client.get(reverse("posts:new"))
    post, query = page.context["post"], page.context["query"]
    edit = reverse("posts:edit", args=[post.public_id]) + query
    empty = {"version": post.version, "title": "", "body": "", "body-is-html": "1"}

    tool = client.post(edit, {**empty, "act": "card"})["Location"]
    back = client.get(tool).context["back"]  # signed again, of another second perhaps
    assert client.get(back).context["post"].public_id == post.public_id
    assert not Post.objects.exists()

    client.post(tool, WORDS)
    assert Post.objects.get().public_id == post.public_id
    assert Post.objects.get().pictures.count() == 1


def test_what_is_written_is_saved_on_the_way_to_the_card(client, unit):
    page = client.get(reverse("posts:new"))
    post, query = page.context["post"], page.context["query"]
    edit = reverse("posts:edit", args=[post.public_id]) + query
    form = {"version": post.version, "title": "Cảnh giác", "body": "", "body-is-html": "1"}

    client.post(edit, {**form, "act": "card"})

    assert Post.objects.get().title == "Cảnh giác"
