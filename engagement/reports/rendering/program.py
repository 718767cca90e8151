"""Set reports as PDF.

A program of its own, started by ``pdf.py`` (see ``core.sandbox``). It imports nothing of ours.

    program.py FOLDER

reads FOLDER/job.json, {"fonts": …, "tagged": [whether the PDF describes its structure, a report
each]}, and for each report FOLDER/set/N.json, {"form": …, "report": …}, beside the template
FOLDER/set/report.typ. It leaves FOLDER/N.pdf and ``facts.json``: {"count": …}.
"""

import json
import os
import sys
from pathlib import Path

os.environ["RAYON_NUM_THREADS"] = "1"  # more threads only take memory: reports are many or short

import typst


def main(folder: str) -> None:
    place = Path(folder)
    job = json.loads((place / "job.json").read_text(encoding="utf-8"))
    root, nowhere = place / "set", str(place / "no-packages")
    compiler = typst.Compiler(
        str(root / "report.typ"),
        root=str(root),
        font_paths=typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[job["fonts"]]
        ),
        ignore_system_fonts=True,
        package_path=nowhere,
        package_cache_path=nowhere,
    )
    for at, tagged in enumerate(job["tagged"]):
        (root / f"{at}.json").replace(root / "report.json")
        # No moment of its own: the same report gives the same bytes.
        data = compiler.compile(format="pdf", timestamp=0, pdf_tags=tagged)
        assert isinstance(data, bytes)  # only pictures come in several pieces
        (place / f"{at}.pdf").write_bytes(data)
    (place / "facts.json").write_text(json.dumps({"count": len(job["tagged"])}))


if __name__ == "__main__":
    main(*sys.argv[1:])
