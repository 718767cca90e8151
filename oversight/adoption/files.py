"""The adoption of a kit as a file: a row a unit."""

import uuid
from collections.abc import Mapping

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.kits.models import Kit
from campaigns.kits.states import Declined
from engagement.exports.sheets import File, Sheet
from oversight.adoption import queries, states
from oversight.adoption.forms import BoardForm
from oversight.adoption.queries import Board
from oversight.queries import find_overseen_units
from units.models import Level, Unit

ADOPTION = "adoption"
_FILTERS = ("province", "state", "q")


def collect_params(query: Mapping[str, str], public_id: uuid.UUID) -> dict[str, str]:
    """Return what a worker needs to make the file of the page that was asked for with ``query``."""
    given = {name: query[name][:100] for name in _FILTERS if query.get(name)}
    return {"kit": str(public_id), **given}


def make_adoption_file(by: User, params: Mapping[str, str]) -> File:
    """Return the kit's board as the person may see it. Raise PermissionDenied, Http404."""
    try:
        kit = queries.get_kit_or_404(by, uuid.UUID(params.get("kit", "")))
    except ValueError:
        raise Http404 from None
    filters = {name: params[name] for name in _FILTERS if name in params}
    chosen = BoardForm(filters).chosen
    today = timezone.localdate()
    board = queries.make_board(kit, by, today=today)
    if key := chosen.get("province"):
        province = find_overseen_units(by).filter(key=key, level=Level.PROVINCE).first()
        if province is None:
            raise Http404
        board = board.within(province.pk)
    filtered = filter_board(board.in_state(chosen.get("state", "")), chosen.get("q", ""))
    address = reverse("oversight:adoption", args=[kit.public_id])
    return File(
        name=f"tiep-nhan-{today:%Y%m%d}",
        sheets=[_make_sheet(kit, filtered)],
        rows=len(filtered.places),
        page=f"{address}?{urlencode(filters)}" if filters else address,
    )


def filter_board(board: Board, query: str) -> Board:
    """Narrow a board to the units that ``words`` find."""
    if not query:
        return board
    keys = set(Unit.objects.search(query).values_list("pk", flat=True))
    return Board([place for place in board.places if place.unit in keys])


def _make_sheet(kit: Kit, board: Board) -> Sheet:
    head = [
        _("Unit"),
        _("Province"),
        _("Official code"),
        _("State"),
        _("Why"),
        _("Taken up at"),
        _("Opened at"),
        _("Link"),
    ]
    # Looked up once, not for each of thousands of rows.
    labels = {key: str(state.label) for key, state in states.STATES.items()}
    reasons = {"": "", **{value: str(label) for value, label in Declined.choices}}
    rows = (
        (
            *(line.unit, line.province, line.code, labels[line.state]),
            " – ".join(filter(None, (reasons[line.reason], line.remark))),
            *(line.adopted_at or "", line.opened_at or "", line.links),
        )
        for line in queries.list_lines(kit, board.places)
    )
    return Sheet(str(kit)[:31], head, rows)
