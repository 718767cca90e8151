"""Looks at one picture.

A program of its own, started by ``media.scanners.examining`` (see ``core.sandbox``). What it says
is checked by its caller.

    picture.py ROOT SOURCE FOLDER    leaves in FOLDER ``facts.json``
"""

import json
import sys
from pathlib import Path


def main(root: str, source: str, folder: str) -> None:
    sys.path.insert(0, root)
    from media.scanners.programs.looking import Scanners
    from media.scanners.programs.pixels import load

    pixels = load(source)
    scanners = Scanners()
    samples = [scanners.look(pixels)]
    facts = {"missing": sorted(scanners.missing), "samples": samples}
    (Path(folder) / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
