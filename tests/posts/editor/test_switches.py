"""Channels that cannot take a post's pictures and videos are off by themselves."""

import pytest
from django.urls import reverse

from posts.canonical import content
from posts.editor import saving
from posts.editor.edits import ChannelEdit, MediaEdit, PostEdit, PostFields, edit_of
from posts.findings import find_findings
from posts.history.restoring import restore
from posts.models import Post
from posts.origins import starting
from posts.review.revisions import store_version
from posts.states import PostState
from tests import factories
from tests.posts.editor.composer import address, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(unit):
    names = ("facebook", "tiktok", "youtube")
    return {name: factories.ChannelFactory(unit=unit, platform=name) for name in names}


@pytest.fixture
def draft(unit, officer, pages):
    return starting.start_draft(unit=unit, by=officer)


def save(post, by, *, pictures=(), switched=None):
    """Save with these pictures, each channel switched by hand as told."""
    edit = edit_of(post)
    channels = {
        channel: ChannelEdit(
            chosen.text,
            chosen.format,
            chosen.options,
            (switched or {}).get(channel.platform, chosen.switched),
        )
        for channel, chosen in edit.channels.items()
    }
    media = [MediaEdit(picture, "Ảnh") for picture in pictures]
    return saving.save(post, PostEdit(edit.fields, channels, media), by=by, version=post.version)


def on(post) -> set[str]:
    return {target["platform"] for target in content.compose(post)["channels"]}


def test_material_switches_channels_off_and_on_again(unit, officer, draft):
    assert on(draft) == {"facebook"}

    draft = save(draft, officer, pictures=[factories.media(unit)])
    assert on(draft) == {"facebook", "tiktok"}

    draft = save(draft, officer, pictures=[factories.video(unit)])
    assert on(draft) == {"facebook", "tiktok", "youtube"}

    draft = save(draft, officer)
    assert on(draft) == {"facebook"}


def test_what_a_person_switched_stays_whatever_the_material(unit, officer, draft):
    draft = save(draft, officer, switched={"facebook": False, "youtube": True})
    assert on(draft) == {"youtube"}
    assert "video_missing" in {finding.rule for finding in find_findings(draft)}

    draft = save(draft, officer, pictures=[factories.media(unit)])
    assert on(draft) == {"tiktok", "youtube"}


def test_a_format_that_somebody_chose_does_not_switch_its_channel_off(unit, officer, draft, pages):
    edit = edit_of(draft)
    edit.channels[pages["facebook"]] = ChannelEdit(format="reel")
    draft = saving.save(draft, edit, by=officer, version=draft.version)
    assert on(draft) == {"facebook"}


def test_the_page_says_why_a_channel_is_off_and_asks_nothing_of_it(client, officer, draft, pages):
    client.force_login(officer)
    page = client.get(address("edit", draft))
    assert page.context["unfit"] == {
        str(pages["tiktok"].public_id): "needs a picture or a video",
        str(pages["youtube"].public_id): "takes videos only",
    }
    assert page.content.decode().count("channel-unfit") == 2
    assert {f.where for f in find_findings(draft)} == {"body", "topic"}


def switches(post) -> dict[str, str]:
    return {
        f"switch-{t.channel.public_id}": "hand"
        if t.switched_by_person
        else "on"
        if t.is_on
        else "off"
        for t in post.targets.select_related("channel")
    }


def boxes(post) -> list[str]:
    return [str(t.channel.public_id) for t in post.targets.switched_on()]


def test_a_box_that_was_left_as_it_was_shown_is_no_decision(client, unit, officer, draft, pages):
    client.force_login(officer)
    sent = typed(draft, channels=boxes(draft), picture=[str(factories.media(unit).public_id)])
    answer = client.post(address("autosave", draft), sent | switches(draft))

    assert answer.json()["switches"] == {
        str(page.public_id): name != "youtube" for name, page in pages.items()
    }
    assert set(draft.targets.values_list("switched_by_person", flat=True)) == {False}


def test_a_box_that_was_changed_is_a_decision(client, officer, draft, pages):
    client.force_login(officer)
    youtube = str(pages["youtube"].public_id)
    answer = client.post(
        address("autosave", draft), typed(draft, channels=[youtube]) | switches(draft)
    )

    assert answer.json()["switches"] == {str(pages["tiktok"].public_id): False}
    stored = draft.targets.values_list("channel__platform", "is_on", "switched_by_person")
    assert set(stored) == {
        ("facebook", False, True),
        ("tiktok", False, False),
        ("youtube", True, True),
    }


def test_a_channel_that_is_off_keeps_what_was_written_for_it(client, officer, draft, pages):
    client.force_login(officer)
    own = {f"text-{pages['tiktok'].public_id}": "Chỉ cho TikTok"}
    client.post(
        address("autosave", draft), typed(draft, channels=boxes(draft)) | switches(draft) | own
    )

    assert draft.targets.get(channel=pages["tiktok"]).text == "Chỉ cho TikTok"
    draft.refresh_from_db()
    assert on(draft) == {"facebook"}


def test_what_is_submitted_goes_where_the_page_said(client, unit, officer, draft, pages):
    client.force_login(officer)
    fields = {"title": "Khóa cổng", "body": "<p>Gọi 113.</p>", "topic": factories.topic().pk}
    medium = factories.media(unit)
    with_picture = {"picture": [str(medium.public_id)], f"alt-{medium.public_id}": "Cổng"}
    sent = typed(draft, channels=boxes(draft), **fields, **with_picture) | switches(draft)

    page = client.post(address("submit", draft), sent, follow=True)

    draft.refresh_from_db()
    assert draft.state == PostState.DRAFT
    assert "decided anew about TikTok" in page.content.decode()
    privacy = {f"option-{pages['tiktok'].public_id}-privacy": "PUBLIC_TO_EVERYONE"}
    sent = typed(draft, channels=boxes(draft), **fields, **with_picture) | switches(draft)
    client.post(address("submit", draft), sent | privacy)
    draft.refresh_from_db()
    assert draft.state == PostState.IN_REVIEW
    content_of = draft.current_revision.content
    assert {t["platform"] for t in content_of["channels"]} == {"facebook", "tiktok"}


def test_a_post_that_no_channel_takes_says_what_to_do(unit, officer):
    factories.ChannelFactory(unit=unit, platform="youtube")
    draft = starting.start_draft(unit=unit, by=officer)
    (finding,) = [f for f in find_findings(draft) if f.where == "channels"]
    assert "YouTube: takes videos only" in finding.message


def test_a_new_post_without_a_row_shows_the_same(client, officer, pages):
    client.force_login(officer)
    page = client.get(reverse("posts:new"))
    assert page.context["chosen"] == {str(pages["facebook"].public_id)}
    assert len(page.context["unfit"]) == 2
    assert not Post.objects.exists()


def test_a_channel_that_came_later_is_off_until_somebody_switches_it(client, unit, officer, draft):
    factories.ChannelFactory(unit=unit, platform="threads")
    client.force_login(officer)
    page = client.get(address("edit", draft)).content.decode()
    assert page.count('value="hand"') == 1

    client.post(address("autosave", draft), typed(draft, channels=boxes(draft)) | switches(draft))

    draft.refresh_from_db()
    assert on(draft) == {"facebook"}


def test_a_copy_is_switched_as_its_original(unit, officer, draft):
    draft = save(draft, officer, pictures=[factories.media(unit)], switched={"facebook": False})
    copy = starting.duplicate(draft, by=officer)
    same = ("channel", "is_on", "switched_by_person")
    assert set(copy.targets.values_list(*same)) == set(draft.targets.values_list(*same))


def test_a_version_that_comes_back_has_exactly_its_channels(unit, officer, pages):
    facebook = [pages["facebook"]]
    post = factories.PostFactory(unit=unit, author=officer, channels=facebook)
    revision = store_version(post, content.compose(post))
    fields = PostFields(title="Khác", body="<p>Khác</p>")
    channels = dict.fromkeys(pages.values(), ChannelEdit())
    media = [MediaEdit(factories.video(unit))]
    post = saving.save(post, PostEdit(fields, channels, media), by=officer, version=post.version)

    post = restore(post, revision, by=officer)
    assert on(post) == {"facebook"}

    post = save(post, officer, pictures=[factories.video(unit)])
    assert on(post) == {"facebook"}


def test_lists_name_only_the_channels_that_are_on(client, officer, draft, pages):
    save(draft, officer, switched={"youtube": False})
    Post.objects.filter(pk=draft.pk).update(title="Khóa cổng")
    client.force_login(officer)
    page = client.get(reverse("publishing:post_list"))
    assert "platform-facebook" in page.content.decode()
    found = client.get(reverse("publishing:post_list"), {"channel": pages["youtube"].public_id})
    assert "Khóa cổng" not in found.content.decode()


def test_the_check_says_where_the_post_goes_and_where_not(client, officer, draft, pages):
    client.force_login(officer)
    other = factories.ChannelFactory(unit=draft.unit, platform="facebook", name="Trang thứ hai")
    form = typed(draft, channels=[*boxes(draft), str(other.public_id)]) | switches(draft)

    page = client.get(address("edit", draft)).content.decode()
    checked = client.post(address("check", draft), form).json()["html"]

    both = f"Facebook {pages['facebook'].name}, Facebook Trang thứ hai"
    for shown, goes_to in ((page, "Facebook"), (checked, both)):
        words = " ".join(shown.split())
        assert f"<b>Goes to:</b> {goes_to} </p>" in words
        assert "<b>Does not go to:</b> TikTok (needs a picture or a video), YouTube" in words
        left_out = words.split("<b>Does not go to:</b>")[1].split("</p>")[0]
        assert 'value="card"' in left_out

    form["picture"] = [str(factories.media(draft.unit).public_id)]  # YouTube takes no picture
    checked = client.post(address("check", draft), form).json()["html"]
    left_out = checked.split("Does not go to:")[1].split("</p>")[0]
    assert ("YouTube" in left_out, 'value="card"' in left_out) == (True, False)
