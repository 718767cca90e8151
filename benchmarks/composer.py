"""The composer's page on the server, against the Django admin's change page of the same row.

    python -m benchmarks.composer [--n 200]

A draft with two photos and seven channels, asked for by turns through the whole middleware. The
admin's page shows the fields of the post and, as rows below it, its channels and pictures: what
Django gives away. `ratio` compares the p95; the goal is 1. Neither page's own files are counted.
"""

import argparse
import importlib
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.stage import Stage, at, run

WARM_UP = 10


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=200)


def measure(stage: Stage, options: argparse.Namespace) -> str:
    officer, post = a_draft()
    composer, admin = composer_page(officer, post), admin_page(post)
    times: dict[str, list[float]] = {"composer": [], "admin": []}
    for number in range(WARM_UP + options.n):
        for name, ask in (("composer", composer), ("admin", admin)):
            begun = time.perf_counter()
            ask()
            if number >= WARM_UP:
                times[name].append((time.perf_counter() - begun) * 1000)
    p95 = {name: at(durations, 0.95) for name, durations in times.items()}
    return (
        f"composer n={options.n} p95_ms={p95['composer']:.1f} admin_p95_ms={p95['admin']:.1f} "
        f"ratio={p95['composer'] / p95['admin']:.2f} p50_ms={at(times['composer'], 0.5):.1f} "
        f"admin_p50_ms={at(times['admin'], 0.5):.1f}"
    )


def a_draft() -> tuple[Any, Any]:
    from channels.models import Channel
    from platforms.registry import CONNECTORS
    from tests import factories

    unit = factories.UnitFactory()
    for platform in CONNECTORS:
        factories.ChannelFactory(unit=unit, platform=platform)
    officer = factories.person(unit=unit)
    photos = [factories.media(unit) for _ in range(2)]
    channels = Channel.objects.filter(unit=unit)
    return officer, factories.PostFactory(
        unit=unit, author=officer, channels=channels, media=photos
    )


def composer_page(officer: Any, post: Any) -> Callable[[], None]:
    return opener(officer, "posts:edit", post.public_id)


def admin_page(post: Any) -> Callable[[], None]:
    from django.contrib import admin
    from django.urls import clear_url_caches

    from outreach_portal import urls
    from posts.models import Post, PostChannel, PostMedia
    from tests import factories

    def rows_of(of: type) -> type:
        return type(of.__name__ + "Rows", (admin.TabularInline,), {"model": of, "extra": 0})

    fields = {"inlines": [rows_of(PostChannel), rows_of(PostMedia)]}
    admin.site.register(Post, type("PostAdmin", (admin.ModelAdmin,), fields))
    importlib.reload(urls)  # the addresses of the admin were listed before
    clear_url_caches()
    operator = factories.with_app(factories.UserFactory(is_staff=True, is_superuser=True))
    return opener(operator, "admin:posts_post_change", post.pk)


def opener(person: Any, name: str, key: object) -> Callable[[], None]:
    """Return a call that opens the page as a signed-in ``person``, and fails unless it is there."""
    from django.test import Client
    from django.urls import reverse

    client = Client()
    client.force_login(person)

    def ask() -> None:
        response = client.get(reverse(name, args=[key]))
        assert response.status_code == 200, response.status_code

    return ask


if __name__ == "__main__":
    run(sys.modules[__name__])
