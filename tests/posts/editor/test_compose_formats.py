"""The composer's formats, options, videos and captions, over HTTP: kept by every way of saving, and
said beside the field when something is wrong.
"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.permissions import Role
from posts.findings import find_findings
from posts.models import Post, PostMedia
from posts.states import PostState
from tests import factories, videos
from tests.factories import ChannelFactory, PostFactory, UnitFactory, person
from tests.pages import one_line
from tests.posts.editor.composer import address, typed
from tests.posts.editor.test_saving import VTT

pytestmark = pytest.mark.django_db
SRT = "1\n00:00:01,000 --> 00:00:02,000\nChào bà con\n"


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(unit):
    return person(Role.OFFICER, unit)


@pytest.fixture
def tiktok(unit):
    return ChannelFactory(unit=unit, platform="tiktok")


@pytest.fixture
def youtube(unit):
    return ChannelFactory(unit=unit, platform="youtube")


@pytest.fixture
def clip(unit):
    return factories.video(unit, seconds=30)


@pytest.fixture
def post(unit, officer, tiktok, youtube, clip):
    post = PostFactory(unit=unit, author=officer, channels=[tiktok, youtube])
    PostMedia.objects.create(post=post, media=clip, position=0)
    return post


@pytest.fixture(autouse=True)
def _signed_in(client, officer):
    client.force_login(officer)


def chosen(post, tiktok, youtube, clip, **more) -> dict[str, object]:
    """Return what a browser sends when an officer has decided everything."""
    fields = {
        f"format-{tiktok.public_id}": "video",
        f"option-{tiktok.public_id}-privacy": "PUBLIC_TO_EVERYONE",
        f"option-{tiktok.public_id}-comments": "on",
        f"option-{youtube.public_id}-category": "27",
        f"captions-{clip.public_id}": SRT,
        "ai_made": "on",
    }
    return typed(post) | fields | more


def decided(post) -> dict[str, object]:
    post.refresh_from_db()
    return {
        "channels": {t.channel.platform: (t.format, t.options) for t in post.targets.all()},
        "captions": post.pictures.get().captions,
        "ai_made": post.ai_made,
    }


def test_a_channel_that_nobody_has_confirmed_is_marked_with_what_is_missing(
    client, post, tiktok, youtube
):
    shown = [client.get(address("edit", post)).content.decode().count("to be confirmed")]
    youtube.confirmed_at = None
    youtube.save()

    page = client.get(address("edit", post)).content.decode()

    assert [*shown, page.count("to be confirmed"), page.count("nothing goes out here before")] == [
        0,
        1,
        1,
    ]


ALL = {
    "channels": {
        "tiktok": ("video", {"privacy": "PUBLIC_TO_EVERYONE", "comments": True}),
        # What stands by itself is not written down; the box for the subscribers was not ticked.
        "youtube": ("", {"category": "27", "notify": False}),
    },
    "captions": VTT.format("Chào bà con"),
    "ai_made": True,
}


@pytest.mark.parametrize("way", ["autosave", "edit"])
def test_what_was_decided_is_kept_with_and_without_a_script(
    client, post, tiktok, youtube, clip, way
):
    response = client.post(address(way, post), chosen(post, tiktok, youtube, clip))
    assert response.status_code in (200, 302)
    assert decided(post) == ALL


def test_looking_at_the_page_and_sending_it_back_changes_nothing(
    client, post, tiktok, youtube, clip
):
    client.post(address("autosave", post), chosen(post, tiktok, youtube, clip))
    post.refresh_from_db()
    again = chosen(
        post,
        tiktok,
        youtube,
        clip,
        **{f"captions-{clip.public_id}": post.pictures.get().captions},
    )
    assert client.post(address("autosave", post), again).json()["version"] == post.version


def test_nothing_is_chosen_beforehand_where_the_platform_forbids_it(client, post, tiktok):
    page = client.get(address("edit", post))
    (part,) = [part for part in page.context["parts"] if part.channel == tiktok]
    values = {one.option.name: one.field.value() for one in part.options}
    assert values["privacy"] is None
    assert not any(values[name] for name in ("comments", "duet", "stitch", "own_brand"))
    assert "Music Usage Confirmation" in page.content.decode()
    assert f'id="at-{tiktok.public_id}-privacy"' in page.content.decode()
    assert f'href="#at-{tiktok.public_id}-privacy"' in page.content.decode()


@pytest.mark.parametrize(
    ("name", "value"), [("option-{}-privacy", "EVERYBODY"), ("format-{}", "fax")]
)
def test_what_the_platform_does_not_have_is_refused_at_its_field(client, post, tiktok, name, value):
    field = name.format(tiktok.public_id)
    response = client.post(address("autosave", post), typed(post) | {field: value})
    assert (response.status_code, list(response.json()["errors"])) == (422, [field])


@pytest.mark.parametrize("way", ["autosave", "edit"])
def test_captions_that_do_not_fit_stop_no_save_and_are_named_at_their_video(
    client, post, clip, way
):
    field, written = f"captions-{clip.public_id}", "0:01 – 0:02 Dừng lại.\nGọi 113."

    saved = client.post(address(way, post), typed(post, title="Tên mới") | {field: written})
    page = client.get(address("edit", post)).text

    assert saved.status_code in (200, 302)
    assert Post.objects.get(pk=post.pk).title == "Tên mới"
    assert f">{written}</textarea>" in page
    said = page.split(f'data-part="said-media-{clip.public_id}"')[1].split("</div>")[0]
    assert "Line 2 of the captions has no times." in said


def test_captions_that_do_not_fit_keep_a_post_from_its_approver(client, post, clip):
    field = f"captions-{clip.public_id}"
    client.post(address("autosave", post), typed(post) | {field: "0:05 – 0:02 Dừng lại."})
    post.refresh_from_db()

    client.post(address("submit", post), typed(post) | {field: "0:05 – 0:02 Dừng lại."})

    post.refresh_from_db()
    assert post.state == PostState.DRAFT
    findings = find_findings(post)
    assert [finding.where for finding in findings if finding.rule == "captions_unclear"] == [
        f"media-{clip.public_id}"
    ]


def test_a_file_of_captions_that_is_no_text_is_refused(client, post, clip):
    name = f"captions-{clip.public_id}"
    upload = SimpleUploadedFile("phu-de.srt", b"\xff\xfe\x00")

    response = client.post(address("edit", post), typed(post) | {f"{name}-file": upload})

    assert response.status_code == 422
    assert '<ul class="field-errors"><li>The captions are not readable text.' in response.text


def test_captions_come_as_a_file_too(client, post, clip):
    upload = SimpleUploadedFile(
        "phu-de.srt", SRT.encode("utf-16"), content_type="application/x-subrip"
    )
    client.post(address("edit", post), typed(post) | {f"captions-{clip.public_id}-file": upload})
    assert post.pictures.get().captions == VTT.format("Chào bà con")


def test_captions_of_a_picture_are_passed_over(client, unit, officer):
    picture = factories.media(unit)
    post = PostFactory(unit=unit, author=officer, media=[picture])
    client.post(
        address("autosave", post),
        typed(post, title="Khác") | {f"captions-{picture.public_id}": SRT},
    )
    assert post.pictures.get().captions == ""


def test_a_conflict_and_a_lost_session_keep_what_was_decided(
    client, post, tiktok, youtube, clip, officer, unit
):
    proof = client.get(address("edit", post)).context["proof"]
    values = chosen(post, tiktok, youtube, clip, proof=proof)
    post.version += 1
    post.save()
    kept = ("video", "PUBLIC_TO_EVERYONE", True, VTT.format("Chào bà con"), True)
    conflict = client.post(address("edit", post), values)
    assert conflict.status_code == 409
    assert _on_the_page(conflict, tiktok, clip) == (
        "video",
        "PUBLIC_TO_EVERYONE",
        True,
        VTT.format("Chào bà con"),
        True,
    )

    client.logout()
    client.post(address("edit", post), values)
    client.post(
        reverse("account_login"), {"login": officer.username, "password": factories.PASSWORD}
    )
    offered = client.get(address("edit", post))
    assert _on_the_page(offered, tiktok, clip) == kept


def _on_the_page(response, tiktok, clip) -> tuple[object, ...]:
    (part,) = [part for part in response.context["parts"] if part.channel == tiktok]
    options = {one.option.name: one.field.value() for one in part.options}
    (shown,) = response.context["pictures"]
    ai_made = response.context["form"]["ai_made"].value()
    return (
        part.format.value(),
        options["privacy"],
        bool(options["comments"]),
        shown.captions,
        bool(ai_made),
    )


def test_the_counter_says_what_the_platform_counts(client, post, youtube):
    body = client.post(address("autosave", post), typed(post, title="Khác")).json()["html"]
    part = body.split(f'data-part="count-{youtube.public_id}"')[1].split("</div>")[0]
    assert 'data-unit="bytes"' in part
    assert "bytes (a letter with a mark takes 2 or 3)" in part


def test_a_save_reports_the_format_of_the_moment_and_what_goes_with_it(
    client, unit, officer, tiktok, clip
):
    post = PostFactory(
        unit=unit, author=officer, channels=[tiktok], media=[clip, factories.media(unit)]
    )
    body = client.post(address("autosave", post), typed(post, title="Khác")).json()["html"]
    part = body.split(f'data-part="now-{tiktok.public_id}"')[1].split("</div>")[0]
    assert '<span data-kind="video">Video · 1 video</span>' in one_line(part)
    assert (
        "without 1 picture"
        in body.split(f'data-part="said-{tiktok.public_id}"')[1].split("</div>")[0]
    )

    body = client.post(
        address("autosave", post),
        typed(post, version=2, title="Khác") | {f"format-{tiktok.public_id}": "photo"},
    ).json()["html"]
    assert '<span data-kind="photo">Photo post · 1 picture</span>' in one_line(body)


def test_warnings_do_not_stand_in_the_way(client, unit, officer, tiktok, clip):
    post = PostFactory(
        unit=unit, author=officer, channels=[tiktok], media=[clip, factories.media(unit)]
    )
    privacy = {f"option-{tiktok.public_id}-privacy": "PUBLIC_TO_EVERYONE"}
    body = client.post(address("autosave", post), typed(post, title="Khác") | privacy).json()[
        "html"
    ]
    assert "Nothing is missing" in body
    assert "Good to know before you submit" in body
    client.post(address("submit", post), typed(post, version=2, title="Khác") | privacy)
    post.refresh_from_db()
    assert post.state == PostState.IN_REVIEW


# --- What the page itself allows ------------------------------------------------------------------


def narrowed(client, post, channel):
    return client.get(reverse("posts:choices", args=[post.public_id, channel.public_id]))


@pytest.fixture
def account(simulator, unit):
    return factories.connected(simulator, "tiktok", unit)


def test_the_page_is_asked_what_it_allows(client, simulator, unit, officer, account):
    simulator.settings(
        tiktok_closed=["duet"], tiktok_longest_seconds=180, tiktok_private_accounts=True
    )
    post = PostFactory(unit=unit, author=officer, channels=[account])
    page = narrowed(client, post, account).content.decode()
    assert "&quot;duet&quot;: []" in page
    assert "PUBLIC_TO_EVERYONE" not in page
    assert "Videos of at most 3 minutes." in page


def test_a_page_that_does_not_answer_leaves_all_choices(client, simulator, unit, officer):
    lost = ChannelFactory(unit=unit, platform="tiktok", secrets={"token": "of nobody"})
    post = PostFactory(unit=unit, author=officer, channels=[lost])
    page = narrowed(client, post, lost).content.decode()
    assert "TikTok does not answer now, so all choices are shown." in page
    assert "data-left" not in page


def test_a_page_with_nothing_to_ask_is_not_asked_and_a_foreign_one_does_not_exist(
    client, post, youtube
):
    assert narrowed(client, post, youtube).status_code == 204
    assert narrowed(client, post, ChannelFactory(platform="tiktok")).status_code == 404


@pytest.mark.parametrize(
    ("allowed", "fields", "said"),
    [
        (
            {"tiktok_private_accounts": True},
            {},
            "does not allow this now: Who can see the post “Everyone”",
        ),
        ({"tiktok_closed": ["comment"]}, {"comments": "on"}, "does not allow this: Allow comments"),
        ({"tiktok_longest_seconds": 20}, {}, "takes videos of at most 20 seconds"),
    ],
)
def test_what_the_page_does_not_allow_is_refused_at_submission(
    client, simulator, unit, officer, account, clip, allowed, fields, said
):
    post = PostFactory(unit=unit, author=officer, channels=[account], media=[clip])
    simulator.settings(**allowed)
    values = {f"option-{account.public_id}-{name}": value for name, value in fields.items()}
    values[f"option-{account.public_id}-privacy"] = "PUBLIC_TO_EVERYONE"

    page = client.post(address("submit", post), typed(post) | values, follow=True).content.decode()

    assert said in page
    post.refresh_from_db()
    assert post.state == PostState.DRAFT
    simulator.settings(tiktok_private_accounts=False, tiktok_closed=[], tiktok_longest_seconds=600)
    client.post(address("submit", post), typed(post) | values)
    assert Post.objects.get(pk=post.pk).state == PostState.IN_REVIEW


def test_the_video_of_a_draft_is_played_in_place(client, post, clip):
    page = client.get(address("edit", post)).content.decode()
    source = f'<source src="{reverse("posts:media", args=[clip.public_id])}" type="video/mp4">'
    assert page.count(source) == 1  # previews are fetched when they are opened
    assert "0:30 · 360 × 640" in page


def test_an_uploaded_video_comes_back_as_a_card_with_captions(client, post):
    upload = SimpleUploadedFile(
        "phim.mp4", videos.video_file(seconds=1.0), content_type="video/mp4"
    )
    body = client.post(address("upload", post), {"file": upload}).json()
    assert f'name="captions-{body["picture"]}"' in body["html"]
