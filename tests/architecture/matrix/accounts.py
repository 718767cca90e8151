from tests.architecture.matrix.entry import ADMINISTRATOR, Entry

ADMINISTRATORS = frozenset({ADMINISTRATOR})
_person = {"public_id": "person"}


def _act() -> Entry:
    return Entry(roles=ADMINISTRATORS, kwargs=_person, method="post")


ENTRIES = {
    "accounts:me": Entry(),
    "accounts:switch_desk": Entry(method="post"),
    "accounts:notices": Entry(),
    "accounts:read_notices": Entry(method="post"),
    "accounts:notice": Entry(kwargs={"public_id": "notice"}, reach="own"),
    "accounts:people": Entry(roles=ADMINISTRATORS),
    "accounts:invite": Entry(roles=ADMINISTRATORS),
    "accounts:import": Entry(roles=ADMINISTRATORS),
    "accounts:import_template": Entry(roles=ADMINISTRATORS),
    "accounts:import_preview": Entry(roles=ADMINISTRATORS),
    "accounts:person": Entry(roles=ADMINISTRATORS, kwargs=_person),
    "accounts:appoint": Entry(roles=ADMINISTRATORS, kwargs=_person),
    "accounts:correct": Entry(roles=ADMINISTRATORS, kwargs=_person),
    "accounts:end_post": _act(),
    "accounts:disable": _act(),
    "accounts:enable": _act(),
    "accounts:unlock": _act(),
    "accounts:reset_second_factor": _act(),
    "accounts:invite_again": _act(),
    # The secret in the address is the right.
    "accounts:accept_invitation": Entry(kwargs={"secret": "word"}, reach="all", anonymous=True),
}
