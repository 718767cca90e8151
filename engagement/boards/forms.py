from typing import Any

from django.utils.translation import gettext_lazy as _

from engagement.boards.scopes import CHANNEL, TOPIC, Scope
from engagement.dashboards.forms import FiguresFilter


class BoardFilter(FiguresFilter):
    """Narrow the figures of a scope; what the scope says itself is no filter of it."""

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most_days = scope.most_days
        for name in (
            "unit",
            "show",
            *{CHANNEL: ("platform",), TOPIC: ("topic",)}.get(scope.kind, ()),
        ):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and (last - first).days >= self.most_days:
            most = {"n": self.most_days}
            self.add_error("to", _("At most %(n)s days can be added up.") % most)
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """Return what was chosen, by columns of a summary."""
        if not self.is_valid():
            return {}
        topics = {topic.code: topic.pk for topic in self.topics}
        chosen = {
            "platform": self.get_value("platform"),
            "topic": topics.get(self.get_value("topic")),
        }
        return {name: value for name, value in chosen.items() if value}
