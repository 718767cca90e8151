"""Say by which digests the images of others are taken, and write them into .env.

    python3 scripts/images.py [--env .env] [--registry https://mirror.example] [--check]

Asks each image's registry what stands behind its tag, and checks that what comes is what the digest
names. docker-compose.yml and the Dockerfiles take the digests from .env: without them nothing is
built and nothing starts, and an image that somebody puts behind a tag is not run. Renew them with
each update, after reading what changed. ``--check`` writes nothing and ends with 1 where one is out
of date. It needs Python alone, so that it runs where nothing is installed.
"""

import argparse
import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
FILES = ("docker-compose.yml", "Dockerfile", "deploy/egress/Dockerfile")
HUB = "https://registry-1.docker.io"
KINDS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_NAMED = re.compile(r"(?:image:|FROM)\s+([a-z0-9./_-]+):([\w.-]+)\$\{(\w+_DIGEST)")
_MOST_BYTES = 4 * 1024 * 1024


class Image(NamedTuple):
    name: str
    tag: str
    variable: str


class NoDigest(Exception):
    """The registry gave no digest that could be checked."""


def find_images(root: Path = ROOT) -> list[Image]:
    """Return the images that the installation is made of, as its files name them."""
    texts = [(root / name).read_text(encoding="utf-8") for name in FILES]
    return sorted({Image(*groups) for text in texts for groups in _NAMED.findall(text)})


def fetch_digest(image: Image, registry: str) -> str:
    """Ask the registry; return the digest that its answer really has. Raise NoDigest."""
    name = image.name if "/" in image.name else f"library/{image.name}"
    address = f"{registry}/v2/{name}/manifests/{image.tag}"
    try:
        try:
            header, body = _get(address)
        except HTTPError as error:
            if error.code != 401:
                raise
            token = _fetch_token(error.headers.get("WWW-Authenticate", ""))
            header, body = _get(address, token)
    except (OSError, ValueError, KeyError) as error:
        reason = f"{error.code}" if isinstance(error, HTTPError) else type(error).__name__
        raise NoDigest(f"{address}: {reason}") from None
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    if header != digest:
        raise NoDigest(f"{address}: the answer is not what its digest names")
    return digest


def _fetch_token(asked: str) -> str:
    """Return a token for reading, as the registry's challenge says where."""
    facts = dict(re.findall(r'(\w+)="([^"]*)"', asked))
    query = urlencode({name: facts[name] for name in ("service", "scope") if name in facts})
    _said, body = _get(f"{facts['realm']}?{query}")
    answer = json.loads(body)
    return answer.get("token") or answer["access_token"]


def _get(address: str, token: str = "") -> tuple[str, bytes]:
    headers = {"Accept": KINDS} | ({"Authorization": f"Bearer {token}"} if token else {})
    with urlopen(Request(address, headers=headers), timeout=30) as answer:
        body = answer.read(_MOST_BYTES + 1)
        if len(body) > _MOST_BYTES:
            raise ValueError("too long")
        return answer.headers.get("Docker-Content-Digest", ""), body


def read_env(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return dict(re.findall(r"^(\w+_DIGEST)=(.*)$", text, re.MULTILINE))


def write_env(path: Path, values: dict[str, str]) -> None:
    """Put the values in the place of their lines, or behind all others. The file is whole at every
    moment.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for name, value in values.items():
        line, count = re.subn(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
        text = line if count else f"{text.rstrip()}\n{name}={value}\n".lstrip()
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    if path.exists():
        part.chmod(path.stat().st_mode & 0o777)
    os.replace(part, path)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--env", type=Path, default=ROOT / ".env")
    parser.add_argument("--registry", default=HUB, help="a mirror of Docker Hub")
    parser.add_argument("--check", action="store_true", help="write nothing")
    asked = parser.parse_args(arguments)
    was, now = read_env(asked.env), {}
    for image in find_images():
        try:
            digest = f"@{fetch_digest(image, asked.registry.rstrip('/'))}"
        except NoDigest as error:
            print(f"{image.name}:{image.tag}: no digest. {error}", file=sys.stderr)
            return 2
        now[image.variable] = digest
        state = "as before" if was.get(image.variable) == digest else "new"
        print(f"{image.name}:{image.tag}{digest} ({state})")
    if asked.check:
        return int(any(was.get(name) != digest for name, digest in now.items()))
    write_env(asked.env, now)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
