"""The entries of the navigation that lead to pages of posts, and the keys of the composer."""

from django.utils.translation import gettext_lazy as _

from core.navigation import ACTIONS, ADMINISTRATION, LIBRARY, TABS, TASKS, Entry, register
from core.shortcuts import Shortcut
from core.shortcuts import register as register_keys

register(
    Entry(
        "posts:new",
        "pencil",
        _("Compose"),
        TABS,
        40,
        rights=("post_write",),
        hidden_by=("post_approve",),
    ),
    Entry(
        "posts:library",
        "template",
        _("Templates"),
        LIBRARY,
        2,
        rights=("post_view",),
        synonyms=_("whole post, earlier post"),
    ),
    Entry(
        "posts:snippets",
        "quote",
        _("Snippets"),
        LIBRARY,
        3,
        rights=("post_view",),
        synonyms=_("signature, hashtag, paragraph"),
    ),
    Entry(
        "posts:kits",
        "package",
        _("Kits to take up"),
        TASKS,
        32,
        rights=("post_write",),
        synonyms=_("adopt, from the province"),
    ),
    Entry(
        "posts:allowed",
        "device-mobile",
        _("Numbers and accounts"),
        LIBRARY,
        7,
        rights=("post_view",),
        synonyms=_("hotline, duty phone, account for donations"),
    ),
    Entry(
        "posts:leak_rules",
        "eye-check",
        _("Leak check"),
        ADMINISTRATION,
        28,
        rights=("oversight_view",),
        synonyms=_("secrets, forbidden words"),
    ),
    Entry(
        "posts:media_library",
        "photo",
        _("Pictures and videos"),
        LIBRARY,
        5,
        rights=("library_write",),
        synonyms=_("photo, clip, logo, blur, crop"),
    ),
    Entry(
        "posts:new",
        "pencil",
        _("Compose a post"),
        ACTIONS,
        10,
        rights=("post_write",),
        synonyms=_("write, create, new, draft, card"),
    ),
    Entry(
        "posts:import",
        "file-spreadsheet",
        _("Import posts from Excel"),
        ACTIONS,
        12,
        rights=("post_write",),
        synonyms=_("plan, month, sheet, CSV"),
    ),
    Entry(
        "posts:new_template",
        "template",
        _("New template"),
        ACTIONS,
        60,
        rights=("library_write",),
        synonyms=_("save as template"),
    ),
    pages={
        "posts:kits": ("posts:kit", "posts:decline_kit"),
        "posts:leak_rules": ("posts:leak_rule", "posts:switch_rule"),
        "posts:allowed": ("posts:enter_allowed", "posts:end_allowed"),
        "posts:library": (
            *("posts:template", "posts:new_template", "posts:edit_template"),
            "posts:new_snippet",
        ),
        "posts:media_library": (
            *("posts:library_medium", "posts:media_folders"),
            *("posts:edit_media", "posts:edit_video"),
            *("posts:new_card", "posts:change_card"),
        ),
    },
)

COMPOSER = _("While composing")

register_keys(
    Shortcut("Ctrl+Enter", _("Submit the post"), COMPOSER, 20, "composer/keys.js"),
    Shortcut("Ctrl+S", _("Save the draft"), COMPOSER, 21, "composer/keys.js"),
    Shortcut(
        "Alt+1…9",
        _("Open a channel, by its number from the left"),
        COMPOSER,
        22,
        "composer/keys.js",
    ),
    Shortcut("Esc", _("Close the channels"), COMPOSER, 23, "composer/keys.js"),
    Shortcut(
        "← →",
        _("In the row of channels: the one before or after"),
        COMPOSER,
        24,
        "composer/layout.js",
    ),
    Shortcut(
        "← →",
        _("In the tools of the text: the one before or after"),
        COMPOSER,
        25,
        "composer/editor.js",
    ),
    Shortcut(
        "← →",
        _("Above the text: the button before or after"),
        COMPOSER,
        25,
        "composer/pieces.js",
    ),
    Shortcut(
        "← →",
        _("In the sheet of a channel: the one before or after"),
        COMPOSER,
        25,
        "composer/swipe.js",
    ),
    Shortcut("Esc", _("Close topic, time or campaign"), COMPOSER, 26, "composer/chips.js"),
    Shortcut("Ctrl+B", _("Bold"), COMPOSER, 27, "composer/editor.js"),
    Shortcut("Ctrl+I", _("Italic"), COMPOSER, 28, "composer/editor.js"),
    Shortcut("Ctrl+U", _("Underlined"), COMPOSER, 29, "composer/editor.js"),
    Shortcut("Ctrl+K", _("In formatted text: set a link"), COMPOSER, 30, "composer/editor.js"),
    Shortcut("Ctrl+Z", _("Undo what was typed"), COMPOSER, 31, "composer/editor.js"),
)

VIDEO = _("While editing a video")

register_keys(
    Shortcut("← →", _("Move a marked place sideways"), VIDEO, 40, "pages/edit_video.js"),
    Shortcut("↑ ↓", _("Move a marked place up or down"), VIDEO, 41, "pages/edit_video.js"),
)
