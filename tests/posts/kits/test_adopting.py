"""Adoption of a kit: one tap makes a draft with placeholders, and its core stays."""

import threading
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from campaigns.kits.models import Adoption, KitVersion
from channels.states import Health
from core.errors import Refused
from posts.canonical import content
from posts.editor import saving
from posts.editor.edits import edit_of
from posts.findings import find_findings
from posts.kits import adopting
from posts.models import Post
from posts.origins.starting import duplicate
from posts.review import decisions
from publishing.engine import worker as engine
from publishing.manual import manual_posting
from publishing.models import Delivery
from publishing.presenters.delivery import delivery_status
from publishing.scheduling import scheduling
from tests import factories
from tests.posts.editor.composer import address, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def unit(province):
    return factories.UnitFactory(parent=province)


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def pages(unit):
    return [
        factories.ChannelFactory(unit=unit, platform=platform)
        for platform in ("facebook", "instagram", "threads")
    ]


@pytest.fixture
def kit(province):
    made = factories.kit(
        province,
        state="issued",
        platforms=["facebook", "instagram"],
        best_from=19,
        best_until=21,
        spread_minutes=30,
        legal_basis="Luật PCCC 2024",
        texts={"facebook": "Ở {khu_vuc}: đừng sạc xe qua đêm."},
    )
    shared = factories.media(province)
    shared.shared = True
    shared.save()
    made.current.media.create(media=shared, position=0, alt_text="Áp phích")
    return made


def blocked(post) -> list[tuple[str, str]]:
    return [(f.rule, f.where) for f in find_findings(post) if f.severity == "block"]


def refreshed(post) -> Post:
    related = ("adoption__kit", "adoption__version", "unit", "topic", "campaign")
    return Post.objects.select_related(*related).get(pk=post.pk)


def test_one_tap_makes_a_draft_of_which_only_placeholders_change(client, unit, officer, kit, pages):
    client.force_login(officer)
    shown = client.get(reverse("posts:kit", args=[kit.public_id])).content.decode()
    assert "Luật PCCC 2024" in shown
    assert Adoption.objects.get(kit=kit, unit=unit).opened_at

    answer = client.post(reverse("posts:adopt_kit", args=[kit.public_id]))

    post = refreshed(Post.objects.get(adoption__kit=kit))
    assert answer["Location"] == address("edit", post)
    # The kit's picture is the unit's own now, and lets the channels in that ask for one.
    assert [shown.media.unit for shown in post.pictures.all()] == [unit]
    assert (post.topic, post.campaign, post.legal_basis) == (
        kit.topic,
        kit.campaign,
        "Luật PCCC 2024",
    )
    assert unit.name in post.body
    assert timezone.localtime(post.requested_time).hour in (19, 20)
    on = {t.channel.platform: (t.is_on, t.text) for t in post.targets.select_related("channel")}
    assert on["facebook"] == (True, "Ở {khu_vuc}: đừng sạc xe qua đêm.")
    assert on["threads"] == (False, "")
    assert on["instagram"] == (True, "")
    assert blocked(post) == [("kit_placeholder_open", "placeholder-khu_vuc")]
    page = client.get(address("edit", post)).content.decode()
    assert 'name="placeholder-khu_vuc"' in page
    assert 'id="at-placeholder-khu_vuc"' in page
    assert 'name="body-is-html"' not in page

    own_texts = {"title": "Của tôi", "body": "<p>Mua pin ở cửa hàng A.</p>", "campaign": ""}
    form = typed(post, **own_texts, **{"placeholder-khu_vuc": " tổ 5\nvà tổ 6"})
    assert client.post(address("autosave", post), form).status_code == 200

    post = refreshed(post)
    assert post.title == "Sạc xe điện an toàn"
    assert "tổ 5 và tổ 6" in post.body
    assert "cửa hàng" not in post.body
    assert post.campaign == kit.campaign
    assert blocked(post) == []
    assert content.compose(post)["kit"]["core"] == kit.current.content_sha256
    # To save what is stored changes nothing.
    version = post.version
    client.post(address("autosave", post), typed(post, **{"placeholder-khu_vuc": "tổ 5 và tổ 6"}))
    assert refreshed(post).version == version


def test_the_content_of_other_posts_is_hashed_as_before():
    assert "kit" not in content.compose(factories.PostFactory())


def test_text_written_past_the_service_are_refused_at_every_step(unit, officer, kit, pages):
    post = adopting.adopt(kit, unit=unit, by=officer)
    edit = edit_of(refreshed(post))
    values = {"khu_vuc": "tổ 5"}
    post = saving.save(
        post, replace(edit, placeholder_values=values), by=officer, version=post.version
    )
    good = post.body
    Post.objects.filter(pk=post.pk).update(body=good.replace("không sạc", "nên sạc"))
    with pytest.raises(Refused, match="kit"):
        decisions.submit(refreshed(post), by=officer)

    # Into the row, past the submission; the approval asks again, and so do schedule and engine.
    forged = factories.submitted(refreshed(post))
    chief = factories.person(Role.APPROVER, unit)
    with pytest.raises(Refused, match="kit"):
        decisions.approve(forged, forged.current_revision, by=chief, proof=factories.proof())
    forged = factories.approved(refreshed(post), by=chief)
    with pytest.raises(Refused, match="kit"):
        scheduling.schedule(forged, by=officer)
    row = factories.delivery(forged)
    assert not Delivery.objects.sendable(timezone.now()).filter(pk=row.pk).exists()

    # The same with the kit's own words goes out, until the kit is withdrawn.
    row.delete()
    Post.objects.filter(pk=post.pk).update(body=good, state="draft", approved_revision=None)
    fine = factories.approved(refreshed(post), by=chief)
    row = factories.delivery(fine)
    sendable = Delivery.objects.sendable(timezone.now()).filter(pk=row.pk)
    assert sendable.exists()
    kit.withdrawn_at, kit.withdrawn_by, kit.withdraw_reason = timezone.now(), officer, "Sai số"
    kit.save()
    assert not sendable.exists()
    assert ("kit_withdrawn", "kit") in blocked(refreshed(post))


def test_a_placeholder_for_a_number_or_a_day_takes_nothing_else(client, unit, officer, province):
    factories.ChannelFactory(unit=unit, platform="facebook")
    kit = factories.kit(
        province,
        state="issued",
        text="Từ {gio} giờ ngày {ngay_hop}, {so_nguoi} người.",
        placeholders=[
            {"name": "gio", "kind": "number", "label": "Giờ", "example": "7-9", "limit": 20},
            {"name": "ngay_hop", "kind": "date", "label": "Ngày họp", "limit": 20},
            {"name": "so_nguoi", "kind": "number", "label": "Số người", "limit": 20},
        ],
    )
    post = adopting.adopt(kit, unit=unit, by=officer)
    client.force_login(officer)

    def write(gio, ngay_hop, so_nguoi):
        typed_values = {
            "placeholder-gio": gio,
            "placeholder-ngay_hop": ngay_hop,
            "placeholder-so_nguoi": so_nguoi,
        }
        saved = client.post(address("autosave", post), typed(refreshed(post), **typed_values))
        assert saved.status_code == 200
        return refreshed(post)

    wrong = write("sáng sớm", "31/02/2026", "50-60")
    assert wrong.adoption.values == {
        "gio": "sáng sớm",
        "ngay_hop": "31/02/2026",
        "so_nguoi": "50-60",
    }
    places = ("placeholder-gio", "placeholder-ngay_hop", "placeholder-so_nguoi")
    assert blocked(wrong) == [("kit_value_invalid", place) for place in places]
    page = client.get(address("edit", post)).content.decode()
    assert 'value="50-60"' in page
    assert "“Số người” asks for one number alone" in page
    with pytest.raises(Refused, match="Ngày họp"):
        decisions.submit(wrong, by=officer)

    right = write("7-9", "01/01/2020", "1.250")
    assert blocked(right) == []
    warned = [(f.rule, f.where) for f in find_findings(right) if f.severity == "warn"]
    assert ("kit_day_outside", "placeholder-ngay_hop") in warned
    right = write("7-9", timezone.localdate().strftime("%d/%m/%Y"), "1.250")
    assert "kit_day_outside" not in [f.rule for f in find_findings(right)]


def test_the_page_of_a_post_says_from_which_kit_it_began(client, unit, province, officer, kit):
    post = adopting.adopt(kit, unit=unit, by=officer)
    page = reverse("publishing:post", args=[post.public_id])
    there = reverse("posts:kit", args=[kit.public_id])
    for person, link in (
        (officer, f"{there}?unit={unit.key}"),
        (factories.person(Role.OVERSEER, province), reverse("kits:kit", args=[kit.public_id])),
    ):
        client.force_login(person)
        shown = client.get(page).content.decode()
        assert f'<a href="{link}">' in shown
        assert client.get(link).status_code == 200
    client.force_login(factories.person(Role.SUPERVISOR, unit))
    shown = client.get(page).content.decode()
    assert kit.name in shown
    assert str(kit.public_id) not in shown


@pytest.fixture
def invalid_post(unit, officer, province):
    """Return a post in review with text where a number is asked for: submitted before values were
    checked.
    """
    factories.ChannelFactory(unit=unit, platform="facebook")
    kit = factories.kit(
        province,
        state="issued",
        text="Họp lúc {gio} giờ.",
        placeholders=[{"name": "gio", "kind": "number", "label": "Giờ họp", "limit": 20}],
    )
    post = adopting.adopt(kit, unit=unit, by=officer)
    edit = edit_of(refreshed(post))
    values = {"gio": "sáng sớm"}
    post = saving.save(
        refreshed(post), replace(edit, placeholder_values=values), by=officer, version=post.version
    )
    return factories.submitted(refreshed(post))


def test_an_invalid_value_stops_a_post_that_waits_for_its_approval(unit, officer, invalid_post):
    chief = factories.person(Role.APPROVER, unit)
    with pytest.raises(Refused, match="“Giờ họp” asks for one number alone"):
        decisions.approve(
            invalid_post, invalid_post.current_revision, by=chief, proof=factories.proof()
        )
    # The values in the submitted version count, not those that the row holds meanwhile.
    invalid_post.adoption.values = {"gio": "7"}
    invalid_post.adoption.save()
    with pytest.raises(Refused, match="“Giờ họp” asks for one number alone"):
        decisions.approve(
            refreshed(invalid_post),
            invalid_post.current_revision,
            by=chief,
            proof=factories.proof(),
        )


def test_an_invalid_value_stops_an_approved_post_at_scheduling(unit, officer, invalid_post):
    approved = factories.approved(invalid_post, by=factories.person(Role.APPROVER, unit))
    with pytest.raises(Refused, match="“Giờ họp” asks for one number alone"):
        scheduling.schedule(approved, by=officer)


@pytest.mark.parametrize("health", [Health.CONNECTED, Health.MANUAL])
def test_an_invalid_value_stops_a_scheduled_post_and_is_named(unit, officer, invalid_post, health):
    channel = unit.channels.get()
    channel.health = health
    channel.save()
    row = factories.delivery(factories.approved(invalid_post), channel)

    if health == Health.MANUAL:
        manual_posting.create_manual_tasks()
    else:
        engine.publish_due(platform="facebook")

    row.refresh_from_db()
    assert (row.state, row.error_code) == ("failed", "does_not_fit")
    assert "“Giờ họp” is not what the kit asks for" in delivery_status(row).sentence
    assert Notice.objects.filter(kind="delivery_failed", user=officer).exists()


@pytest.mark.parametrize("health", [Health.CONNECTED, Health.MANUAL])
@pytest.mark.parametrize(
    "forged", [{"text": "Mua pin ở {khu_vuc}."}, {"seal": ""}, {"method": "passkey"}]
)
def test_what_nobody_approved_of_a_kit_is_not_published(unit, officer, kit, health, forged):
    channel = factories.ChannelFactory(unit=unit, platform="facebook", health=health)
    post = adopting.adopt(kit, unit=unit, by=officer)
    edit = replace(edit_of(refreshed(post)), placeholder_values={"khu_vuc": "tổ 5"})
    saving.save(refreshed(post), edit, by=officer, version=post.version)
    rows = [factories.recorded(factories.delivery(factories.approved(refreshed(post)), channel))]
    call_command("verify_approvals")
    KitVersion.objects.filter(pk=kit.current_id).update(**forged)

    with pytest.raises(CommandError, match="1 not proved"):
        call_command("verify_approvals")
    if health == Health.MANUAL:
        manual_posting.create_manual_tasks()
    else:
        engine.publish_due(platform="facebook")

    rows[0].refresh_from_db()
    assert (rows[0].state, rows[0].error_code) == ("failed", "not_approved")


def test_posts_of_one_moment_are_spread_over_the_kits_minutes(unit, officer, kit, pages):
    post = refreshed(adopting.adopt(kit, unit=unit, by=officer))
    at = timezone.now() + timedelta(days=1)
    spread = scheduling.spread_time(post, at)
    assert at <= spread < at + timedelta(minutes=30)
    assert spread == scheduling.spread_time(post, at)


def test_own_lines_stand_only_where_the_kit_lets_them(unit, officer, province, pages):
    closed = adopting.adopt(factories.kit(province, state="issued"), unit=unit, by=officer)
    with pytest.raises(Refused, match="kit"):
        saving.append(refreshed(closed), "Trực ban: 113", by=officer)

    open_kit = factories.kit(province, state="issued", own_lines=True, name="Mở")
    post = adopting.adopt(open_kit, unit=unit, by=officer)
    post = saving.append(refreshed(post), "Cần giúp đỡ, gọi 113.", by=officer)
    assert post.body.endswith("<p>Cần giúp đỡ, gọi 113.</p>")
    assert [rule for rule, _where in blocked(refreshed(post))] == ["kit_placeholder_open"]
    with pytest.raises(Refused):
        duplicate(post, by=officer)


def test_declining_is_undone_by_adopting_and_a_post_forbids_it(client, unit, officer, kit, pages):
    client.force_login(officer)
    address_of_decline = reverse("posts:decline_kit", args=[kit.public_id])
    assert client.post(address_of_decline, {}).status_code == 422
    assert client.post(address_of_decline, {"reason": "other"}).status_code == 409
    assert client.post(address_of_decline, {"reason": "no_channel"}).status_code == 302
    adoption = Adoption.objects.get(kit=kit, unit=unit)
    assert (adoption.reason, adoption.by) == ("no_channel", officer)

    post = adopting.adopt(kit, unit=unit, by=officer)
    adoption.refresh_from_db()
    assert adoption.declined_at is None
    assert adopting.adopt(kit, unit=unit, by=officer) == post
    assert client.post(address_of_decline, {"reason": "no_channel"}).status_code == 409


def test_a_new_version_takes_the_values_over_and_shows_once_what_has_no_place(
    client, unit, officer, kit, pages
):
    post = adopting.adopt(kit, unit=unit, by=officer)
    client.force_login(officer)
    client.post(address("autosave", post), typed(post, **{"placeholder-khu_vuc": "tổ 5"}))
    old = kit.current
    old.state = "replaced"
    old.save()
    new = old
    new.pk, new.public_id, new.number, new.state = None, uuid.uuid4(), 2, "issued"
    new._state.adding = True
    new.text = "Công an {don_vi}: sạc xe khi có người trông.\n\nCháy, gọi {so}."
    new.texts, new.changes = {}, "Thêm số điện thoại"
    new.placeholders = [{"name": "so", "kind": "number", "label": "Số gọi", "limit": 20}]
    new.save()
    kit.current = new
    kit.save()

    page = client.get(address("edit", post)).content.decode()
    assert "Thêm số điện thoại" in page
    for shown in (page, client.get(reverse("posts:kit", args=[kit.public_id])).content.decode()):
        assert 'class="diff"' in shown
        assert "khi có người" in shown
        assert "[Số gọi]" in shown
    answer = client.post(address("take_over_kit", post), follow=True).content.decode()

    assert "tổ 5" in answer
    post = refreshed(post)
    assert "có người trông" in post.body
    assert post.adoption.values == {}
    assert blocked(post) == [("kit_placeholder_open", "placeholder-so")]
    assert "Thêm số điện thoại" not in answer
    assert 'class="diff"' not in answer


def test_lists_ask_as_much_for_many_kits_as_for_one(client, unit, officer, province, pages):
    client.force_login(officer)

    def queries(n):
        for number in range(n):
            row = factories.kit(province, state="issued", name=f"Bộ {n}-{number}")
            adopting.adopt(row, unit=unit, by=officer)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("posts:kits")).status_code == 200
        return len(captured)

    assert queries(1) == queries(3)


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_get_one_draft(province):
    unit = factories.UnitFactory(parent=province)
    factories.ChannelFactory(unit=unit)
    row = factories.kit(province, state="issued")
    people = [factories.person(Role.OFFICER, unit) for _ in range(2)]
    barrier, made = threading.Barrier(2), []

    def adopt(person):
        try:
            barrier.wait()
            made.append(adopting.adopt(row, unit=unit, by=person).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=adopt, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2
    assert len(set(made)) == 1
    assert Post.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_one_draft_of_a_version_newer_than_the_one_they_declined(province):
    unit = factories.UnitFactory(parent=province)
    factories.ChannelFactory(unit=unit)
    row = factories.kit(province, state="issued")
    Adoption.objects.create(kit=row, unit=unit, version=row.current)
    KitVersion.objects.filter(pk=row.current.pk).update(state="replaced")
    new = KitVersion.objects.get(pk=row.current.pk)
    new.pk, new.public_id, new.number, new.state = None, uuid.uuid4(), 2, "issued"
    new._state.adding = True
    new.save()
    row.current = new
    row.save()
    people = [factories.person(Role.OFFICER, unit) for _ in range(6)]
    barrier, made = threading.Barrier(6), []

    def adopt(person):
        try:
            barrier.wait()
            made.append(adopting.adopt(row, unit=unit, by=person).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=adopt, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [Post.objects.get().pk] * 6


def test_the_preview_shows_the_label_of_an_open_placeholder(client, kit, unit, officer, pages):
    client.force_login(officer)
    post = adopting.adopt(kit, unit=unit, by=officer)
    label = kit.current.placeholders[0]["label"]

    shown = client.get(reverse("posts:preview", args=[post.public_id, pages[0].public_id]))

    page = shown.content.decode()
    assert f"Ở [{label}]: đừng sạc xe qua đêm." in page
    assert "{khu_vuc}" not in page
