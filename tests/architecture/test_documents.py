"""Test that the index names each decision, that links of documents lead to files, and that the
two languages of a document say the same.
"""

import re
from pathlib import Path

import pytest
from django.conf import settings

from operations import presenters

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
TRANSLATED = ["operations", "runbook", "training"]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def test_the_index_of_decisions_names_each_record_by_its_title():
    index = (ROOT / "docs/adr/README.md").read_text()

    records = sorted(ROOT.glob("docs/adr/0*.md"))

    assert records
    for record in records:
        number, title = record.read_text().splitlines()[0].removeprefix("# ").split(". ", 1)
        assert record.name.startswith(f"{int(number):04}-")
        assert f"- {number} [{title}]({record.name})" in index


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_of_documents_lead_to_files(document):
    missing = [
        link for link in LINK.findall(document.read_text()) if not (document.parent / link).exists()
    ]

    assert missing == []


def sections(name: str) -> list[str]:
    return re.split(r"^(?=#)", (ROOT / f"docs/{name}.md").read_text(), flags=re.MULTILINE)[1:]


def facts(section: str) -> dict[str, object]:
    """Return what does not change with the language: level, commands, names, rows, links."""
    lines = [line.split("   # ")[0] for line in section.splitlines()]
    return {
        "level": section.index(" "),
        "alarms": re.findall(r"^### .* \(([a-z_, ]+)\)\n", section),
        "blocks": [line.rstrip() for line in lines if line.startswith("    ")],
        "names": sorted(set(re.findall(r"`[^`]+`", section))),
        "rows and items": [
            re.match(r"\|[-| ]+|\||- |\d\.", line)[0]
            for line in lines
            if re.match(r"\||- |\d\.", line)
        ],
        "links": sorted(link.replace(".vi.md", ".md") for link in LINK.findall(section)),
    }


@pytest.mark.parametrize("name", TRANSLATED)
def test_both_languages_of_a_document_have_the_same_commands_names_and_links(name):
    english, vietnamese = sections(name), sections(f"{name}.vi")

    # The first section alone names the other language and differs in it.
    assert [facts(s) for s in english[1:]] == [facts(s) for s in vietnamese[1:]]
    assert facts(english[0])["names"] == facts(vietnamese[0])["names"]


def test_the_runbook_has_a_section_for_each_alarm():
    alarms = [kind for s in sections("runbook") for kind in facts(s)["alarms"]]

    assert sorted(kind for kinds in alarms for kind in kinds.split(", ")) == sorted(
        presenters.KINDS
    )
