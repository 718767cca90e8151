import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_prose_editor.widgets import importmap
from js_asset import Media as AssetMedia
from js_asset import Script

from accounts.models import User
from campaigns.models import Campaign, Topic
from channels import wording
from channels.connectors.base import Option
from channels.models import Channel
from channels.queries import channels_for, facts_of
from channels.states import Kind
from core.errors import Refused
from core.text import normal
from posts import content, services
from posts.captions import LARGEST, decoded, webvtt
from posts.models import Media, Post, PostChannel
from posts.queries import SORTS
from posts.states import PostState
from units.models import Unit

LONGEST_BODY = 100_000  # characters of HTML; the platforms' own limits are far below
LONGEST_ALT = 500
MOST_MEDIA = 20
CAPTIONS = "captions-"
ORDER = {platform: place for place, platform in enumerate(Kind.values)}


class Shown(NamedTuple):
    """A picture or a video as the form shows it. ``error``: what is wrong with its captions."""

    media: Media
    alt: str = ""
    captions: str = ""
    error: str = ""


class OptionPart(NamedTuple):
    """An option on the page, and the formats that have it."""

    option: Option
    field: forms.BoundField
    formats: list[str]


class ChannelPart(NamedTuple):
    """A channel on the page. ``format`` None: there is but one."""

    channel: Channel
    text: forms.BoundField
    format: forms.BoundField | None
    options: list[OptionPart]

    @property
    def kinds(self) -> list[dict[str, Any]]:
        """The formats to choose from, with what each takes and what becomes of it."""
        said = {form.name: wording.explained(form) for form in facts_of(self.channel.platform).formats}
        return [
            {
                "name": name,
                "label": label,
                "explained": said.get(name, ""),
                "checked": name == (self.format.value() or ""),
            }
            for name, label in self.format.field.choices
        ]

    @property
    def must_choose(self) -> bool:
        """Whether something is asked for that only the author can say."""
        return any(one.option.default is None and not one.field.value() for one in self.options)

    @property
    def has_title(self) -> bool:
        """Whether a title stands above the text, so that an own text replaces the text alone."""
        return facts_of(self.channel.platform).formats[0].max_title > 0


class NormalField(forms.CharField):
    """Text whose length is counted as it will be stored."""

    def to_python(self, value: Any) -> str:
        return normal(super().to_python(value))


class BodyWidget(forms.Textarea):
    """Rich text where the browser can run the editor; else the plain text, which becomes paragraphs.

    The editor takes the HTML from ``data-html`` and says so in a second field, so that a browser without it never shows
    an officer any markup.
    """

    @property
    def media(self) -> AssetMedia:
        return AssetMedia(importmap=importmap, js=[Script("js/editor.js", type="module")])

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        shown = content.clean(str(value or ""))
        context = super().get_context(name, content.plain(shown), attrs)
        context["widget"]["attrs"]["data-html"] = shown
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        typed = super().value_from_datadict(data, files, name) or ""
        return typed if data.get(f"{name}-is-html") else content.paragraphs(normal(typed))

    def use_required_attribute(self, initial: Any) -> bool:
        return False


def _moment() -> forms.DateTimeInput:
    # The browser's own picker; what it does not draw is typed as dd/mm/yyyy hh:mm, which the formats accept.
    return forms.DateTimeInput(attrs={"type": "datetime-local", "data-say-date": ""}, format="%Y-%m-%dT%H:%M")


class ComposeForm(forms.Form):
    """The whole working copy. A draft may lack everything: what it needs for submission are findings, not errors."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    title = NormalField(label=_("Title"), max_length=200, required=False)
    body = NormalField(label=_("Text"), max_length=LONGEST_BODY, required=False, strip=False, widget=BodyWidget)
    topic = forms.ModelChoiceField(label=_("Topic"), queryset=Topic.objects.all(), required=False)
    campaign = forms.ModelChoiceField(
        label=_("Campaign"), queryset=Campaign.objects.none(), required=False, to_field_name="public_id"
    )
    link = forms.URLField(
        label=_("Link"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=_("A page to read more on; shown as a card on Facebook when the post has no picture."),
    )
    wanted_at = forms.DateTimeField(
        label=_("Wanted time of publication"),
        required=False,
        widget=_moment(),
        help_text=_("A proposal to the approver, who schedules the post by it."),
    )
    valid_until = forms.DateTimeField(
        label=_("Valid until"),
        required=False,
        widget=_moment(),
        help_text=_("Not published after this time."),
    )
    ai_made = forms.BooleanField(
        label=_("Made or changed by AI"),
        required=False,
        help_text=_(
            "Pictures, videos or words. Residents are told: by the platform's own label, or else by a line in the text."
        ),
    )
    urgent = forms.BooleanField(
        label=_("Urgent"),
        required=False,
        help_text=_(
            "Only for what residents must know at once: it may go out during a pause that lets urgent posts pass."
        ),
    )
    channels = forms.ModelMultipleChoiceField(
        label=_("Channels"), queryset=Channel.objects.none(), required=False, to_field_name="public_id"
    )

    def __init__(self, data: Any = None, files: Any = None, *, post: Post):
        targets = {t.channel_id: t for t in post.targets.select_related("channel")}
        super().__init__(
            data,
            initial={
                "version": post.version,
                "title": post.title,
                "body": post.body,
                "topic": post.topic_id,
                "campaign": post.campaign.public_id if post.campaign else None,
                "link": post.link,
                "wanted_at": post.wanted_at,
                "valid_until": post.valid_until,
                "urgent": post.urgent,
                "ai_made": post.ai_made,
                "channels": [t.channel.public_id for t in targets.values()],
            },
            label_suffix="",
        )
        self.post = post
        for name in ("topic", "campaign"):
            self.fields[name].empty_label = "—"
        self.fields["campaign"].queryset = Campaign.objects.filter(
            Q(pk__in=Campaign.objects.open_to(post.unit).running(timezone.localdate())) | Q(pk=post.campaign_id)
        )
        # One that was disconnected meanwhile stays until the officer takes it out.
        usable = [*channels_for(post.unit), *(t.channel for t in targets.values())]
        self.open_channels = sorted({c.pk: c for c in usable}.values(), key=lambda c: (ORDER[c.platform], c.name))
        self.fields["channels"].queryset = Channel.objects.filter(pk__in=[c.pk for c in self.open_channels])
        for channel in self.open_channels:
            self._add_channel(channel, targets.get(channel.pk))
        self.pictures = self._media(data, files) if data is not None else self._stored_media()

    def _add_channel(self, channel: Channel, target: PostChannel | None) -> None:
        """The fields of one channel: its own text, its format, and all options that its formats have."""
        facts = facts_of(channel.platform)
        self.fields[text_name(channel)] = NormalField(
            label=_("Own text"),
            max_length=LONGEST_BODY,
            required=False,
            strip=False,
            initial=target.text if target else "",
            widget=forms.Textarea(attrs={"rows": 6}),
        )
        if len(facts.formats) > 1:
            names = [(form.name, wording.format_name(form.name)) for form in facts.formats]
            self.fields[format_name(channel)] = forms.ChoiceField(
                label=_("Format"),
                choices=[("", _("What fits best")), *names],
                required=False,
                initial=target.format if target and target.format in dict(names) else "",
                widget=forms.RadioSelect,
            )
        decided = target.options if target else {}
        for option in options_of(channel.platform):
            self.fields[option_name(channel, option.name)] = _option_field(option, decided.get(option.name))

    def channel_parts(self) -> list[ChannelPart]:
        """What the page shows of each channel."""
        return [
            ChannelPart(
                channel,
                text=self[text_name(channel)],
                format=self[format_name(channel)] if format_name(channel) in self.fields else None,
                options=[
                    OptionPart(
                        option,
                        self[option_name(channel, option.name)],
                        [form.name for form in facts_of(channel.platform).formats if option in form.options],
                    )
                    for option in options_of(channel.platform)
                ],
            )
            for channel in self.open_channels
        ]

    def _stored_media(self) -> list[Shown]:
        return [Shown(p.media, p.alt_text, p.captions) for p in self.post.pictures.select_related("media")]

    def _media(self, data: Any, files: Any) -> list[Shown]:
        """The unit's media that the browser names, in its order; what is none of the unit is passed over."""
        names = list(dict.fromkeys(_uuids(data.getlist("picture"))))[:MOST_MEDIA]
        found = Media.objects.filter(unit=self.post.unit).in_bulk(names, field_name="public_id")
        shown = []
        for name in names:
            if media := found.get(name):
                captions = data.get(captions_name(media), "") if media.is_video else ""
                error = ""
                try:
                    if media.is_video and files and (file := files.get(f"{captions_name(media)}-file")):
                        captions = decoded(file.read(LARGEST + 1))
                    captions = webvtt(captions)
                except Refused as refused:
                    error = str(refused)
                shown.append(Shown(media, data.get(f"alt-{name}", ""), captions, error))
        return shown

    def clean_body(self) -> str:
        """Without the editor the text comes back plain: where it was not touched, its formatting stays."""
        body = content.clean(self.cleaned_data["body"])
        if not self.data.get("body-is-html") and content.plain(body) == content.plain(self.post.body):
            return self.post.body
        return body

    def clean(self) -> dict[str, Any]:
        for number, shown in enumerate(self.pictures, start=1):
            if len(normal(shown.alt)) > LONGEST_ALT:
                self.add_error(
                    None,
                    gettext("The description of picture %(n)s is longer than %(most)s characters.")
                    % {"n": number, "most": LONGEST_ALT},
                )
            if shown.error:
                self.add_error(None, ValidationError(shown.error, code=captions_name(shown.media)))
        return self.cleaned_data

    def errors_by_field(self) -> dict[str, list[str]]:
        """For scripts: what is wrong, by the name under which the page holds the field."""
        told: dict[str, list[str]] = {}
        for name, errors in self.errors.items():
            for error in errors.as_data():
                html_name = self[name].html_name if name in self.fields else ""
                if str(error.code).startswith(CAPTIONS):
                    html_name = str(error.code)
                told.setdefault(html_name, []).extend(error.messages)
        return told

    def save(self, *, by: User, version: int | None = None) -> Post:
        """See ``services.save``; ``version`` overrules the one the form was made from, when a person decided so."""
        values = self.cleaned_data
        chosen = list(values["channels"])
        plain = ("title", "body", "link", "topic", "campaign", "valid_until", "wanted_at", "urgent", "ai_made")
        return services.save(
            self.post,
            by=by,
            version=values["version"] if version is None else version,
            fields={name: values[name] for name in plain},
            texts={channel: values[text_name(channel)] for channel in chosen},
            pictures=[(shown.media, shown.alt) for shown in self.pictures],
            captions={shown.media: shown.captions for shown in self.pictures if shown.captions},
            formats={channel: values.get(format_name(channel), "") for channel in chosen},
            options={channel: self._decided(channel) for channel in chosen},
        )

    def _decided(self, channel: Channel) -> dict[str, Any]:
        """The options that the author set otherwise than they stand by themselves."""
        decided = {}
        for option in options_of(channel.platform):
            value = self.cleaned_data[option_name(channel, option.name)]
            if value != option.default and not (option.choices and not value):
                decided[option.name] = value
        return decided


def options_of(platform: str) -> list[Option]:
    """All options of a platform's formats, each once."""
    every = {option.name: option for form in facts_of(platform).formats for option in form.options}
    return list(every.values())


def _option_field(option: Option, decided: Any) -> forms.Field:
    words = wording.option_words(option.name)
    value = option.default if decided is None else decided
    if not option.choices:
        return forms.BooleanField(label=words.label, help_text=words.help, required=False, initial=bool(value))
    choices = [(choice, words.choices.get(choice, choice)) for choice in option.choices]
    # Where nothing may be ticked beforehand, nothing is: an empty choice stands first.
    return forms.ChoiceField(
        label=words.label,
        help_text=words.help,
        choices=choices if option.default is not None else [("", _("Please choose")), *choices],
        required=False,
        initial=value,
    )


def text_name(channel: Channel) -> str:
    return f"text-{channel.public_id}"


def format_name(channel: Channel) -> str:
    return f"format-{channel.public_id}"


def option_name(channel: Channel, option: str) -> str:
    return f"option-{channel.public_id}-{option}"


def captions_name(media: Media) -> str:
    return f"{CAPTIONS}{media.public_id}"


def _uuids(values: list[str]) -> list[uuid.UUID]:
    found = []
    for value in values:
        try:
            found.append(uuid.UUID(value))
        except ValueError:
            continue
    return found


class NewForm(forms.Form):
    """Where a new post belongs."""

    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none(), to_field_name="key", empty_label=None)
    campaign = forms.ModelChoiceField(
        label=_("Campaign"),
        queryset=Campaign.objects.none(),
        required=False,
        to_field_name="public_id",
        empty_label="—",
    )

    def __init__(self, data: Any = None, *, units: list[Unit], initial: Mapping[str, Any] | None = None):
        super().__init__(data, initial=initial, label_suffix="")
        self.fields["unit"].queryset = Unit.objects.filter(pk__in=[u.pk for u in units])
        if len(units) == 1:
            self.fields["unit"].initial, self.fields["unit"].widget = units[0].key, forms.HiddenInput()
        open_campaigns = Campaign.objects.none()
        for unit in units:
            open_campaigns = open_campaigns | Campaign.objects.open_to(unit).running(timezone.localdate())
        self.fields["campaign"].queryset = open_campaigns

    def clean(self) -> dict[str, Any]:
        unit, campaign = self.cleaned_data.get("unit"), self.cleaned_data.get("campaign")
        if unit and campaign and not unit.path.startswith(campaign.unit.path):
            self.add_error("campaign", gettext("This campaign is not open to the chosen unit."))
        return self.cleaned_data


class FilterForm(forms.Form):
    """The list's filters, as they stand in the address."""

    q = forms.CharField(label=_("Search posts"), max_length=200, required=False)
    state = forms.ChoiceField(label=_("State"), required=False)
    topic = forms.ModelChoiceField(
        label=_("Topic"), queryset=Topic.objects.all(), required=False, to_field_name="code", empty_label=_("All")
    )
    campaign = forms.ModelChoiceField(
        label=_("Campaign"),
        queryset=Campaign.objects.none(),
        required=False,
        to_field_name="public_id",
        empty_label=_("All"),
    )
    unit = forms.ModelChoiceField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, to_field_name="key", empty_label=_("All")
    )
    channel = forms.ModelChoiceField(
        label=_("Channel"),
        queryset=Channel.objects.none(),
        required=False,
        to_field_name="public_id",
        empty_label=_("All"),
    )
    mine = forms.BooleanField(label=_("Only mine"), required=False)
    sort = forms.ChoiceField(choices=[(key, key) for key in SORTS], required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, unit: Unit, chosen: Unit | None, deep: bool, writes: bool):
        """``unit`` is the desk's; a deep role may have ``chosen`` one below it."""
        super().__init__(data, label_suffix="")
        self.fields["q"].widget.attrs.update(type="search", placeholder=_("Search posts"))
        self.fields["state"].choices = [("", _("All but archived")), *PostState.choices]
        self.fields["campaign"].queryset = Campaign.objects.open_to(chosen or unit)
        self.fields["channel"].queryset = Channel.objects.filter(unit=chosen or unit)
        if not writes:
            del self.fields["mine"]
        if not deep:
            del self.fields["unit"]
            return
        below = self.fields["unit"]
        below.queryset = Unit.objects.under(unit)
        listed = list(Unit.objects.filter(parent=unit).order_by("name"))
        if chosen and chosen not in listed:
            listed.append(chosen)
        below.choices = [("", _("All")), *((u.key, u.name) for u in listed)]
