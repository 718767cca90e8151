"""The composer shows the words that the leak check means, and changes them by one tap."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from posts.editor import saving
from posts.states import PostState
from tests import factories
from tests.factories import PostFactory, UnitFactory, person
from tests.posts.editor.composer import address, typed
from units.models import UnitFacts

pytestmark = pytest.mark.django_db

NUMBER = "0912 345 678"
LINE = f"Xin gọi cho anh ấy qua số {NUMBER} nhé."


@pytest.fixture
def unit():
    return UnitFactory()


@pytest.fixture
def officer(unit, client):
    officer = person(Role.OFFICER, unit)
    client.force_login(officer)
    return officer


@pytest.fixture
def post(unit, officer):
    return PostFactory(unit=unit, author=officer, body=f"<p>Chào bà con.</p><p>{LINE}</p>")


def act_of(page, kind):
    """Return what the button of a way out sends."""
    start = page.index(f':{kind}"')
    return page[page.rindex('"', 0, start) + 1 : start] + f":{kind}"


def take(client, post, kind, **fields):
    page = client.get(address("edit", post)).content.decode()
    act = act_of(page, kind)
    client.post(address("edit", post), typed(post, act=act, **fields))
    post.refresh_from_db()
    return post


def test_the_words_stand_beside_the_text_after_a_save(client, post):
    answer = client.post(address("autosave", post), typed(post)).json()

    assert f'data-words="{NUMBER}"' in answer["html"]
    assert 'data-field="body"' in answer["html"]


def test_one_tap_masks_the_number_in_the_text(client, post):
    post = take(client, post, "mask")

    assert post.body == f"<p>Chào bà con.</p><p>{LINE.replace('678', 'xxx')}</p>"


def test_one_tap_drops_the_line(client, post):
    assert take(client, post, "drop_line").body == "<p>Chào bà con.</p>"


def test_one_tap_writes_the_unit_s_hotline(client, post, unit):
    UnitFacts.objects.create(
        unit=unit, duty_phone="02363822300", changed_at=factories.timezone.now()
    )

    assert "0236.3822.300" in take(client, post, "own_hotline").body


@pytest.mark.parametrize("between", [" ", "</p><p>"])
def test_a_text_full_of_numbers_makes_no_page_of_megabytes(client, post, between):
    numbers = [f"Gọi 09{n:08d} ngay." for n in range(1400)]

    answer = client.post(
        address("check", post), typed(post, body=f"<p>{between.join(numbers)}</p>")
    )

    page = answer.json()["html"]
    assert page.count("data-words=") == 100
    assert page.count('href="#at-body"') >= 1400  # each is in the list all the same
    assert len(answer.content) < 2_000_000


def test_formatting_stays_where_the_words_bear_none(client, post, officer):
    body = f"<p>Chào <strong>bà con</strong>.</p><p>{LINE}</p>"
    post = saving.save(post, factories.edit_of(post, body=body), by=officer, version=post.version)

    assert take(client, post, "mask").body == body.replace("678", "xxx")
    assert "<strong>bà con</strong>" in post.body


NAMED = "Nạn nhân là anh Tạ Văn Lúa. Bà con đến thăm nạn nhân Tạ Văn Lúa, bị hại Tạ Văn Lúa khỏe."


@pytest.mark.parametrize("greeting", ["Chào bà con.", "Chào <strong>bà con</strong>."])
@pytest.mark.parametrize(("kind", "name"), [("initials", "T.V.L."), ("given_initial", "Tạ Văn L.")])
def test_one_person_in_many_sentences_is_one_finding_and_one_tap(
    client, post, officer, greeting, kind, name
):
    body = f"<p>{greeting}</p><p>{NAMED}</p>"
    post = saving.save(post, factories.edit_of(post, body=body), by=officer, version=post.version)
    page = client.get(address("edit", post)).content.decode()

    assert page.count('data-leak="') == 1
    assert page.count("data-place") == 2
    assert "3 places:" in page
    assert "drop_line" not in page
    cured = NAMED.replace("Tạ Văn Lúa.", name).replace("Tạ Văn Lúa", name)
    assert take(client, post, kind).body == body.replace(NAMED, cured)


def test_two_numbers_are_two_findings(client, post, officer):
    body = f"<p>Gọi {NUMBER} hoặc 0912 345 679, hoặc {NUMBER} nhé.</p>"
    post = saving.save(post, factories.edit_of(post, body=body), by=officer, version=post.version)

    assert client.get(address("edit", post)).content.decode().count('data-leak="') == 2
    masked = "Gọi 0912 345 xxx hoặc 0912 345 679, hoặc 0912 345 xxx nhé."
    assert take(client, post, "mask").body == f"<p>{masked}</p>"


def test_a_paragraph_is_not_called_a_line(client, post, officer):
    page = client.get(address("edit", post)).content.decode()
    assert "Drop the line" in page
    body = f"<p>Chào bà con. {LINE}</p>"
    post = saving.save(post, factories.edit_of(post, body=body), by=officer, version=post.version)

    page = client.get(address("edit", post)).content.decode()
    assert "Drop the whole paragraph" in page
    assert "Drop the line" not in page


def test_words_that_bear_formatting_are_left_to_the_person(client, post, officer):
    body = "<p>Xin gọi cho anh ấy qua số 0912 <strong>345</strong> 678 nhé.</p>"
    post = saving.save(post, factories.edit_of(post, body=body), by=officer, version=post.version)

    assert take(client, post, "mask").body == body


def test_one_tap_changes_a_channel_s_own_text_a_title_and_a_description(client, unit, officer):
    channel = factories.ChannelFactory(unit=unit)
    picture = factories.media(unit)
    post = PostFactory(unit=unit, author=officer, channels=[channel])
    for place, edit in {
        "title": {"title": f"Gọi {NUMBER}"},
        "own": {"texts": {channel: f"Dòng đầu.\n{LINE}\nDòng cuối."}},
        "alt": {"pictures": [(picture, f"Ảnh chụp số {NUMBER}")]},
    }.items():
        post = saving.save(post, factories.edit_of(post, **edit), by=officer, version=post.version)
        post = take(client, post, "drop_line" if place == "own" else "mask")
        if place == "title":
            assert post.title == "Gọi 0912 345 xxx"
            edit = {"title": "Cảnh giác"}
            post = saving.save(
                post, factories.edit_of(post, **edit), by=officer, version=post.version
            )
        elif place == "own":
            assert post.targets.get().text == "Dòng đầu.\nDòng cuối."
        else:
            assert post.pictures.get().alt_text == "Ảnh chụp số 0912 345 xxx"


def test_what_is_to_be_ticked_is_submitted_with_the_tick_alone(client, post):
    factories.rule_switch("phone_personal", "warn")
    page = client.get(address("edit", post)).content.decode()
    start = page.index('name="acknowledged"')
    mark = page[page.index('value="', start) + 7 :].split('"')[0]
    client.post(address("submit", post), typed(post))
    post.refresh_from_db()
    assert post.state == PostState.DRAFT

    client.post(address("submit", post), typed(post, acknowledged=[mark]))

    post.refresh_from_db()
    assert post.state == PostState.IN_REVIEW


def test_the_reviewer_sees_the_words_and_writes_the_reason(client, unit, officer):
    factories.rule_switch("phone_personal", "soft")
    post = factories.submitted(unit=unit, author=officer, body=f"<p>{LINE}</p>")
    approver = person(Role.APPROVER, unit)
    client.force_login(approver)
    review = reverse("publishing:review", args=[post.public_id])
    page = client.get(review).content.decode()
    assert f'<b class="text-break">{NUMBER}</b>' in page
    assert 'name="override_reason"' in page
    sent = {
        "revision": post.current_revision.public_id,
        "mark": factories.mark(post.current_revision, approver),
        "decision": "approve",
    }
    assert client.post(review, sent).status_code == 422
    assert client.post(review, sent | {"override_reason": "Chủ số đã đồng ý"}).status_code == 302
    post.refresh_from_db()
    assert post.state == PostState.APPROVED
    page = client.get(reverse("publishing:post", args=[post.public_id])).content.decode()
    assert "Chủ số đã đồng ý" in page
    assert "Private telephone number" in page


def test_the_reviewer_returns_a_leak_without_a_word_on_why_it_may_be_published(
    client, unit, officer
):
    factories.rule_switch("phone_personal", "soft")
    post = factories.submitted(unit=unit, author=officer, body=f"<p>{LINE}</p>")
    approver = person(Role.APPROVER, unit)
    client.force_login(approver)
    sent = {
        "revision": post.current_revision.public_id,
        "mark": factories.mark(post.current_revision, approver),
        "decision": "return",
        "reason": "Đề nghị bỏ số điện thoại.",
    }

    answer = client.post(reverse("publishing:review", args=[post.public_id]), sent)

    post.refresh_from_db()
    assert answer.status_code == 302
    assert post.state == PostState.CHANGES_REQUESTED
