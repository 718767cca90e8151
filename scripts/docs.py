"""`make docs`: the documents as one site, in var/docs. A link that leads nowhere fails."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "var" / "docs"


def make(source: Path, folder: Path) -> int:
    """Make the site of the documents of ``source``, whole or not at all: operators may be reading
    the former one. Return 0, or what Sphinx failed with.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning"]
        command += ["--keep-going", "--builder", "html", "--conf-dir", "docs/site"]
        command += ["--doctree-dir", f"{made}/doctrees", ".", f"{made}/html"]
        if code := subprocess.run(command, cwd=source, check=False).returncode:
            return code
        shutil.rmtree(folder, ignore_errors=True)
        Path(made, "html").rename(folder)
    return 0


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SITE
    if code := make(ROOT, folder):
        return code
    print(f"Made {folder}; it begins with docs/README.html. The portal shows it at /docs/.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
