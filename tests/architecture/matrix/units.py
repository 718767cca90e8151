from tests.architecture.matrix.entry import ADMINISTRATOR, APPROVER, Entry

LEADERS = frozenset({APPROVER})
ADMINISTRATORS = frozenset({ADMINISTRATOR})
_unit = {"key": "unit"}

ENTRIES = {
    "units:tree": Entry(),
    "units:options": Entry(),
    "units:unit": Entry(kwargs=_unit),
    "units:facts": Entry(roles=LEADERS, kwargs=_unit),
    "units:create": Entry(roles=ADMINISTRATORS, kwargs=_unit),
    "units:rename": Entry(roles=ADMINISTRATORS, kwargs=_unit),
    "units:merge": Entry(roles=ADMINISTRATORS, kwargs=_unit),
    "units:close": Entry(roles=ADMINISTRATORS, kwargs=_unit),
}
