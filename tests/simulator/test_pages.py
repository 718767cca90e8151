import re

import pytest

from .conftest import ask


def read(simulator, path, status=200):
    answer = ask("GET", path if path.startswith("http") else simulator.url + path)
    assert answer.status == status
    return answer.raw.decode()


def test_residents_see_only_what_is_visible(simulator, graph):
    graph.post(f"{graph.id}/feed", message="Bài hiện")
    graph.post(f"{graph.id}/feed", message="Bài ẩn", published="false")
    page = read(simulator, f"/pages/facebook/{graph.id}/")
    assert ("Bài hiện" in page, "Bài ẩn" in page) == (True, False)


@pytest.mark.parametrize("platform", ["facebook", "zalo", "telegram"])
def test_a_permalink_opens_the_post_until_it_is_gone(simulator, platform):
    page = simulator.page(platform)
    made = simulator.post(platform, page["external_id"], "Xem <tại> đây https://p.vn/a", images=1)
    text = read(simulator, made["permalink"])
    assert "Xem &lt;tại&gt; đây" in text
    picture = re.search(r'<img src="(/media/[0-9a-f]{64})"', text)[1]
    assert ask("GET", simulator.url + picture).headers["Content-Type"] == "image/png"
    read(simulator, f"/pages/{platform}/{page['external_id']}/posts/khong-co/", status=404)


def test_scripts_in_an_article_do_not_reach_the_reader(simulator, account):
    body = [
        {
            "type": "text",
            "content": (
                '<p onclick="x()">Chào<script>alert(1)</script><a href="javascript:x">đi</a></p>'
            ),
        }
    ]
    account.create(body=body, status="show")
    page = read(simulator, f"/pages/zalo/{account.id}/")
    assert '<p>Chàoalert(1)<a href="#" rel="nofollow">đi</a></p>' in page


def test_telegram_text_keeps_its_marks(simulator, bot):
    sent = bot.send("🎉 <b>A &lt; B</b>", parse_mode="HTML").body["result"]["message_id"]
    page = read(simulator, f"/t.me/{bot.page['username']}/{sent}")
    assert "🎉 <b>A &lt; B</b>" in page


def test_a_page_is_found_without_accents(simulator):
    simulator.page("facebook", name="Công an phường Đà Nẵng")
    simulator.page("zalo", name="Công an xã Đồng Lúa")
    page = read(simulator, "/pages/?q=da+nang")
    assert ("Đà Nẵng" in page, "Đồng Lúa" in page) == (True, False)
    assert "Đồng Lúa" in read(simulator, "/pages/?platform=zalo")


def test_a_person_makes_a_page_and_posts_manually(simulator):
    made = ask(
        "POST",
        f"{simulator.url}/pages/new/",
        form={"platform": "telegram", "name": "Kênh thử", "username": "kenhthu"},
    )
    assert made.status == 303
    where = made.headers["Location"]
    ask("POST", f"{simulator.url}{where}post/", form={"message": "/connect 7Q2K"})
    assert "/connect 7Q2K" in read(simulator, where)
    again = ask(
        "POST",
        f"{simulator.url}/pages/new/",
        form={"platform": "telegram", "name": "Khác", "username": "kenhthu"},
    )
    assert (again.status, "kenhthu" in again.raw.decode()) == (400, True)


def test_the_owner_throws_the_bot_out_and_takes_it_back(simulator, bot):
    for status, answer in (("kicked", 403), ("administrator", 200)):
        ask("POST", f"{simulator.url}/pages/telegram/{bot.id}/bot/", form={"status": status})
        assert bot.send("x").status == answer
    changes = [
        update["my_chat_member"]["new_chat_member"]["status"]
        for update in bot.call("getUpdates").body["result"]
    ]
    assert changes == ["kicked", "administrator"]


def test_no_page_holds_inline_style_or_script(simulator, graph, account, bot):
    bot.send("<i>x</i>", parse_mode="HTML")
    dialog = f"/facebook/www/v26.0/dialog/oauth?client_id=100000000000001&redirect_uri=https://p.vn/cb&account={graph.page['owner']}"
    paths = [
        "/pages/",
        "/pages/new/",
        "/faults/",
        dialog,
        f"/pages/telegram/{bot.id}/",
        f"/pages/facebook/{graph.id}/",
    ]
    for path in paths:
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", read(simulator, path))


def test_the_health_page_says_ok(simulator):
    assert read(simulator, "/healthz") == "ok"


LOGIN = (
    "/facebook/www/v26.0/dialog/oauth?client_id=100000000000001&redirect_uri=https://p.vn/cb&scope="
)


def test_who_makes_a_page_on_the_way_to_consent_finds_the_platform_chosen(simulator):
    chooser = read(simulator, LOGIN)
    address = re.search(r'href="(/pages/new/[^"]*)"', chooser)[1].replace("&amp;", "&")
    assert '<option value="facebook" selected>' in read(simulator, address)


def test_an_instagram_account_made_by_hand_is_reached_by_facebook_login(simulator):
    simulator.page("facebook", name="Công an xã Một")
    for name in ("Công an xã Một", "Công an xã Hai"):
        form = {"platform": "instagram", "name": name, "username": ""}
        made = ask("POST", f"{simulator.url}/pages/new/", form=form)
        account = made.headers["Location"].rstrip("/").rpartition("/")[2]
        where = {"platform": "instagram", "page": account}
        assert "page_token" in simulator.ask("POST", "/_sim/tokens", where)  # of a linked one alone

    chooser = read(simulator, LOGIN)
    assert chooser.count("Quản trị Công an xã Một") == 1
    assert chooser.count("Quản trị Công an xã Hai") == 1
