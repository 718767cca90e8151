from tests.architecture.matrix.entry import ADMINISTRATOR, APPROVER, OVERSEER, Entry

ADMINISTRATORS = frozenset({ADMINISTRATOR})
_person = {"public_id": "person"}


def _act() -> Entry:
    return Entry(roles=ADMINISTRATORS, kwargs=_person, method="post")


ENTRIES = {
    "accounts:signed_in": Entry(),
    "accounts:me": Entry(),
    "accounts:pending_form": Entry(),
    "accounts:save_view": Entry(method="post"),
    "accounts:delete_view": Entry(method="post"),
    "accounts:remember_fold": Entry(method="post"),
    "accounts:sessions": Entry(),
    "accounts:recovery_codes": Entry(),
    "accounts:enrol": Entry(),
    # The walk's administrator sits in a province: the day is the ministry's.
    "accounts:factor_day": Entry(roles=frozenset()),
    "accounts:switch_position": Entry(method="post"),
    "accounts:notices": Entry(),
    "accounts:read_notices": Entry(method="post"),
    "accounts:notice": Entry(kwargs={"public_id": "notice"}, reach="own"),
    "accounts:people": Entry(roles=ADMINISTRATORS),
    "accounts:invite": Entry(roles=ADMINISTRATORS),
    "accounts:import": Entry(roles=ADMINISTRATORS),
    "accounts:import_template": Entry(roles=ADMINISTRATORS),
    "accounts:import_preview": Entry(roles=ADMINISTRATORS),
    "accounts:person": Entry(roles=ADMINISTRATORS, kwargs=_person),
    "accounts:pending_appointments": Entry(roles=ADMINISTRATORS),
    "accounts:pending_appointment": Entry(
        roles=ADMINISTRATORS, kwargs={"public_id": "pending_appointment"}
    ),
    "accounts:appointment": Entry(
        roles=ADMINISTRATORS | {APPROVER, OVERSEER}, kwargs={"public_id": "appointment"}
    ),
    "accounts:delegations": Entry(),
    "accounts:delegate": Entry(roles=frozenset({APPROVER})),
    "accounts:delegation": Entry(
        roles=ADMINISTRATORS | {APPROVER, OVERSEER}, kwargs={"public_id": "delegation"}
    ),
    "accounts:appoint": Entry(roles=ADMINISTRATORS, kwargs=_person),
    "accounts:correct": Entry(roles=ADMINISTRATORS, kwargs=_person),
    "accounts:end_post": _act(),
    "accounts:disable": _act(),
    "accounts:enable": _act(),
    "accounts:unlock": _act(),
    "accounts:note_training": _act(),
    "accounts:reset_second_factor": _act(),
    "accounts:recoveries": Entry(roles=ADMINISTRATORS),
    "accounts:confirm_recovery": Entry(
        roles=ADMINISTRATORS, kwargs={"public_id": "factor_reset"}, method="post"
    ),
    "accounts:stop_recovery_of": Entry(
        roles=ADMINISTRATORS, kwargs={"public_id": "factor_reset"}, method="post"
    ),
    "accounts:stop_recovery": Entry(kwargs={"word": "word"}, reach="all", anonymous=True),
    "accounts:invite_again": _act(),
    # Of operators and the ministry's administrators: none of the walk's people is one.
    "accounts:system_changes": Entry(roles=frozenset()),
    "accounts:confirm_system_change": Entry(
        roles=frozenset(), kwargs={"public_id": "system_change"}, method="post"
    ),
    "accounts:stop_system_change": Entry(
        roles=frozenset(), kwargs={"public_id": "system_change"}, method="post"
    ),
    "accounts:ministry_requests": Entry(roles=ADMINISTRATORS),
    "accounts:ministry_request": Entry(
        roles=ADMINISTRATORS, kwargs={"public_id": "ministry_request"}
    ),
    "accounts:end_ministry_link": _act(),
    # The walk's administrator sits in a province: the mapping is the ministry's.
    "accounts:claim_mapping": Entry(roles=frozenset()),
    "accounts:ministry_again": Entry(),
    "accounts:ministry_start": Entry(method="post", anonymous=True, reach="all"),
    "accounts:ministry_callback": Entry(anonymous=True, reach="all"),
    "accounts:ministry_required": Entry(anonymous=True, reach="all"),
    "accounts:ministry_signed_out": Entry(anonymous=True, reach="all"),
    # The secret in the address is the right.
    "accounts:accept_invitation": Entry(kwargs={"secret": "word"}, reach="all", anonymous=True),
}
