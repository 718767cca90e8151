"""Describe a platform to the rest of the simulator: ids, settings, words on pages, the truth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator import growth
from simulator.model import Page, Post, Token
from simulator.rendering import Html, format_number, link_addresses, render_fragment

REACTIONS = {"like": "👍", "love": "❤️", "wow": "😮", "haha": "😆", "sorry": "😢", "anger": "😡"}


class Spec:
    """Describe a platform. What a subclass leaves out is as most platforms have it."""

    name: str
    title: str
    tone = ""  # of its name on pages, a class of the style sheet: red, grey, blue, …
    followers = "người theo dõi"
    has_people = True  # accounts of persons, who consent to what an application may do
    shows_edits = True
    new_page_note = ""  # a sentence for people who make a page by hand
    settings: dict[str, Any] = {}
    # Addresses under which the real platform shows a page and a post, `{page}` and `{post}` in
    # them.
    page_paths: tuple[str, ...] = ()
    post_paths: tuple[str, ...] = ()

    def page_id(self, number: int) -> str:
        raise NotImplementedError

    def user_id(self, number: int) -> str:
        return str(2_512_523_625_412_515_000 + number)

    def details(self) -> dict[str, Any]:
        """Say what a new page knows of itself."""
        return {}

    def tokens(self) -> Iterator[Token]:
        """Give the credentials that are there on the first day."""
        yield from ()

    def page_name(self, path: str, name: str) -> str:
        """Turn the name in an address of the platform into one that the world knows."""
        return name

    def permalink(self, page: Page, post: Post, base: str) -> str:
        """Say where residents read a post."""
        return f"{base}/pages/{page.platform}/{page.external_id}/posts/{post.id}/"

    def truth(self, post: Post) -> dict[str, Any]:
        """Add what only this platform knows of a post to what a test reads."""
        return {}

    # On pages

    def text(self, post: Post) -> Html:
        return render_fragment("lines", text=link_addresses(post.text))

    def counters(self, counts: growth.Counts) -> list[str]:
        """List the numbers that everybody sees; the page alone sees the rest."""
        return [
            f"♥ {format_number(counts.all_reactions)}",
            f"{format_number(counts.comments)} bình luận",
        ]

    def owner_box(self, page: Page, link: str) -> Html:
        """Offer what a page's owner may do in the platform's own app."""
        return Html()


def format_reactions(counts: growth.Counts) -> str:
    return " ".join(
        f"{REACTIONS[kind]} {format_number(total)}"
        for kind, total in counts.reactions.items()
        if total
    )
