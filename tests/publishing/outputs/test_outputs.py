"""Words for where no network reaches: those of the approved revision, and nothing else."""

import re
from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from links.models import Link
from links.queries import get_short_address
from media.codes import qr_svg
from posts.editor import saving
from posts.editor.edits import edit_of
from posts.kits import adopting
from posts.models import Post
from publishing.models import Delivery
from publishing.outputs import texts
from tests import factories


def page_of(client, post):
    client.force_login(factories.person(Role.OFFICER, post.unit, language="en"))
    return client.get(reverse("publishing:outputs", args=[post.public_id]))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Gọi CSGT hoặc 113.", "Gọi Cảnh sát giao thông hoặc một một ba."),
        ("UBND xã; PCCC&CNCH", "Ủy ban nhân dân xã; phòng cháy, chữa cháy&cứu nạn, cứu hộ"),
        ("SĐT 0905 123 456 trực", "số điện thoại không chín không năm một hai ba bốn năm sáu trực"),
        ("Xem https://congan.vn/a?b=1 nhé #antoan 🚨", "Xem nhé"),
        ("OCAD và TPHCM giữ nguyên", "OCAD và TPHCM giữ nguyên"),
        ("Điều 113/2025 và 1.113 đồng", "Điều 113/2025 và 1.113 đồng"),
        ("Báo 156 hoặc 5656, mã OTP", "Báo một năm sáu hoặc năm sáu năm sáu, mã ô tê pê"),
        ("Trong 156 ngày có 5656 lượt xem", "Trong 156 ngày có 5656 lượt xem"),
        ("Phạt 113 người, xử lý 115 vụ", "Phạt 113 người, xử lý 115 vụ"),
        ("Chạy quá 60 km/h", "Chạy quá 60 ki-lô-mét trên giờ"),
    ],
)
def test_an_announcer_reads_words_and_digits_and_no_addresses(written, read):
    assert texts.to_spoken_text(written) == read


def test_the_reading_time_grows_with_syllables_digits_and_pauses():
    assert texts.estimate_reading_seconds("") == 0
    assert texts.estimate_reading_seconds("một hai ba") == 3  # a second of words, two of pauses
    one = texts.estimate_reading_seconds("a " * 300)
    assert one == 102
    assert texts.estimate_reading_seconds("Xe 2026.") > texts.estimate_reading_seconds("Xe hai.")


@pytest.mark.parametrize(
    "text",
    [
        "Ngắn.",
        "\n\n".join(f"Đoạn {n}. " + "từ " * 200 for n in range(9)),
        "Câu. " * 900,
        "khôngcókhoảngtrắng" * 900,
        "🚨" * 5000,
    ],
    ids=["short", "paragraphs", "sentences", "no blanks", "pictures"],
)
def test_pieces_fit_lose_nothing_and_are_numbered(text):
    found = texts.split_into_messages(text)

    assert max(map(len, found)) <= 2000
    bare = [piece.split(") ", 1)[1] if len(found) > 1 else piece for piece in found]
    assert "".join("".join(bare).split()) == "".join(text.split())
    if len(found) > 1:
        assert found[-1].startswith(f"({len(found)}/{len(found)}) ")


@pytest.mark.django_db
def test_the_page_shows_the_approved_revision_and_its_code_not_the_working_copy(client):
    post = factories.approved(title="Bản đã duyệt")
    post.title = "Bản đang gõ dở"
    post.save()

    html = page_of(client, post).text

    assert texts.short_hash(post.approved_revision.content_sha256) in html
    assert "Bản đã duyệt" in html
    assert "Bản đang gõ dở" not in html
    assert "gọi một một ba" in html.lower()


@pytest.mark.django_db
def test_nothing_is_shown_of_what_is_not_approved(client):
    post = factories.submitted()

    answer = page_of(client, post)

    assert answer["Location"] == reverse("publishing:post", args=[post.public_id])


@pytest.mark.django_db
def test_the_link_stands_in_the_text_once_the_post_is_live(client):
    post = factories.approved()
    link = "https://www.facebook.com/congan/posts/1"
    row = factories.delivery(post)
    assert link not in page_of(client, post).text

    row.state, row.permalink, row.remote_id = "published", link, "1_1"
    row.published_at = row.due_at
    row.save()

    pieces = page_of(client, post).context["pieces"]
    assert link in pieces[-1]
    assert pieces[-1].endswith(texts.short_hash(post.approved_revision.content_sha256))


def test_a_hostile_address_leaves_only_squares():
    drawn = qr_svg('https://x.vn/"><script>alert(1)</script>')

    assert set(re.findall(r"<(\w+)", drawn)) == {"svg", "rect", "path"}
    assert "script" not in drawn


@pytest.mark.django_db
def test_a_published_post_bears_the_code_of_its_link_and_no_inline_style(client):
    row = factories.live_delivery()
    row.permalink = "https://facebook.com/x/posts/1"
    row.save()

    html = page_of(client, row.post).text

    assert html.count(qr_svg(row.permalink)) == 1  # with the message; nobody scans a voice
    assert " style=" not in html
    assert texts.short_hash(row.revision.content_sha256) in html


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["scheduled", "recalled"])
def test_what_is_not_live_bears_no_code(client, state):
    post = factories.approved()
    factories.delivery(post, state=state, permalink="https://facebook.com/x/posts/1")

    assert 'class="qr"' not in page_of(client, post).text


# --- A poster -------------------------------------------------------------------------------------


@pytest.fixture
def approved_post(db):
    body = (
        "<p>Không đọc mã OTP cho ai. Công an không gọi điện yêu cầu chuyển tiền!</p><p>Gọi 113.</p>"
    )
    return factories.approved(title="Cảnh giác lừa đảo", body=body)


def poster_of(client, post, name="poster", **query):
    client.force_login(factories.person(Role.OFFICER, post.unit, language="en"))
    return client.get(reverse(f"publishing:{name}", args=[post.public_id]), query)


def test_a_poster_offers_the_sentences_of_the_approved_text_and_no_others(client, approved_post):
    approved_post.body = "<p>Chưa ai duyệt câu này.</p>"
    approved_post.save()

    response = poster_of(client, approved_post)

    assert [label for _n, label in response.context["form"].fields["line_1"].choices][1:] == [
        "Không đọc mã OTP cho ai.",
        "Công an không gọi điện yêu cầu chuyển tiền!",
        "Gọi 113.",
    ]
    assert "data:image/png;base64," in response.content.decode()


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_a_poster_is_downloaded_named_by_the_code_of_the_version(client, approved_post, kind):
    first = poster_of(client, approved_post, "poster_file", **{"as": f"a4 {kind}", "look": "law"})
    again = poster_of(client, approved_post, "poster_file", **{"as": f"a4 {kind}", "look": "law"})

    code = texts.short_hash(approved_post.approved_revision.content_sha256).lower()
    assert first["Content-Disposition"] == f'attachment; filename="ap-phich-a4-{code}.{kind}"'
    assert first.content.startswith({"pdf": b"%PDF-", "png": b"\x89PNG"}[kind])
    assert first.content == again.content


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["poster", "poster_file"])
def test_there_is_no_poster_of_a_draft(client, name):
    draft = factories.PostFactory()

    response = poster_of(client, draft, name, **{"as": "a4 pdf"})

    assert response.url == reverse("publishing:post", args=[draft.public_id])


@pytest.mark.parametrize(
    "query", [{"look": "../secret"}, {"line_1": "99"}, {"hotline": "0900"}, {"as": "a0 exe"}]
)
def test_a_made_up_choice_makes_no_poster_of_its_own(client, approved_post, query):
    assert poster_of(client, approved_post, **query).status_code == 200
    asked = {"as": "a4 pdf"} | query
    assert poster_of(client, approved_post, "poster_file", **asked).status_code in (200, 302)


# --- What a kit brings along ----------------------------------------------------------------------


@pytest.fixture
def of_kit(db):
    """Return an approved post of a kit with a script, a poster and one value."""
    province = factories.ProvinceFactory()
    unit = factories.UnitFactory(parent=province)
    factories.ChannelFactory(unit=unit, platform="facebook")
    poster = {"look": "fire", "line_1": "Bà con {khu_vuc}!", "line_2": "", "hotline": "114"}
    script = "Alo, bà con {khu_vuc} chú ý. Gọi 114. {don_vi} thông báo."
    kit = factories.kit(province, state="issued", script=script, poster=poster)
    post = adopting.adopt(kit, unit=unit, by=factories.person(Role.OFFICER, unit))
    edit = replace(edit_of(post), placeholder_values={"khu_vuc": "tổ 5"})
    post = saving.save(post, edit, by=post.author, version=post.version)
    return factories.approved(Post.objects.select_related("adoption__version").get(pk=post.pk))


def test_the_script_of_a_kit_is_read_with_the_approved_values_of_the_unit(client, of_kit):
    of_kit.adoption.values = {"khu_vuc": "chưa ai duyệt"}
    of_kit.adoption.save()

    shown = page_of(client, of_kit)

    script = shown.context["script"]
    assert script == f"Alo, bà con tổ 5 chú ý. Gọi một một bốn. {of_kit.unit.name} thông báo."


def test_the_poster_of_a_kit_begins_with_its_lines_look_and_number(client, of_kit):
    shown = poster_of(client, of_kit)

    form = shown.context["form"]
    chosen = {name: form[name].value() for name in ("look", "line_1", "line_2", "hotline")}
    assert chosen == {"look": "fire", "line_1": "0", "line_2": "", "hotline": "114"}
    assert form.fields["line_1"].choices[1] == ("0", "Bà con tổ 5!")
    assert "data:image/png;base64," in shown.text
    file = poster_of(client, of_kit, "poster_file", **{"as": "a3 pdf"})
    assert file.content.startswith(b"%PDF-")


def test_a_poster_says_what_the_unit_has_to_enter_first(client, of_kit):
    version = of_kit.adoption.version
    version.poster = {**version.poster, "line_2": "Đến {dia_chi}."}
    version.save()

    shown = poster_of(client, of_kit).text
    assert "“Address of the station”" in shown
    assert "PDF, A4" not in shown
    refused = poster_of(client, of_kit, "poster_file", **{"as": "a4 pdf"})
    assert refused.status_code == 302


@pytest.mark.django_db
def test_the_code_of_a_poster_leads_through_one_short_link_that_counts(client):
    row = factories.live_delivery()
    Delivery.objects.filter(pk=row.pk).update(permalink="https://www.facebook.com/ca/posts/1")
    ask = reverse("publishing:poster_link", args=[row.post.public_id])
    shown = poster_of(client, row.post)
    assert shown.context["link"] == "https://www.facebook.com/ca/posts/1"
    assert ask in shown.text

    assert client.post(ask).status_code == 302
    client.post(ask)

    link = Link.objects.get()
    assert (link.unit, link.target) == (row.unit, "https://www.facebook.com/ca/posts/1")
    shown = poster_of(client, row.post)
    assert shown.context["link"] == get_short_address(link)
    assert ask not in shown.text
    link.stopped_at = timezone.now()
    link.save()
    assert poster_of(client, row.post).context["link"] == link.target


def test_no_short_link_is_made_of_a_post_that_is_not_live(client, approved_post):
    client.force_login(factories.person(Role.OFFICER, approved_post.unit, language="en"))
    client.post(reverse("publishing:poster_link", args=[approved_post.public_id]))
    assert not Link.objects.exists()
