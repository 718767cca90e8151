"""The reason why a publication stands among the best or the weakest, as a rule finds it."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from channels.states import Kind
from engagement.dashboards.usual import Ranked


def explain_rank(row: Ranked) -> str:
    what = _("Reach") if row.measure == "reach" else _("Views")
    facts = {
        "what": what,
        "value": number_format(row.value, force_grouping=True),
        "platform": Kind(row.delivery.platform).label,
    }
    if row.times is None or row.usual is None:
        said = _("%(what)s %(value)s; too few posts on %(platform)s to say what is usual there")
        return said % facts
    facts["usual"] = number_format(row.usual, force_grouping=True)
    facts["times"] = number_format(row.times, decimal_pos=1)
    said = _("%(what)s %(value)s: %(times)s times the unit's usual on %(platform)s (%(usual)s)")
    return said % facts
