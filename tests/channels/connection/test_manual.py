"""Pages without an API right: who registers them, what their addresses tell, and the way there and
back.
"""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from channels.allowances.allowing import forbid
from channels.connection import addresses
from channels.connection import manual as manual_channels
from channels.connection.health import check_due
from channels.connection.tokens import refresh_due
from channels.lifecycle import transitions
from channels.models import Channel, PlatformAllowance
from channels.states import Health, Lifecycle
from core.errors import NotAllowed, Refused
from tests import factories
from tests.channels.connection.rivals import overtaken

REASON = "Trang chưa đủ điều kiện cấp quyền API"


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def leader(unit):
    return factories.person(Role.APPROVER, unit)


def register(
    unit, by, address="https://www.facebook.com/conganphuong", platform="facebook", **fields
):
    facts = {"name": "Công an phường", "reason": REASON, **fields}
    return manual_channels.register(platform, unit=unit, by=by, address=address, **facts)


# --- what an address tells ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "address", "key"),
    [
        ("facebook", "https://www.facebook.com/CongAn.Phuong/", "conganphuong"),
        ("facebook", "https://m.facebook.com/conganphuong/posts/123", "conganphuong"),
        ("facebook", "https://www.facebook.com/profile.php?id=61550000000001", "61550000000001"),
        (
            "facebook",
            "https://facebook.com/people/Công-an-phường/61550000000001/",
            "61550000000001",
        ),
        ("facebook", "https://facebook.com/p/Công-an-phường-61550000000001/", "61550000000001"),
        (
            "facebook",
            "https://facebook.com/permalink.php?story_fbid=1&id=61550000000001",
            "61550000000001",
        ),
        ("facebook", "https://facebook.com/share/p/1AbC/", ""),
        ("facebook", "https://facebook.com/groups/chungcu", ""),
        ("facebook", "https://facebook.com/", ""),
        ("zalo", "https://zalo.me/4318000000000000001", "4318000000000000001"),
        (
            "zalo",
            "https://rd.zapps.vn/articles?id=1&pageId=4318000000000000001",
            "4318000000000000001",
        ),
        ("telegram", "https://t.me/conganphuong/42", "conganphuong"),
        ("telegram", "https://t.me/s/conganphuong", "conganphuong"),
        ("telegram", "https://t.me/c/1234567890/42", "-1001234567890"),
        ("telegram", "https://t.me/+AbCdEf", ""),
        ("instagram", "https://www.instagram.com/CongAn_Phuong/", "congan_phuong"),
        ("instagram", "https://www.instagram.com/congan_phuong/reel/DQabc12345/", "congan_phuong"),
        (
            "instagram",
            "https://www.instagram.com/stories/congan_phuong/18000000000000001/",
            "congan_phuong",
        ),
        ("instagram", "https://www.instagram.com/stories/highlights/18000000000000001/", ""),
        ("instagram", "https://www.instagram.com/p/DQabc12345/", ""),
        ("instagram", "https://www.instagram.com/reel/DQabc12345/", ""),
        ("threads", "https://www.threads.com/@congan_phuong/post/DQxyz", "congan_phuong"),
        ("threads", "https://www.threads.net/@congan_phuong", "congan_phuong"),
        ("threads", "https://www.threads.com/t/DQxyz", ""),
        (
            "tiktok",
            "https://www.tiktok.com/@congan.phuong/video/7432109876543210987",
            "conganphuong",
        ),
        ("tiktok", "https://www.tiktok.com/@congan.phuong?lang=vi", "conganphuong"),
        ("tiktok", "https://vm.tiktok.com/ZMabc123/", ""),
        ("youtube", "https://www.youtube.com/@CongAnPhuong/shorts", "conganphuong"),
        (
            "youtube",
            "https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv",
            "ucabcdefghijklmnopqrstuv",
        ),
        ("youtube", "https://www.youtube.com/watch?v=dQw4w9WgXcQ", ""),
        ("youtube", "https://youtu.be/dQw4w9WgXcQ", ""),
        ("youtube", "https://www.youtube.com/c/CongAnPhuong", ""),
    ],
)
def test_an_address_reports_its_page_where_it_can(platform, address, key):
    assert addresses.page_key(platform, address) == key


@pytest.mark.parametrize(
    ("address", "there"),
    [
        ("https://www.facebook.com/conganphuong", True),
        ("https://facebook.com:443/conganphuong", True),
        ("http://www.facebook.com/conganphuong", False),
        ("https://facebook.com.evil.example/conganphuong", False),
        ("https://evilfacebook.com/conganphuong", False),
        ("https://facebook.com@evil.example/conganphuong", False),
        ("https://facebook.com:8443/conganphuong", False),
        ("https://zalo.me/conganphuong", False),
        ("https://[broken", False),
    ],
)
def test_an_address_lies_on_the_platform_only_with_its_own_host(address, there):
    assert addresses.is_platform_address("facebook", address) == there


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("link", "error"),
    [
        ("https://www.facebook.com/conganphuong/posts/pfbid02", ""),
        ("https://facebook.com/Cong.An.Phuong/photos/1", ""),
        ("https://www.facebook.com/share/p/1AbC/", ""),
        # A number may be this page's; the name does not tell.
        ("https://www.facebook.com/61550000000001/posts/1", ""),
        ("https://www.facebook.com/trangkhac/posts/1", "another page"),
        ("https://m.facebook.com/conganphuong", "address of the page"),
        ("https://www.facebook.com/", "address of the page"),
        ("https://vnexpress.net/conganphuong/posts/1", "does not lie on Facebook"),
        ("http://www.facebook.com/conganphuong/posts/1", "does not lie on Facebook"),
    ],
)
def test_the_link_of_a_post_must_be_able_to_lie_on_the_page(unit, leader, link, error):
    channel = register(unit, leader)
    if not error:
        addresses.check_post(channel, link)
        return
    with pytest.raises(Refused, match=error):
        addresses.check_post(channel, link)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("platform", "page", "link", "error"),
    [
        ("tiktok", {}, "https://www.tiktok.com/@congan.phuong/video/743", ""),
        ("tiktok", {}, "https://vm.tiktok.com/ZMabc123/", ""),
        ("tiktok", {}, "https://www.tiktok.com/@nguoikhac/video/743", "another page"),
        ("tiktok", {"handle": ""}, "https://www.tiktok.com/@congan.phuong/video/743", ""),
        ("youtube", {}, "https://www.youtube.com/shorts/dQw4w9WgXcQ", ""),
        ("youtube", {}, "https://youtu.be/dQw4w9WgXcQ", ""),
        ("youtube", {}, "https://www.youtube.com/@congan.phuong", ""),
        ("youtube", {}, "https://www.youtube.com/@nguoikhac/videos", "another page"),
        ("youtube", {}, "https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv/videos", ""),
        (
            "youtube",
            {},
            "https://www.youtube.com/channel/UCkhacdefghijklmnopqrstu/videos",
            "another page",
        ),
    ],
)
def test_videos_lie_under_a_name_a_number_or_neither(platform, page, link, error):
    number = {
        "tiktok": "723f24d7-e717-40f8-a2b6-cb8464cd23b4",
        "youtube": "UCabcdefghijklmnopqrstuv",
    }[platform]
    facts = {"external_id": number, "handle": "congan.phuong", "address": "", **page}
    channel = factories.ChannelFactory(platform=platform, **facts)
    if not error:
        addresses.check_post(channel, link)
        return
    with pytest.raises(Refused, match=error):
        addresses.check_post(channel, link)


@pytest.mark.django_db
def test_a_number_may_belong_to_a_page_that_is_known_by_its_name_alone():
    channel = factories.ChannelFactory(
        platform="youtube", external_id="conganphuong", handle="", address=""
    )

    addresses.check_post(channel, "https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv/videos")
    with pytest.raises(Refused, match="another page"):
        addresses.check_post(channel, "https://www.youtube.com/@nguoikhac/videos")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "error"), [("61550000000001", "address of the page"), ("61", "another page")]
)
def test_where_the_query_names_the_page_another_number_is_another_page(number, error):
    home = "https://www.facebook.com/profile.php?id=61550000000001"
    channel = factories.ChannelFactory(
        platform="facebook", external_id="61550000000001", handle="", address=home
    )

    with pytest.raises(Refused, match=error):
        addresses.check_post(channel, f"https://m.facebook.com/profile.php?id={number}")


# --- registering ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_registered_page_is_the_units_channel_without_credentials_and_on_record(unit, leader):
    channel = register(unit, leader)

    kept = Channel.objects.get()
    assert (kept.health, kept.external_id, bytes(kept.sealed)) == (
        Health.MANUAL,
        "conganphuong",
        b"",
    )
    entry = Entry.objects.get(action="channel.by_hand")
    assert (entry.reason, entry.object_id, entry.actor_name) == (
        REASON,
        str(channel.public_id),
        str(leader),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("https://conganphuong.example/", "must lie on Facebook"),
        ("https://www.facebook.com/groups/chungcu", "names no page"),
        ("https://www.facebook.com/" + "a" * 65, "names no page"),
    ],
)
def test_an_address_that_is_no_page_of_the_platform_is_refused(unit, leader, address, error):
    with pytest.raises(Refused, match=error):
        register(unit, leader, address)
    assert not Channel.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("taken", [{"handle": "Cong.An.Phuong"}, {"external_id": "conganphuong"}])
@pytest.mark.parametrize("health", [Health.CONNECTED, Health.LOST, Health.MANUAL])
def test_a_page_of_another_unit_cannot_be_registered(unit, leader, taken, health):
    factories.ChannelFactory(health=health, **taken)

    with pytest.raises(Refused, match="A page belongs to one unit"):
        register(unit, leader)


@pytest.mark.django_db
def test_a_page_that_the_unit_once_had_is_taken_up_in_its_old_row(unit, leader):
    old = factories.ChannelFactory(unit=unit, handle="conganphuong", health=Health.DISCONNECTED)

    channel = register(unit, leader)

    assert (channel.pk, channel.external_id) == (old.pk, old.external_id)


@pytest.mark.django_db
@pytest.mark.parametrize("state", [Lifecycle.PAUSED, Lifecycle.FROZEN, Lifecycle.TAKEN_OVER])
def test_a_page_that_was_held_back_before_it_was_disconnected_is_so_manually_too(
    unit, leader, state
):
    suspension = {"lifecycle": state, "lifecycle_reason": "Trang đăng quảng cáo lạ"}
    factories.ChannelFactory(
        unit=unit, handle="conganphuong", health=Health.DISCONNECTED, **suspension
    )

    register(unit, leader)

    channel = Channel.objects.get()
    assert (channel.health, channel.lifecycle, channel.lifecycle_reason) == (
        Health.MANUAL,
        state,
        "Trang đăng quảng cáo lạ",
    )


@pytest.mark.django_db
def test_a_closed_page_that_is_registered_again_is_in_use_and_no_longer_has_a_successor(
    unit, leader
):
    closed = {
        "lifecycle": Lifecycle.RETIRED,
        "lifecycle_reason": "Gộp trang",
        "successor": factories.ChannelFactory(unit=unit),
    }
    factories.ChannelFactory(unit=unit, handle="conganphuong", health=Health.DISCONNECTED, **closed)

    channel = register(unit, leader)

    channel.refresh_from_db()
    assert (channel.lifecycle, channel.lifecycle_reason, channel.successor) == (
        Lifecycle.ACTIVE,
        "",
        None,
    )
    assert channel.lifecycle_since == channel.connected_at


@pytest.mark.django_db(transaction=True)
def test_a_takeover_that_is_reported_while_the_page_is_registered_again_stays(unit, leader):
    page = factories.ChannelFactory(unit=unit, handle="conganphuong", health=Health.DISCONNECTED)

    overtaken(
        lambda: register(unit, leader),
        by=lambda: transitions.report_taken_over(page, by=leader, reason="Trang lạ"),
    )

    page.refresh_from_db()
    assert (page.health, page.lifecycle, page.lifecycle_reason) == (
        Health.MANUAL,
        Lifecycle.TAKEN_OVER,
        "Trang lạ",
    )


@pytest.mark.django_db
def test_telegram_needs_its_provinces_leave_manually_too(unit, leader):
    with pytest.raises(Refused, match="off until the provincial police allow it"):
        register(unit, leader, "https://t.me/conganphuong", platform="telegram")

    PlatformAllowance.objects.create(
        unit=unit.parent, platform="telegram", allowed_by=factories.UserFactory(), reason="Kênh phụ"
    )
    overseer = factories.person(Role.OVERSEER, unit.parent)
    channel = register(unit, leader, "https://t.me/conganphuong", platform="telegram")
    forbid("telegram", province=unit.parent, by=overseer, reason="Bị chặn")
    channel.refresh_from_db()
    assert channel.health == Health.LOST


@pytest.mark.django_db
def test_only_who_may_manage_channels_registers_one(unit):
    with pytest.raises(NotAllowed):
        register(unit, factories.person(Role.OFFICER, unit))


@pytest.mark.django_db
def test_the_form_keeps_what_was_typed_and_names_the_way_out(client, unit, leader):
    client.force_login(leader)
    address = reverse("channels:register_manually", args=["facebook"])

    wrong = client.post(
        address, {"name": "Trang", "address": "https://congan.example/", "reason": REASON}
    )
    right = client.post(
        address, {"name": "Trang", "address": "facebook.com/conganphuong", "reason": REASON}
    )

    assert wrong.status_code == 409
    assert "https://congan.example/" in wrong.content.decode()
    channel = Channel.objects.get()
    assert right["Location"] == reverse("channels:channel", args=[channel.public_id])
    assert channel.address == "https://facebook.com/conganphuong"


@pytest.mark.django_db
def test_the_ways_to_connect_lead_to_the_manual_way(client, unit, leader):
    client.force_login(leader)
    lost = factories.ChannelFactory(unit=unit, health=Health.LOST)
    gone = factories.ChannelFactory(unit=unit, health=Health.DISCONNECTED)

    platforms = client.get(reverse("channels:platforms")).content.decode()
    connect = client.get(reverse("channels:connect", args=["facebook"])).content.decode()
    again, back = (
        client.get(
            f"{reverse('channels:connect', args=['facebook'])}?channel={channel.public_id}"
        ).content.decode()
        for channel in (lost, gone)
    )

    manual_page = reverse("channels:register_manually", args=["facebook"])
    assert [manual_page in page for page in (platforms, connect, again, back)] == [
        True,
        True,
        False,
        True,
    ]
    assert reverse("channels:continue_manually", args=[lost.public_id]) in again


# --- there and back -------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("health", [Health.CONNECTED, Health.LOST])
def test_going_on_manually_destroys_the_credentials(client, unit, leader, health):
    channel = factories.ChannelFactory(
        unit=unit, health=health, refresh_at=timezone.now(), scopes=["pages_show_list"]
    )
    client.force_login(leader)

    client.post(reverse("channels:continue_manually", args=[channel.public_id]), {"reason": REASON})

    channel.refresh_from_db()
    kept = (
        channel.health,
        bytes(channel.sealed),
        channel.refresh_at,
        channel.expires_at,
        channel.scopes,
    )
    assert kept == (Health.MANUAL, b"", None, None, [])
    assert Entry.objects.get(action="channel.by_hand").reason == REASON


@pytest.mark.django_db
def test_the_portal_leaves_manual_pages_alone(unit, leader):
    """No simulator is running here: a call to the platform would fail."""
    channel = register(unit, leader)
    now = timezone.now()

    assert check_due(now=now) == 0
    assert refresh_due(now=now) == 0
    channel.refresh_from_db()
    assert (channel.health, channel.checked_at) == (Health.MANUAL, None)


@pytest.mark.django_db
def test_the_pages_say_that_it_is_posted_to_manually_and_not_that_it_is_lost(client, unit, leader):
    channel = register(unit, leader)
    client.force_login(leader)

    page = client.get(reverse("channels:channel", args=[channel.public_id])).content.decode()
    listed = client.get(reverse("channels:list"), {"health": "by_hand"})

    assert "An approved post becomes a task" in page
    assert reverse("channels:check", args=[channel.public_id]) not in page
    assert listed.context["counts"]["lost"] == 0
    assert [(c.pk, c.tone) for c in listed.context["page_obj"]] == [(channel.pk, "blue")]


@pytest.mark.django_db
def test_the_province_counts_it_as_neither_down_nor_dying(unit, leader):
    from core.periods import Period
    from oversight.queries import make_row

    register(unit, leader)

    row = make_row(unit, Period.last_days(30), now=timezone.now())
    assert (row.channels, row.down, row.dying) == (1, 0, 0)
