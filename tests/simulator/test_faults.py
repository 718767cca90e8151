import http.client
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from simulator import faults
from simulator.pages import fault_form
from simulator.testing import RunningSimulator

from .conftest import Graph, ask

BROKEN = (http.client.RemoteDisconnected, ConnectionResetError)


def post(graph, message="Thông báo"):
    return graph.post(f"{graph.id}/feed", message=message)


@pytest.mark.parametrize(("kind", "posts"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_leaves_the_truth_behind(simulator, graph, kind, posts):
    simulator.fault("facebook", kind, operation="publish")
    with pytest.raises(BROKEN):
        post(graph)
    assert len(simulator.visible()) == posts


@pytest.mark.parametrize(("kind", "posts"), [("error_before", 0), ("error_after", 1)])
def test_a_server_error_leaves_the_truth_behind(simulator, graph, kind, posts):
    simulator.fault("facebook", kind, operation="publish")
    answer = post(graph)
    assert (answer.status, answer.error) == (500, (2, None))
    assert len(simulator.visible()) == posts


def test_a_fault_may_let_some_calls_pass_first(simulator, graph):
    simulator.fault("facebook", "error_before", operation="publish", skip=2)

    assert [post(graph, f"Số {number}").status for number in range(4)] == [200, 200, 500, 200]


def test_hanging_after_acceptance_ends_in_silence(simulator, graph):
    simulator.fault("facebook", "hang_after", operation="publish", seconds=0.05)
    with pytest.raises(BROKEN):
        post(graph)
    assert len(simulator.visible()) == 1


def test_a_hanging_call_does_not_hold_up_the_end_of_a_run(caplog):
    with ThreadPoolExecutor(1) as caller:
        with RunningSimulator() as simulator:
            graph = Graph(simulator)
            simulator.fault("facebook", "hang_after", operation="publish", seconds=3600)
            answer = caller.submit(post, graph)
            while not simulator.visible():
                pass
        assert isinstance(answer.exception(), OSError)
    assert caplog.records == []


@pytest.mark.parametrize("kind", ["truncated_json", "not_json"])
def test_an_accepted_call_may_answer_rubbish(simulator, graph, kind):
    simulator.fault("facebook", kind, operation="publish")
    answer = post(graph)
    assert (answer.status, answer.body) == (200, {})
    assert len(simulator.visible()) == 1


def test_a_late_post_is_promised_now_and_seen_later(simulator, graph):
    simulator.fault("facebook", "late_apply", operation="publish", seconds=30)
    assert post(graph).status == 200
    assert simulator.visible() == []
    simulator.advance(31)
    assert len(simulator.visible()) == 1


def test_a_lagging_list_leaves_out_what_is_young(simulator, graph):
    simulator.fault("facebook", "listing_lag", operation="find", seconds=60, times=0)
    made = post(graph).body["id"]
    assert graph.get(f"{graph.id}/published_posts").body == {"data": []}
    assert graph.get(made).status == 200
    simulator.advance(61)
    assert [post["id"] for post in graph.get(f"{graph.id}/published_posts").body["data"]] == [made]


def test_a_limit_is_expressed_in_each_platforms_own_way(simulator, graph, account, bot):
    for platform in ("facebook", "zalo", "telegram"):
        simulator.fault(platform, "rate_limit", retry_after=90)
    facebook = post(graph)
    (usage,) = json.loads(facebook.headers["X-Business-Use-Case-Usage"])[graph.id]
    assert (facebook.error[0], usage["estimated_time_to_regain_access"]) == (80001, 2)
    assert account.post("article/create", **account.article())["error"] == -32
    telegram = bot.send("x")
    assert (telegram.status, telegram.headers["Retry-After"]) == (429, "90")
    assert simulator.truth() == []


def test_a_content_refusal_is_definite_on_each_platform(simulator, graph, account, bot):
    for platform in ("facebook", "zalo", "telegram"):
        simulator.fault(platform, "refuse")
    assert post(graph).error[0] == 368
    assert account.post("article/create", **account.article())["error"] == -248
    assert bot.send("x").status == 400
    assert simulator.truth() == []


def test_a_killed_token_stays_dead_and_an_expired_one_is_one_call(simulator, graph):
    simulator.fault("facebook", "expired_token")
    assert [post(graph).error if at == 0 else post(graph).status for at in range(2)] == [
        (190, 463),
        200,
    ]
    simulator.fault("facebook", "kill_token", subcode=458)
    assert [post(graph, "khác").error for _ in range(2)] == [(190, 458)] * 2


def test_a_fault_strikes_its_page_and_its_operation_so_many_times(simulator, graph):
    other = Graph(simulator, name="Trang khác")
    simulator.fault("facebook", "error_before", operation="publish", page=graph.id, times=2)
    assert post(other).status == 200
    assert graph.get(graph.id).status == 200
    assert [post(graph).status for _ in range(3)] == [500, 500, 200]
    (fault,) = simulator.faults()
    assert (fault["hits"], fault["left"]) == (2, 0)
    assert simulator.clear_faults() == 1


def test_chance_with_a_seed_is_the_same_each_run(simulator, graph):
    def run():
        simulator.clear_faults()
        simulator.fault(
            "facebook", "error_before", operation="connect", probability=0.5, seed=7, times=0
        )
        return [graph.get(graph.id).status for _ in range(12)]

    first = run()
    assert set(first) == {200, 500}
    assert run() == first


def test_a_502_is_html_as_from_nginx(simulator, bot):
    simulator.fault("telegram", "error_after", status=502)
    answer = bot.send("Lạc mất")
    assert (answer.status, answer.raw[:6]) == (502, b"<html>")
    assert len(simulator.visible()) == 1


def test_a_lost_refresh_answer_loses_the_grant(simulator, account):
    simulator.fault("zalo", "drop_after", operation="token")
    call = {"app_id": "3608465249409039671", "grant_type": "refresh_token"}
    call["refresh_token"] = account.page["tokens"]["refresh_token"]
    headers = {"secret_key": "simulator-zalo-secret"}
    url = f"{account.url}/zalo/oauth/v4/oa/access_token"
    with pytest.raises(BROKEN):
        ask("POST", url, form=call, headers=headers)
    assert ask("POST", url, form=call, headers=headers).body["error"] == -14014


def test_a_fault_that_makes_no_sense_is_refused_with_a_sentence(simulator):
    with pytest.raises(AssertionError, match="kind is one of"):
        simulator.fault("facebook", "meteor")


def test_the_form_offers_every_kind_and_operation(simulator):
    assert set(fault_form.KINDS) == set(faults.KINDS)
    assert set(fault_form.OPERATIONS) == set(faults.OPERATIONS)
    form = {
        "platform": "facebook",
        "kind": "error_before",
        "operation": "publish",
        "times": "2",
        "amount": "503",
    }
    assert ask("POST", f"{simulator.url}/faults/", form=form).status == 303
    (fault,) = simulator.faults()
    assert (fault["kind"], fault["times"], fault["status"]) == ("error_before", 2, 503)
    assert ask("POST", f"{simulator.url}/faults/{fault['id']}/delete/", form={}).status == 303
    assert simulator.faults() == []


def test_requests_are_counted_by_operation(simulator, graph):
    post(graph)
    graph.get(f"{graph.id}/published_posts")
    graph.get(f"{graph.id}/published_posts")
    assert simulator.requests()["facebook"] == {"publish": 1, "find": 2}
