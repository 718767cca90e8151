"""Residents' comments under a post, as the Graph API reports them, and pages that a Business
holds.
"""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from ..conftest import CROWD, Graph
from .test_facebook import APP, BACK, exchange

ALL = "id,message,from,parent{id},is_hidden,can_hide,comment_count"


@pytest.fixture
def post(graph):
    return graph.post(f"{graph.id}/feed", message="Họp dân").body["id"]


def test_comments_are_reported_newest_first_with_their_replies_and_who_wrote_them(
    simulator, graph, post
):
    first = simulator.comment(graph.id, post, "Mấy giờ?")["id"]
    second = simulator.comment(graph.id, post, "Ở đâu?", by="C. D.")["id"]
    reply = graph.post(f"{first}/comments", message="8 giờ.").body["id"]

    body = graph.get(
        f"{post}/comments", filter="stream", order="reverse_chronological", fields=ALL
    ).body["data"]

    assert [row["id"] for row in body] == [reply, second, first]
    assert [row["can_hide"] for row in body] == [False, True, True]
    assert [row["from"]["name"] for row in body] == [graph.page["name"], "C. D.", "Nguyễn Thị B"]
    assert (body[0]["parent"], body[2]["comment_count"]) == ({"id": first}, 1)
    assert [row["id"] for row in graph.get(f"{post}/comments").body["data"]] == [first, second]
    assert [row["id"] for row in graph.get(f"{first}/comments").body["data"]] == [reply]


def test_a_reply_to_a_reply_lands_under_the_same_comment(simulator, graph, post):
    first = simulator.comment(graph.id, post, "Mấy giờ?")["id"]
    reply = graph.post(f"{first}/comments", message="8 giờ.").body["id"]

    again = graph.post(f"{reply}/comments", message="Buổi sáng.").body["id"]

    assert graph.get(again, fields="parent{id}").body["parent"] == {"id": first}


def test_residents_comments_are_hidden_and_the_page_s_own_are_not(simulator, graph, post):
    resident = simulator.comment(graph.id, post, "Quảng cáo")["id"]
    own = graph.post(f"{post}/comments", message="Thông báo thêm").body["id"]

    hidden = graph.post(resident, is_hidden="true").body

    assert hidden == {"success": True}
    assert graph.get(resident, fields="is_hidden").body["is_hidden"] is True
    assert graph.post(own, is_hidden="true").error == (100, None)
    assert graph.call("DELETE", resident).body == {"success": True}
    assert graph.get(resident).error == (100, 33)


def test_a_page_gets_comments_by_itself(simulator):
    graph = Graph(simulator, followers=CROWD)
    post = graph.post(f"{graph.id}/feed", message="Họp dân").body["id"]
    simulator.advance(7 * 86_400)

    body = graph.get(f"{post}/comments", summary="true", limit=5).body

    assert body["summary"]["total_count"] > 0
    assert len(body["data"]) == min(5, body["summary"]["total_count"])


def business_token(simulator, user, pages, *, scopes, **form):
    asked = {
        "client_id": APP["client_id"],
        "redirect_uri": BACK,
        "state": "S",
        "scope": ",".join(scopes),
    }
    url = f"{simulator.url}/facebook/www/v26.0/dialog/oauth?{urlencode(asked)}"
    back = simulator.consent(url, account=user, decision="allow", page=pages, scope=scopes, **form)
    code = parse_qs(urlsplit(back).query)["code"][0]
    return exchange(simulator, code=code, redirect_uri=BACK).body["access_token"]


def test_pages_of_a_business_are_listed_to_its_people_who_allow_it(simulator, graph):
    owned, client = graph.id, simulator.page("facebook", name="Công an xã Đồng Lúa")["external_id"]
    person = simulator.user("facebook", pages=[owned])["id"]
    business = {
        "name": "Công an tỉnh",
        "people": [person],
        "owned_pages": [owned],
        "client_pages": [client],
    }
    number = simulator.ask("POST", "/_sim/businesses", business)["id"]
    scopes = (
        "pages_show_list",
        "pages_read_engagement",
        "pages_manage_posts",
        "business_management",
    )
    token = business_token(simulator, person, [owned], scopes=scopes)
    without = business_token(simulator, person, [owned], scopes=scopes[:3])

    listed = [graph.get(f"{number}/{edge}", token=token, fields="id,access_token").body["data"]
              for edge in ("owned_pages", "client_pages")]  # fmt: skip

    assert [row["id"] for row in graph.get("me/businesses", token=token).body["data"]] == [number]
    assert [[row["id"] for row in rows] for rows in listed] == [[owned], [client]]
    assert ["access_token" in row for rows in listed for row in rows] == [
        True,
        False,
    ]  # no role on the second
    assert graph.get(f"{number}/owned_pages", token=token, fields="id,tasks").error == (100, None)
    assert graph.get("me/businesses", token=without).error == (100, None)
    assert graph.get("me/accounts", token=token).body == {"data": []}


def test_a_right_given_for_some_pages_holds_for_those_alone(simulator):
    one, other = Graph(simulator), Graph(simulator, name="Công an xã Đồng Lúa")
    person = simulator.user("facebook", pages=[one.id, other.id])["id"]
    scopes = ("pages_show_list", "pages_read_engagement", "pages_manage_posts")
    only = {"only pages_manage_posts": [one.id]}
    token = business_token(simulator, person, [one.id, other.id], scopes=scopes, **only)
    app = f"{APP['client_id']}|{APP['client_secret']}"

    body = one.get("debug_token", token=app, input_token=token).body["data"]["granular_scopes"]
    pages = one.get("me/accounts", token=token, fields="id,access_token").body["data"]
    posted = [
        one.post(f"{page['id']}/feed", token=page["access_token"], message="Họp dân").status
        for page in pages
    ]

    assert {scope["scope"]: scope["target_ids"] for scope in body} == {
        "pages_show_list": [one.id, other.id],
        "pages_read_engagement": [one.id, other.id],
        "pages_manage_posts": [one.id],
    }
    assert posted == [200, 403]
