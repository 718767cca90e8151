"""Posts shared with partners by a secret page: open while everything still holds, and no longer."""

import html
import logging
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from campaigns.kits.issuing import withdraw_kit
from campaigns.partners import agreements
from core.errors import NotAllowed, Refused
from core.lists import PAGE
from core.logs import JsonFormatter
from links.models import ClickCount, Link
from links.queries import get_short_address
from posts.editor import saving
from posts.editor.edits import edit_of
from posts.kits import adopting
from posts.models import Post
from publishing.models import Delivery, Recall, ShareLink
from publishing.sharing import share_links
from publishing.sharing.presenters import poster_of
from publishing.sharing.views import GUESSES_A_MINUTE
from tests import factories
from tests.channels.connection.rivals import overtaken

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = timedelta(days=1)


@pytest.fixture
def unit():
    return factories.UnitFactory(place="Phường Hải Châu", name="Công an phường Hải Châu")


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit, language="en")


@pytest.fixture
def delivery(unit):
    channel = factories.ChannelFactory(unit=unit, platform="zalo")
    post = factories.PostFactory(unit=unit, channels=[channel], media=[factories.media(unit)])
    factories.approved(post)
    return factories.delivery(
        post,
        channel,
        state="published",
        remote_id="1",
        published_at=timezone.now(),
        permalink="https://zalo.me/s/bai-1",
    )


@pytest.fixture
def partner(unit):
    return factories.partner(unit)


def make(delivery, partner, by, until=TODAY + 30 * DAY):
    ((row, secret),) = share_links.share_post(delivery.post, partners=[partner], until=until, by=by)
    return row, secret


def address(row, secret, name="shared", *more):
    return reverse(f"publishing:{name}", args=[row.public_id, secret, *more])


def test_a_partner_copies_downloads_and_prints_without_an_account(
    client, delivery, partner, officer, unit
):
    row, secret = make(delivery, partner, officer)

    page = client.get(address(row, secret))

    link = Link.objects.get()
    assert page.status_code == 200
    assert "Hợp tác với Công an phường Hải Châu" in page.text
    assert "chuyển tiền qua điện thoại" in page.text
    assert f"/l/{link.code}" in page.text
    assert "Đoàn Thanh niên phường" in page.text
    assert (link.target, link.unit) == ("https://zalo.me/s/bai-1", unit)
    assert not page.cookies
    assert page["Cache-Control"] == "private, no-store"
    assert "noindex" in page["X-Robots-Tag"]
    assert page["Referrer-Policy"] == "no-referrer"
    assert "default-src" in page["Content-Security-Policy"]
    assert secret not in ShareLink.objects.get().secret_hash

    file = client.get(address(row, secret, "shared_file", 0))
    picture = client.get(file["Location"])
    code = client.get(address(row, secret, "shared_code"))
    assert picture["Content-Disposition"].startswith("attachment")
    assert b"".join(picture.streaming_content)
    assert code.content.startswith(b"\x89PNG")
    assert client.get(address(row, secret, "shared_file", 1)).status_code == 404
    assert not file.cookies
    assert not code.cookies


def test_clicks_are_counted_by_day_and_by_partner_and_nothing_else(
    client, delivery, partner, officer, unit
):
    row, _secret = make(delivery, partner, officer)
    other, _secret = make(delivery, factories.partner(unit, name="Trường"), officer)
    again, _secret = make(delivery, partner, officer)  # a new address: the same link
    ClickCount.objects.create(link=row.link, day=TODAY, clicks=41)
    client.force_login(officer)

    page = client.get(reverse("publishing:share_list")).text

    assert (again.link, other.link == row.link) == (row.link, False)
    assert page.count(">41<") == 2  # in seven days, in all; of one row
    names = {field.name for field in ShareLink._meta.concrete_fields}
    assert not {name for name in names if any(w in name for w in ("ip", "agent", "cookie", "view"))}


@pytest.mark.parametrize(
    "close",
    [
        lambda row, by: share_links.revoke(row, by=by),
        lambda row, by: share_links.revoke_all_posts(row.unit, by=by),
        lambda row, by: share_links.revoke_all_posts(row.unit, partner=row.partner, by=by),
        lambda row, by: agreements.end_agreement(row.partner, "Hai bên dừng phối hợp", by=by),
        lambda row, by: ShareLink.objects.filter(pk=row.pk).update(expires_on=TODAY - DAY),
        lambda row, by: type(row.partner).objects.update(ends_on=TODAY - DAY),
        lambda row, by: Delivery.objects.update(state="recalling"),
        lambda row, by: Delivery.objects.update(
            recall=Recall.objects.create(
                post=row.post, unit=row.unit, reason="Sai", by=by, started_at=timezone.now()
            )
        ),
        lambda row, by: _correct(row),
        lambda row, by: Post.objects.update(state="draft", approved_revision=None),
    ],
    ids=[
        "revoked",
        "all-revoked",
        "partner-revoked",
        "agreement-ended",
        "day-over",
        "agreement-over",
        "being-recalled",
        "recall-begun",
        "corrected",
        "taken-back",
    ],
)
def test_a_page_closes_at_once(client, delivery, partner, officer, close):
    row, secret = make(delivery, partner, officer)
    before = client.get(address(row, secret)).status_code
    row = ShareLink.objects.select_related("unit", "partner__unit", "post").get()

    close(row, officer)

    closed = client.get(address(row, secret))
    assert (before, closed.status_code) == (200, 410)
    assert "chuyển tiền qua điện thoại" not in closed.text
    assert row.post.title not in closed.text
    assert closed["Cache-Control"] == "private, no-store"
    assert client.get(address(row, secret, "shared_file", 0)).status_code == 404
    assert client.get(address(row, secret, "shared_code")).status_code == 404


def _correct(row):
    channel = factories.ChannelFactory(unit=row.unit)
    post = factories.approved(unit=row.unit, channels=[channel], corrects=row.post)
    factories.delivery(
        post,
        channel,
        state="published",
        remote_id="2",
        published_at=timezone.now(),
        permalink="https://www.facebook.com/dinh-chinh",
    )


def test_who_corrected_is_shown_where_to_read_on(client, delivery, partner, officer):
    row, secret = make(delivery, partner, officer)
    _correct(row)

    assert "https://www.facebook.com/dinh-chinh" in client.get(address(row, secret)).text


def test_secrets_are_not_guessed_and_the_right_one_opens_meanwhile(
    client, delivery, partner, officer
):
    row, secret = make(delivery, partner, officer)
    answers = [client.get(address(row, "x" * n)).status_code for n in range(1, 23)]
    unknown = reverse("publishing:shared", args=[delivery.public_id, secret])

    assert answers == [404] * GUESSES_A_MINUTE + [429] * 2
    assert client.get(unknown).status_code == 404
    assert client.get(address(row, secret)).status_code == 200


def test_the_secret_is_in_no_row_and_no_line_of_the_log(client, delivery, partner, officer, caplog):
    caplog.set_level(logging.DEBUG)
    client.force_login(officer)
    sent = {"partners": [str(partner.public_id)], "until": f"{TODAY + DAY:%d/%m/%Y}"}
    page = client.post(reverse("publishing:share", args=[delivery.post.public_id]), sent)
    row = ShareLink.objects.get()
    secret = page.context["made"][0][2].rstrip("/").rpartition("/")[2]
    client.get(address(row, secret))
    client.get(address(row, "wrong"))
    client.post(reverse("publishing:share_revoke", args=[row.public_id]))
    client.get(address(row, secret))

    stored = [str(vars(entry)) for entry in [*Entry.objects.all(), *Notice.objects.all()]]
    assert secret in page.text
    assert len(secret) == 43
    assert not [text for text in stored if secret in text]
    lines = [JsonFormatter().format(record) for record in caplog.records if _ours(record)]
    assert any("django.request" in line for line in lines)
    assert secret not in "\n".join(lines)
    actions = Entry.objects.filter(object_id=str(row.public_id)).values_list("action", flat=True)
    assert set(actions) == {"share.made", "share.revoked"}


def _ours(record):
    """Leave out what the test's own client and the database driver say."""
    return not record.name.startswith(("django.db", "asyncio"))


def test_only_what_is_live_is_shared_with_own_partners_in_force(unit, delivery, partner, officer):
    elsewhere = factories.partner(factories.UnitFactory(parent=unit.parent))
    over = factories.partner(unit, document_number="1/TT", ends_on=TODAY - DAY)
    later = factories.partner(
        unit, document_number="2/TT", document_date=TODAY, starts_on=TODAY + DAY
    )
    for refused in (elsewhere, over, later):
        with pytest.raises(Refused):
            make(delivery, refused, officer)
    for until in (TODAY - DAY, TODAY + 91 * DAY):
        with pytest.raises(Refused):
            make(delivery, partner, officer, until=until)
    with pytest.raises(NotAllowed):
        make(delivery, partner, factories.person(Role.OVERSEER, unit.parent))
    Delivery.objects.update(state="scheduled", remote_id="", published_at=None)
    with pytest.raises(Refused):
        make(delivery, partner, officer)

    assert not ShareLink.objects.exists()


def test_a_page_ends_with_the_agreement(delivery, unit, officer):
    soon = factories.partner(unit, ends_on=TODAY + 3 * DAY)

    assert make(delivery, soon, officer)[0].expires_on == TODAY + 3 * DAY


def test_shares_are_listed_with_the_same_queries_for_more_rows(
    client, unit, officer, delivery, django_assert_max_num_queries
):
    client.force_login(officer)
    for number in range(3):
        row = factories.partner(unit, name=f"Trường {number}", document_number=f"{number}/TT")
        make(delivery, row, officer)
    with django_assert_max_num_queries(20):
        page = client.get(reverse("publishing:share_list")).text

    assert [f"Trường {number}" in page for number in range(3)] == [True] * 3
    client.post(reverse("publishing:share_revoke_all"))
    assert not ShareLink.objects.filter(revoked_at=None).exists()


@pytest.mark.parametrize("act", ["share_revoke", "share_renew", "share_revoke_all"])
def test_closing_pages_keeps_the_partner_and_the_page_in_view(
    client, unit, officer, delivery, partner, act
):
    for _ in range(PAGE + 1):
        make(delivery, partner, officer)
    other, _secret = make(delivery, factories.partner(unit, name="Trường"), officer)
    client.force_login(officer)
    here = reverse("publishing:share_list", query={"partner": partner.public_id, "page": 2})
    page = client.get(here)
    whose = [] if act == "share_revoke_all" else [page.context["rows"][0]["share"].public_id]
    action = re.search(f'action="({reverse(f"publishing:{act}", args=whose)}[^"]*)"', page.text)
    if act == "share_renew":
        agreements.end_agreement(
            partner, by=officer, reason="Hết phối hợp"
        )  # so that it is refused

    answer = client.post(html.unescape(action[1]))

    assert answer["Location"] == here
    other.refresh_from_db()
    assert other.revoked_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_renewals_at_once_the_second_is_refused_and_the_first_address_opens(
    client, unit, officer, delivery, partner
):
    row, _secret = make(delivery, partner, officer)
    colleague = factories.person(Role.OFFICER, unit)
    ShareLink.objects.update(made_at=timezone.now() - DAY)
    shown, refused = [], []

    def renew(by):
        shown.extend(
            share_links.share_post(
                row.post, partners=[partner], until=TODAY + DAY, by=by, replaces=row
            )
        )

    def renew_too():
        try:
            renew(colleague)
        except Refused as error:
            refused.append(str(error))

    overtaken(renew_too, by=lambda: renew(officer))

    assert [client.get(address(*share)).status_code for share in shown] == [200]
    assert str(officer) in refused[0]


def test_an_address_that_a_colleague_has_just_made_is_not_closed_for_a_minute(
    client, unit, officer, delivery, partner
):
    row, secret = make(delivery, partner, officer)
    colleague = factories.person(Role.OFFICER, unit)

    with pytest.raises(Refused, match="a moment ago"):
        make(delivery, partner, colleague)

    assert client.get(address(row, secret)).status_code == 200
    ShareLink.objects.update(made_at=timezone.now() - share_links.JUST_MADE)
    assert client.get(address(*make(delivery, partner, colleague))).status_code == 200
    assert client.get(address(row, secret)).status_code == 410


def test_a_page_that_was_renewed_is_renewed_from_the_list_alone(client, officer, delivery, partner):
    row, _secret = make(delivery, partner, officer)
    newer, _secret = make(delivery, partner, officer)
    client.force_login(officer)

    old = client.post(reverse("publishing:share_renew", args=[row.public_id]))
    new = client.post(reverse("publishing:share_renew", args=[newer.public_id]))

    assert (old.status_code, new.status_code) == (302, 200)
    assert ShareLink.objects.count() == 3


# --- A kit: the unit shares it as it published it -------------------------------------------------


@pytest.fixture
def kit(unit):
    poster = {"look": "fire", "line_1": "Bà con {khu_vuc}!", "line_2": "", "hotline": "114"}
    made = factories.kit(unit.parent, state="issued", poster=poster, platforms=["zalo"])
    shared = factories.media(unit.parent)
    shared.shared = True
    shared.save()
    made.current.media.create(media=shared, position=0, alt_text="Áp phích")
    return made


@pytest.fixture
def of_kit(unit, officer, kit):
    channel = factories.ChannelFactory(unit=unit, platform="zalo")
    post = adopting.adopt(kit, unit=unit, by=officer)
    edit = replace(edit_of(post), placeholder_values={"khu_vuc": "tổ 5"})
    saving.save(post, edit, by=officer, version=post.version)
    post = Post.objects.select_related("adoption__version").get(pk=post.pk)
    return factories.delivery(
        factories.approved(post),
        channel,
        state="published",
        remote_id="1",
        published_at=timezone.now(),
        permalink="https://zalo.me/s/bai-1",
    )


def test_a_partner_gets_a_kit_with_the_units_words_its_media_and_its_poster(
    client, of_kit, partner, officer, unit
):
    row, secret = make(of_kit, partner, officer)
    shown = client.get(address(row, secret)).text
    assert "bà con ở tổ 5" in shown
    assert "{khu_vuc}" not in shown
    assert address(row, secret, "shared_file", 0) in shown
    for paper in ("a4", "a3"):
        there = address(row, secret, "shared_poster", paper)
        assert there in shown
        file = client.get(there)
        assert file.content.startswith(b"%PDF-")
        assert (file["X-Content-Type-Options"], file["Cache-Control"]) == (
            "nosniff",
            "private, no-store",
        )
    content = poster_of(row).content
    assert (content.line_1, content.link) == ("Bà con tổ 5!", get_short_address(row.link))
    assert content.proof.startswith(f"Hợp tác với {unit}")
    assert client.get(address(row, secret, "shared_poster", "a5")).status_code == 302
    assert client.get(address(row, secret[:-1], "shared_poster", "a4")).status_code == 404


@pytest.mark.parametrize("ending", ["withdrawn", "revoked"])
def test_a_shared_kit_closes_with_its_poster(client, of_kit, partner, officer, unit, kit, ending):
    row, secret = make(of_kit, partner, officer)
    there = address(row, secret, "shared_poster", "a4")
    assert client.get(there).status_code == 200
    if ending == "revoked":
        share_links.revoke(row, by=officer)
    else:
        overseer = factories.person(Role.OVERSEER, unit.parent)
        withdraw_kit(kit, by=overseer, reason="Sai số", take_down=False)

    assert client.get(address(row, secret)).status_code == 410
    assert client.get(there).status_code == 404


def test_a_post_of_its_own_has_no_poster_on_its_page(client, delivery, partner, officer):
    row, secret = make(delivery, partner, officer)
    there = address(row, secret, "shared_poster", "a4")
    assert there not in client.get(address(row, secret)).text
    assert client.get(there)["Location"] == address(row, secret)
    card = client.get(address(row, secret, "shared_card", 0, "1x1"))
    assert card["Location"] == address(row, secret)
