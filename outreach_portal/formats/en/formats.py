"""English on screen keeps the dates that officers write: day first, Monday first. Only numbers
group otherwise.
"""

from outreach_portal.formats.vi.formats import *  # noqa: F403

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
