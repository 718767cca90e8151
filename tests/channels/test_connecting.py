"""From our page through the platform's consent dialog to a channel, acting as the browser."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from channels import lifecycle, vault
from channels.connectors.facebook import Facebook
from channels.models import Channel, ConnectAttempt, PlatformAllowance
from channels.queries import account_of
from channels.states import Health, Life
from tests import factories
from tests.channels.rivals import overtaken

pytestmark = pytest.mark.django_db(transaction=True)
BOT = "123456789:AAsimulatorbottoken00000000000000000"


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def approver(unit):
    return factories.person(Role.APPROVER, unit)


@pytest.fixture
def browser(client, approver):
    client.force_login(approver)
    return client


def facebook_person(simulator, *names, tasks=None):
    pages = [simulator.page("facebook", name=name) for name in names]
    given = [{"external_id": p["external_id"], **({"tasks": tasks} if tasks is not None else {})} for p in pages]
    return simulator.user("facebook", pages=given), pages


def zalo_person(simulator, name="Công an phường Bến Nắng"):
    page = simulator.page("zalo", name=name)
    return {"id": page["owner"]}, [page]


def set_out(browser, platform, **data):
    """Presses the button; the dialog's address."""
    response = browser.post(reverse("channels:connect", args=[platform]), data)
    assert response.status_code == 200
    return response.context["dialog"]


def come_back(browser, location):
    """Follows the platform's redirect into the portal."""
    parts = urlsplit(location)
    assert f"{parts.scheme}://{parts.netloc}" == settings.PORTAL_URL
    return browser.get(f"{parts.path}?{parts.query}", follow=True)


def agree(simulator, dialog, person, pages, platform="facebook", **form):
    asked = parse_qs(urlsplit(dialog).query)
    form = {"scope": asked.get("scope", [""])[0].split(","), **form} if platform == "facebook" else form
    chosen = [page["external_id"] for page in pages]
    return simulator.consent(dialog, account=person["id"], page=chosen, decision="allow", **form)


def walk(simulator, browser, person, pages, platform="facebook", data=None, **form):
    dialog = set_out(browser, platform, **(data or {}))
    return come_back(browser, agree(simulator, dialog, person, pages, platform, **form))


def choose(browser, page, tab=None):
    """Presses the button on this page of choices; on that of the newest walk where none is given."""
    attempt = tab.context["attempt"] if tab else ConnectAttempt.objects.latest("pk")
    return browser.post(reverse("channels:choose"), {"attempt": attempt.public_id, "page": page["external_id"]})


# --- the whole way ----------------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_a_facebook_page_becomes_the_unit_s_channel(simulator, browser, unit, approver):
    person, pages = facebook_person(simulator, "Công an phường Bến Nắng", "Trang riêng")

    chooser = walk(simulator, browser, person, pages)
    response = choose(browser, pages[0])

    channel = Channel.objects.get()
    assert [choice.profile.name for choice in chooser.context["offered"]] == ["Công an phường Bến Nắng", "Trang riêng"]
    assert response["Location"] == reverse("channels:channel", args=[channel.public_id])
    assert (channel.unit, channel.platform, channel.external_id) == (unit, "facebook", pages[0]["external_id"])
    assert (channel.health, channel.connected_by, channel.followers) == (Health.CONNECTED, approver, 1000)
    assert (channel.expires_at, channel.refresh_at) == (None, None)
    assert account_of(channel).token.startswith("EAAP")
    entry = Entry.objects.get(action="channel.connected")
    assert (entry.actor_id, entry.post_held) == (approver.pk, "Approving leader")


def test_a_zalo_account_becomes_a_channel_whose_tokens_are_renewed_in_time(simulator, browser):
    person, pages = zalo_person(simulator)

    walk(simulator, browser, person, pages, "zalo")
    choose(browser, pages[0])

    channel = Channel.objects.get()
    ahead = channel.refresh_at - timezone.now()
    assert timedelta(hours=19) < ahead < timedelta(hours=21)
    assert channel.expires_at - timezone.now() > timedelta(days=89)
    account = account_of(channel)
    assert (account.token[:3], account.refresh_token[:3]) == ("AT-", "RT-")


def test_the_one_verifier_that_a_console_holds_is_used_when_it_is_set(simulator, browser, settings):
    settings.PLATFORMS = {**settings.PLATFORMS, "zalo": {**settings.PLATFORMS["zalo"], "code_verifier": "v" * 43}}
    simulator.settings(zalo_pkce="fixed")
    person, pages = zalo_person(simulator)

    for _ in range(2):
        walk(simulator, browser, person, pages, "zalo")
        assert choose(browser, pages[0]).status_code == 302

    assert Channel.objects.count() == 1


def test_telegram_is_connected_by_form_once_the_province_allowed_it(simulator, browser, unit, approver):
    page = simulator.page("telegram", username="conganbennang")
    address = reverse("channels:connect", args=["telegram"])
    before = browser.post(address, {"token": BOT, "chat": "@conganbennang"})
    PlatformAllowance.objects.create(unit=unit.parent, platform="telegram", allowed_by=approver, reason="Kế hoạch 12")

    browser.post(address, {"token": BOT, "chat": "t.me/conganbennang"})
    choose(browser, page)

    channel = Channel.objects.get()
    assert before.status_code == 422
    assert (channel.external_id, channel.handle) == (page["external_id"], "conganbennang")
    assert account_of(channel).token == BOT


def test_a_bot_without_the_right_to_post_cannot_be_connected(simulator, browser, unit, approver):
    PlatformAllowance.objects.create(unit=unit.parent, platform="telegram", allowed_by=approver, reason="Kế hoạch 12")
    page = simulator.page("telegram", username="conganbennang")
    simulator.kill_tokens("telegram", page=page["external_id"])

    response = browser.post(reverse("channels:connect", args=["telegram"]), {"token": BOT, "chat": "@conganbennang"})

    assert response.status_code == 422
    assert BOT not in response.content.decode()
    assert Channel.objects.count() == ConnectAttempt.objects.count() == 0


# --- what goes wrong on the way ---------------------------------------------------------------------------------------


def stopped(response):
    """The one page for it: nothing was connected, and a way to begin again."""
    assert response.status_code == 409
    assert reverse("channels:connect", args=["facebook"]) in response.content.decode()
    assert Channel.objects.count() == 0
    return True


def test_a_person_who_declines_in_the_dialog_has_connected_nothing(simulator, browser):
    person, _pages = facebook_person(simulator, "Trang")
    dialog = set_out(browser, "facebook")

    location = simulator.consent(dialog, account=person["id"], decision="cancel")

    assert stopped(come_back(browser, location))


def test_a_made_up_state_is_refused(simulator, browser):
    assert stopped(browser.get(reverse("channels:callback", args=["facebook"]), {"state": "x", "code": "y"}))


def test_an_answer_counts_once(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    location = agree(simulator, set_out(browser, "facebook"), person, pages)
    come_back(browser, location)

    assert stopped(come_back(browser, location))


def test_an_answer_that_comes_in_another_session_is_refused(simulator, browser, approver, client_factory):
    person, pages = facebook_person(simulator, "Trang")
    location = agree(simulator, set_out(browser, "facebook"), person, pages)
    elsewhere = client_factory()
    elsewhere.force_login(approver)

    assert stopped(come_back(elsewhere, location))


def test_an_answer_of_another_person_is_refused(simulator, browser, unit, client_factory):
    """The trap: somebody sends the chief a link that would bind a page of theirs to the chief's unit."""
    attacker = client_factory()
    attacker.force_login(factories.person(Role.APPROVER))
    person, pages = facebook_person(simulator, "Trang giả")
    location = agree(simulator, set_out(attacker, "facebook"), person, pages)

    assert stopped(come_back(browser, location))


def test_an_answer_for_another_platform_is_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    location = agree(simulator, set_out(browser, "facebook"), person, pages)
    code = parse_qs(urlsplit(location).query)

    response = browser.get(reverse("channels:callback", args=["zalo"]), {k: v[0] for k, v in code.items()})

    assert response.status_code == 409


def test_an_answer_after_ten_minutes_is_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    location = agree(simulator, set_out(browser, "facebook"), person, pages)
    ConnectAttempt.objects.update(created_at=timezone.now() - timedelta(minutes=11))

    assert stopped(come_back(browser, location))


def test_a_choice_after_ten_minutes_is_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    walk(simulator, browser, person, pages)
    ConnectAttempt.objects.update(created_at=timezone.now() - timedelta(minutes=11))

    assert choose(browser, pages[0]).status_code == 409
    assert Channel.objects.count() == 0


def test_a_person_without_pages_is_told_so(simulator, browser):
    person, _pages = facebook_person(simulator)

    assert stopped(walk(simulator, browser, person, []))


@pytest.mark.parametrize("fault", ["drop_after", "error_before", "rate_limit"])
def test_a_platform_that_does_not_answer_connects_nothing(simulator, browser, fault):
    person, pages = facebook_person(simulator, "Trang")
    location = agree(simulator, set_out(browser, "facebook"), person, pages)
    simulator.fault("facebook", fault, operation="token")

    assert stopped(come_back(browser, location))


def test_beginning_again_leads_back_to_the_unit_and_the_channel(simulator, browser, unit):
    page = simulator.page("facebook")
    channel = factories.ChannelFactory(unit=unit, external_id=page["external_id"])
    dialog = set_out(browser, "facebook", channel=channel.public_id)

    response = come_back(browser, simulator.consent(dialog, account=page["owner"], decision="cancel"))

    assert f"?unit={unit.key}&amp;channel={channel.public_id}" in response.content.decode()


def test_a_refused_choice_leads_back_to_the_unit_and_the_channel(simulator, browser, unit):
    page = simulator.page("facebook")
    other = simulator.page("facebook", owner=page["owner"])
    channel = factories.ChannelFactory(unit=unit, external_id=page["external_id"])
    person, start = {"id": page["owner"]}, f"?unit={unit.key}&amp;channel={channel.public_id}"

    without = walk(simulator, browser, person, [other], data={"channel": channel.public_id})
    refused = choose(browser, other, without)

    assert [without.content.decode().count(start), refused.content.decode().count(start)] == [1, 1]


def test_a_platform_that_was_switched_off_meanwhile_leads_back_to_the_channel(browser, unit, settings):
    settings.PLATFORMS = {**settings.PLATFORMS, "facebook": {**settings.PLATFORMS["facebook"], "app_id": ""}}
    channel = factories.ChannelFactory(unit=unit)

    response = browser.post(reverse("channels:connect", args=["facebook"]), {"channel": channel.public_id})

    assert f"?unit={unit.key}&amp;channel={channel.public_id}" in response.content.decode()


@pytest.mark.parametrize(
    ("walk_is", "told"),
    [
        ({"created_at": timezone.now() - timedelta(minutes=11)}, "More than ten minutes have passed"),
        ({"closed_at": timezone.now(), "sealed": b""}, "You have chosen on this page already"),
    ],
)
def test_an_old_page_of_choices_says_what_happened_and_leads_back_to_its_unit(simulator, client, unit, walk_is, told):
    client.force_login(factories.person(Role.ADMINISTRATOR, unit.parent, language="en"))
    person, pages = facebook_person(simulator, "Trang")
    tab = walk(simulator, client, person, pages, data={"unit": unit.key})
    ConnectAttempt.objects.update(**walk_is)

    answers = [choose(client, pages[0], tab), client.get(tab.redirect_chain[-1][0])]

    start = f"{reverse('channels:connect', args=['facebook'])}?unit={unit.key}"
    assert [(a.status_code, told in a.content.decode(), start in a.content.decode()) for a in answers] == [
        (409, True, True),
        (409, True, True),
    ]


# --- what may be chosen -----------------------------------------------------------------------------------------------


def refusals(response):
    return {choice.profile.external_id: bool(choice.refused) for choice in response.context["offered"]}


def test_a_page_of_another_unit_is_shown_and_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang nhà", "Trang người khác")
    factories.ChannelFactory(external_id=pages[1]["external_id"], unit__name="Công an xã Kín Đáo")

    chooser = walk(simulator, browser, person, pages)
    response = choose(browser, pages[1])

    assert refusals(chooser) == {pages[0]["external_id"]: False, pages[1]["external_id"]: True}
    assert "Công an xã Kín Đáo" not in chooser.content.decode()
    assert response.status_code == 409
    assert Channel.objects.count() == 1


def test_a_right_that_was_not_granted_is_named_and_what_needs_it_is_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    wanted = ["pages_show_list", "pages_read_engagement"]

    chooser = walk(simulator, browser, person, pages, scope=wanted)

    (choice,) = chooser.context["offered"]
    assert set(choice.profile.missing) == set(Facebook.facts.rights) - set(wanted)
    assert choice.refused
    assert choose(browser, pages[0]).status_code == 409


def test_without_the_right_to_insights_the_page_can_be_connected(simulator, browser):
    person, pages = facebook_person(simulator, "Trang")
    wanted = ["pages_show_list", "pages_read_engagement", "pages_manage_posts"]

    walk(simulator, browser, person, pages, scope=wanted)
    choose(browser, pages[0])

    assert Channel.objects.get().scopes == wanted


def test_a_page_where_the_person_may_not_write_is_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang", tasks=["ANALYZE"])

    walk(simulator, browser, person, pages)

    assert choose(browser, pages[0]).status_code == 409


def test_all_pages_of_a_person_with_many_are_offered(simulator, browser):
    person, pages = facebook_person(simulator, *(f"Trang {n}" for n in range(101)))

    chooser = walk(simulator, browser, person, pages)

    assert len(chooser.context["offered"]) == 101


def test_connecting_again_keeps_the_row_and_replaces_the_token(simulator, browser, unit):
    page = simulator.page("facebook")
    channel = factories.ChannelFactory(unit=unit, external_id=page["external_id"], health=Health.LOST)
    other = simulator.page("facebook", owner=page["owner"])

    chooser = walk(simulator, browser, {"id": page["owner"]}, [page, other], data={"channel": channel.public_id})
    refused = choose(browser, other).status_code
    choose(browser, page)

    again = Channel.objects.get()
    assert refusals(chooser) == {page["external_id"]: False, other["external_id"]: True}
    assert refused == 409
    assert (again.pk, again.public_id, again.health) == (channel.pk, channel.public_id, Health.CONNECTED)
    assert account_of(again).token != "token-of-nobody"
    assert [e.action for e in Entry.objects.filter(object_id=str(channel.public_id))] == ["channel.connected_again"]


def test_a_page_that_was_disconnected_comes_back_as_the_same_channel(simulator, browser, unit):
    page = simulator.page("facebook")
    former = factories.ChannelFactory(unit=unit, external_id=page["external_id"], health=Health.DISCONNECTED)

    walk(simulator, browser, {"id": page["owner"]}, [page])
    choose(browser, page)

    assert Channel.objects.get().pk == former.pk


@pytest.mark.parametrize("life", [Life.ACTIVE, Life.RETIRED, Life.TAKEN_OVER])
def test_a_disconnected_channel_is_connected_again_from_its_own_page(simulator, browser, unit, life):
    page = simulator.page("facebook")
    facts = {"external_id": page["external_id"], "health": Health.DISCONNECTED, "life": life}
    former = factories.ChannelFactory(unit=unit, **facts)
    other = simulator.page("facebook", owner=page["owner"])
    own_page = browser.get(reverse("channels:channel", args=[former.public_id])).content.decode()

    chooser = walk(simulator, browser, {"id": page["owner"]}, [page, other], data={"channel": former.public_id})
    choose(browser, page, chooser)

    again = Channel.objects.get()
    assert f"{reverse('channels:connect', args=['facebook'])}?channel={former.public_id}" in own_page
    assert refusals(chooser) == {page["external_id"]: False, other["external_id"]: True}
    assert (again.pk, again.health) == (former.pk, Health.CONNECTED)
    assert again.life == (Life.TAKEN_OVER if life == Life.TAKEN_OVER else Life.ACTIVE)


def test_of_two_former_rows_of_one_page_the_one_comes_back_that_was_named(simulator, browser, unit):
    page = simulator.page("facebook")
    older, _newer = (
        factories.ChannelFactory(unit=unit, external_id=page["external_id"], health=Health.DISCONNECTED)
        for _ in range(2)
    )

    walk(simulator, browser, {"id": page["owner"]}, [page], data={"channel": older.public_id})
    choose(browser, page)

    assert Channel.objects.usable().get() == older


@pytest.mark.parametrize("names", [{}, {"external_id": "trangbennang"}], ids=["by number", "by name"])
def test_connecting_again_is_not_offered_where_the_page_has_another_channel(browser, unit, names):
    former = factories.ChannelFactory(unit=unit, handle="Trang.Ben.Nang", health=Health.DISCONNECTED)
    address = reverse("channels:channel", args=[former.public_id])
    before = browser.get(address).content.decode()
    factories.ChannelFactory(**{"external_id": former.external_id, **names})

    after = browser.get(address).content.decode()

    start = f"{reverse('channels:connect', args=['facebook'])}?channel={former.public_id}"
    assert [start in before, start in after] == [True, False]


def test_connecting_again_is_not_offered_for_a_unit_that_is_no_more(client, unit):
    channel = factories.ChannelFactory(unit=unit, health=Health.LOST)
    client.force_login(factories.person(Role.ADMINISTRATOR, unit.parent))
    address = reverse("channels:channel", args=[channel.public_id])
    before = client.get(address).content.decode()
    unit.valid_to = timezone.localdate()
    unit.save()

    after = client.get(address).content.decode()

    start = f"{reverse('channels:connect', args=['facebook'])}?channel={channel.public_id}"
    assert [start in before, start in after] == [True, False]


def test_a_page_that_another_unit_gave_up_can_be_connected(simulator, browser, unit):
    page = simulator.page("facebook")
    factories.ChannelFactory(external_id=page["external_id"], health=Health.DISCONNECTED)

    walk(simulator, browser, {"id": page["owner"]}, [page])
    choose(browser, page)

    assert Channel.objects.usable().get().unit == unit


def test_a_second_choice_of_one_walk_is_refused(simulator, browser):
    person, pages = facebook_person(simulator, "Trang A", "Trang B")
    walk(simulator, browser, person, pages)
    choose(browser, pages[0])

    assert choose(browser, pages[1]).status_code == 409
    assert Channel.objects.count() == 1


def test_an_administrator_connects_for_a_unit_below_and_not_for_one_elsewhere(simulator, client, unit):
    client.force_login(factories.person(Role.ADMINISTRATOR, unit.parent))
    person, pages = facebook_person(simulator, "Trang")
    foreign = factories.UnitFactory()

    walk(simulator, client, person, pages, data={"unit": unit.key})
    choose(client, pages[0])
    refused = client.post(reverse("channels:connect", args=["facebook"]), {"unit": foreign.key})

    assert Channel.objects.get().unit == unit
    assert refused.status_code == 404


def test_somebody_who_lost_the_right_on_the_way_connects_nothing(simulator, browser, approver):
    person, pages = facebook_person(simulator, "Trang")
    walk(simulator, browser, person, pages)
    approver.appointments.update(role=Role.OFFICER)

    assert choose(browser, pages[0]).status_code == 403
    assert Channel.objects.count() == 0


def test_somebody_who_moved_to_another_unit_before_the_answer_came_connects_nothing(simulator, browser, approver):
    person, pages = facebook_person(simulator, "Trang")
    location = agree(simulator, set_out(browser, "facebook"), person, pages)
    approver.appointments.update(unit=factories.UnitFactory())

    assert come_back(browser, location).status_code == 403
    assert simulator.requests()["facebook"] == {}


# --- what others do meanwhile -----------------------------------------------------------------------------------------


def test_a_takeover_that_is_reported_while_the_page_is_connected_again_stays(simulator, browser, unit, approver):
    page = simulator.page("facebook")
    channel = factories.ChannelFactory(unit=unit, external_id=page["external_id"], health=Health.LOST)
    walk(simulator, browser, {"id": page["owner"]}, [page])

    overtaken(
        lambda: choose(browser, page),
        by=lambda: lifecycle.report_taken_over(channel, by=approver, reason="Trang đăng quảng cáo lạ"),
    )

    channel.refresh_from_db()
    assert (channel.health, channel.life) == (Health.CONNECTED, Life.TAKEN_OVER)
    assert (channel.life_reason, channel.known_name) == ("Trang đăng quảng cáo lạ", "")


def test_a_page_that_is_handed_over_while_it_is_connected_again_is_the_other_unit_s(simulator, browser, unit):
    page = simulator.page("facebook")
    channel = factories.ChannelFactory(unit=unit, external_id=page["external_id"], health=Health.LOST)
    to = factories.UnitFactory(parent=unit.parent)
    admin = factories.person(Role.ADMINISTRATOR, unit.parent)
    walk(simulator, browser, {"id": page["owner"]}, [page])

    overtaken(
        lambda: choose(browser, page), by=lambda: lifecycle.hand_over(channel, to=to, by=admin, reason="Sắp xếp đơn vị")
    )

    channel = Channel.objects.get()
    assert (channel.unit, channel.health) == (to, Health.LOST)


def test_a_page_that_is_closed_while_it_is_connected_again_stays_closed(simulator, browser, unit, approver):
    page = simulator.page("facebook")
    channel = factories.ChannelFactory(unit=unit, external_id=page["external_id"], health=Health.LOST)
    walk(simulator, browser, {"id": page["owner"]}, [page])

    overtaken(
        lambda: choose(browser, page), by=lambda: lifecycle.retire(channel, by=approver, reason="Gộp về một trang")
    )
    between = Channel.objects.get()
    walk(simulator, browser, {"id": page["owner"]}, [page], data={"channel": channel.public_id})
    choose(browser, page)

    channel.refresh_from_db()
    assert (between.life, between.health) == (Life.RETIRED, Health.DISCONNECTED)
    assert (channel.life, channel.health) == (Life.ACTIVE, Health.CONNECTED)


# --- two walks in one browser -----------------------------------------------------------------------------------------


def test_each_page_of_choices_connects_for_its_own_unit(simulator, client, unit):
    other = factories.UnitFactory(parent=unit.parent)
    client.force_login(factories.person(Role.ADMINISTRATOR, unit.parent))
    person, pages = facebook_person(simulator, "Công an phường Bến Nắng", "Công an xã Tân Hiệp")
    tabs = [walk(simulator, client, person, pages, data={"unit": each.key}) for each in (unit, other)]

    for tab, page in zip(tabs, pages, strict=True):
        choose(client, page, tab)

    bound = {channel.external_id: channel.unit for channel in Channel.objects.all()}
    assert bound == {pages[0]["external_id"]: unit, pages[1]["external_id"]: other}


def test_a_page_of_choices_shows_its_own_walk_when_it_is_loaded_again(simulator, client, unit):
    client.force_login(factories.person(Role.ADMINISTRATOR, unit.parent))
    person, pages = facebook_person(simulator, "Trang")
    first = walk(simulator, client, person, pages, data={"unit": unit.key})
    walk(simulator, client, person, pages, data={"unit": factories.UnitFactory(parent=unit.parent).key})

    again = client.get(first.redirect_chain[-1][0])

    assert again.context["attempt"] == first.context["attempt"]


def test_connecting_one_channel_again_stays_so_while_another_walk_is_open(simulator, browser, unit):
    page = simulator.page("facebook")
    other = simulator.page("facebook", owner=page["owner"])
    channel = factories.ChannelFactory(unit=unit, external_id=page["external_id"], health=Health.LOST)
    person = {"id": page["owner"]}
    tab = walk(simulator, browser, person, [page, other], data={"channel": channel.public_id})
    walk(simulator, browser, person, [page, other])

    refused = choose(browser, other, tab)

    assert refused.status_code == 409
    assert Channel.objects.get().health == Health.LOST


@pytest.mark.parametrize("named", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_choice_that_names_no_walk_connects_nothing(simulator, browser, named):
    person, pages = facebook_person(simulator, "Trang")
    walk(simulator, browser, person, pages)

    response = browser.post(reverse("channels:choose"), {"attempt": named, "page": pages[0]["external_id"]})

    assert response.status_code == 409
    assert reverse("channels:platforms") in response.content.decode()
    assert Channel.objects.count() == 0


def test_nobody_chooses_in_the_walk_of_another_person_or_session(simulator, browser, unit, approver, client_factory):
    person, pages = facebook_person(simulator, "Trang")
    tab = walk(simulator, browser, person, pages)
    elsewhere, colleague = client_factory(), client_factory()
    elsewhere.force_login(approver)
    colleague.force_login(factories.person(Role.APPROVER, unit))

    assert [choose(each, pages[0], tab).status_code for each in (elsewhere, colleague)] == [409, 409]
    assert Channel.objects.count() == 0


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_no_secret_reaches_a_page_the_log_the_record_or_the_address(simulator, browser, caplog):
    person, pages = facebook_person(simulator, "Trang")
    secrets = ["EAAP", "EAAU", settings.PLATFORMS["facebook"]["app_secret"]]
    seen = []
    dialog = set_out(browser, "facebook")
    seen += [dialog, browser.get(reverse("channels:connect", args=["facebook"])).content.decode()]
    seen.append(come_back(browser, agree(simulator, dialog, person, pages)).content.decode())
    choose(browser, pages[0])
    channel = Channel.objects.get()
    for name in ("channel", "disconnect"):
        seen.append(browser.get(reverse(f"channels:{name}", args=[channel.public_id])).content.decode())
    seen.append(browser.get(reverse("channels:list")).content.decode())
    seen += [caplog.text, *(f"{e.data} {e.reason} {e.object_label}" for e in Entry.objects.all())]

    assert [secret for secret in secrets for text in seen if secret in text] == []


def test_tokens_are_sealed_at_rest_and_open_for_their_own_row_alone(simulator, browser):
    person, pages = facebook_person(simulator, "Trang A", "Trang B")
    for page in pages:
        walk(simulator, browser, person, pages)
        choose(browser, page)
    first, second = Channel.objects.order_by("pk")
    token = account_of(first).token.encode()

    second.sealed = first.sealed

    assert token not in bytes(first.sealed)
    with pytest.raises(vault.Unsealable):
        account_of(second)


def test_what_the_dialog_granted_is_destroyed_with_the_choice_or_after_an_hour(simulator, browser):
    from channels.services import forget_attempts

    person, pages = facebook_person(simulator, "Trang")
    walk(simulator, browser, person, pages)
    choose(browser, pages[0])
    walk(simulator, browser, person, pages)
    kept = [len(bytes(attempt.sealed)) > 0 for attempt in ConnectAttempt.objects.order_by("pk")]

    forget_attempts(now=timezone.now() + timedelta(hours=2))

    assert kept == [False, True]
    assert ConnectAttempt.objects.count() == 0


def test_a_sealed_value_opens_with_an_older_key_and_not_with_a_stranger_s(settings):
    import base64
    import os

    old, new = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    settings.CREDENTIAL_KEYS = [old]
    sealed = vault.seal({"token": "t"}, row="channel:1")
    settings.CREDENTIAL_KEYS = [new, old]
    opened = vault.unseal(sealed, row="channel:1")
    settings.CREDENTIAL_KEYS = [new]

    assert opened == {"token": "t"}
    with pytest.raises(vault.Unsealable):
        vault.unseal(sealed, row="channel:1")


# --- a page that was posted to by hand --------------------------------------------------------------------------------


def by_hand(unit, page, **fields):
    values = {"external_id": page["username"], "handle": page["username"], "health": Health.BY_HAND, **fields}
    channel = factories.ChannelFactory(unit=unit, **values)
    Channel.objects.filter(pk=channel.pk).update(sealed=b"")
    return channel


def test_connecting_a_page_that_was_posted_to_by_hand_takes_over_its_row(simulator, browser, unit):
    person, (page,) = facebook_person(simulator, "Công an phường Bến Nắng")
    row = by_hand(unit, page)

    walk(simulator, browser, person, [page], data={"channel": str(row.public_id)})
    choose(browser, page)

    channel = Channel.objects.get()
    assert (channel.pk, channel.external_id, channel.health) == (row.pk, page["external_id"], Health.CONNECTED)
    assert account_of(channel).token


def test_a_page_that_another_unit_posts_to_by_hand_cannot_be_connected(simulator, browser, unit):
    person, (page,) = facebook_person(simulator, "Công an phường Bến Nắng")
    by_hand(factories.UnitFactory(), page)

    walk(simulator, browser, person, [page])
    choose(browser, page)

    assert not Channel.objects.filter(unit=unit).exists()
