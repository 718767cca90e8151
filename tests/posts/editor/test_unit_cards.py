"""Cards of a kit with the name of the unit that took it up."""

from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.kits.models import KitMedia
from core.errors import Refused
from media.cards import card_drawing
from media.cards.card_drawing import Words
from media.models import Media
from posts.editor import tasks, unit_cards
from posts.kits.adopting import adopt
from posts.models import PostMedia
from posts.states import PostState
from tests import factories
from units.models import UnitFacts

pytestmark = pytest.mark.django_db
WORDS = Words(title="Không sạc xe qua đêm", line_1="Cháy, gọi ngay 114.", hotline="own")


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def kit(province):
    """An issued kit with a card and a photograph."""
    kit = factories.kit(province, state="issued")
    writer = factories.person(Role.OFFICER, province)
    card = card_drawing.add(WORDS, unit=province, look="fire", formats=["1x1"], by=writer)[0]
    for position, media in enumerate((card, factories.media(province))):
        KitMedia.objects.create(version=kit.current, media=media, position=position)
    Media.objects.filter(unit=province).update(shared=True)
    return kit


@pytest.fixture
def officer(province):
    unit = factories.UnitFactory(parent=province)
    UnitFacts.objects.create(unit=unit, duty_phone="02363111222", changed_at=timezone.now())
    return factories.person(Role.OFFICER, unit, language="en")


@pytest.fixture
def post(kit, officer):
    return adopt(kit, unit=officer.current_appointments[0].unit, by=officer)


def shown(post):
    return [media.media for media in PostMedia.objects.filter(post=post).order_by("position")]


def test_a_worker_draws_the_card_and_the_draft_takes_it_where_the_kits_one_stood(
    client, kit, post, officer
):
    before = shown(post)
    client.force_login(officer)
    page = client.get(reverse("posts:edit", args=[post.public_id]))
    assert [offer.own for offer in page.context["unit_cards"]] == [None]
    tasks.draw_unit_cards(post=post.pk)

    page = client.get(reverse("posts:edit", args=[post.public_id]))
    (offer,) = page.context["unit_cards"]
    assert str(offer.own.public_id) in page.content.decode()
    with mock.patch.object(card_drawing, "typeset") as typeset:
        sent = client.post(reverse("posts:use_unit_cards", args=[post.public_id]), follow=True)
    assert not typeset.called  # the worker has drawn it

    assert "your unit&#x27;s name now" in sent.content.decode()
    card, photograph = shown(post)
    assert (card, photograph) == (offer.own, before[1])
    assert card.unit == post.unit
    assert card.sha256 != before[0].sha256
    assert "0236" in PostMedia.objects.get(media=card).alt_text
    assert unit_cards.card_offers(post) == []
    post.refresh_from_db()
    assert post.version == 2


def test_cards_are_drawn_when_asked_for_where_the_message_was_lost(post, officer):
    unit_cards.use_unit_cards(post, by=officer)
    assert shown(post)[0].card.words["title"] == WORDS.title
    assert shown(post)[0].source == post.unit.name


def test_drawing_twice_makes_one_card(post):
    assert [unit_cards.draw_unit_cards(post, by=post.author) for _ in range(2)] == [1, 0]
    assert Media.objects.filter(unit=post.unit, card__isnull=False).count() == 1


def test_a_card_drawn_before_the_kit_was_taken_up_is_drawn_anew(post, officer):
    unit_cards.draw_unit_cards(post, by=officer)
    post.adoption.adopted_at += timedelta(days=1)
    assert unit_cards.card_offers(post)[0].own is None


def test_words_that_do_not_fit_leave_the_kits_card(post, officer):
    before = shown(post)
    with (
        mock.patch.object(card_drawing, "too_long", return_value={"title": 3}),
        pytest.raises(Refused, match="do not fit"),
    ):
        unit_cards.use_unit_cards(post, by=officer)
    assert shown(post) == before


def test_a_draft_that_is_closed_or_of_another_unit_stays(client, post, officer):
    address = reverse("posts:use_unit_cards", args=[post.public_id])
    client.force_login(factories.person(Role.OFFICER, factories.UnitFactory()))
    assert client.post(address).status_code == 404
    type(post).objects.filter(pk=post.pk).update(state=PostState.IN_REVIEW)
    before = shown(post)
    client.force_login(officer)
    client.post(address)
    assert shown(post) == before


def test_a_post_of_no_kit_asks_for_no_cards(officer):
    unit = officer.current_appointments[0].unit
    own = factories.PostFactory(unit=unit, author=officer)
    with CaptureQueriesContext(connection) as found:
        assert unit_cards.card_offers(own) == []
    assert len(found) == 0
    tasks.draw_unit_cards(post=own.pk)
    tasks.draw_unit_cards(post=0)
