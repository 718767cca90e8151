"""A new post: the composer opens at once, and the row is made by the first save."""

import threading
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import Appointment
from accounts.permissions import Role
from audit.models import Entry
from posts.context import post_to_write
from posts.editor import drafts, saving
from posts.models import Post
from posts.states import PostState
from tests import factories
from tests.factories import ChannelFactory, UnitFactory, person
from tests.posts.editor.composer import picture_file

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def channel(client, officer, unit):
    client.force_login(officer)
    return ChannelFactory(unit=unit)


class NewPage:
    """The page for a new post, as one person has it open."""

    def __init__(self, client, **query: object):
        response = client.get(reverse("posts:new"), query)
        self.client, self.status = client, response.status_code
        self.html = response.content.decode()
        self.post, self.query = response.context["post"], response.context["query"]

    def address(self, name: str) -> str:
        return reverse(f"posts:{name}", args=[self.post.public_id]) + self.query

    def send(self, name: str, **fields: object):
        return self.client.post(self.address(name), {"version": 1, "body-is-html": "1", **fields})


def test_looking_makes_no_post(client):
    page = NewPage(client)
    client.get(page.address("edit"))
    client.get(page.address("presence"))
    assert (page.status, Post.objects.count()) == (200, 0)


def test_nothing_is_called_missing_before_the_first_save(client):
    assert "said-block" not in NewPage(client).html
    assert "check-list" not in NewPage(client).html


def test_the_first_save_makes_it_and_later_ones_change_it(client, unit, officer, channel):
    page = NewPage(client)
    first = page.send("autosave", title="Một", channels=str(channel.public_id)).json()
    page.send("autosave", version=first["version"], title="Hai")

    post = Post.objects.get()
    assert (post.public_id, post.title, post.unit) == (page.post.public_id, "Hai", unit)
    assert (post.author, post.last_editor, post.state) == (officer, officer, PostState.DRAFT)
    assert Entry.objects.filter(action="post.started", object_id=str(post.public_id)).count() == 1


def test_the_save_button_leads_to_the_posts_own_address(client):
    page = NewPage(client)
    response = page.send("edit", title="Một", act="save")
    assert response["Location"] == reverse("posts:edit", args=[page.post.public_id])
    assert client.get(response["Location"]).status_code == 200


def test_it_is_submitted_at_once(client, channel):
    page = NewPage(client)
    page.send(
        "submit",
        title="Cảnh giác",
        body="<p>Gọi 113.</p>",
        topic=factories.topic().pk,
        channels=str(channel.public_id),
    )
    assert Post.objects.get().state == PostState.IN_REVIEW


def test_a_picture_comes_up_before_the_first_save(client, unit):
    page = NewPage(client)
    answer = client.post(page.address("upload"), {"file": picture_file()}).json()
    assert not Post.objects.exists()

    page.send("autosave", picture=answer["picture"], **{f"alt-{answer['picture']}": "Xanh"})

    assert [shown.alt_text for shown in Post.objects.get().pictures.all()] == ["Xanh"]


def test_a_picture_that_arrives_while_the_first_save_makes_the_row_is_stored(client, monkeypatch):
    page = NewPage(client)
    is_saved = False

    def save_after_the_look(request, public_id):
        nonlocal is_saved
        try:
            return post_to_write(request, public_id)
        finally:
            if not is_saved:
                is_saved = True
                page.send("autosave", title="Đang lưu")

    monkeypatch.setattr(drafts, "post_to_write", save_after_the_look)
    answer = client.post(page.address("upload"), {"file": picture_file()})
    assert (answer.status_code, Post.objects.get().title) == (200, "Đang lưu")


def test_a_wrong_field_makes_no_post_and_keeps_the_text(client):
    page = NewPage(client)
    response = page.send("edit", title="Dở dang", link="sai")
    assert (response.status_code, Post.objects.count()) == (422, 0)
    assert 'value="Dở dang"' in response.content.decode()


def test_what_was_sent_while_signed_out_is_offered_after_the_sign_in(client, officer):
    page = NewPage(client)
    proof = client.get(reverse("posts:new")).context["proof"]  # of another page: refused
    client.logout()
    page.send("edit", title="Mất", proof=proof)
    response = page.send("edit", title="Viết khi hết phiên", proof=page_proof(page))
    client.force_login(officer)

    (after,) = parse_qs(urlsplit(response["Location"]).query)["next"]
    html = client.get(after).content.decode()
    assert 'value="Viết khi hết phiên"' in html
    assert not Post.objects.exists()


def page_proof(page: NewPage) -> str:
    _before, _name, rest = page.html.partition('name="proof" value="')
    return rest.partition('"')[0]


def test_it_belongs_to_the_current_position_and_to_no_unit_where_one_does_not_write(client, unit):
    assert NewPage(client).post.unit == unit
    other = UnitFactory()
    assert client.get(reverse("posts:new"), {"unit": other.key}).status_code == 404
    client.force_login(person(Role.SUPERVISOR, unit))
    assert client.get(reverse("posts:new")).status_code == 403


def test_who_writes_in_two_units_chooses_between_them(client, unit, officer):
    other = UnitFactory()
    Appointment.objects.create(
        user=officer, unit=other, role=Role.OFFICER, valid_from=timezone.localdate()
    )
    assert f"?unit={other.key}" in NewPage(client).html

    page = NewPage(client, unit=other.key)
    page.send("autosave", title="Của đơn vị kia")
    assert Post.objects.get().unit == other


def test_a_campaign_that_is_named_is_chosen(client, unit):
    campaign = factories.CampaignFactory(unit=unit.parent)
    html = NewPage(client, campaign=campaign.public_id).html
    assert f'<option value="{campaign.public_id}" selected>' in html
    assert NewPage(client, campaign="x").post.campaign is None


@pytest.mark.parametrize("name", ["edit", "autosave", "submit", "upload"])
def test_what_one_person_has_begun_is_nothing_to_another(client, unit, name):
    page = NewPage(client)
    client.force_login(person(Role.OFFICER, unit))
    assert page.send(name, title="Của tôi").status_code == 404
    assert not Post.objects.exists()


def test_who_lost_the_right_meanwhile_saves_nothing(client, officer):
    page = NewPage(client)
    officer.appointments.update(valid_to=timezone.localdate() - timedelta(days=1))
    assert page.send("autosave", title="Muộn").status_code == 403
    assert not Post.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_first_saves_at_once_make_one_post(unit, officer):
    page = Post(unit=unit, author=officer, last_editor=officer)
    barrier = threading.Barrier(2)
    outcomes = []

    def save(title: str) -> None:
        barrier.wait()
        try:
            edit = factories.edit_of(page, title=title, texts={})
            copy = Post(public_id=page.public_id, unit=unit, author=officer, last_editor=officer)
            saving.save(copy, edit, by=officer, version=1)
            outcomes.append("saved")
        except saving.EditConflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=[title]) for title in ("Một", "Hai")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["conflict", "saved"]
    assert Post.objects.count() == 1
