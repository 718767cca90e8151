"""Kits shared with partners before the unit's own post stands: open while everything holds."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from campaigns.kits.issuing import withdraw_kit
from campaigns.kits.models import Kit, KitMedia, KitVersion
from campaigns.kits.seals import make_seal
from campaigns.partners import agreements
from core.errors import NotAllowed, Refused
from links.models import ClickCount, Link
from links.queries import get_short_address
from media.cards import card_drawing
from media.cards.card_drawing import Words
from posts.kits.adopting import adopt
from publishing.models import ShareLink
from publishing.sharing import share_links
from publishing.sharing.queries import RELATED, Status, statuses
from publishing.sharing.views import GUESSES_A_MINUTE
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)
POSTER = {"look": "fire", "line_1": "Gọi ngay {truc_ban}.", "line_2": "", "hotline": "114"}


@pytest.fixture
def province():
    return factories.ProvinceFactory(place="Tỉnh Mẫu", name="Công an tỉnh Mẫu")


@pytest.fixture
def officer(province):
    return factories.person(Role.OFFICER, province, language="en")


@pytest.fixture
def kit(province):
    return factories.kit(
        province,
        state="issued",
        placeholders=[],
        title="Không sạc xe qua đêm",
        text="{don_vi} nhắc bà con.",
        texts={"zalo": "{don_vi} nhắc ngắn."},
        link="https://bocongan.gov.vn/chay",
    )


@pytest.fixture
def partner(province):
    return factories.partner(province)


def make(kit, partner, by, *, until=TODAY + 10 * DAY, unit=None):
    ((row, secret),) = share_links.share_kit(
        kit, unit=unit or kit.unit, partners=[partner], until=until, by=by
    )
    return row, secret


def address(row, secret, name="shared", *more):
    return reverse(f"publishing:{name}", args=[row.public_id, secret, *more])


def page(kit):
    return reverse("publishing:share_kit", args=[kit.public_id])


def status_of(row):
    fresh = ShareLink.objects.select_related(*RELATED).get(pk=row.pk)
    return statuses([fresh], now=timezone.now())[row.pk]


def test_a_partner_copies_the_units_words_without_an_account(
    client, kit, partner, officer, province
):
    picture = factories.media(province)
    KitMedia.objects.create(version=kit.current, media=picture, position=0, alt_text="Ổ cắm")
    row, secret = make(kit, partner, officer)

    shown = client.get(address(row, secret))

    text = shown.content.decode()
    link = Link.objects.get()
    assert shown.context["page"].texts[0].text == (
        f"Không sạc xe qua đêm\n\nCông an tỉnh Mẫu nhắc bà con.\n\n"
        f"Hợp tác với Công an tỉnh Mẫu\n{get_short_address(link)}"
    )
    assert "Công an tỉnh Mẫu nhắc ngắn." in text
    assert link.target == "https://bocongan.gov.vn/chay"
    assert shown["X-Robots-Tag"].startswith("noindex")
    assert "no-store" in shown["Cache-Control"]
    assert not shown.cookies
    saved = client.get(address(row, secret, "shared_file", 0))
    assert saved.status_code == 302
    assert client.get(address(row, secret, "shared_file", 1)).status_code == 404
    code = client.get(address(row, secret, "shared_code"))
    assert code.content.startswith(b"\x89PNG")
    assert Entry.objects.get(action="share.made").actor_id == officer.pk


def test_cards_and_poster_bear_the_name_of_the_unit_that_shares(client, kit, partner, officer):
    commune = factories.UnitFactory(parent=kit.unit)
    writer = factories.person(Role.OFFICER, kit.unit)
    words = Words(title="Không sạc xe qua đêm", hotline="114")
    card = card_drawing.add(words, unit=kit.unit, look="fire", formats=["1x1"], by=writer)[0]
    card.shared = True
    card.save()
    KitVersion.objects.filter(pk=kit.current_id).update(poster={**POSTER, "line_1": "Gọi ngay."})
    _seal(kit)
    KitMedia.objects.create(version=kit.current, media=card, position=0)
    own = factories.person(Role.OFFICER, commune)
    row, secret = make(kit, factories.partner(commune), own, unit=commune)
    theirs, other = make(kit, partner, officer)

    sheets = [
        b"".join(client.get(address(share, key, "shared_card", 0, size)))
        for share, key in ((row, secret), (theirs, other))
        for size in ("1x1", "9x16")
    ]

    assert all(sheet.startswith(b"\x89PNG") for sheet in sheets)
    assert len(set(sheets)) == 4
    poster = client.get(address(row, secret, "shared_poster", "a4"))
    assert poster.content.startswith(b"%PDF")
    assert poster["Content-Disposition"] == 'attachment; filename="ap-phich-a4.pdf"'
    for wrong in (("shared_card", 7, "1x1"), ("shared_card", 0, "big")):
        assert client.get(address(row, secret, *wrong)).status_code == 302
    assert client.get(address(row, secret, "shared_poster", "a9")).status_code == 302


def test_a_kits_address_of_an_earlier_version_of_the_portal_opens(client, kit, partner, officer):
    row, secret = make(kit, partner, officer)

    page = client.get(f"/shared/kit/{row.public_id}/{secret}/")

    assert page.status_code == 200
    assert "nhắc bà con" in page.text
    assert client.get(f"/shared/kit/{row.public_id}/{secret}/qr.png").status_code == 200


def test_a_share_link_has_exactly_one_subject(kit, partner, officer):
    row, _secret = make(kit, partner, officer)
    live = factories.live_delivery(unit=kit.unit)
    for fields in (
        {"kit": None, "version": None},
        {"kit": None},
        {"post": live.post, "revision": live.revision},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ShareLink.objects.filter(pk=row.pk).update(**fields)


def test_only_a_posts_address_is_renewed_from_the_list(client, kit, partner, officer):
    row, _secret = make(kit, partner, officer)
    client.force_login(officer)

    assert client.get(reverse("publishing:share_list")).context["rows"] == []
    renewed = client.post(reverse("publishing:share_renew", args=[row.public_id]))

    assert renewed.status_code == 404
    assert status_of(row) == Status.ACTIVE


def _seal(kit):
    """Seal the issued version as it is now."""
    version = KitVersion.objects.select_related("kit").get(pk=kit.current_id)
    KitVersion.objects.filter(pk=version.pk).update(**make_seal(version))
    kit.refresh_from_db()


def test_the_page_closes_with_each_of_its_conditions(client, kit, partner, officer, province):
    row, secret = make(kit, partner, officer)
    assert status_of(row) == Status.ACTIVE
    KitVersion.objects.update(text="Ai đó viết khác.")
    assert status_of(row) == Status.WITHDRAWN
    KitVersion.objects.update(text=kit.current.text)
    ShareLink.objects.update(expires_on=TODAY - DAY)
    assert status_of(row) == Status.EXPIRED
    closed = client.get(address(row, secret))
    assert closed.status_code == 410
    assert client.get(address(row, secret, "shared_code")).status_code == 404
    ShareLink.objects.update(expires_on=TODAY + DAY)
    Kit.objects.update(current=None)
    assert status_of(row) == Status.REPLACED
    Kit.objects.update(current=row.version)
    leader = factories.person(Role.OVERSEER, province)
    withdraw_kit(Kit.objects.get(), by=leader, reason="Sai số", take_down=False)
    assert status_of(row) == Status.WITHDRAWN
    share_links.revoke(row, by=officer)
    assert status_of(row) == Status.REVOKED
    with pytest.raises(Refused, match="already"):
        share_links.revoke(row, by=officer)


def test_the_end_of_the_agreement_closes_the_page(kit, partner, officer):
    row, _secret = make(kit, partner, officer)
    agreements.end_agreement(partner, by=officer, reason="Hết hợp tác.")
    assert status_of(row) == Status.AGREEMENT_OVER
    row.refresh_from_db()
    assert row.revoked_at
    assert Entry.objects.filter(action="share.closed").count() == 1


def test_before_the_first_day_the_page_says_when_it_opens(client, kit, partner, officer):
    first = TODAY + 3 * DAY
    KitVersion.objects.update(window_from=first)
    row, secret = make(kit, partner, officer)
    early = client.get(address(row, secret))
    assert early.status_code == 200
    assert f"{first:%d/%m/%Y}" in early.content.decode()
    assert "nhắc bà con" not in early.content.decode()
    assert client.get(address(row, secret, "shared_code")).status_code == 404


def test_words_that_nobody_approved_are_not_shared(client, province, officer, partner):
    kit = factories.kit(province, state="issued")
    commune = factories.UnitFactory(parent=province)
    writer = factories.person(Role.OFFICER, commune, language="en")
    own = factories.partner(commune)
    with pytest.raises(Refused, match="Khu vực"):
        make(kit, partner, officer)
    client.force_login(officer)
    refused = client.get(page(kit)).content.decode()
    assert "Khu vực" in refused
    assert f'class="btn btn-primary" href="{reverse("kits:kit", args=[kit.public_id])}"' in refused
    post = adopt(kit, unit=commune, by=writer)
    post.adoption.values = {"khu_vuc": "tổ 9"}
    post.adoption.save()
    with pytest.raises(Refused, match="Khu vực"):  # typed, and approved by nobody
        make(kit, own, writer, unit=commune)
    body = post.body.replace("{khu_vuc}", "tổ 9")
    type(post).objects.filter(pk=post.pk).update(body=body)
    post.refresh_from_db()
    factories.approved(post)

    row, secret = make(kit, own, writer, unit=commune)

    assert row.values == {"khu_vuc": "tổ 9"}
    assert "tổ 9" in client.get(address(row, secret)).content.decode()


def test_only_partners_by_an_agreement_in_force_of_the_own_unit(kit, partner, officer, province):
    over = factories.partner(province, starts_on=TODAY - 9 * DAY, ends_on=TODAY - DAY)
    foreign = factories.partner(factories.UnitFactory())
    for wrong in (over, foreign):
        with pytest.raises(Refused, match="not in force"):
            make(kit, wrong, officer)
    with pytest.raises(Refused, match="last day"):
        make(kit, partner, officer, until=TODAY + 91 * DAY)
    with pytest.raises(NotAllowed):
        make(kit, partner, factories.person(Role.OVERSEER, province))
    draft = factories.kit(province, placeholders=[], text="Gọi 113.")
    with pytest.raises(Refused, match="not open"):
        make(draft, partner, officer)
    stranger = factories.UnitFactory()
    by = factories.person(Role.OFFICER, stranger)
    with pytest.raises(Refused, match="not open"):
        make(kit, factories.partner(stranger), by, unit=stranger)


def test_a_new_address_ends_the_old_one_and_keeps_the_link(client, kit, partner, officer):
    first, old = make(kit, partner, officer)
    second, new = make(kit, partner, officer)
    assert client.get(address(first, old)).status_code == 410
    assert client.get(address(second, new)).status_code == 200
    assert client.get(address(second, old)).status_code == 404
    assert first.link == second.link
    for _ in range(GUESSES_A_MINUTE):
        client.get(address(second, "wrong"))
    assert client.get(address(second, new)).status_code == 200


def test_the_page_of_the_kit_makes_lists_and_revokes(client, kit, partner, officer, province):
    factories.kit_share(province)  # of another kit
    client.force_login(officer)
    assert client.get(page(kit)).context["rows"] == []
    form = {"partners": [str(partner.public_id)], "until": f"{TODAY + DAY:%d/%m/%Y}"}
    made = client.post(page(kit), form)
    ((_name, row, shown),) = made.context["made"]
    assert shown in made.content.decode()
    ClickCount.objects.create(link=row.link, day=TODAY, clicks=7)
    listed = client.get(page(kit))
    assert shown not in listed.content.decode()
    (entry,) = listed.context["rows"]
    assert entry["clicks"].total == 7
    assert f"{row.public_id}/revoke/" in listed.content.decode()
    wrong = client.post(page(kit), {"until": f"{TODAY + DAY:%d/%m/%Y}"})
    assert wrong.status_code == 422
    revoked = client.post(reverse("publishing:share_revoke", args=[row.public_id]))
    assert revoked.url == page(kit)
    assert status_of(row) == Status.REVOKED
    button = client.get(reverse("kits:kit", args=[kit.public_id])).content.decode()
    assert page(kit) in button


def _reissue(kit, **changes):
    """Issue a newer version of the kit, a copy of the current one."""
    old = kit.current
    KitVersion.objects.filter(pk=old.pk).update(state="replaced")
    values = {
        name: getattr(old, name)
        for name in (
            *("title", "text", "texts", "placeholders", "platforms", "window_from", "window_until"),
            *("all_below", "author", "last_editor", "changed_at", "content_sha256"),
            *("approved_by", "approved_at", "issued_at", "announced_at"),
        )
    }
    values |= {"number": old.number + 1, "state": "issued", "changes": "Rõ hơn.", **changes}
    Kit.objects.filter(pk=kit.pk).update(current=KitVersion.objects.create(kit=kit, **values))
    kit.refresh_from_db()
    _seal(kit)


def _published_from(kit, unit, writer):
    """Let the unit publish the kit with its own words."""
    post = adopt(kit, unit=unit, by=writer)
    post.adoption.values = {"khu_vuc": "tổ 9"}
    post.adoption.save()
    body = post.body.replace("{khu_vuc}", "tổ 9")
    type(post).objects.filter(pk=post.pk).update(body=body)
    post.refresh_from_db()
    there = {"state": "published", "remote_id": "1_9", "published_at": timezone.now()}
    return factories.delivery(factories.approved(post), unit.channels.get(), **there).post


def test_officers_read_which_version_is_shared_and_partners_do_not(client, province):
    kit = factories.kit(province, state="issued")
    commune = factories.UnitFactory(parent=province)
    factories.ChannelFactory(unit=commune)
    writer = factories.person(Role.OFFICER, commune, language="en")
    own = factories.partner(commune)
    post = _published_from(kit, commune, writer)
    share_post = reverse("publishing:share", args=[post.public_id])
    client.force_login(writer)
    assert client.get(share_post).context["older"] is None
    assert client.get(page(kit)).context["older"] is None

    _reissue(kit)

    of_post, of_kit = client.get(share_post), client.get(page(kit))
    assert (of_post.context["older"].number, of_post.context["older"].current) == (1, 2)
    assert "version 1 of the kit" in of_post.content.decode()
    assert "version 1 of the kit" in of_kit.content.decode()  # refused: its words are not approved
    assert reverse("publishing:post", args=[post.public_id]) in of_kit.content.decode()
    with pytest.raises(Refused, match="version 2 counts now"):
        make(kit, own, writer, unit=commune)
    form = {"partners": [str(own.public_id)], "until": f"{TODAY + DAY:%d/%m/%Y}"}
    ((_name, row, shown),) = client.post(share_post, form).context["made"]
    client.logout()
    public = client.get(shown[shown.index("/", 8) :])
    assert row.post == post
    assert public.status_code == 200
    assert "tổ 9" in public.content.decode()
    assert "version" not in public.content.decode().lower()
    assert "phiên bản" not in public.content.decode().lower()


def test_a_kit_without_values_to_approve_is_shared_as_it_is_now(client, province):
    kit = factories.kit(province, state="issued")
    commune = factories.UnitFactory(parent=province)
    factories.ChannelFactory(unit=commune)
    writer = factories.person(Role.OFFICER, commune, language="en")
    own = factories.partner(commune)
    _published_from(kit, commune, writer)
    _reissue(kit, placeholders=[], text="{don_vi} nhắc bà con.")

    client.force_login(writer)
    shown = client.get(page(kit)).content.decode()
    row, _secret = make(kit, own, writer, unit=commune)

    assert "has the words of version 2" in shown
    assert row.version.number == 2
    (entry,) = client.get(page(kit)).context["rows"]
    assert entry["share"].version.number == 2
