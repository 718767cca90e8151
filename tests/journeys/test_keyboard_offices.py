"""Tasks that leaders and those who oversee do, without a mouse."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Appointment
from accounts.permissions import Role
from campaigns.files.models import CampaignFile
from campaigns.partners.models import Partner
from channels.completeness import changes
from channels.models import PageCheck
from channels.states import ChangeState
from publishing.models import ShareLink
from tests import factories
from tests.campaigns.files.made import word
from tests.journeys.conftest import DESK
from tests.journeys.test_keyboard import tab_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def pressed(page, selector: str) -> None:
    """Tab to ``selector`` and press Enter there."""
    tab_to(page, selector)
    page.keyboard.press("Enter")


def test_a_campaign_is_closed_by_keyboard(at_desk):
    province = factories.ProvinceFactory()
    campaign = factories.CampaignFactory(unit=province)
    page = (desk := at_desk(factories.person(Role.OVERSEER, province), DESK)).page
    desk.open(reverse("engagement:campaign", args=[campaign.public_id]))
    pressed(page, f"a[href$='{reverse('engagement:campaign_close', args=[campaign.public_id])}']")
    page.wait_for_url("**/close/")
    tab_to(page, "#id_lessons")
    page.keyboard.type("Đăng buổi tối có nhiều người đọc hơn.")
    pressed(page, ".action-bar .btn-primary")
    page.wait_for_url(lambda url: "/close/" not in url)
    campaign.refresh_from_db()
    assert campaign.closed_at


def test_a_person_is_invited_by_keyboard_to_the_unit_that_was_typed_last(at_desk):
    province = factories.ProvinceFactory()
    for place in ("Phường An Khê", "Phường Hải Vân"):
        factories.UnitFactory(parent=province, place=place)
    page = (desk := at_desk(factories.person(Role.ADMINISTRATOR, province), DESK)).page
    desk.open(reverse("accounts:people"))
    pressed(page, f"a[href$='{reverse('accounts:invite')}']")
    page.wait_for_url("**/invite/")
    tab_to(page, "#id_full_name")
    page.keyboard.type("Trần Văn Khánh")
    tab_to(page, "#id_email")
    page.keyboard.type("khanh.tv@example.vn")
    tab_to(page, "#id_unit-ts-control")
    for words, place in (("an khe", "An Khê"), ("hai van", "Hải Vân")):
        page.keyboard.press("Backspace")
        page.keyboard.type(words)
        expect(page.locator(".ts-dropdown .option.active")).to_contain_text(place)
        expect(page.locator(".ts-dropdown .option")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.locator(".ts-control .item")).to_contain_text(place)
    pressed(page, ".action-bar .btn-primary")
    page.wait_for_url(lambda url: "/invite/" not in url)
    appointment = Appointment.objects.get(user__email="khanh.tv@example.vn")
    assert appointment.unit.place == "Phường Hải Vân"


def test_an_invitation_that_comes_back_shows_the_user_name_and_one_sign_of_what_lacks(at_desk):
    province = factories.ProvinceFactory()
    factories.UnitFactory(parent=province)
    page = (desk := at_desk(factories.person(Role.ADMINISTRATOR, province), DESK)).page
    desk.open(reverse("accounts:invite"))
    page.fill("#id_full_name", "Trần Văn Khánh")
    with page.expect_navigation():
        page.locator(".action-bar .btn-primary").click()

    expect(page.locator("#id_username")).to_have_attribute("placeholder", "tran.van.khanh")
    expect(page.locator(".ts-wrapper.is-invalid")).to_have_css("background-image", "none")


def test_words_of_a_page_are_approved_by_keyboard(at_desk):
    channel = factories.ChannelFactory(platform="facebook")
    PageCheck.objects.create(channel=channel, due_at=timezone.now())
    officer = factories.person(Role.OFFICER, channel.unit)
    words = {"description": "Trang chính thức của Công an phường."}
    change = changes.propose(channel, by=officer, texts=words)
    page = (desk := at_desk(factories.person(Role.APPROVER, channel.unit), DESK)).page
    desk.open(reverse("channels:change", args=[change.public_id]))
    pressed(page, "button[value=approve]")
    expect(page.locator("button[value=approve]")).to_have_count(0)
    change.refresh_from_db()
    assert change.state != ChangeState.PROPOSED


def test_a_partner_is_entered_by_keyboard(at_desk):
    unit = factories.UnitFactory()
    page = (desk := at_desk(factories.person(Role.OFFICER, unit), DESK)).page
    today = timezone.localdate()
    desk.open(reverse("partners:list"))
    pressed(page, f"a[href$='{reverse('partners:new')}']")
    page.wait_for_url("**/new/")
    tab_to(page, "[name=kind]")
    page.keyboard.press("ArrowDown")
    for name, words in (
        ("name", "Trường Tiểu học Kim Đồng"),
        ("document_number", "11/TT"),
        ("document_date", f"{today:%d/%m/%Y}"),
        ("document_title", "Thỏa thuận phối hợp"),
        ("starts_on", f"{today:%d/%m/%Y}"),
        ("ends_on", f"{today + timedelta(days=90):%d/%m/%Y}"),
    ):
        tab_to(page, f"[name={name}]")
        page.keyboard.type(words)
    tab_to(page, "[name=notice_board]")
    page.keyboard.press("Space")
    for name, words in (
        ("contact_name", "Cô Mai"),
        ("phone", "0236 3822 300"),
        ("signed_for_partner", "Hiệu trưởng"),
        ("signed_for_unit", "Trưởng Công an phường"),
        ("filed_at", "Tủ 1"),
    ):
        tab_to(page, f"[name={name}]")
        page.keyboard.type(words)
    pressed(page, ".action-bar .btn-primary")
    page.wait_for_url(lambda url: "/new/" not in url)
    row = Partner.objects.get()
    assert (row.name, row.document_number) == ("Trường Tiểu học Kim Đồng", "11/TT")


def test_the_list_of_adoption_boards_leads_to_a_board_by_keyboard(at_desk):
    province = factories.ProvinceFactory()
    factories.UnitFactory(parent=province)
    kit = factories.kit(province, state="issued")
    factories.kit(province, state="issued", name="Phòng chống đuối nước")
    page = (desk := at_desk(factories.person(Role.OVERSEER, province), DESK)).page
    desk.open(reverse("oversight:adoption_list"))
    tab_to(page, "[type=search]")
    page.keyboard.type("sac xe")
    page.wait_for_url("**q=sac%20xe**")  # it searches after "sac", too, if one types slowly
    expect(page.get_by_text("Phòng chống đuối nước")).to_have_count(0)
    board = reverse("oversight:adoption", args=[kit.public_id])
    pressed(page, f"a[href*='{board}']")
    page.wait_for_url(f"**{board}**")
    expect(page.locator("h1")).to_contain_text(kit.name)


def test_a_file_is_added_to_a_campaign_and_removed_by_keyboard(at_desk, tmp_path):
    province = factories.ProvinceFactory()
    campaign = factories.CampaignFactory(unit=province)
    plan = tmp_path / "ke-hoach.docx"
    plan.write_bytes(word("Kế hoạch tuyên truyền"))
    page = (desk := at_desk(factories.person(Role.OVERSEER, province), DESK)).page
    address = reverse("campaigns:files", args=[campaign.public_id])
    desk.open(reverse("engagement:campaign", args=[campaign.public_id]))
    pressed(page, f"a[href$='{address}']")
    page.wait_for_url("**/files/")
    tab_to(page, "#id_name")
    page.keyboard.type("Kế hoạch 105/KH-CAT")
    tab_to(page, "#id_file")
    page.locator("#id_file").set_input_files(plan)  # a dialog of the system, not of the page
    tab_to(page, "#id_looked")
    page.keyboard.press("Space")
    pressed(page, ".action-bar .btn-primary")
    expect(page.locator("#files li")).to_have_count(1)
    row = CampaignFile.objects.get()
    assert (row.name, row.is_waiting) == ("Kế hoạch 105/KH-CAT", True)
    pressed(page, f"a[href$='{reverse('campaigns:file_remove', args=[row.public_id])}']")
    page.wait_for_url("**/remove/")
    pressed(page, ".action-bar .btn-danger")
    page.wait_for_url("**/files/")
    assert not CampaignFile.objects.exists()


def test_a_kit_is_shared_and_revoked_by_keyboard(at_desk):
    province = factories.ProvinceFactory()
    factories.partner(province)
    kit = factories.kit(province, state="issued", placeholders=[], text="Cháy, gọi 114.")
    page = (desk := at_desk(factories.person(Role.OFFICER, province), DESK)).page
    address = reverse("publishing:share_kit", args=[kit.public_id])
    desk.open(reverse("kits:kit", args=[kit.public_id]))
    pressed(page, f"a[href$='{address}']")
    page.wait_for_url("**/share/")
    tab_to(page, "input[name=partners]")
    page.keyboard.press("Space")
    pressed(page, ".action-bar .btn-primary")
    expect(page.locator("#made-1")).to_be_visible()
    row = ShareLink.objects.get()
    desk.open(address)
    pressed(page, f"form[action$='{row.public_id}/revoke/'] button")
    pressed(page, "#confirm-yes")
    expect(page.locator("form[action$='/revoke/']")).to_have_count(0)
    row.refresh_from_db()
    assert row.revoked_at
