"""Pages of the library."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.models import Topic
from posts.library.models import Template
from posts.models import Post
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture(autouse=True)
def officer(client, unit):
    officer = factories.person(Role.OFFICER, unit)
    client.force_login(officer)
    return officer


def titles(client, **asked) -> list[str]:
    page = client.get(reverse("posts:library"), asked)
    return [template.title for template, *_ in page.context["rows"]]


def test_it_lists_those_of_the_unit_and_above_and_no_others(client, unit):
    factories.template(unit, title="Của phường")
    factories.template(unit.parent, title="Của tỉnh")
    factories.template(factories.ministry(), title="Của Bộ")
    factories.template(factories.UnitFactory(parent=unit.parent), title="Của phường bên")
    factories.template(unit, title="Đã cất", archived_at=timezone.now())

    assert sorted(titles(client)) == ["Của Bộ", "Của phường", "Của tỉnh"]
    assert titles(client, show="own") == ["Của phường"]
    assert titles(client, show="archived") == ["Đã cất"]


def test_the_search_needs_no_accents_and_the_topic_filters(client, unit):
    fire = Topic.objects.get_or_create(code="pccc", defaults={"name_vi": "PCCC"})[0]
    factories.template(unit, title="Sạc xe điện", topic=fire)
    factories.template(unit, title="Khóa SIM")

    assert titles(client, q="sac xe dien") == ["Sạc xe điện"]
    assert titles(client, topic="pccc") == ["Sạc xe điện"]
    assert titles(client, q="xyzzy") == []


def test_the_list_asks_as_much_for_three_hundred_as_for_one(client, unit):
    factories.template(unit)
    client.get(reverse("posts:library"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("posts:library"))
    topic = factories.topic()
    Template.objects.bulk_create(
        Template(unit=unit, title=f"Bài {n}", text="x", topic=topic, changed_at=timezone.now())
        for n in range(299)
    )

    with CaptureQueriesContext(connection) as many:
        page = client.get(reverse("posts:library"))

    assert (len(many), page.context["page_obj"].paginator.count) == (len(one), 300)


def test_an_empty_library_says_what_will_stand_there(client):
    page = client.get(reverse("posts:library")).content.decode()

    assert "No template yet" in page
    assert reverse("posts:new_template") in page


def test_the_page_of_a_template_fills_it_and_its_button_begins_the_post(client, unit, officer):
    row = factories.template(
        factories.ministry(),
        title="{don_vi} mời dự",
        text="Lúc {gio}.\n\n{don_vi}",
        variables=[{"name": "gio", "label": "Mấy giờ", "example": "7 giờ"}],
    )
    page = client.get(reverse("posts:template", args=[row.public_id])).content.decode()
    assert f"{unit.name} mời dự" in page
    assert 'name="placeholder-gio"' in page

    answer = client.post(
        reverse("posts:from_template", args=[row.public_id]), {"placeholder-gio": "8 giờ sáng"}
    )

    post = Post.objects.get(template=row)
    assert answer["Location"] == reverse("posts:edit", args=[post.public_id])
    assert post.body == f"<p>Lúc 8 giờ sáng.</p><p>{unit.name}</p>"


def test_a_template_that_is_archived_meanwhile_begins_nothing(client, unit):
    row = factories.template(unit, archived_at=timezone.now())

    answer = client.post(reverse("posts:from_template", args=[row.public_id]))

    assert answer["Location"].startswith(reverse("posts:template", args=[row.public_id]))
    assert not Post.objects.exists()


def test_a_value_that_is_too_long_begins_nothing_and_the_page_says_so(client, unit):
    row = factories.template(unit, text="{gio}")

    answer = client.post(
        reverse("posts:from_template", args=[row.public_id]),
        {"placeholder-gio": "x" * 29_000},
        follow=True,
    )

    assert not Post.objects.exists()
    assert "too long" in answer.content.decode()


def test_a_placeholder_of_its_own_is_explained_before_the_template_is_saved(client, unit):
    typed = {
        "version": 1,
        "title": "Mời họp",
        "text": "Lúc {gio}, tại {dia_chi}.",
        "topic": factories.topic().pk,
    }
    first = client.post(reverse("posts:new_template"), typed)
    assert (first.status_code, Template.objects.count()) == (422, 0)
    assert 'name="var-gio-label"' in first.content.decode()
    assert "Lúc {gio}, tại {dia_chi}." in first.content.decode()

    second = client.post(
        reverse("posts:new_template"), {**typed, "var-gio-label": "Mấy giờ", "var-gio-hint": ""}
    )

    assert second.status_code == 302
    assert Template.objects.get().variables == [{"name": "gio", "label": "Mấy giờ"}]


def test_the_form_shows_what_is_stored_and_saves_what_changed(client, unit):
    row = factories.template(unit, months=0b101, texts={"threads": "Ngắn"})
    page = client.get(reverse("posts:edit_template", args=[row.public_id]))
    form = page.context["form"]
    typed = {name: form[name].value() or "" for name in form.fields} | {"title": "Mới"}

    client.post(reverse("posts:edit_template", args=[row.public_id]), typed)

    row.refresh_from_db()
    assert (row.title, row.months, row.texts, row.version) == ("Mới", 0b101, {"threads": "Ngắn"}, 2)


def test_a_template_is_archived_and_taken_into_use_again_on_its_page(client, unit):
    row = factories.template(unit)
    address = reverse("posts:archive_template", args=[row.public_id])

    client.post(address, {"act": "archive"})
    assert titles(client) == []
    client.post(address, {"act": "restore"})
    assert titles(client) == [row.title]


def test_pieces_are_added_changed_and_archived(client, unit):
    typed = {"version": 1, "kind": "signature", "title": "Chữ ký", "text": "{don_vi}", "topic": ""}
    assert client.post(reverse("posts:new_snippet"), typed).status_code == 302
    row = Template.objects.get()

    client.post(
        reverse("posts:edit_template", args=[row.public_id]), {**typed, "text": "{don_vi}, 113"}
    )
    assert Template.objects.get().text == "{don_vi}, 113"
    assert f"{unit.name}, 113" in client.get(reverse("posts:snippets")).content.decode()
    client.post(reverse("posts:archive_template", args=[row.public_id]))

    assert client.get(reverse("posts:snippets")).context["page_obj"].paginator.count == 0


def test_hostile_text_is_shown_as_text(client, unit):
    row = factories.template(unit, title="<script>alert(1)</script>", text="<img src=x onerror=1>")

    for address in (reverse("posts:library"), reverse("posts:template", args=[row.public_id])):
        page = client.get(address).content.decode()
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page


def test_the_form_of_a_template_asks_for_a_topic_in_our_words(client):
    page = client.get(reverse("posts:new_template")).content.decode()
    assert "Choose a topic" in page
    assert "Select an option" not in page


def test_lists_and_the_preview_name_open_placeholders_by_labels(client, unit):
    own = {"name": "ten_pho", "label": "Name of the street"}
    text = "{don_vi}: {dia_chi}, {ten_pho}"
    row = factories.template(unit, title="Works in {ten_pho}", text=text, variables=[own])
    factories.snippet(unit, text="{don_vi}: {duong_day_nong}")
    addresses = [
        reverse("posts:library"),
        reverse("posts:template", args=[row.public_id]),
        reverse("posts:snippets"),
    ]
    pages = [client.get(address).content.decode() for address in addresses]

    for page in pages[:2]:
        assert "Works in [Name of the street]" in page
        assert f"{unit.name}: [Address of the station], [Name of the street]" in page
    assert f"{unit.name}: [Telephone of the officer on duty]" in pages[2]
    assert [name for page in pages for name in ("{don_vi}", "{ten_pho}") if name in page] == []


def test_from_the_composer_a_template_is_used_by_one_tap_and_no_new_one_is_begun(client, unit):
    row = factories.template(unit.parent, title="Khóa SIM")
    use = f"{reverse('posts:from_template', args=[row.public_id])}?unit={unit.key}"
    composer = client.get(reverse("posts:new")).content.decode()
    library = f"{reverse('posts:library')}?unit={unit.key}"
    assert library in composer

    page = client.get(library).content.decode()
    assert f'action="{use}"' in page
    assert reverse("posts:new_template") not in page
    # A filter keeps the way.
    assert f'action="{use}"' in client.get(library, {"unit": unit.key, "q": "sim"}).content.decode()
    client.post(use)
    assert Post.objects.get().title == "Khóa SIM"

    elsewhere = client.get(reverse("posts:library")).content.decode()
    assert f'action="{use}"' not in elsewhere


def test_addresses_of_snippets_before_0_1_lead_on(client, unit):
    row = factories.snippet(unit)
    post = factories.PostFactory(unit=unit)

    for old, new in {
        "/library/pieces/": reverse("posts:snippets"),
        "/library/pieces/new/": reverse("posts:new_snippet"),
        f"/library/pieces/{row.public_id}/edit/": reverse(
            "posts:edit_template", args=[row.public_id]
        ),
        f"/posts/{post.public_id}/pieces/?q=a": reverse(
            "posts:insert_snippet", args=[post.public_id]
        )
        + "?q=a",
    }.items():
        assert client.get(old)["Location"] == new


def test_a_snippet_begins_no_post(client, unit):
    row = factories.snippet(unit)

    client.post(reverse("posts:from_template", args=[row.public_id]))

    assert not Post.objects.exists()
    page = client.get(reverse("posts:template", args=[row.public_id]))
    assert page["Location"] == reverse("posts:snippets")


def test_a_snippet_stays_one_when_its_form_says_otherwise(client, unit):
    row = factories.snippet(unit)
    typed = {"version": 1, "title": "A", "text": "B", "topic": "", "kind": "post"}

    answer = client.post(reverse("posts:edit_template", args=[row.public_id]), typed)

    assert (answer.status_code, Template.objects.get().kind) == (422, "signature")


def find_tabs(client, address: str) -> list[str]:
    html = client.get(address).content.decode()
    tabs = html.split('<nav class="section-tabs"', 1)[1].split("</nav>", 1)[0]
    return re.findall(r'<a[^>]* href="([^"]+)"', tabs)


def test_each_page_of_the_shelf_leads_to_the_others(client):
    kinds = [reverse(view) for view in ("posts:library", "posts:snippets", "engagement:examples")]

    assert [find_tabs(client, address)[:3] for address in kinds] == [kinds] * 3


def test_from_the_composer_the_shelf_keeps_its_unit(client, unit):
    views = ("posts:library", "engagement:examples", "posts:reuse")
    kinds = [f"{reverse(view)}?unit={unit.key}" for view in views]

    assert [find_tabs(client, address) for address in kinds] == [kinds] * 3
