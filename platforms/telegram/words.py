"""Describe Telegram in words that people read, and the form that connects a channel."""

import re

from platforms import common_messages
from platforms.telegram.facts import RICH
from platforms.words import Field, Term, Words
from platforms.words import gettext_noop as _

TOKEN = re.compile(r"\d{5,15}:[A-Za-z0-9_-]{30,60}")

# What errors mean to an officer, and what to do.
_REASONS = {
    "info": _(
        "the bot may not change the channel's description; give it the right “Change channel info”"
    ),
    "401": _("the bot's token was withdrawn; connect the channel with the new one"),
    **dict.fromkeys(
        ("403", "left", "kicked"),
        _("the bot was removed from the channel; make it an administrator again, then connect"),
    ),
    **dict.fromkeys(("token", "404"), _("this is not a bot's token")),
    "421": _(
        "the portal's own Telegram server does not serve this bot; tell those who run the portal"
    ),
    "method": _(
        "the portal's own Telegram server takes no long messages; shorten the text, or tell those "
        "who run the portal"
    ),
    "queued": _("Telegram took the video and has not given it a number yet; look in the channel"),
    "400": _(
        "Telegram does not accept the post as it is; check text, pictures and the bot's rights"
    ),
    "413": common_messages.PICTURE_REFUSED,
    "429": common_messages.TOO_MANY_CALLS,
}


WORDS = Words(
    label="Telegram",
    page=_("Telegram channel %(name)s"),
    icon="brand-telegram",
    how_to_revoke=_(
        "An administrator of the channel takes the portal's bot out of the list of administrators."
    ),
    formats={
        "message": Term(_("Message")),
        RICH: Term(
            _("Long message"),
            _("Apps of before June 2026 ask to be updated in its place. No card of the link."),
        ),
    },
    reasons=_REASONS,
    options={
        "link_preview": Term(_("Show a card of the link")),
        "silent": Term(_("Send without a sound"), _("Followers see it when they look.")),
    },
    rights={
        "can_post_messages": _("posting in the channel"),
        "can_delete_messages": common_messages.RIGHT_TO_WITHDRAW,
    },
    connect_steps=[
        _("Open @BotFather in Telegram, send /newbot and copy the token it gives you."),
        _(
            "In your channel, add the bot as an administrator with the rights to "
            "post and to delete messages."
        ),
        _("Enter both here. The next page shows which channel was found."),
    ],
)


def _clean_chat(typed: str) -> str:
    """Return a channel's name with @, or its number, out of what a person copied; empty for what is
    neither.
    """
    chat = typed.removeprefix("https://").removeprefix("t.me/")
    if re.fullmatch(r"-100\d{5,15}", chat):
        return chat
    return (
        f"@{chat.removeprefix('@')}" if re.fullmatch(r"@?[A-Za-z][A-Za-z0-9_]{3,31}", chat) else ""
    )


FORM = {
    "token": Field(
        label=_("Bot token"),
        help=_(
            "From @BotFather. Whoever has it can post as the bot: it is stored "
            "sealed and never shown again."
        ),
        missing=_("Please enter the bot token."),
        wrong=_("A bot token looks like 123456789:AA…, as @BotFather shows it."),
        clean=lambda typed: typed if TOKEN.fullmatch(typed) else "",
        longest=80,
        secret=True,
    ),
    "chat": Field(
        label=_("Channel"),
        help=_("Its public name with @, or its number, which begins with -100."),
        missing=_("Please enter the channel."),
        wrong=_("Enter the name with @, such as @conganphuong, or the number with -100."),
        clean=_clean_chat,
        longest=64,
        example="@congan…",
    ),
}
