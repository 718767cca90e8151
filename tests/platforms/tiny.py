"""A platform that does not exist, as somebody who adds one would write it: a connector, and its
line in the registry.

It is registered by being imported, so nothing but `pytest -p tests.platforms.tiny` may import it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from platforms import common_messages
from platforms.connector import Connector
from platforms.facts import Facts, Format, Option, Origin, Setting
from platforms.messages import Account, Figures, Message, Offer, Profile, Receipt, Tokens
from platforms.registry import CONNECTORS
from platforms.words import Field, Term, Words


class Tiny(Connector):
    kind = "tiny"
    words = Words(
        label="Tiny Place",
        page="Tiny corner %(name)s",
        icon="world",
        formats={"post": common_messages.POST, "note": Term("Note", "Fades after a week.")},
        reasons={
            "7": "the corner is being swept; try again tomorrow",
            "13": common_messages.ACCOUNT_CLOSED,
        },
        options={"colour": Term("Colour of the note", choices={"red": "As red as can be"})},
        rights={"speak": "speaking in the corner"},
        connect_steps=["Knock at the corner."],
    )
    facts = Facts(
        formats=[
            Format("post", max_text=77),
            Format("note", max_text=7, options=[Option("colour", ("red",), default="red")]),
        ],
        measures={"shares": Origin("echoes", "Counted by ear.")},
        rights={"speak": True},
        hosts=("tiny.example",),
        connects_by_dialog=False,
    )
    settings = {
        "base_url": Setting("TINY_API_URL", "https://api.tiny.example", simulated="/tiny"),
        "pace": Setting("TINY_PACE", 5),
    }
    form = {
        "corner": Field(
            label="Corner",
            help="Which one.",
            missing="Please name the corner.",
            wrong="There are no round corners.",
            clean=lambda typed: "" if typed == "round" else typed.lower(),
            longest=20,
        )
    }
    paths_without_page = frozenset({"lost"})

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        return query.get("corner") or super().page_from_address(steps, query)

    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        return Receipt("1")

    async def withdraw(self, account: Account, external_id: str) -> bool:
        return True

    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        return dict.fromkeys(external_ids, Figures(shares=1))

    async def read_profile(self, account: Account) -> Profile:
        return Profile(account.external_id, "Tiny corner")

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        corner = answer["corner"]
        return [Offer(Profile(corner, f"Corner of {corner}", handle=corner), Tokens("key"))]


CONNECTORS[Tiny.kind] = Tiny
