from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.models import Entry
from audit.sentences import list_groups


class GroupFilter(admin.SimpleListFilter):
    """The kinds of actions by which the portal's own page filters, too."""

    title = _("What")
    parameter_name = "group"

    def lookups(self, _request: HttpRequest, _model_admin: object) -> list[tuple[str, str]]:
        return list_groups()

    def queryset(self, _request: HttpRequest, entries: QuerySet[Entry]) -> QuerySet[Entry]:
        group = self.value()
        return entries.filter(action__startswith=f"{group}.") if group else entries


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    """A read-only list: the database itself refuses to change or delete an entry."""

    list_display = ["when", "who", "position_held", "what", "why"]
    list_filter = [GroupFilter]
    search_fields = ["actor_name", "object_label", "object_id", "action"]
    show_full_result_count = False

    @admin.display(description=_("When"), ordering="at")
    def when(self, entry: Entry) -> object:
        return entry.at

    @admin.display(description=_("Who"), ordering="actor_name")
    def who(self, entry: Entry) -> str:
        return entry.actor_name or gettext("The portal")

    @admin.display(description=_("Position"))
    def position_held(self, entry: Entry) -> str:
        return entry.actor_position

    @admin.display(description=_("What"), ordering="action")
    def what(self, entry: Entry) -> str:
        return entry.sentence

    @admin.display(description=_("Reason"))
    def why(self, entry: Entry) -> str:
        return entry.reason

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False
