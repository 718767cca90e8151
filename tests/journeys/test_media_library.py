"""The library of pictures: many files at once, by each way, and into the post from its sheet."""

import base64

import pytest
from playwright.sync_api import expect

from accounts.permissions import Role
from media.models import Media
from tests import factories
from tests.journeys.conftest import PHONE
from tests.journeys.test_composer import _topics, edit, picture, saved  # noqa: F401
from tests.media.hostile import noise
from tests.media.test_library import jpeg, scene
from tests.videos import video_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# A file comes into the page as people bring it: dropped on it, or pasted.
BRING = """({kind, name, data}) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, {type: "image/jpeg"}));
    const event = kind === "drop"
        ? new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true})
        : new ClipboardEvent("paste", {clipboardData: transfer, bubbles: true});
    document.body.dispatchEvent(event);
}"""


@pytest.fixture
def officer():
    return factories.person(Role.OFFICER, factories.UnitFactory(), language="en")


def payload(seed: int) -> dict[str, object]:
    return {"name": f"{seed}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(scene(seed))}


@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_many_files_go_up_at_once_and_a_copy_is_told(at_desk, officer, size):
    desk = at_desk(officer, size) if size else at_desk(officer)
    desk.open("/media/")
    page = desk.page
    video = {"name": "a.mp4", "mimeType": "video/mp4", "buffer": video_file()}

    page.set_input_files("#media-files", [*(payload(n) for n in range(4)), payload(0), video])

    expect(page.locator(".media-added")).to_have_count(6, timeout=60_000)
    expect(page.get_by_text("had this very file already")).to_have_count(1)
    # The list below is asked again once all are up.
    expect(page.locator(".media-card")).to_have_count(5)
    assert Media.objects.filter(unit=officer.appointments.get().unit).count() == 5
    assert desk.complaints == []


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_dropped_or_pasted_picture_goes_up(at_desk, officer, kind):
    desk = at_desk(officer)
    desk.open("/media/")
    data = base64.b64encode(jpeg(scene(1))).decode()

    desk.page.evaluate(BRING, {"kind": kind, "name": "anh.jpg", "data": data})

    expect(desk.page.locator(".media-card")).to_have_count(1)


def test_a_refused_file_is_named_with_its_reason_and_the_others_go_up(at_desk, officer):
    desk = at_desk(officer)
    desk.open("/media/")
    wrong = {"name": "sai.jpg", "mimeType": "image/jpeg", "buffer": b"GIF89a" + bytes(90)}

    desk.page.set_input_files("#media-files", [wrong, payload(1)])

    failed = desk.page.locator(".upload-failed")
    expect(failed).to_contain_text("sai.jpg")
    expect(failed).to_contain_text("neither a picture")
    expect(desk.page.locator(".media-card")).to_have_count(1)

    # All that is on its way is paused and resumed by one button, small files and those in pieces.
    page, begun = desk.page, []
    page.route("**/uploads/", lambda route: begun.append(route))
    page.route("**/media/add/", lambda route: begun.append(route))
    large = {"name": "lon.png", "mimeType": "image/png", "buffer": noise((400, 300), "PNG")}
    page.set_input_files("#media-files", [large, payload(2), payload(3)])
    expect(page.locator(".upload-queue")).to_contain_text("0 of 3 files sent")
    page.get_by_role("button", name="Pause all").press("Enter")
    expect(page.locator(".upload-queue")).to_contain_text("Paused: 0 of 3 files sent")
    page.unroute_all()
    assert (len(begun), Media.objects.count()) == (3, 1)
    page.get_by_role("button", name="Go on sending").press("Enter")

    expect(page.locator(".media-card")).to_have_count(4)
    expect(page.locator(".upload-queue")).to_be_hidden()


@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_pictures_of_the_library_come_into_the_post_by_keyboard_with_their_words(
    at_desk, officer, size
):
    unit = officer.appointments.get().unit
    first, second = factories.media(unit), factories.media(unit)
    shared = factories.media(unit.parent)
    Media.objects.filter(pk=first.pk).update(alt_text="Sơ đồ thoát nạn", search="so do thoat nan")
    Media.objects.filter(pk=shared.pk).update(shared=True)
    post = factories.PostFactory(unit=unit, author=officer, body="<p>Một.</p>")
    desk = at_desk(officer, size) if size else at_desk(officer)
    page = edit(desk, post)

    page.locator("#open-library").focus()
    page.keyboard.press("Enter")
    choices = page.locator("#library button[data-choose]")
    expect(choices).to_have_count(3)
    page.get_by_role("searchbox", name="Search the pictures").fill("thoat nan")
    expect(choices).to_have_count(1)
    choices.first.focus()
    page.keyboard.press("Space")
    expect(choices.first).to_have_attribute("aria-pressed", "true")
    page.get_by_role("searchbox", name="Search the pictures").fill("")
    expect(choices).to_have_count(3)
    page.locator(f"#library [data-choose='{shared.public_id}']").click()
    expect(page.locator("#pictures .picture")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator("#library")).to_be_hidden()
    saved(page)

    rows = list(post.pictures.all())
    assert [row.media for row in rows] == [first, Media.objects.get(taken_from=shared)]
    assert rows[0].alt_text == "Sơ đồ thoát nạn"
    assert second.pk not in [row.media_id for row in rows]
    assert desk.complaints == []
