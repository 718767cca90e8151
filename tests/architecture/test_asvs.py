"""docs/asvs.csv says of each requirement of OWASP ASVS 5.0.0 whether it is met, and by what."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from platforms.registry import CONNECTORS

ROOT = Path(settings.BASE_DIR)
VERDICTS = {"met", "operator", "not met", "not applicable"}
# What remains of levels 1 and 2, and why; a row that is no longer met must be argued for here.
NOT_MET: dict[str, str] = {}


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs/asvs.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_requirement_of_the_standard_stands_once():
    found = rows()

    assert Counter(row["level"] for row in found) == {"1": 70, "2": 183, "3": 92}
    assert len({row["id"] for row in found}) == 345
    chapters = Counter(row["id"].split(".")[0] for row in found)
    # Requirements of chapters 1 to 17 of version 5.0.0.
    sizes = [30, 13, 31, 16, 13, 47, 19, 13, 7, 36, 24, 12, 21, 13, 21, 17, 12]
    assert chapters == {str(number): size for number, size in enumerate(sizes, start=1)}
    for row in found:
        assert row["verdict"] in VERDICTS, row["id"]
        assert 0 < len(row["short"].split()) <= 10, row["id"]
        assert row["evidence"], row["id"]


@pytest.mark.parametrize(
    "row", [row for row in rows() if row["verdict"] == "met"], ids=lambda row: row["id"]
)
def test_what_is_said_to_be_met_names_tests_and_files_that_exist(row):
    for reference in row["evidence"].split("; "):
        path, _, name = reference.partition("::")
        assert (ROOT / path).is_file(), reference
        if name:
            source = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf"^ *(?:async )?def {name}\(", source, re.MULTILINE), reference


def test_no_further_requirement_of_levels_1_and_2_becomes_unmet():
    unmet = {row["id"] for row in rows() if row["verdict"] == "not met" and row["level"] != "3"}

    assert unmet == set(NOT_MET)


def test_the_counts_on_the_page_are_those_of_the_table():
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    counts = Counter((row["level"], row["verdict"]) for row in rows())

    for level in "123":
        figures = [
            counts[level, verdict] for verdict in ("met", "operator", "not met", "not applicable")
        ]
        assert f"| L{level} | {' | '.join(map(str, [sum(figures), *figures]))} |" in page


def test_every_link_of_the_page_leads_to_a_file():
    for name in ("security.md", "limits.md", "data.md", "cryptography.md"):
        page = (ROOT / "docs" / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)", page):
            assert (ROOT / "docs" / target).exists(), target
        for path in re.findall(
            r"`((?:tests|core|accounts|posts|publishing|platforms|channels|audit|deploy)/[\w./-]+)`",
            page,
        ):
            assert (ROOT / path).exists(), path


def test_every_secret_of_an_installation_stands_in_the_inventory():
    names = re.findall(
        r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE
    )
    secrets = [name for name in names if re.search(r"KEY|SECRET|PASSWORD|TOKEN|EMAIL_URL", name)]
    secrets.remove("SECRETS")  # the folder that they lie in
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")

    assert len(secrets) > 15
    assert [name for name in secrets if f"`{name}`" not in page] == []


def test_every_table_has_a_data_class():
    page = (ROOT / "docs/data.md").read_text(encoding="utf-8")
    classes = re.findall(r"^\| `(\w+)` \| (secret|person|record|work|open) \|", page, re.MULTILINE)

    models = apps.get_models(include_auto_created=True)
    tables = {model._meta.db_table for model in models if model._meta.managed}
    assert Counter(name for name, _class in classes) == dict.fromkeys(tables, 1)


def test_documented_limits_are_those_of_the_settings():
    page = (ROOT / "docs/limits.md").read_text(encoding="utf-8")
    stated = [limit.split(" ", 1) for limit in re.findall(r"\*\*= ([^*]+)\*\*", page)]
    real = {
        name: " ".join(f"{times}/{seconds}" for times, seconds in rule)
        for name, rule in settings.QUOTAS.items()
    }
    real |= settings.ACCOUNT_RATE_LIMITS
    shares = dict(_shares_of_figures())
    real |= shares

    assert {*settings.QUOTAS, *shares} <= {name for name, _value in stated}
    assert [
        (name, value)
        for name, value in stated
        if str(real.get(name) or getattr(settings, name)) != value
    ] == []


def _shares_of_figures():
    for platform, connector in CONNECTORS.items():
        if reading := connector.facts.reading:
            every = int(reading.period.total_seconds())
            yield f"{platform}_figures", f"{int(reading.calls * reading.share)}/{every}"
            if reading.page_calls:
                yield f"{platform}_pages", f"{int(reading.page_calls * reading.share)}/{every}"


def test_no_template_is_built_from_words_of_people():
    built = re.compile(
        r"\bfrom_string\(|\btemplate\.Template\(|"
        r"^\s*from (?:django\.template|string|jinja2)\b.* import .*\bTemplate\b",
        re.MULTILINE,
    )
    apps_of_ours = [
        "accounts",
        "media",
        "audit",
        "links",
        "help",
        "campaigns",
        "channels",
        "core",
        "engagement",
        "oversight",
        "platforms",
        "retention",
        "posts",
        "publishing",
        "operations",
    ]

    sources = [path for app in [*apps_of_ours, "units"] for path in (ROOT / app).rglob("*.py")]
    assert len(sources) > 200
    assert [str(path) for path in sources if built.search(path.read_text(encoding="utf-8"))] == []
