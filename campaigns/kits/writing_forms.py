"""The form in which a kit is written. It works without a script: its further buttons send it, and
it comes back as it was, with a placeholder, a row, pictures or units more.
"""

from typing import Any

from django import forms
from django.db.models import Q
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.forms import NO_DAY
from campaigns.kits.edits import KitEdit
from campaigns.kits.models import (
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_SCRIPT,
    LONGEST_SPREAD,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_MEDIA,
    MOST_UNITS,
    KitVersion,
)
from campaigns.kits.placeholder_forms import PlaceholderRowsForm
from campaigns.kits.states import KINDS, PLATFORMS
from campaigns.models import LEGAL_BASIS_FIELDS, LONGEST_LEGAL_BASIS, Campaign, Topic
from core.fields import DayField
from core.text import fold, parse_uuid
from media.cards.card_drawing import HOTLINES, OWN_HOTLINE
from media.cards.typesetting import LONGEST_LINE, Look
from media.library.queries import in_library_of
from media.models import LONGEST_ALT, Media
from units.models import Level, Unit

# Pictures and units that a search shows at once.
MOST_OTHERS = 12


def _make_hours_field() -> forms.IntegerField:
    return forms.IntegerField(
        required=False,
        min_value=0,
        max_value=24,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), _("Please enter an hour from 0 to 24.")
        ),
    )


def _make_poster_line_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST_LINE,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class KitForm(PlaceholderRowsForm):
    edition = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_147_483_647)
    name = forms.CharField(
        label=_("Name of the kit"),
        max_length=LONGEST_NAME,
        help_text=_("Officers choose the kit by it. It does not stand in the post."),
        error_messages={"required": _("Please enter the name of the kit.")},
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(),
        label=_("Campaign"),
        empty_label=_("Choose a campaign"),
        error_messages={"required": _("Please choose the campaign.")},
    )
    topic = forms.ModelChoiceField(
        Topic.objects.all(),
        label=_("Topic"),
        empty_label=_("Choose a topic"),
        error_messages={"required": _("Please choose the topic.")},
    )
    title = forms.CharField(label=_("Title"), max_length=LONGEST_TITLE, required=False)
    text = forms.CharField(
        label=_("Common text"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_(
            "Nobody changes it but for its placeholders. An empty line begins a paragraph."
        ),
    )
    own_lines = forms.BooleanField(
        label=_("Units may add lines of their own at the end"), required=False
    )
    platforms = forms.MultipleChoiceField(
        label=_("Channels asked for"),
        choices=PLATFORMS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    script = forms.CharField(
        label=_("Loudspeaker text"),
        max_length=LONGEST_SCRIPT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "For the commune's loudspeakers or as the script of a short video. Placeholders of "
            "the text may stand in it, too."
        ),
    )
    poster_look = forms.ChoiceField(
        label=_("Poster"),
        choices=[("", _("No poster")), *Look.choices],
        required=False,
        help_text=_(
            "Each unit prints it with its own name and badge, once its post is approved. The title "
            "is that of the post."
        ),
    )
    poster_line_1 = _make_poster_line_field(_("First line of the poster"))
    poster_line_2 = _make_poster_line_field(_("Second line of the poster"))
    poster_hotline = forms.ChoiceField(
        label=_("Telephone on the poster"),
        choices=[
            ("", _("no number")),
            (OWN_HOTLINE, _("that of the unit on duty")),
            *((number, f"{number} – {label}") for number, label in HOTLINES.items()),
        ],
        required=False,
    )
    link = forms.URLField(label=_("Link"), max_length=500, required=False, assume_scheme="https")
    legal_basis = forms.CharField(
        label=_("Legal basis"),
        max_length=LONGEST_LEGAL_BASIS,
        required=False,
        help_text=_("The document that the post rests on, by its kind and number."),
    )
    legal_from = DayField(
        label=_("In force from"), required=False, error_messages={"invalid": NO_DAY}
    )
    legal_until = DayField(
        label=_("In force until"), required=False, error_messages={"invalid": NO_DAY}
    )
    source = forms.CharField(
        label=_("Source of the warning"), max_length=LONGEST_LEGAL_BASIS, required=False
    )
    window_from = DayField(
        label=_("Publish from"), required=False, error_messages={"invalid": NO_DAY}
    )
    window_until = DayField(
        label=_("Publish until"), required=False, error_messages={"invalid": NO_DAY}
    )
    best_from = _make_hours_field()
    best_until = _make_hours_field()
    spread_minutes = forms.IntegerField(
        label=_("Spread over minutes"),
        required=False,
        min_value=0,
        max_value=LONGEST_SPREAD,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        help_text=_("Posts of one moment go out spread over so many minutes. Empty: all at once."),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            _("Please enter a number of minutes from 0 to 240."),
        ),
    )
    audience = forms.ChoiceField(
        label=_("For whom"),
        choices=[("all", _("All units below")), ("chosen", _("Chosen units only"))],
        widget=forms.RadioSelect,
    )
    for_levels = forms.MultipleChoiceField(
        label=_("By level"), required=False, widget=forms.CheckboxSelectMultiple
    )
    for_kinds = forms.MultipleChoiceField(
        label=_("By kind"), choices=KINDS, required=False, widget=forms.CheckboxSelectMultiple
    )
    units_q = forms.CharField(label=_("Find units"), max_length=100, required=False)
    by_provinces = forms.BooleanField(
        label=_("By way of the provinces: each province passes it on to its units"),
        required=False,
    )
    media_q = forms.CharField(label=_("Search the library"), max_length=100, required=False)
    note = forms.CharField(
        label=_("Note for officers"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Officers read it before they take the kit up. Residents never see it."),
    )
    changes = forms.CharField(
        label=_("What is new in this version"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Units that took the kit up read it, and decide whether to take it over."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        unit: Unit,
        version: KitVersion | None = None,
        campaign: Campaign | None = None,
        quiet: bool = False,
        blank_rows: int = 1,
    ):
        """``quiet``: show what was typed and complain about none of it yet."""
        self.unit, self.version = unit, version
        super().__init__(data, initial=_make_initial_values(version, campaign), label_suffix="")
        if quiet:
            self._errors, self.cleaned_data = ErrorDict(), {}
        self.fields["best_from"].label = _("Best from (hour)")
        self.fields["best_until"].label = _("Best until (hour)")
        self._fit_to_unit()
        for name, label in PLATFORMS:
            self.fields[f"text-{name}"] = forms.CharField(
                label=label,
                max_length=LONGEST_TEXT,
                required=False,
                initial=version.texts.get(name, "") if version else "",
                widget=forms.Textarea(attrs={"rows": 4}),
            )
        self.placeholders = self.add_placeholders(self._list_written_texts(), blank_rows=blank_rows)
        # A draft may lack them; a kit that is submitted may not.
        for name in ("title", "text", "platforms", "window_from", "window_until"):
            self.fields[name].is_asked_for = True
        self.chosen_media, self.other_media = self._find_chosen_and_other_media()
        for media in self.chosen_media:
            alts = self.initial["alts"]
            self.fields[f"alt-{media.public_id}"] = forms.CharField(
                label=_("What the picture shows"),
                max_length=LONGEST_ALT,
                required=False,
                initial=alts.get(str(media.public_id), media.alt_text),
            )
        self.chosen_units, self.other_units = self._find_chosen_and_other_units()

    def _fit_to_unit(self) -> None:
        """Offer what the unit may choose, and shut what stays as it was issued."""
        today = timezone.localdate()
        campaigns = Campaign.objects.open_to(self.unit)
        own = self.version.kit.campaign_id if self.version else None
        self.fields["campaign"].queryset = campaigns.filter(Q(ends_on__gte=today) | Q(pk=own))
        levels = [(Level.COMMUNE, _("Commune-level police"))]
        if self.unit.level == Level.MINISTRY:
            levels.append((Level.PROVINCE, _("Provincial police")))
        else:
            del self.fields["by_provinces"]
        self.fields["for_levels"].choices = levels
        if self.version is None or self.version.number == 1:
            del self.fields["changes"]
        if self.version and self.version.kit.current_id:
            for name in ("campaign", "topic"):
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Stays as it was issued.")

    def _list_written_texts(self) -> list[str]:
        """Return the texts that may hold placeholders."""
        names = ["title", "text", *(f"text-{name}" for name, _label in PLATFORMS)]
        if self.is_bound:
            return [self.data.get(name, "")[:LONGEST_TEXT] for name in names]
        return self.version.list_post_texts() if self.version else []

    def _read_ids(self, name: str) -> list[str]:
        """Return the ids that a field of several choices holds, as sent or as stored."""
        if self.is_bound:
            data = self.data
            given = data.getlist(name) if isinstance(data, QueryDict) else data.get(name, [])
            return list(given)[: 2 * MOST_UNITS]
        return list(self.initial[name])

    def _find_chosen_and_other_media(self) -> tuple[list[Media], list[Media]]:
        """Return the chosen pictures, and those that the search finds or the newest."""
        library = in_library_of(self.unit)
        ids = [typed for typed in self._read_ids("media") if parse_uuid(typed)]
        by_id = {str(media.public_id): media for media in library.filter(public_id__in=ids)}
        chosen = [by_id[media_id] for media_id in dict.fromkeys(ids) if media_id in by_id]
        query = self.data.get("media_q", "")[:100] if self.is_bound else ""
        others = library.exclude(pk__in=[media.pk for media in chosen]).search(query)
        return chosen, list(others.order_by("-uploaded_at", "-pk")[:MOST_OTHERS])

    def _find_chosen_and_other_units(self) -> tuple[list[Unit], list[Unit]]:
        """Return the chosen units below, and those that the search finds."""
        below = Unit.objects.under(self.unit).exclude(pk=self.unit.pk).filter(valid_to=None)
        below = below.select_related("parent")
        chosen = list(below.filter(key__in=self._read_ids("for_units"))[: MOST_UNITS + 1])
        query = fold(self.data.get("units_q", "")[:100]) if self.is_bound else ""
        if not query:
            return chosen, []
        others = below.exclude(pk__in=[unit.pk for unit in chosen]).search(query)
        return chosen, list(others[:MOST_OTHERS])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["placeholders"] = self.clean_placeholders()
        self._check_days("window_from", "window_until")
        self._check_days("legal_from", "legal_until")
        self._check_hours()
        if len(self.chosen_media) > MOST_MEDIA:
            message = gettext("At most %(n)s pictures; take some out.") % {"n": MOST_MEDIA}
            self.add_error(None, message)
        if len(self.chosen_units) > MOST_UNITS:
            message = gettext("At most %(n)s units on the list; choose them by kind or level.")
            self.add_error(None, message % {"n": MOST_UNITS})
        return cleaned

    def _check_days(self, first: str, last: str) -> None:
        begin, end = self.cleaned_data.get(first), self.cleaned_data.get(last)
        if begin and end and end < begin:
            self.add_error(last, gettext("The last day must not be before the first day."))

    def _check_hours(self) -> None:
        names = ("best_from", "best_until")
        if self.errors.keys() & set(names):
            return
        begin, end = (self.cleaned_data.get(name) for name in names)
        if begin is None and end is None:
            return
        if begin is None or end is None or end <= begin:
            message = gettext("Enter both hours, the first before the last, or none.")
            self.add_error("best_until", message)

    def clean_link(self) -> str:
        link = self.cleaned_data["link"]
        if link and not link.startswith(("https://", "http://")):
            raise forms.ValidationError(
                gettext("Please enter an address that begins with https://.")
            )
        return link

    def edit(self) -> KitEdit:
        """Return the form as the service takes it."""
        values = self.cleaned_data
        everybody = values["audience"] == "all"
        plain = (
            "name",
            "campaign",
            "topic",
            "title",
            "text",
            "script",
            "link",
            *LEGAL_BASIS_FIELDS,
        )
        when = ("window_from", "window_until", "best_from", "best_until")
        return KitEdit(
            **{name: values[name] for name in (*plain, *when, "own_lines", "note")},
            poster=self._read_poster(),
            texts={name: values[f"text-{name}"] for name, _label in PLATFORMS},
            placeholders=values["placeholders"],
            platforms=values["platforms"],
            changes=values.get("changes", ""),
            all_below=everybody,
            for_levels=[] if everybody else values["for_levels"],
            for_kinds=[] if everybody else values["for_kinds"],
            for_units=[] if everybody else self.chosen_units,
            by_provinces=values.get("by_provinces", False),
            spread_minutes=values["spread_minutes"] or 0,
            media=[(medium, values[f"alt-{medium.public_id}"]) for medium in self.chosen_media],
        )

    def _read_poster(self) -> dict[str, str]:
        """Return the poster as it is stored: nothing, or all four parts."""
        parts = ("look", "line_1", "line_2", "hotline")
        values = {part: self.cleaned_data[f"poster_{part}"] for part in parts}
        return values if values["look"] else {}

    @property
    def own_texts(self) -> list[forms.BoundField]:
        return [self[f"text-{name}"] for name, _label in PLATFORMS]

    @property
    def has_own_texts(self) -> bool:
        return any(field.value() or field.errors for field in self.own_texts)

    @property
    def media_rows(self) -> list[tuple[Media, forms.BoundField]]:
        return [(media, self[f"alt-{media.public_id}"]) for media in self.chosen_media]


def _make_initial_values(version: KitVersion | None, campaign: Campaign | None) -> dict[str, Any]:
    """Return the values of a version; of a new kit the usual ones, with ``campaign``."""
    if version is None:
        return {
            "edition": 0,
            "campaign": campaign,
            "audience": "all",
            # Those that nearly every station has, which the registry names first.
            "platforms": [name for name, _label in PLATFORMS[:2]],
            "placeholders": [],
            "media": [],
            "for_units": [],
            "alts": {},
        }
    names = [name for name in KitForm.base_fields if hasattr(version, name)]
    media = list(version.media.select_related("media"))
    return {
        **{name: getattr(version, name) for name in names},
        **{f"poster_{part}": text for part, text in version.poster.items()},
        "placeholders": version.placeholders,
        "name": version.kit.name,
        "campaign": version.kit.campaign,
        "topic": version.kit.topic,
        "audience": "all" if version.all_below else "chosen",
        "media": [str(medium.media.public_id) for medium in media],
        "alts": {str(medium.media.public_id): medium.alt_text for medium in media},
        "for_units": list(version.for_units.values_list("key", flat=True)),
    }
