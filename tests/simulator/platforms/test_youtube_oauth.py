"""Google's consent page and its tokens."""

import base64
import hashlib
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

import pytest

from ..conftest import ask
from .youtube import BACK, BLOCK, CLIENT, SCOPE, SECRET, Channel, reason, refreshed, token_call


def dialog(simulator, **changed):
    query = {
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": f"{SCOPE}youtube.upload {SCOPE}youtube.force-ssl",
        "access_type": "offline",
        "prompt": "consent",
        "state": "S",
    } | changed
    return f"{simulator.url}/youtube/accounts/o/oauth2/v2/auth?{urlencode(query)}"


def consented(simulator, account, page, *, ticked=None, **changed):
    url = dialog(simulator, **changed)
    ticked = parse_qs(urlsplit(url).query)["scope"][0].split() if ticked is None else ticked
    back = simulator.consent(url, account=account, page=page, decision="allow", scope=ticked)
    answer = parse_qs(urlsplit(back).query)
    assert (back.startswith(BACK), answer["state"], answer["scope"]) == (
        True,
        ["S"],
        [" ".join(ticked)],
    )
    return answer["code"][0]


def exchanged(simulator, code, **more):
    return token_call(
        simulator, grant_type="authorization_code", code=code, redirect_uri=BACK, **more
    ).body


def test_consent_gives_a_grant_for_one_channel_and_a_code_once(simulator, channel):
    code = consented(simulator, channel.page["owner"], channel.id)
    tokens = exchanged(simulator, code)
    assert set(tokens) == {"access_token", "expires_in", "refresh_token", "scope", "token_type"}
    assert (tokens["expires_in"], tokens["token_type"]) == (3599, "Bearer")
    channel.token = tokens["access_token"]
    (item,) = channel.get("channels", mine="true", part="id,snippet").body["items"]
    assert (item["id"], item["snippet"]["title"]) == (channel.id, channel.page["name"])
    assert exchanged(simulator, code)["error"] == "invalid_grant"


def test_a_second_consent_without_prompt_gives_no_refresh_token(simulator, channel):
    plain = exchanged(simulator, consented(simulator, channel.page["owner"], channel.id, prompt=""))
    online = exchanged(
        simulator, consented(simulator, channel.page["owner"], channel.id, access_type="online")
    )
    again = exchanged(simulator, consented(simulator, channel.page["owner"], channel.id))
    assert ["refresh_token" in granted for granted in (plain, online, again)] == [
        False,
        False,
        True,
    ]


def test_a_refresh_token_stays_the_same_and_is_not_reported_again(channel):
    first, second = refreshed(channel), refreshed(channel)
    assert set(first) == {"access_token", "expires_in", "scope", "token_type"}
    assert first["access_token"] != second["access_token"]


def test_six_months_without_use_end_a_refresh_token(simulator, channel):
    simulator.advance(170 * 86_400)
    assert "access_token" in refreshed(channel)
    simulator.advance(170 * 86_400)
    assert "access_token" in refreshed(channel)
    simulator.advance(181 * 86_400)
    assert refreshed(channel) == {
        "error": "invalid_grant",
        "error_description": "Token has been expired or revoked.",
    }


def test_a_consent_screen_in_testing_gives_seven_days(simulator, channel):
    simulator.settings(youtube_testing=True)
    channel.tokens = exchanged(simulator, consented(simulator, channel.page["owner"], channel.id))
    assert channel.tokens["refresh_token_expires_in"] == 604_799
    simulator.advance(6 * 86_400)
    assert "access_token" in refreshed(channel)
    simulator.advance(2 * 86_400)
    assert refreshed(channel)["error"] == "invalid_grant"


def test_the_hundred_and_first_refresh_token_drops_the_oldest(simulator, channel):
    for _ in range(100):
        exchanged(simulator, consented(simulator, channel.page["owner"], channel.id))
    assert refreshed(channel)["error"] == "invalid_grant"


def test_revoking_ends_the_grant(simulator, channel):
    url = f"{simulator.url}/youtube/oauth2/revoke"
    assert ask("POST", url, form={"token": channel.token}).status == 200
    assert refreshed(channel)["error"] == "invalid_grant"
    assert reason(channel.get("channels", mine="true", part="id")) == (401, "authError")


def test_a_right_that_was_unticked_is_missing(simulator, channel):
    tokens = exchanged(
        simulator,
        consented(simulator, channel.page["owner"], channel.id, ticked=[f"{SCOPE}youtube.upload"]),
    )
    assert tokens["scope"] == f"{SCOPE}youtube.upload"
    channel.token = tokens["access_token"]
    assert channel.start(BLOCK).status == 200
    answer = channel.get("videos", id="x", part="id")
    assert reason(answer) == (403, "insufficientPermissions")
    assert answer.body["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_pkce_binds_the_code(simulator, channel):
    verifier = "v" * 43
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    more = {"code_challenge": challenge, "code_challenge_method": "S256"}
    code = consented(simulator, channel.page["owner"], channel.id, **more)
    assert exchanged(simulator, code, code_verifier="w" * 43)["error"] == "invalid_grant"
    assert "access_token" in exchanged(simulator, code, code_verifier=verifier)


def test_a_wrong_secret_is_invalid_client(simulator):
    answer = token_call(
        simulator, client_secret="wrong", grant_type="refresh_token", refresh_token="x"
    )
    assert (answer.status, answer.body["error"]) == (401, "invalid_client")


def test_a_refused_consent_comes_back_as_an_error(simulator, channel):
    back = simulator.consent(dialog(simulator), account=channel.page["owner"], decision="cancel")
    assert parse_qs(urlsplit(back).query) == {"error": ["access_denied"], "state": ["S"]}


@pytest.mark.parametrize("changed", [{"client_id": "x"}, {"redirect_uri": ""}, {"scope": ""}])
def test_a_wrong_link_opens_no_consent_page(simulator, changed):
    assert ask("GET", dialog(simulator, **changed)).status == 400


@pytest.mark.parametrize(("secret", "status"), [(SECRET, 200), ("wrong", 401)])
def test_a_client_may_say_who_it_is_by_http_basic(channel, secret, status):
    basic = base64.b64encode(f"{quote_plus(CLIENT)}:{quote_plus(secret)}".encode()).decode()
    form = {"grant_type": "refresh_token", "refresh_token": channel.tokens["refresh_token"]}

    answer = ask(
        "POST",
        f"{channel.simulator.url}/youtube/oauth2/token",
        form=form,
        headers={"Authorization": f"Basic {basic}"},
    )

    assert answer.status == status


def test_a_killed_token_stays_dead(simulator, channel):
    assert simulator.kill_tokens("youtube", page=channel.id) == 2
    assert reason(channel.get("videos", id="x", part="id")) == (401, "authError")
    assert refreshed(channel)["error"] == "invalid_grant"


def test_an_account_without_a_channel_is_informed_so(simulator):
    person = simulator.user("youtube")
    tokens = exchanged(simulator, consented(simulator, person["id"], ""))
    channel = Channel(simulator)
    channel.token = tokens["access_token"]
    assert "items" not in channel.get("channels", mine="true", part="id").body
    assert reason(channel.start(BLOCK)) == (401, "youtubeSignupRequired")
