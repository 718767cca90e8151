from dataclasses import dataclass, field

OFFICER, APPROVER, SUPERVISOR, OVERSEER, ADMINISTRATOR = (
    "officer",
    "approver",
    "supervisor",
    "overseer",
    "administrator",
)
EVERYONE = frozenset({OFFICER, APPROVER, SUPERVISOR, OVERSEER, ADMINISTRATOR})
READERS = EVERYONE - {ADMINISTRATOR}


@dataclass(frozen=True)
class Entry:
    """A URL's promise: who may use it, and on whose things.

    ``kwargs`` maps each URL argument to the object it names: unit, person, post, revision, media,
    channel, campaign, delivery, notice …; the walk makes one of the role's own, a sibling's, a
    parent's and another province's. ``roles`` may use it on what they reach: 200, 204, 302, 400,
    409 or 422; every other role gets 403 or 404, and everybody gets 404 on an object out of reach.
    ``anonymous`` pages need no sign-in.
    """

    roles: frozenset[str] = EVERYONE
    kwargs: dict[str, str] = field(default_factory=dict)
    method: str = "get"
    data: dict[str, str] = field(default_factory=dict)
    anonymous: bool = False
    # Who reaches the object: "tree" (own unit; deep roles below it too), "own" (only the person's
    # own things), "above" (tree, and things of units above, such as a province's campaign), "all"
    # (not tied to a unit).
    reach: str = "tree"
