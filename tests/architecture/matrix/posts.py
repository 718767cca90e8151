from tests.architecture.matrix.entry import APPROVER, OFFICER, OVERSEER, READERS, SUPERVISOR, Entry

WRITERS = frozenset({OFFICER, APPROVER})
LIBRARIANS = WRITERS | {OVERSEER}
_template = {"public_id": "template"}
SPEAKERS = WRITERS | {OVERSEER}
WATCHERS = frozenset({SUPERVISOR, OVERSEER})
_post = {"public_id": "post"}
_allowed = {"public_id": "allowed"}
_media = {"public_id": "media"}
_sheet = {"public_id": "sheet"}
_kit = {"public_id": "open_kit"}

ENTRIES = {
    "posts:new": Entry(roles=WRITERS),
    "posts:reuse": Entry(roles=WRITERS),
    "posts:kits": Entry(roles=WRITERS),
    "posts:kit": Entry(roles=WRITERS, kwargs=_kit),
    "posts:adopt_kit": Entry(roles=WRITERS, kwargs=_kit, method="post"),
    "posts:decline_kit": Entry(
        roles=WRITERS, kwargs=_kit, method="post", data={"reason": "no_channel"}
    ),
    "posts:card_for_kit": Entry(roles=frozenset({OVERSEER}), kwargs={"public_id": "kit"}),
    "posts:take_over_kit": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:use_unit_cards": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:import": Entry(roles=WRITERS),
    "posts:import_template": Entry(roles=WRITERS),
    "posts:import_one": Entry(roles=WRITERS, kwargs=_sheet, reach="own"),
    "posts:import_apply": Entry(roles=WRITERS, kwargs=_sheet, method="post", reach="own"),
    "posts:import_pictures": Entry(roles=WRITERS, kwargs=_sheet, method="post", reach="own"),
    "posts:import_submit": Entry(roles=WRITERS, kwargs=_sheet, method="post", reach="own"),
    "posts:import_resume": Entry(roles=WRITERS, kwargs=_sheet, method="post", reach="own"),
    "posts:leak_rules": Entry(roles=WATCHERS),
    "posts:leak_rule": Entry(roles=WATCHERS, kwargs={"rule": "rule"}, reach="all"),
    # The walk's overseer sits in a province: rules are switched by the ministry.
    "posts:switch_rule": Entry(roles=frozenset(), kwargs={"rule": "rule"}, reach="all"),
    "posts:see_alarms": Entry(
        roles=frozenset(), kwargs={"rule": "rule"}, method="post", reach="all"
    ),
    "posts:confirm_switch": Entry(
        roles=frozenset(), kwargs={"public_id": "rule_switch"}, method="post", reach="all"
    ),
    "posts:end_switch": Entry(
        roles=frozenset(), kwargs={"public_id": "rule_switch"}, method="post", reach="all"
    ),
    "posts:allowed": Entry(roles=READERS),
    "posts:enter_allowed": Entry(roles=LIBRARIANS),
    "posts:confirm_allowed": Entry(
        roles=frozenset({APPROVER, OVERSEER}), kwargs=_allowed, method="post"
    ),
    "posts:end_allowed": Entry(roles=LIBRARIANS, kwargs=_allowed),
    "posts:library": Entry(roles=READERS),
    "posts:template": Entry(roles=READERS, kwargs=_template, reach="above"),
    "posts:from_template": Entry(roles=WRITERS, kwargs=_template, method="post", reach="above"),
    "posts:new_template": Entry(roles=LIBRARIANS),
    "posts:edit_template": Entry(roles=LIBRARIANS, kwargs=_template),
    "posts:archive_template": Entry(roles=LIBRARIANS, kwargs=_template, method="post"),
    "posts:snippets": Entry(roles=READERS),
    "posts:new_snippet": Entry(roles=LIBRARIANS),
    # Addresses before 0.1: they lead on, and what they lead to asks.
    "posts:pieces": Entry(),
    "posts:new_piece": Entry(),
    "posts:edit_piece": Entry(kwargs=_template, reach="all"),
    "posts:insert_piece": Entry(kwargs=_post, reach="all"),
    "posts:unarchive_many": Entry(roles=WRITERS, method="post"),
    "posts:archive_many": Entry(roles=WRITERS, method="post"),
    "posts:edit": Entry(roles=WRITERS, kwargs=_post),
    "posts:autosave": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:check": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:presence": Entry(roles=WRITERS, kwargs=_post),
    "posts:upload": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:choices": Entry(roles=WRITERS, kwargs={"public_id": "post", "channel": "channel"}),
    "posts:preview": Entry(roles=WRITERS, kwargs={"public_id": "post", "channel": "channel"}),
    "posts:uploads": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:one_upload": Entry(roles=WRITERS, kwargs={"public_id": "upload"}, reach="own"),
    "posts:insert_snippet": Entry(roles=WRITERS, kwargs=_post),
    "posts:submit": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:archive": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:unarchive": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:restore": Entry(roles=WRITERS, kwargs={"public_id": "revision"}, method="post"),
    "posts:duplicate": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:correct": Entry(roles=WRITERS, kwargs=_post, method="post"),
    "posts:history": Entry(roles=READERS, kwargs=_post),
    "posts:revision": Entry(roles=READERS, kwargs={"public_id": "revision"}),
    "posts:discussion": Entry(roles=READERS, kwargs=_post),
    "posts:reply": Entry(roles=SPEAKERS, kwargs={"public_id": "thread"}, method="post"),
    "posts:resolve": Entry(roles=SPEAKERS, kwargs={"public_id": "thread"}, method="post"),
    "posts:reopen_thread": Entry(roles=SPEAKERS, kwargs={"public_id": "thread"}, method="post"),
    "posts:take": Entry(roles=WRITERS, kwargs={"public_id": "comment"}, method="post"),
    "posts:media_library": Entry(roles=LIBRARIANS),
    "posts:add_media": Entry(roles=LIBRARIANS, method="post"),
    "posts:new_card": Entry(roles=LIBRARIANS),
    "posts:change_card": Entry(roles=LIBRARIANS, kwargs=_media),
    "posts:card_for_post": Entry(roles=WRITERS, kwargs=_post),
    "posts:library_uploads": Entry(roles=LIBRARIANS, method="post"),
    "posts:media_folders": Entry(roles=LIBRARIANS),
    "posts:media_folder": Entry(roles=LIBRARIANS, kwargs={"public_id": "folder"}, method="post"),
    "posts:media_states": Entry(roles=READERS),
    "posts:media_findings": Entry(roles=READERS, kwargs=_media),
    "posts:library_medium": Entry(roles=LIBRARIANS, kwargs=_media),
    "posts:edit_media": Entry(roles=LIBRARIANS, kwargs=_media),
    "posts:edit_video": Entry(roles=LIBRARIANS, kwargs=_media),
    "posts:undo_edit": Entry(roles=LIBRARIANS, kwargs=_media, method="post"),
    "posts:use_media": Entry(roles=WRITERS, kwargs=_media, method="post"),
    "posts:share_media": Entry(roles=LIBRARIANS, kwargs=_media, method="post"),
    "posts:archive_media": Entry(roles=LIBRARIANS, kwargs=_media, method="post"),
    "posts:unarchive_media": Entry(roles=LIBRARIANS, kwargs=_media, method="post"),
    "posts:choose_media": Entry(roles=WRITERS, kwargs=_post),
    "posts:media": Entry(roles=READERS, kwargs={"public_id": "media"}),
    # A platform fetches it: the signature in the address is its right.
    "posts:public_media": Entry(
        kwargs={"token": "media_token", "name": "word"}, reach="all", anonymous=True
    ),
}
