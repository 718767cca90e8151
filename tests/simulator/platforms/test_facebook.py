import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from simulator import images

from ..conftest import CROWD, Graph, ask, proof

APP = {"client_id": "100000000000001", "client_secret": "simulator-facebook-secret"}
BACK = "https://portal.example.vn/cb?next=%2Fx"


def dialog(simulator, **query):
    query = {
        "client_id": APP["client_id"],
        "redirect_uri": BACK,
        "state": "S1",
        "response_type": "code",
    } | query
    return f"{simulator.url}/facebook/www/v26.0/dialog/oauth?{urlencode(query)}"


def code_from(
    simulator,
    user,
    pages,
    scopes=("pages_show_list", "pages_read_engagement", "pages_manage_posts"),
):
    url = dialog(
        simulator, scope="pages_show_list,pages_read_engagement,pages_manage_posts,read_insights"
    )
    back = simulator.consent(url, account=user, decision="allow", page=pages, scope=scopes)
    query = parse_qs(urlsplit(back).query)
    assert (query["state"], query["next"]) == (["S1"], ["/x"])
    return query["code"][0]


def user_token(simulator, user, pages, **more):
    code = code_from(simulator, user, pages, **more)
    return exchange(simulator, code=code, redirect_uri=BACK).body["access_token"]


def exchange(simulator, **query):
    return ask("GET", f"{simulator.url}/facebook/graph/v26.0/oauth/access_token", query=APP | query)


def test_a_staged_post_is_seen_by_nobody_until_it_is_published(simulator, graph):
    made = graph.post(f"{graph.id}/feed", message="Ngày hội", published="false").body["id"]

    assert simulator.visible() == []
    assert graph.get(f"{graph.id}/published_posts").body == {"data": []}
    assert graph.get(made, fields="is_published").body == {"id": made, "is_published": False}

    published = graph.post(made, is_published="true", fields="permalink_url").body

    (seen,) = simulator.visible("facebook", graph.id)
    assert published == {"success": True, "id": made, "permalink_url": seen["permalink"]}
    assert (seen["id"], seen["text"], seen["requests"]) == (made, "Ngày hội", 2)
    assert seen["arrived_at"] <= seen["intervals"][0]["visible_at"]
    assert [post["id"] for post in graph.get(f"{graph.id}/published_posts").body["data"]] == [made]


def test_publishing_twice_is_one_post(simulator, graph):
    made = graph.post(f"{graph.id}/feed", message="Một lần", published="false").body["id"]
    graph.post(made, is_published="true")
    graph.post(made, is_published="true")

    (truth,) = simulator.truth()
    assert len(truth["intervals"]) == 1


def test_photos_are_staged_and_published_with_their_post(simulator, graph):
    data = images.make_plain_png(7)
    photos = [
        graph.post(
            f"{graph.id}/photos", files={"source": data}, published="false", alt_text_custom="Sơ đồ"
        ).body
        for _ in range(2)
    ]
    assert [set(photo) for photo in photos] == [{"id"}, {"id"}]
    media = json.dumps([{"media_fbid": photo["id"]} for photo in photos])

    made = graph.post(
        f"{graph.id}/feed", message="Ảnh", attached_media=media, fields="id,permalink_url"
    ).body

    (seen,) = simulator.visible()
    assert seen["permalink"] == made["permalink_url"]
    assert len(seen["media"]) == 2
    attachment = graph.get(made["id"], fields="attachments").body["attachments"]["data"][0]
    assert [item["target"]["id"] for item in attachment["subattachments"]["data"]] == [
        p["id"] for p in photos
    ]
    assert graph.post(f"{graph.id}/feed", message="Lại", attached_media=media).error == (
        1366051,
        None,
    )


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + b"\x00" * (4 << 20), b"plain text"])
def test_a_photo_that_is_too_large_or_none_is_refused(graph, data):
    assert graph.post(f"{graph.id}/photos", files={"source": data}, published="false").error == (
        1366046,
        None,
    )


def test_the_last_text_again_is_a_duplicate_for_some_minutes(simulator, graph):
    graph.post(f"{graph.id}/feed", message="Cảnh báo")
    assert graph.post(f"{graph.id}/feed", message="Cảnh báo").error == (506, 1455006)

    simulator.advance(601)
    assert graph.post(f"{graph.id}/feed", message="Cảnh báo").status == 200


def test_a_staged_duplicate_is_refused_when_it_would_become_visible(graph):
    graph.post(f"{graph.id}/feed", message="Cảnh báo")
    staged = graph.post(f"{graph.id}/feed", message="Cảnh báo", published="false").body["id"]
    assert graph.post(staged, is_published="true").error == (506, 1455006)


def test_a_deleted_post_is_gone_for_everybody(simulator, graph):
    made = graph.post(f"{graph.id}/feed", message="Nhầm").body["id"]
    assert graph.call("DELETE", made).body == {"success": True}

    assert graph.get(made).error == (100, 33)
    assert graph.call("DELETE", made).error == (100, 33)
    (truth,) = simulator.truth()
    assert (truth["state"], truth["visible"]) == ("deleted", False)
    assert truth["intervals"][0]["gone_at"] >= truth["intervals"][0]["visible_at"]


def test_a_post_is_reworded_but_not_one_that_a_person_made(simulator, graph):
    made = graph.post(f"{graph.id}/feed", message="Sai").body["id"]
    manual = simulator.post("facebook", graph.id, "Của người", by="person")["id"]

    assert graph.post(made, message="Đúng").body == {"success": True}
    assert graph.get(made, fields="message").body["message"] == "Đúng"
    assert graph.post(manual, message="Khác").error == (10, None)
    assert "application" not in graph.get(manual, fields="application").body


def test_a_scheduled_post_appears_by_itself(simulator, graph):
    due = int(simulator.ask("GET", "/_sim/truth")["now"]) + 3600
    made = graph.post(
        f"{graph.id}/feed", message="Sáng mai", published="false", scheduled_publish_time=due
    ).body["id"]
    assert [post["id"] for post in graph.get(f"{graph.id}/scheduled_posts").body["data"]] == [made]
    assert simulator.visible() == []

    simulator.advance(3601)
    assert [post["id"] for post in simulator.visible()] == [made]
    assert graph.get(f"{graph.id}/scheduled_posts").body == {"data": []}
    too_soon = graph.post(
        f"{graph.id}/feed", message="x", published="false", scheduled_publish_time=due - 3590
    )
    assert too_soon.error == (100, None)


def test_every_call_needs_the_right_proof(graph):
    path = f"{graph.base}/{graph.id}"
    without = ask("GET", path, query={"access_token": graph.token})
    wrong = ask("GET", path, query={"access_token": graph.token, "appsecret_proof": proof("other")})
    assert (
        without.body["error"]["message"]
        == "API calls from the server require an appsecret_proof argument"
    )
    assert wrong.body["error"]["message"] == "Invalid appsecret_proof provided in the API argument"
    assert {without.body["error"]["type"], wrong.body["error"]["type"]} == {"GraphMethodException"}


def test_a_user_token_is_refused_on_page_edges(graph):
    token = graph.page["tokens"]["user_token"]
    assert graph.post(f"{graph.id}/feed", token=token, message="x").error == (210, None)
    assert graph.get(f"{graph.id}/published_posts", token=token).error == (210, None)


def test_another_pages_token_opens_nothing(simulator, graph):
    other = Graph(simulator, name="Công an xã Đồng Lúa")
    made = graph.post(f"{graph.id}/feed", message="Ẩn", published="false").body["id"]
    assert other.post(f"{graph.id}/feed", message="x").error == (100, 33)
    assert other.get(made).error == (100, 33)


def test_the_dialog_leads_to_a_page_token_without_expiry(simulator):
    page = simulator.page("facebook")
    short = exchange(
        simulator,
        code=code_from(simulator, page["owner"], [page["external_id"]]),
        redirect_uri=BACK,
    ).body
    assert short["expires_in"] == 5183
    long = exchange(
        simulator, grant_type="fb_exchange_token", fb_exchange_token=short["access_token"]
    ).body
    assert long["expires_in"] == 5_183_944

    graph = Graph(simulator)
    (listed,) = graph.get(
        "me/accounts", token=long["access_token"], fields="id,name,access_token,tasks"
    ).body["data"]
    assert listed["id"] == page["external_id"]
    body = ask(
        "GET",
        f"{graph.base}/debug_token",
        query={
            "input_token": listed["access_token"],
            "access_token": "100000000000001|simulator-facebook-secret",
        },
    ).body["data"]
    assert (body["type"], body["is_valid"], body["expires_at"], body["profile_id"]) == (
        "PAGE",
        True,
        0,
        listed["id"],
    )


def test_a_code_works_once_and_only_with_its_own_redirect_uri(simulator):
    page = simulator.page("facebook")
    code = code_from(simulator, page["owner"], [page["external_id"]])
    assert exchange(simulator, code=code, redirect_uri=BACK.replace("%2F", "/")).error == (
        100,
        36008,
    )
    assert exchange(simulator, code=code, redirect_uri=BACK).status == 200
    assert exchange(simulator, code=code, redirect_uri=BACK).error == (100, 36009)


def test_a_code_expires(simulator):
    page = simulator.page("facebook")
    code = code_from(simulator, page["owner"], [])
    simulator.advance(601)
    assert exchange(simulator, code=code, redirect_uri=BACK).error == (100, 36007)


def test_unticked_scopes_and_pages_are_not_granted(simulator):
    page = simulator.page("facebook")
    second = simulator.page("facebook", owner=page["owner"], name="Trang thứ hai")
    token = user_token(
        simulator, page["owner"], [second["external_id"]], scopes=["pages_show_list"]
    )

    graph = Graph(simulator)
    listed = graph.get("me/accounts", token=token, fields="id,access_token").body["data"]
    assert [page["id"] for page in listed] == [second["external_id"]]
    status = {
        permission["permission"]: permission["status"]
        for permission in graph.get("me/permissions", token=token).body["data"]
    }
    assert (status["pages_show_list"], status["pages_manage_posts"]) == ("granted", "declined")
    refused = graph.post(
        f"{second['external_id']}/feed", token=listed[0]["access_token"], message="x"
    )
    assert refused.error == (200, None)


def test_the_dialog_opens_without_a_version(simulator):
    page = simulator.page("facebook")
    back = simulator.consent(
        dialog(simulator).replace("/v26.0/", "/"),
        account=page["owner"],
        decision="allow",
        page=page["external_id"],
    )
    assert "code" in parse_qs(urlsplit(back).query)


def test_a_version_that_is_over_is_refused(simulator, graph):
    simulator.settings(facebook_oldest_version="v27.0")

    old = graph.post(f"{graph.id}/feed", message="Ngày hội")
    graph.base = graph.base.replace("v26.0", "v27.0")
    new = graph.get(graph.id)
    graph.base = graph.base.removesuffix("/v27.0")
    without = graph.get(graph.id)

    assert (old.status, old.error, old.body["error"]["type"]) == (
        400,
        (2635, None),
        "OAuthException",
    )
    assert (new.status, without.status, simulator.visible()) == (200, 200, [])


def test_a_page_reports_its_cover_if_it_has_one(simulator, graph):
    simulator.profile("facebook", graph.id, cover=False)
    assert graph.get(graph.id, fields="cover{source,offset_y}").body == {"id": graph.id}

    simulator.profile("facebook", graph.id, cover=True)
    cover = graph.get(graph.id, fields="cover{source,offset_y}").body["cover"]
    assert cover == {"source": f"{graph.page['url']}avatar.svg", "offset_y": 0}


def test_a_page_takes_what_the_portal_does_not_write(graph):
    written = graph.post(
        graph.id,
        description="Tiếp công dân <mọi> ngày",
        emails='["cong-an@example.vn"]',
        is_always_open="true",
    )
    fields = "description,description_html,emails,is_always_open"

    assert written.body == {"success": True}
    assert graph.get(graph.id, fields=fields).body == {
        "id": graph.id,
        "description": "Tiếp công dân <mọi> ngày",
        "description_html": "<p>Tiếp công dân &lt;mọi&gt; ngày</p>",
        "emails": ["cong-an@example.vn"],
        "is_always_open": True,
    }


def test_fields_may_come_as_a_list(graph):
    listed = graph.get(graph.id, fields='["id","name","picture{url}"]').body

    assert listed == graph.get(graph.id, fields="id,name,picture{url}").body
    assert graph.get(graph.id, fields='["name","likes_total"]').error == (100, None)
    assert graph.get(graph.id, fields='["name"').error == (100, None)


def test_comments_come_along_as_a_field_of_their_post(simulator, graph):
    post = simulator.post("facebook", graph.id, "Bài")["id"]
    top = simulator.comment(graph.id, post, "Mấy giờ ạ?")["id"]
    simulator.comment(graph.id, post, "Tôi cũng hỏi", parent=top)

    asked = "comments.limit(5).summary(total_count){id,message}"
    body = graph.get(post, fields=asked).body["comments"]
    counted = graph.get(post, fields="comments.limit(0).summary(total_count)").body["comments"]

    assert body["data"] == [{"id": top, "message": "Mấy giờ ạ?"}]
    assert counted["data"] == []


def test_a_batch_is_answered_call_by_call(graph):
    batch = [
        {"method": "POST", "relative_url": f"v26.0/{graph.id}/feed", "body": "message=M%E1%BB%99t"},
        {"method": "GET", "relative_url": f"{graph.id}?fields=name"},
        {"method": "GET", "relative_url": "999"},
    ]

    made, read, missing = graph.post("", batch=json.dumps(batch)).body
    plain = graph.post("", batch=json.dumps(batch[1:2]), include_headers="false").body

    assert json.loads(made["body"])["id"].startswith(f"{graph.id}_")
    assert (read["code"], json.loads(read["body"])) == (
        200,
        {"id": graph.id, "name": graph.page["name"]},
    )
    assert (missing["code"], json.loads(missing["body"])["error"]["code"]) == (400, 100)
    assert [set(answer) for answer in plain] == [{"code", "body"}]


def test_a_batch_has_fifty_calls_at_most(graph):
    assert graph.post("", batch=json.dumps([{"relative_url": graph.id}] * 51)).error == (1, None)
    assert graph.post("", batch="{}").error == (100, None)


def test_cancelling_the_dialog_sends_the_error_back(simulator):
    page = simulator.page("facebook")
    back = simulator.consent(dialog(simulator), account=page["owner"], decision="cancel")
    query = parse_qs(urlsplit(back).query)
    assert (query["error"], query["error_reason"], query["state"]) == (
        ["access_denied"],
        ["user_denied"],
        ["S1"],
    )


def test_a_person_with_170_pages_lists_them_by_cursor(simulator):
    first = simulator.page("facebook")
    body = [
        {"platform": "facebook", "name": f"Xã {i}", "owner": first["owner"]} for i in range(169)
    ]
    ids = [
        first["external_id"],
        *(page["external_id"] for page in simulator.ask("POST", "/_sim/pages", body)),
    ]
    graph, seen, after = Graph(simulator), [], {}
    token = user_token(simulator, first["owner"], ids)
    while True:
        answer = graph.get("me/accounts", token=token, fields="id", limit=100, **after).body
        seen.append([page["id"] for page in answer["data"]])
        if "next" not in answer["paging"]:
            break
        after = {"after": answer["paging"]["cursors"]["after"]}
    assert [len(screen) for screen in seen] == [100, 70]
    assert [page_id for screen in seen for page_id in screen] == ids


@pytest.mark.parametrize("subcode", [458, 460, 492])
def test_a_killed_token_says_why(simulator, graph, subcode):
    assert simulator.kill_tokens("facebook", page=graph.id, subcode=subcode) == 1
    assert graph.post(f"{graph.id}/feed", message="x").error == (190, subcode)
    assert simulator.truth() == []


def test_an_expired_user_token_can_neither_list_nor_be_exchanged(simulator, graph):
    token = graph.page["tokens"]["user_token"]
    simulator.advance(61 * 86400)
    assert graph.get("me/accounts", token=token).error == (190, 463)
    assert exchange(simulator, grant_type="fb_exchange_token", fb_exchange_token=token).error == (
        190,
        463,
    )
    assert graph.post(f"{graph.id}/feed", message="Trang vẫn đăng được").status == 200


def test_a_page_over_its_budget_is_reported_so_in_body_and_header(simulator, graph):
    simulator.settings(facebook_calls_per_day=2)
    for _ in range(2):
        assert graph.get(graph.id).status == 200
    answer = graph.post(f"{graph.id}/feed", message="x")
    assert answer.error == (80001, 2446079)
    (usage,) = json.loads(answer.headers["X-Business-Use-Case-Usage"])[graph.id]
    assert (usage["call_count"], usage["estimated_time_to_regain_access"] > 0) == (100, True)
    assert simulator.truth() == []


def test_metrics_of_today_are_reported_and_removed_ones_fail_the_call(simulator, graph):
    made = graph.post(f"{graph.id}/feed", message="Đo").body["id"]
    simulator.advance(3 * 86400)
    names = "post_media_view,post_reactions_by_type_total"
    views, reactions = graph.get(f"{made}/insights", metric=names).body["data"]
    assert views["values"][0]["value"] > 0
    assert set(reactions["values"][0]["value"]) <= {"like", "love", "wow", "haha", "sorry", "anger"}
    assert graph.get(f"{made}/insights", metric=f"{names},post_impressions").error == (100, None)
    assert graph.get(f"{made}/insights").error == (3001, 1504028)


def test_a_field_that_does_not_exist_fails_the_read(graph):
    assert graph.get(graph.id, fields="name,likes_total").error == (100, None)


def test_counts_are_reported_without_people(simulator):
    graph = Graph(simulator, followers=CROWD)
    made = graph.post(f"{graph.id}/feed", message="Đếm").body["id"]
    simulator.advance(86400)
    fields = "reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count)"
    body = graph.get(made, fields=fields).body
    assert (body["reactions"]["data"], body["comments"]["data"]) == ([], [])
    assert body["reactions"]["summary"]["total_count"] > 0


def test_one_dead_id_fails_a_read_of_many(graph):
    made = graph.post(f"{graph.id}/feed", message="Có").body["id"]
    assert list(graph.get("", ids=made).body) == [made]
    assert graph.get("", ids=f"{made},{graph.id}_1").error == (803, None)


def test_since_and_until_bound_the_listing(simulator, graph):
    now = simulator.ask("GET", "/_sim/truth")["now"]
    old = simulator.post("facebook", graph.id, "Cũ", created_at=now - 7200)["id"]
    new = simulator.post("facebook", graph.id, "Mới", created_at=now - 60)["id"]
    listed = graph.get(f"{graph.id}/published_posts", since=int(now - 3600)).body["data"]
    earlier = graph.get(f"{graph.id}/published_posts", until=int(now - 3600)).body["data"]
    assert [[post["id"] for post in posts] for posts in (listed, earlier)] == [[new], [old]]
