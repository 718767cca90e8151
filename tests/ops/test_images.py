"""Images are taken by digest. A registry of this machine speaks as Docker Hub does."""

import hashlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from scripts import images
from tests.ops import compose


class Registry:
    """Hold a manifest for each tag; hand them to clients that bear the token for it."""

    def __init__(self) -> None:
        self.manifests: dict[str, bytes] = {}
        self.digest = lambda body: f"sha256:{hashlib.sha256(body).hexdigest()}"
        self.url = ""


@pytest.fixture
def registry() -> Iterator[Registry]:
    state = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/token":
                scope = parse_qs(address.query)["scope"][0]
                return self.answer(200, json.dumps({"token": f"for {scope}"}).encode())
            name = re.fullmatch(r"/v2/(.+)/manifests/(.+)", address.path)
            scope = f"repository:{name[1]}:pull"
            if self.headers.get("Authorization") != f"Bearer for {scope}":
                where = f'Bearer realm="{state.url}/token",service="here",scope="{scope}"'
                return self.answer(401, b"", {"WWW-Authenticate": where})
            body = state.manifests.get(f"{name[1]}:{name[2]}")
            if body is None:
                return self.answer(404, b"")
            return self.answer(200, body, {"Docker-Content-Digest": state.digest(body)})

        def answer(self, status: int, body: bytes, headers=()) -> None:
            self.send_response(status)
            for header, value in dict(headers).items():
                self.send_header(header, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for image in images.find_images():
        state.manifests[f"library/{image.name}:{image.tag}"] = f"index of {image}".encode()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def run(registry: Registry, env, *more: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "scripts/images.py", "--registry", registry.url, "--env", str(env)]
    return subprocess.run(
        [*command, *more],
        cwd=compose.ROOT,
        capture_output=True,
        text=True,
        env={"no_proxy": "127.0.0.1"},
    )


def test_every_image_of_others_is_named_with_a_digest():
    training = compose.read("docker-compose.training.yml")["services"]
    named = [service["image"] for service in (*compose.services().values(), *training.values())]
    named += [
        line.split()[1]
        for file in ("Dockerfile", "deploy/egress/Dockerfile")
        for line in (compose.ROOT / file).read_text().splitlines()
        if line.startswith("FROM ") and line.split()[1] != "portal"  # a stage of our own
    ]
    others = [image for image in named if not image.startswith("outreach-portal")]

    assert len(others) == 10
    assert [image for image in others if not re.search(r":[\w.-]+\$\{\w+_DIGEST\b", image)] == []
    assert {image.variable for image in images.find_images()} == {
        *("POSTGRES_DIGEST", "REDIS_DIGEST", "NGINX_DIGEST", "PYTHON_DIGEST", "DEBIAN_DIGEST")
    }


def test_without_a_digest_compose_refuses_and_says_how_to_get_one():
    source = (compose.ROOT / "docker-compose.yml").read_text()
    asked = re.findall(r"\$\{(\w+_DIGEST)([^}]*)\}", source)

    assert {name for name, _how in asked} == {image.variable for image in images.find_images()}
    assert {how for _name, how in asked} == {":?run scripts/images.py"}


def test_digests_are_written_beside_what_stands_there(registry, tmp_path):
    env = tmp_path / ".env"
    env.write_text("PORTAL_HOST=a.example\nREDIS_DIGEST=@sha256:old\nWEB_CONCURRENCY=2\n")
    env.chmod(0o600)

    done = run(registry, env)

    assert done.returncode == 0, done.stderr
    lines = env.read_text().splitlines()
    assert [line.partition("=")[0] for line in lines[:3]] == [
        *("PORTAL_HOST", "REDIS_DIGEST", "WEB_CONCURRENCY")
    ]
    expected = {
        image.variable: f"@sha256:{hashlib.sha256(f'index of {image}'.encode()).hexdigest()}"
        for image in images.find_images()
    }
    assert images.read_env(env) == expected
    assert env.stat().st_mode & 0o777 == 0o600
    assert run(registry, env, "--check").returncode == 0


def test_an_image_that_changed_behind_its_tag_is_noticed_and_nothing_is_written(registry, tmp_path):
    env = tmp_path / ".env"
    run(registry, env)
    before = env.read_text()
    registry.manifests["library/redis:7"] = b"another"

    done = run(registry, env, "--check")

    assert (done.returncode, env.read_text()) == (1, before)
    assert re.findall(r"^(\S+)@\S+ \(new\)$", done.stdout, re.MULTILINE) == ["redis:7"]


@pytest.mark.parametrize("how", ["false digest", "unknown tag"])
def test_an_answer_that_cannot_be_checked_changes_nothing(how, registry, tmp_path):
    if how == "false digest":
        registry.digest = lambda _body: "sha256:" + 64 * "0"
    else:
        del registry.manifests["library/redis:7"]
    env = tmp_path / ".env"

    done = run(registry, env)

    assert (done.returncode, env.exists()) == (2, False)
    assert "no digest" in done.stderr
