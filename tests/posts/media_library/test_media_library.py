"""Pages of the library of pictures: list, one of them, where it is used, its way into a post."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from core.errors import Refused
from media.editing import picture_edits, video_edits
from media.library import entries
from media.library.entries import Description
from media.models import Folder, Media, Tag
from posts.editor import saving
from posts.findings import find_findings
from posts.media_library import upkeep
from posts.media_library.upkeep import replace_with_finished_video
from posts.models import Post
from posts.origins import starting
from posts.review import decisions
from posts.states import PostState
from publishing.states import State
from tests import factories
from tests.media.test_library import jpeg, scene
from tests.pages import one_line
from tests.posts.editor.composer import typed
from tests.videos import video_file

pytestmark = pytest.mark.django_db
LIST = "/media/"


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture(autouse=True)
def _signed_in(client, officer):
    client.force_login(officer)


def describe(media, by, **said) -> Media:
    media.refresh_from_db()
    return entries.describe(media, Description(**said), by=by, version=media.version)


def address(name: str, row) -> str:
    return reverse(f"posts:{name}", args=[row.public_id])


def shown(client, **query) -> list[str]:
    """Return the public ids that the list shows, in its order."""
    cards = client.get(reverse("posts:media_library"), query).context["cards"]
    return [card["media"].pk for card in cards]


def put(**fields) -> None:
    Media.objects.filter(pk=fields.pop("pk")).update(**fields)


# --- The list -------------------------------------------------------------------------------------


def test_the_newest_picture_comes_first_and_each_has_a_signed_link(client, unit):
    first, second = factories.media(unit), factories.media(unit)
    factories.media(factories.UnitFactory())

    response = client.get(reverse("posts:media_library"))

    assert [card["media"] for card in response.context["cards"]] == [second, first]
    client.logout()
    thumb = client.get(response.context["cards"][0]["thumb"])
    assert (thumb.status_code, thumb["Content-Type"]) == (200, "image/jpeg")


def test_words_without_accents_find_the_description_a_tag_or_the_post(client, unit, officer):
    described = describe(factories.media(unit), officer, alt_text="Tổ tuần tra", tags=["Đêm"])
    in_post = factories.media(unit)
    factories.PostFactory(
        unit=unit, media=[in_post], title="Cảnh giác lừa đảo", search="canh giac lua dao"
    )
    factories.media(unit)

    assert shown(client, q="tuan TRA dem") == [described.pk]
    assert shown(client, q="lua dao") == [in_post.pk]
    assert shown(client, q="tuan tra lua dao") == []


def test_each_filter_leaves_what_fits(client, unit, officer):
    folder = entries.create_folder(unit, "Năm", by=officer)
    inner = entries.create_folder(unit, "Tháng", parent=folder, by=officer)
    video = factories.video(unit)
    large = factories.media(unit)
    put(pk=large.pk, size=20 * 1024 * 1024)
    tagged = describe(factories.media(unit), officer, folder=inner, tags=["Đêm"])
    used = factories.media(unit)
    factories.PostFactory(unit=unit, media=[used])
    province = factories.media(unit.parent)
    put(pk=province.pk, shared=True)
    ministry = factories.media(unit.parent.parent)
    put(pk=ministry.pk, shared=True)
    ending = factories.media(unit)
    put(pk=ending.pk, expires_on=timezone.localdate() + timedelta(days=7))
    archived = factories.media(unit)
    put(pk=archived.pk, archived_at=timezone.now())
    every = [ending, ministry, province, used, tagged, large, video]

    assert shown(client) == [medium.pk for medium in every]
    assert shown(client, kind="video") == [video.pk]
    assert video.pk not in shown(client, kind="picture")
    assert shown(client, size="large") == [large.pk]
    assert large.pk not in shown(client, size="small")
    assert shown(client, folder=str(folder.public_id)) == [tagged.pk]
    assert shown(client, tag="dem") == [tagged.pk]
    assert shown(client, used="yes") == [used.pk]
    assert used.pk not in shown(client, used="no")
    assert shown(client, level="province") == [province.pk]
    assert shown(client, level="ministry") == [ministry.pk]
    assert not {province.pk, ministry.pk} & set(shown(client, level="own"))
    assert shown(client, show="ending") == [ending.pk]
    assert shown(client, show="archived") == [archived.pk]
    assert shown(client, folder=str(uuid.uuid4())) == [medium.pk for medium in every]


def test_a_page_asks_as_often_with_ten_thousand_rows_as_with_three(
    client, unit, officer, django_assert_max_num_queries
):
    first = factories.media(unit)
    facts = {"content_type": "image/jpeg", "width": 1, "height": 1, "size": 1, "file": "x.jpg"}
    Media.objects.bulk_create(
        Media(unit=unit, sha256=f"{n:064x}", uploaded_by=first.uploaded_by, **facts)
        for n in range(10_000)
    )
    tag = Tag.objects.create(unit=unit, name="a", folded="a")
    first.tags.add(tag)
    with django_assert_max_num_queries(20) as few:
        client.get(reverse("posts:media_library"), {"q": "khong co"})
    with django_assert_max_num_queries(20) as many:
        response = client.get(reverse("posts:media_library"), {"page": 300, "used": "no"})

    assert len(response.context["cards"]) == 24
    assert response.context["page_obj"].paginator.count == 10_001
    assert len(many) <= 20
    assert len(few) <= len(many)


# --- Into the library -----------------------------------------------------------------------------


def test_a_script_sends_one_file_and_is_told_of_a_copy(client, unit):
    picture = SimpleUploadedFile("a.jpg", jpeg(scene(1)))
    first = client.post(reverse("posts:add_media"), {"file": picture}).json()
    again = client.post(
        reverse("posts:add_media"), {"file": SimpleUploadedFile("b.jpg", jpeg(scene(1)))}
    ).json()
    smaller = SimpleUploadedFile("c.jpg", jpeg(scene(1).resize((450, 300))))
    alike = client.post(reverse("posts:add_media"), {"file": smaller}).json()

    assert (first["picture"], "very file" in first["html"]) == (again["picture"], False)
    assert "had this very file already" in again["html"]
    assert (
        reverse("posts:library_medium", args=[first["picture"]])
        in alike["html"].split("looks like these")[1]
    )
    assert Media.objects.filter(unit=unit, kept_at__isnull=False).count() == 2


def test_a_plain_form_sends_many(client, unit):
    files = [SimpleUploadedFile(f"{n}.jpg", jpeg(scene(n))) for n in range(2)]
    files.append(SimpleUploadedFile("x.jpg", b"no picture"))

    response = client.post(reverse("posts:add_media"), {"files": files}, follow=True)

    assert Media.objects.filter(unit=unit).count() == 2
    said = [str(message) for message in response.context["messages"]]
    assert said[0].startswith("x.jpg: This file is neither")
    assert said[1] == "2 files are in the library, 0 of them were there before."


def test_a_file_that_is_no_picture_is_refused_in_words(client):
    response = client.post(
        reverse("posts:add_media"), {"file": SimpleUploadedFile("x.jpg", b"GIF89a" + bytes(90))}
    )
    assert (response.status_code, "neither a picture" in response.json()["error"]) == (422, True)


def test_a_script_is_told_that_the_session_has_ended(client):
    client.logout()
    for name in ("add_media", "library_uploads"):
        assert client.post(reverse(f"posts:{name}")).status_code == 401


def begin(client, data: bytes):
    return client.post(
        reverse("posts:library_uploads"), {"name": "a.mp4", "size": len(data), "mark": "1|2|a.mp4"}
    ).json()


def send(client, address: str, data: bytes, offset: int):
    return client.generic(
        "PATCH",
        address,
        data,
        content_type="application/offset+octet-stream",
        headers={"Upload-Offset": str(offset)},
    )


def test_a_video_goes_on_where_a_lost_line_or_a_reload_left_it(client, unit):
    data = video_file()
    upload = begin(client, data)
    half = len(data) // 2
    send(client, upload["url"], data[:half], 0)

    # After a reload the browser knows the file again by its mark.
    again = begin(client, data)
    assert (again["url"], again["offset"]) == (upload["url"], half)
    # A piece whose answer was lost is not stored twice.
    assert send(client, upload["url"], data[:half], 0).status_code == 409
    done = send(client, again["url"], data[half:], half).json()

    media = Media.objects.get()
    assert (done["picture"], media.unit, media.is_video) == (str(media.public_id), unit, True)
    assert media.kept_at is not None
    assert reverse("posts:library_medium", args=[media.public_id]) in done["html"]


def test_the_provinces_overseer_puts_files_in_who_writes_no_posts(client, unit):
    overseer = factories.person(Role.OVERSEER, unit.parent)
    client.force_login(overseer)

    client.post(reverse("posts:add_media"), {"file": SimpleUploadedFile("a.jpg", jpeg(scene(1)))})
    data = video_file()
    done = send(client, begin(client, data)["url"], data, 0)

    assert done.status_code == 200
    assert Media.objects.filter(unit=unit.parent).count() == 2


# --- Into a post ----------------------------------------------------------------------------------


def test_a_draft_begins_with_the_picture_and_its_description(client, unit, officer):
    media = describe(factories.media(unit), officer, alt_text="Tổ tuần tra")

    response = client.post(address("use_media", media))

    post = Post.objects.get()
    assert response["Location"] == address("edit", post) + "#at-pictures"
    row = post.pictures.get()
    assert (row.media, row.alt_text, post.author) == (media, "Tổ tuần tra", officer)


def test_a_picture_goes_into_the_open_draft_once(client, unit, officer):
    before, media = factories.media(unit), factories.media(unit)
    post = factories.PostFactory(unit=unit, author=officer, media=[before])

    for _ in range(2):
        client.post(address("use_media", media), {"post": post.public_id})

    assert [row.media for row in post.pictures.all()] == [before, media]
    assert Post.objects.count() == 1


def test_a_shared_picture_becomes_the_units_own_in_the_post(client, unit):
    shared = factories.media(unit.parent)
    put(pk=shared.pk, shared=True, alt_text="Sơ đồ")

    client.post(address("use_media", shared))

    row = Post.objects.get().pictures.get()
    assert (row.media.unit, row.media.taken_from, row.alt_text) == (unit, shared, "Sơ đồ")


@pytest.mark.parametrize("name", ["use_media", "library_medium", "archive_media", "share_media"])
def test_what_the_province_does_not_share_is_not_there(client, unit, name):
    response = client.post(address(name, factories.media(unit.parent)))

    assert (response.status_code, Post.objects.count()) == (404, 0)


def test_a_picture_goes_into_no_post_of_another_unit(client, unit):
    post = factories.PostFactory()

    response = client.post(address("use_media", factories.media(unit)), {"post": post.public_id})

    assert (response.status_code, post.pictures.count()) == (404, 0)


def test_the_composer_gets_the_card_of_what_is_chosen_and_stores_it_with_the_form(
    client, unit, officer
):
    shared = factories.media(unit.parent)
    put(pk=shared.pk, shared=True, alt_text="Sơ đồ")
    post = factories.PostFactory(unit=unit, author=officer)
    sheet = client.get(address("choose_media", post), headers={"HX-Request": "true"})

    answer = client.post(
        address("choose_media", post),
        {"media": shared.public_id},
        headers={"Accept": "application/json"},
    ).json()

    assert f'data-choose="{shared.public_id}"' in sheet.content.decode()
    own = Media.objects.get(unit=unit)
    assert (answer["picture"], own.taken_from) == (str(own.public_id), shared)
    assert "Sơ đồ</textarea>" in answer["html"]
    assert post.pictures.count() == 0


def test_without_scripts_the_chosen_picture_goes_into_the_stored_post(client, unit, officer):
    media = factories.media(unit)
    post = factories.PostFactory(unit=unit, author=officer)
    page = one_line(client.get(address("choose_media", post)).content.decode())

    response = client.post(address("choose_media", post), {"media": media.public_id})

    assert f'name="media" value="{media.public_id}"' in page
    assert response["Location"] == address("edit", post) + "#at-pictures"
    assert post.pictures.get().media == media


def test_the_words_of_a_submitted_post_are_offered_with_its_picture_again(client, unit, officer):
    media = factories.media(unit)
    kept = describe(factories.media(unit), officer, alt_text="Đã có")
    channel = factories.ChannelFactory(unit=unit)
    post = factories.PostFactory(
        unit=unit, author=officer, media=[media, kept], channels=[channel], topic=factories.topic()
    )

    decisions.submit(post, by=officer)

    assert Media.objects.get(pk=media.pk).alt_text == "Ảnh minh họa"
    assert Media.objects.get(pk=kept.pk).alt_text == "Đã có"
    assert shown(client, q="anh minh hoa") == [media.pk]


# --- The last day ---------------------------------------------------------------------------------


@pytest.fixture
def ended(unit):
    media = factories.media(unit)
    put(pk=media.pk, expires_on=timezone.localdate() - timedelta(days=1), title="Áp phích cũ")
    media.refresh_from_db()
    return media


def test_an_ended_picture_comes_into_no_further_post(client, unit, officer, ended):
    post = factories.PostFactory(unit=unit, author=officer)

    with pytest.raises(Refused, match="may be used until"):
        upkeep.put_in_post(ended, unit=unit, by=officer)
    chosen = client.post(
        address("choose_media", post),
        {"media": ended.public_id},
        headers={"Accept": "application/json"},
    )
    saved = client.post(address("autosave", post), typed(post, picture=str(ended.public_id)))

    assert (chosen.status_code, saved.status_code) == (422, 422)
    assert "Áp phích cũ" in chosen.json()["error"]
    assert post.pictures.count() == 0


def test_a_draft_that_shows_an_ended_picture_is_saved_and_not_submitted(
    client, unit, officer, ended
):
    post = factories.PostFactory(unit=unit, author=officer, media=[ended])
    fields = typed(post, title="Sửa tiêu đề", picture=str(ended.public_id))

    response = client.post(address("autosave", post), fields)

    post.refresh_from_db()
    assert (response.status_code, post.title) == (200, "Sửa tiêu đề")
    assert "media_expired" in [finding.rule for finding in find_findings(post)]


def test_on_its_last_day_a_picture_is_used_still(unit, officer):
    media = factories.media(unit)
    put(pk=media.pk, expires_on=timezone.localdate())
    media.refresh_from_db()

    post = upkeep.put_in_post(media, unit=unit, by=officer)

    assert "media_expired" not in [finding.rule for finding in find_findings(post)]


def test_a_unit_is_told_once_a_week_ahead_with_its_live_posts(unit, officer):
    today = timezone.localdate()
    ending, later = factories.media(unit), factories.media(unit)
    put(pk=ending.pk, expires_on=today + timedelta(days=7))
    put(pk=later.pk, expires_on=today + timedelta(days=8))
    channel = factories.ChannelFactory(unit=unit)
    post = factories.approved(unit=unit, channels=[channel], media=[ending])
    factories.delivery(
        post, channel, state=State.PUBLISHED, published_at=timezone.now(), remote_id="1"
    )

    assert [upkeep.warn_of_expiry(on=today) for _ in range(2)] == [1, 0]
    notice = Notice.objects.get(user=officer, kind="media_end")
    day = f"{today + timedelta(days=7):%d/%m/%Y}"
    assert notice.facts == {"n": "1", "day": day, "live": "1"}
    # A day that is moved is told of again.
    put(pk=ending.pk, expires_on=today + timedelta(days=6))
    assert upkeep.warn_of_expiry(on=today) == 1


# --- What something was blurred out of ------------------------------------------------------------


@pytest.fixture
def blurred(unit):
    media = factories.media(unit)
    put(pk=media.pk, blurred_at=timezone.now() - timedelta(days=6, hours=1))
    media.refresh_from_db()
    return media


def test_the_blurred_picture_takes_the_place_of_the_old_one(unit, officer):
    first, old, last, new = (factories.media(unit) for _ in range(4))
    post = factories.PostFactory(unit=unit, author=officer, media=[first, old, last])
    post.pictures.filter(media=old).update(alt_text="Hai em bé")

    saved = saving.replace_media(post, old, new, by=officer)
    again = saving.replace_media(saved, old, new, by=officer)

    shown = list(saved.pictures.values_list("media", "alt_text"))
    assert [key for key, _alt in shown] == [first.pk, new.pk, last.pk]
    assert shown[1][1] == "Hai em bé"
    assert again.version == saved.version == post.version + 1


def test_no_way_leads_back_into_a_post(unit, officer, blurred):
    """It cannot be chosen, saved, brought back with a version or copied with a post."""
    post = factories.PostFactory(unit=unit, author=officer, media=[factories.media(unit)])
    with pytest.raises(Refused, match="blurred out"):
        upkeep.put_in_post(blurred, unit=unit, by=officer, post=post)
    carrying = factories.PostFactory(unit=unit, author=officer, media=[blurred])

    copy = starting.duplicate(carrying, by=officer)

    assert not copy.pictures.exists()
    assert "media_blurred" in {finding.rule for finding in find_findings(carrying)}


def test_a_week_after_it_drafts_lose_it_and_are_told_of_it(unit, officer, blurred):
    draft = factories.PostFactory(unit=unit, author=officer, media=[blurred], title="Bài nháp")
    sent = factories.submitted(unit=unit, author=officer, media=[blurred])

    assert upkeep.drop_blurred(now=timezone.now()) == 1

    assert not draft.pictures.exists()
    assert list(sent.pictures.values_list("media", flat=True)) == [blurred.pk]
    notice = Notice.objects.get(user=officer, kind="media_blurred_out")
    assert notice.facts["title"] == "Bài nháp"
    assert default_storage.exists(blurred.file.name)  # the post under review needs it


def test_what_only_former_versions_show_loses_its_bytes_and_keeps_its_row(
    client, unit, officer, blurred
):
    post = factories.submitted(unit=unit, author=officer, media=[blurred])
    Post.objects.filter(pk=post.pk).update(state=PostState.CHANGES_REQUESTED)

    upkeep.drop_blurred(now=timezone.now())

    assert not default_storage.exists(blurred.file.name)
    assert Media.objects.filter(pk=blurred.pk).exists()
    client.force_login(officer)
    assert client.get(reverse("posts:media", args=[blurred.public_id])).status_code == 404
    assert upkeep.drop_blurred(now=timezone.now()) == 0


# --- Where it is used -----------------------------------------------------------------------------


def test_a_picture_lists_its_posts_with_channel_day_and_link(client, unit, officer):
    media = factories.media(unit)
    channel = factories.ChannelFactory(unit=unit)
    post = factories.approved(unit=unit, channels=[channel], media=[media], title="Bài đã đăng")
    link = f"https://facebook.com/{channel.handle}/posts/1"
    at = timezone.now()
    factories.delivery(
        post, channel, state=State.PUBLISHED, published_at=at, remote_id="1", permalink=link
    )
    factories.PostFactory(unit=unit, author=officer, media=[media], title="Bài đang soạn")
    factories.PostFactory(unit=unit, title="Bài khác")

    response = client.get(address("library_medium", media))

    use = response.context["pages"][0]
    assert (use.post, use.channel, use.at, use.link, use.is_live) == (post, channel, at, link, True)
    assert {str(post) for post in response.context["posts"]} == {"Bài đã đăng", "Bài đang soạn"}
    assert link in response.content.decode()


def test_a_withdrawn_post_has_no_live_link(client, unit):
    media = factories.media(unit)
    channel = factories.ChannelFactory(unit=unit)
    post = factories.approved(unit=unit, channels=[channel], media=[media])
    factories.delivery(
        post,
        channel,
        state=State.RECALLED,
        published_at=timezone.now(),
        remote_id="1",
        permalink="https://facebook.com/x/posts/1",
    )

    use = client.get(address("library_medium", media)).context["pages"][0]

    assert (use.link, use.is_live) == ("", False)


def test_the_province_sees_where_units_used_what_it_shares_and_a_unit_only_its_own(client, unit):
    shared = factories.media(unit.parent)
    put(pk=shared.pk, shared=True)
    for place in (unit, factories.UnitFactory(parent=unit.parent)):
        person = factories.person(Role.OFFICER, place)
        upkeep.put_in_post(shared, unit=place, by=person)

    own = client.get(address("library_medium", shared)).context["posts"]
    client.force_login(factories.person(Role.OVERSEER, unit.parent))
    every = client.get(address("library_medium", shared)).context["posts"]

    assert ([post.unit for post in own], len(every)) == ([unit], 2)


def test_the_form_describes_the_picture_and_keeps_what_was_typed_when_refused(client, unit):
    media = factories.media(unit)
    folder = Folder.objects.create(unit=unit, name="Năm 2026")
    said = {
        "version": 1,
        "title": "Tuần tra",
        "folder": folder.public_id,
        "tags": "Đêm, tuần tra",
        "consent": "staff",
        "consent_on": "05/04/2026",
        "expires_on": "31/12/2030",
    }

    done = client.post(address("library_medium", media), said)
    refused = client.post(address("library_medium", media), said | {"title": "Khác"})

    media.refresh_from_db()
    assert (done.status_code, refused.status_code, media.title) == (302, 409, "Tuần tra")
    assert (media.folder, str(media.expires_on), str(media.consent_on)) == (
        folder,
        "2030-12-31",
        "2026-04-05",
    )
    assert 'value="Khác"' in refused.content.decode()


def test_below_a_shared_picture_is_read_only(client, unit):
    shared = factories.media(unit.parent)
    put(pk=shared.pk, shared=True, source="Bộ Công an")

    page = client.get(address("library_medium", shared))
    sent = client.post(address("library_medium", shared), {"version": 1, "title": "Sửa"})

    shared.refresh_from_db()
    assert "Bộ Công an" in page.content.decode()
    assert 'name="title"' not in page.content.decode()
    assert (sent.status_code, shared.title) == (200, "")


def test_the_province_shares_and_stops(client, unit):
    client.force_login(factories.person(Role.OVERSEER, unit.parent))
    media = factories.media(unit.parent)

    client.post(address("share_media", media))
    shared = Media.objects.get(pk=media.pk).shared
    client.post(address("share_media", media), {"act": "stop"})

    assert (shared, Media.objects.get(pk=media.pk).shared) == (True, False)


# --- Archive --------------------------------------------------------------------------------------


def test_what_no_post_shows_is_archived_and_taken_back(client, unit):
    media = factories.media(unit)

    client.post(address("archive_media", media))
    gone = shown(client)
    archived = shown(client, show="archived")
    client.post(address("unarchive_media", media))

    assert (gone, archived, shown(client)) == ([], [media.pk], [media.pk])


@pytest.mark.parametrize("by", ["draft", "revision"])
def test_what_a_post_shows_is_not_archived(client, unit, by):
    media = factories.media(unit)
    post = factories.submitted(unit=unit, media=[media])
    if by == "revision":
        post.pictures.all().delete()

    response = client.post(address("archive_media", media), follow=True)

    assert shown(client) == [media.pk]
    assert "Take it out there first" in str(next(iter(response.context["messages"])))


def test_folders_are_made_renamed_and_removed_on_their_page(client, unit):
    page = reverse("posts:media_folders")
    client.post(page, {"name": "Năm 2026"})
    outer = Folder.objects.get()
    client.post(page, {"name": "Tháng 5", "parent": outer.public_id})
    again = client.post(page, {"name": "Năm 2026"})
    client.post(address("media_folder", outer), {"name": "Năm 2027", "act": "rename"})
    inner = Folder.objects.get(parent=outer)
    client.post(address("media_folder", inner), {"act": "remove"})

    assert again.status_code == 409
    assert [str(folder) for folder in Folder.objects.all()] == ["Năm 2027"]


VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:05.000\nGọi 113\n"


def test_a_video_that_is_made_while_the_composer_is_open_is_taken_over_without_a_conflict(
    client, unit, officer
):
    video, made, other = (factories.video(unit, seconds=9) for _number in range(3))
    post = factories.PostFactory(unit=unit, author=officer, media=[video])
    post.pictures.update(captions=VTT)
    page = typed(post, title="Viết tiếp", **{f"captions-{video.public_id}": VTT})
    edit = video_edits.queue(
        video, video_edits.Plan(start=2, end=9), by=officer, purpose_id=post.public_id
    )
    edit.result = made
    edit.save()
    replace_with_finished_video(edit)
    client.force_login(officer)
    assert client.get(address("presence", post)).json()["has_new_video"]

    answer = client.post(address("autosave", post), page)

    assert answer.status_code == 200
    assert list(answer.json()["videos"]) == [str(video.public_id)]
    assert f'data-picture="{made.public_id}"' in answer.json()["videos"][str(video.public_id)]
    post.refresh_from_db()
    shown = post.pictures.get()
    assert (shown.media, post.title) == (made, "Viết tiếp")
    assert "00:00:00.000 --> 00:00:03.000" in shown.captions  # cut like the video
    # A colleague's change in between is a conflict still.
    behind = typed(post) | {"version": post.version - 1, "picture": [str(other.public_id)]}
    assert client.post(address("autosave", post), behind).status_code == 409


def test_units_that_took_a_shared_picture_over_are_told_that_it_was_blurred(unit, officer):
    above = factories.person(Role.OVERSEER, unit.parent)
    shared = factories.media(unit.parent)
    Media.objects.filter(pk=shared.pk).update(shared=True)
    copy = upkeep.own_media(Media.objects.get(pk=shared.pk), unit=unit, by=officer)

    picture_edits.retire(shared)

    notice = Notice.objects.get(kind="media_blurred_above")
    assert (notice.user, notice.address) == (officer, address("library_medium", copy))
    assert not Notice.objects.filter(user=above, kind="media_blurred_above").exists()
