import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from simulator import images
from simulator.platforms.zalo.spec import VIETNAM

from ..conftest import CROWD, Account, ask

APP = "3608465249409039671"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def token_call(account, secret="simulator-zalo-secret", **form):
    url = f"{account.url}/zalo/oauth/v4/oa/access_token"
    answer = ask("POST", url, form={"app_id": APP} | form, headers={"secret_key": secret})
    assert answer.status == 200
    return answer.body


def refreshed(account, token):
    return token_call(account, grant_type="refresh_token", refresh_token=token)


def consented(simulator, account):
    query = {
        "app_id": APP,
        "redirect_uri": "https://portal.example.vn/cb",
        "code_challenge": CHALLENGE,
        "state": "S",
    }
    url = f"{account.url}/zalo/oauth/v4/oa/permission?{urlencode(query)}"
    back = simulator.consent(url, account=account.page["owner"], page=account.id, decision="allow")
    answer = parse_qs(urlsplit(back).query)
    assert (answer["oa_id"], answer["state"]) == ([account.id], ["S"])
    return answer["code"][0]


def redeemed(account, code, verifier=VERIFIER):
    return token_call(account, grant_type="authorization_code", code=code, code_verifier=verifier)


def test_an_article_is_a_job_first_and_hidden_unless_asked(simulator, account):
    simulator.settings(zalo_job_seconds=60)
    token = account.post("article/create", **account.article())["data"]["token"]
    assert account.post("article/verify", token=token)["error"] == -214
    assert account.get("article/getslice", offset=0, limit=10, type="normal")["data"] == {
        "medias": [],
        "total": 0,
    }

    article_id = account.verified(token)["data"]["id"]

    (listed,) = account.get("article/getslice", offset=0, limit=10, type="normal")["data"]["medias"]
    assert (listed["id"], listed["status"], listed["title"]) == (
        article_id,
        "hide",
        "Lịch tiếp công dân",
    )
    assert simulator.visible() == []


def test_the_other_way_to_say_pending_is_success_without_an_id(simulator, account):
    simulator.settings(zalo_job_seconds=60, zalo_pending="without id")
    token = account.post("article/create", **account.article())["data"]["token"]
    assert account.post("article/verify", token=token) == {
        "data": {},
        "error": 0,
        "message": "Success",
    }


def test_an_update_shows_the_staged_article_and_replaces_it_whole(simulator, account):
    article_id = account.create()
    changed = account.article(id=article_id, status="show", title="Lịch mới", comment="show")
    account.verified(account.post("article/update", **changed)["data"]["token"])

    (seen,) = simulator.visible("zalo", account.id)
    assert (seen["id"], seen["title"], seen["requests"]) == (article_id, "Lịch mới", 2)
    assert len(seen["media"]) == 1
    detail = account.get("article/getdetail", id=article_id)["data"]
    assert (detail["status"], detail["comment"], detail["title"]) == ("show", "show", "Lịch mới")


def test_an_update_without_status_hides_the_article(simulator, account):
    article_id = account.create(status="show")
    assert len(simulator.visible()) == 1
    account.verified(
        account.post("article/update", **account.article(id=article_id))["data"]["token"]
    )
    assert simulator.visible() == []


def test_an_update_under_way_has_changed_nothing_yet(simulator, account):
    article_id = account.create()
    simulator.settings(zalo_job_seconds=60)
    account.post("article/update", **account.article(id=article_id, status="show"))
    assert account.get("article/getdetail", id=article_id)["data"]["status"] == "hide"
    assert simulator.visible() == []


def test_creating_again_makes_another_article(simulator, account):
    assert account.create(status="show") != account.create(status="show")
    assert [post["title"] for post in simulator.visible()] == ["Lịch tiếp công dân"] * 2


def test_a_removed_article_is_gone_and_cannot_be_removed_again(simulator, account):
    article_id = account.create(status="show")
    assert account.post("article/remove", id=article_id) == {"error": 0, "message": "Success"}
    assert account.post("article/remove", id=article_id)["error"] == -201
    assert [post["state"] for post in simulator.truth()] == ["deleted"]


@pytest.mark.parametrize(
    ("picture", "error"),
    [
        ("large.png", -210),
        ("text.png", -201),
        ("missing.png", -201),
        ("http://192.0.2.1/a.png", -201),
    ],
)
def test_a_bad_picture_shows_only_in_verify(simulator, account, picture, error):
    url = picture if "//" in picture else f"{account.pictures}/{picture}"
    body = [{"type": "image", "url": url, "caption": "Sơ đồ"}]
    created = account.post("article/create", **account.article(body=body, status="show"))
    assert created["error"] == 0
    assert account.verified(created["data"]["token"])["error"] == error
    assert simulator.truth() == []


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"title": ""}, (-201, "title is invalid!")),
        ({"title": "a" * 150}, (-210, "title is above the allowed size")),
        ({"title": "a" * 141}, (-210, "title is above the allowed size")),
        ({"description": "a" * 300}, (-210, "description is above the allowed size")),
        ({"author": None}, (-201, "author is invalid!")),
        ({"cover": None}, (-201, "cover is invalid!")),
        ({"body": []}, (-201, "body is invalid!")),
        ({"status": "public"}, (-201, "status is invalid!")),
    ],
)
def test_a_field_out_of_bounds_is_named(account, changed, error):
    answer = account.post("article/create", **account.article(**changed))
    assert (answer["error"], answer["message"]) == error


def test_decomposed_vietnamese_letters_count_once(account):
    assert (
        account.post("article/create", **account.article(title="e\u0302\u0301" * 140))["error"] == 0
    )


def test_lists_are_short_and_ids_are_text(simulator, account):
    for index in range(12):
        simulator.post("zalo", account.id, f"Tin {index}")
    assert account.get("article/getslice", offset=0, limit=11, type="normal")["error"] == -201
    slices = [
        account.get("article/getslice", offset=at, limit=10, type="normal")["data"]
        for at in (0, 10)
    ]
    assert [(len(part["medias"]), part["total"]) for part in slices] == [(10, 12), (2, 12)]
    oa_id = account.get("oa/getoa")["data"]["oa_id"]
    assert (oa_id, int(oa_id) > 2**53) == (account.id, True)


def test_no_article_is_taken_once_the_package_has_ended(simulator, account):
    article = account.article()
    today = datetime.now(VIETNAM)
    simulator.settings(zalo_package_until=f"{today:%d/%m/%Y}")
    until = account.get("oa/getoa")["data"]["package_valid_through_date"]
    taken = account.post("article/create", **article)
    simulator.settings(zalo_package_until=f"{today - timedelta(days=1):%d/%m/%Y}")
    refused = account.post("article/create", **article)

    assert until == f"{today:%d/%m/%Y}"
    assert (taken["error"], refused["error"]) == (0, -224)


def test_views_and_shares_grow(simulator, pictures):
    account = Account(simulator, pictures, followers=CROWD)
    simulator.post("zalo", account.id, "Tin")
    simulator.advance(24 * 3600)
    (listed,) = account.get("article/getslice", offset=0, limit=1, type="normal")["data"]["medias"]
    assert listed["total_view"] > listed["total_share"] > 0


def test_a_token_counts_in_the_header_alone(account):
    answer = ask(
        "GET", f"{account.url}/zalo/openapi/v2.0/oa/getoa", query={"access_token": account.token}
    )
    bearer = ask(
        "GET",
        f"{account.url}/zalo/openapi/v2.0/oa/getoa",
        headers={"Authorization": f"Bearer {account.token}"},
    )
    assert [(reply.status, reply.body["error"]) for reply in (answer, bearer)] == [(200, -216)] * 2


def test_an_access_token_ends_after_25_hours(simulator, account):
    simulator.advance(90_001)
    assert account.get("oa/getoa")["error"] == -220


def test_a_refresh_token_works_once(account):
    old = account.page["tokens"]["refresh_token"]
    first = refreshed(account, old)
    assert (set(first), first["expires_in"]) == (
        {"access_token", "refresh_token", "expires_in"},
        "90000",
    )
    again = refreshed(account, old)
    assert (again["error"], "access_token" in again) == (-14014, False)
    assert "access_token" in refreshed(account, first["refresh_token"])


def test_consent_with_pkce_gives_a_pair_once(simulator, account):
    code = consented(simulator, account)
    assert "access_token" not in redeemed(account, code, verifier="w" * 43)
    account.token = redeemed(account, code)["access_token"]
    assert account.get("oa/getoa")["data"]["oa_id"] == account.id
    assert redeemed(account, code)["error"] == -14012


def test_a_code_ends_after_ten_minutes(simulator, account):
    code = consented(simulator, account)
    simulator.advance(601)
    assert redeemed(account, code)["error"] == -14012


def test_a_wrong_secret_is_an_error_in_http_200(account):
    answer = token_call(account, secret="wrong", grant_type="refresh_token", refresh_token="x")
    assert (
        answer["error"],
        set(answer) >= {"error_name", "error_reason", "error_description", "ref_doc"},
    ) == (
        -14011,
        True,
    )


def test_the_consent_page_lists_the_accounts_of_the_person(simulator, account):
    simulator.page("zalo", name="Công an xã Đồng Lúa")
    query = {
        "app_id": APP,
        "redirect_uri": "https://p.vn/cb",
        "code_challenge": CHALLENGE,
        "account": account.page["owner"],
    }
    page = ask("GET", f"{account.url}/zalo/oauth/v4/oa/permission", query=query).raw.decode()
    assert account.page["name"] in page
    assert "Đồng Lúa" not in page


@pytest.mark.parametrize(
    ("changed", "code"), [({"app_id": "1"}, "-14002"), ({"redirect_uri": ""}, "-14003")]
)
def test_the_consent_page_names_what_is_wrong_with_the_link(account, changed, code):
    query = {
        "app_id": APP,
        "redirect_uri": "https://p.vn/cb",
        "code_challenge": CHALLENGE,
    } | changed
    answer = ask("GET", f"{account.url}/zalo/oauth/v4/oa/permission", query=query)
    assert (answer.status, code in answer.raw.decode()) == (400, True)


def test_the_minute_has_a_limit_and_headers_that_report_it(simulator, account):
    simulator.settings(zalo_calls_per_minute=1)
    simulator.advance(60)
    answers = [
        ask(
            "GET",
            f"{account.url}/zalo/openapi/v2.0/oa/getoa",
            headers={"access_token": account.token},
        )
        for _ in range(2)
    ]
    assert [(answer.body["error"], answer.headers["X-RateLimit-Remain"]) for answer in answers] == [
        (0, "0"),
        (-32, "0"),
    ]


def test_a_killed_grant_takes_both_tokens(simulator, account):
    assert simulator.kill_tokens("zalo", page=account.id) == 2
    assert account.get("oa/getoa")["error"] == -216
    assert refreshed(account, account.page["tokens"]["refresh_token"])["error"] == -14014


def test_an_account_that_is_connected_again_has_a_new_pair(simulator, account):
    simulator.kill_tokens("zalo", page=account.id)
    pair = simulator.ask("POST", "/_sim/tokens", {"platform": "zalo", "page": account.id})
    assert refreshed(account, pair["refresh_token"])["access_token"]


# --- Videos ---------------------------------------------------------------------------------------

VIDEO = images.make_plain_mp4(1)


def uploaded(account, data=VIDEO):
    url = f"{account.url}/zalo/openapi/v2.0/article/upload_video/preparevideo"
    return ask("POST", url, files={"file": data}, headers={"access_token": account.token}).body


def conversion(account, token, *, by="header"):
    url = f"{account.url}/zalo/openapi/v2.0/article/upload_video/verify"
    query, headers = ({"token": token}, {}) if by == "address" else ({}, {"token": token})
    return ask("GET", url, query=query, headers={"access_token": account.token} | headers).body


def converted(simulator, account, data=VIDEO):
    token = uploaded(account, data)["data"]["token"]
    simulator.advance(1)
    return conversion(account, token)["data"]["video_id"]


@pytest.mark.parametrize("by", ["header", "address"])
def test_a_video_is_converted_before_it_has_an_id(simulator, account, by):
    simulator.settings(zalo_video_seconds=60)
    token = uploaded(account)["data"]["token"]
    before = conversion(account, token, by=by)["data"]
    simulator.advance(61)
    after = conversion(account, token, by=by)["data"]

    assert (before["status"], before["video_id"]) == (3, "")
    assert (after["status"], after["video_size"], len(after["video_id"])) == (1, len(VIDEO), 32)


def test_a_conversion_may_fail(simulator, account):
    simulator.fault("zalo", "process_error", operation="upload")
    token = uploaded(account)["data"]["token"]
    simulator.advance(1)

    assert conversion(account, token)["data"]["status"] == 4


def test_a_file_that_calls_itself_a_form_is_taken(account):
    """Zalo's own Java SDK types the file of a form multipart/form-data, without a boundary."""
    head = (
        'Content-Disposition: form-data; name="file"; '
        'filename="phim.mp4"\r\nContent-Type: multipart/form-data'
    )
    body = b"--xyz\r\n" + head.encode() + b"\r\n\r\n" + VIDEO + b"\r\n--xyz--\r\n"
    url = f"{account.url}/zalo/openapi/v2.0/article/upload_video/preparevideo"
    headers = {"access_token": account.token, "Content-Type": "multipart/form-data; boundary=xyz"}

    answer = ask("POST", url, body=body, headers=headers)

    data = conversion(account, answer.body["data"]["token"])["data"]
    assert (answer.body["error"], data["video_name"], data["video_size"]) == (
        0,
        "phim.mp4",
        len(VIDEO),
    )


def test_what_is_no_video_or_too_large_is_refused(account):
    assert uploaded(account, b"text")["error"] == -201
    assert uploaded(account, VIDEO + bytes(50 << 20))["error"] == -210


def test_a_video_article_shows_a_converted_video_of_its_own_account(simulator, account, pictures):
    article = {
        "type": "video",
        "title": "Phim",
        "description": "Mô tả",
        "avatar": f"{pictures}/small.png",
    }
    unknown = account.post("article/create", **article, video_id="none", status="show")
    video_id = converted(simulator, account)
    made = account.verified(
        account.post("article/create", **article, video_id=video_id, status="show")["data"]["token"]
    )

    assert unknown["error"] == -201
    (seen,) = simulator.visible()
    assert (seen["id"], seen["type"], seen["text"]) == (made["data"]["id"], "video", "Mô tả")
    assert seen["media"][1] == hashlib.sha256(VIDEO).hexdigest()
    assert [
        article["id"]
        for article in account.get("article/getslice", offset=0, limit=10, type="video")["data"][
            "medias"
        ]
    ]


def test_an_article_holds_a_video_in_its_body_or_as_its_cover(simulator, account, pictures):
    video_id = converted(simulator, account)
    block = {"type": "video", "video_id": video_id, "thumb": f"{pictures}/small.png"}
    words = {"type": "text", "content": "<p>a</p>"}
    account.create(status="show", body=[words, block])
    cover = {
        "cover_type": "video",
        "cover_view": "vertical",
        "video_id": video_id,
        "status": "show",
    }
    account.create(status="show", cover=cover)

    as_cover, in_body = sorted(simulator.visible(), key=lambda part: len(part["media"]))
    assert (len(in_body["media"]), as_cover["media"]) == (3, [hashlib.sha256(VIDEO).hexdigest()])


def test_an_article_may_lead_to_a_video_elsewhere(simulator, account, pictures):
    block = {
        "type": "video",
        "url": "https://www.youtube.com/watch?v=abc",
        "thumb": f"{pictures}/small.png",
    }
    bare = account.post(
        "article/create", **account.article(body=[{"type": "video", "thumb": block["thumb"]}])
    )

    account.create(status="show", body=[{"type": "text", "content": "<p>a</p>"}, block])

    (seen,) = simulator.visible()
    assert (bare["error"], seen["body"][1], len(seen["media"])) == (-201, block, 2)


# --- Broadcasts -----------------------------------------------------------------------------------


def broadcast(account, article, **target):
    elements = [{"media_type": "article", "attachment_id": article}]
    payload = {"template_type": "media", "elements": elements}
    message = {"attachment": {"type": "template", "payload": payload}}
    return account.post("oa/message", recipient={"target": target}, message=message)


@pytest.fixture
def awake(simulator):
    simulator.settings(zalo_broadcast_hours=[0, 24])


@pytest.mark.usefixtures("awake")
def test_each_accepted_broadcast_goes_out_again(simulator, account):
    simulator.settings(zalo_broadcasts=[0, 0])
    article = account.create(status="show")
    sent = [
        broadcast(account, article)["data"]["message_id"],
        broadcast(account, article, ages="2")["data"]["message_id"],
    ]

    assert simulator.visible()[0]["broadcasts"] == [
        {"id": sent[0], "target": {}},
        {"id": sent[1], "target": {"ages": "2"}},
    ]


@pytest.mark.usefixtures("awake")
def test_only_an_article_that_stands_is_broadcast(account):
    assert broadcast(account, account.create())["error"] == -201
    assert broadcast(account, "none")["error"] == -201


@pytest.mark.usefixtures("awake")
def test_followers_get_one_a_day_and_the_package_sets_the_month(simulator, account):
    article = account.create(status="show")
    assert broadcast(account, article)["error"] == 0
    assert broadcast(account, article)["error"] == -218
    simulator.settings(zalo_broadcasts=[0, 1])
    assert broadcast(account, article)["error"] == -211


def test_at_night_nothing_is_broadcast(simulator, account):
    simulator.settings(zalo_broadcast_hours=[0, 0])
    assert broadcast(account, account.create(status="show"))["error"] == -234
