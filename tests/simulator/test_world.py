import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.testing import RunningSimulator

from .conftest import Account, Bot, Graph, ask

ROOT = Path(__file__).parents[2]


def test_a_world_survives_a_restart(tmp_path, pictures):
    path = tmp_path / "world.json"
    with RunningSimulator(path) as first:
        graph, account, bot = Graph(first), Account(first, pictures), Bot(first)
        staged = graph.post(f"{graph.id}/feed", message="Ẩn", published="false").body["id"]
        account.create(status="show")
        bot.send("<b>Chào</b>", parse_mode="HTML")
        first.latency(zalo=5)
        first.settings(zalo_job_seconds=2)
        first.advance(60)
        before = first.truth()
    assert path.exists()
    assert len(list(path.with_suffix(".media").iterdir())) == 1

    with RunningSimulator(path) as second:
        after = second.truth()
        assert [strip(post) for post in after] == [strip(post) for post in before]
        graph.base = f"{second.url}/facebook/graph/v26.0"
        assert graph.post(staged, is_published="true").body == {"success": True}
        assert second.latency()["zalo"] == 5
        assert second.settings()["zalo_job_seconds"] == 2
        media = next(post["media"][0] for post in after if post["media"])
        assert ask("GET", f"{second.url}/media/{media}").status == 200


def strip(post):
    """Return the post without the address, whose port is another after a restart."""
    return {name: value for name, value in post.items() if name != "permalink"}


def run(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_program_saves_when_it_is_asked_to_stop(tmp_path, stop):
    path = tmp_path / "deep" / "world.json"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = run("--port", str(port), "--state", str(path))
    assert "Simulator on" in process.stdout.readline()
    ask(
        "POST",
        f"http://127.0.0.1:{port}/_sim/pages",
        data={"platform": "facebook", "name": "Trang"},
    )
    os.kill(process.pid, stop)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert '"Trang"' in path.read_text()


def test_a_taken_port_is_one_sentence_and_exit_code_2():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = run("--port", str(taken.getsockname()[1]))
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors.count("\n"), "cannot listen" in errors) == (2, 1, True)


def test_sixteen_thousand_pages_are_made_in_one_call(simulator):
    body = [{"platform": "facebook", "name": f"Xã {index}"} for index in range(16_595)]
    pages = simulator.ask("POST", "/_sim/pages", body)
    assert len({page["external_id"] for page in pages}) == 16_595
    simulator.reset()
    assert simulator.truth() == []


def test_growth_is_the_same_for_the_same_age_and_never_falls(simulator, graph):
    now = simulator.ask("GET", "/_sim/truth")["now"]
    made = simulator.post("facebook", graph.id, "Đo", created_at=now - 3600)["id"]

    def views():
        return graph.get(f"{made}/insights", metric="post_media_view").body["data"][0]["values"][0][
            "value"
        ]

    seen = [views()]
    for _ in range(4):
        simulator.advance(43_200)
        seen.append(views())
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]


def test_a_post_that_is_gone_grows_no_more(simulator, graph):
    made = graph.post(f"{graph.id}/feed", message="Gỡ sớm").body["id"]
    graph.call("DELETE", made)
    kept = graph.post(f"{graph.id}/feed", message="Còn lại").body["id"]
    simulator.advance(86_400)
    gained = graph.get(f"{graph.id}/insights", metric="page_media_view").body["data"][0]["values"][
        0
    ]["value"]
    alone = graph.get(f"{kept}/insights", metric="post_media_view").body["data"][0]["values"][0][
        "value"
    ]
    assert gained == alone


def test_seeded_posts_keep_their_own_time(simulator, graph):
    now = simulator.ask("GET", "/_sim/truth")["now"]
    simulator.post("facebook", graph.id, "Tuần trước", created_at=now - 7 * 86400, images=2)
    (seen,) = simulator.visible()
    assert seen["intervals"] == [{"visible_at": now - 7 * 86400, "gone_at": None}]
    assert len(set(seen["media"])) == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_sim/pages", {"platform": "myspace", "name": "x"}),
        ("/_sim/posts", {"platform": "zalo", "page": "1", "message": "x"}),
        ("/_sim/advance", {"seconds": -1}),
        ("/_sim/settings", {"gravity": 9.81}),
        ("/_sim/users", {"name": "x"}),
    ],
)
def test_a_mistake_is_answered_with_a_sentence(simulator, path, body):
    answer = ask("POST", simulator.url + path, data=body)
    assert (answer.status, set(answer.body)) == (400, {"error"})
