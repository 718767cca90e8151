"""Know until when each version of the Graph API is answered."""

from collections.abc import Mapping
from datetime import date

# Two years after the next one came. Then that one answers instead, or calls are refused (2635).
# https://developers.facebook.com/docs/graph-api/changelog, November 2026
VERSION_ENDS: Mapping[str, date] = {
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
    # Not told by Meta yet: by its rule, which the ends above all keep.
    "v26.0": date(2028, 11, 4),
}
