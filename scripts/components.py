"""`make components`: what the portal is made of, as a CycloneDX bill of materials, and which of it
has known holes.

python scripts/components.py list FILE    writes the bill: pinned Python packages, what
static/vendor was built from python scripts/components.py audit        asks the lists of known
holes; fails when one names a component

Where a list cannot be reached, as in a closed network, that is said and nothing fails: nobody has
looked.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def bill_of_materials() -> dict:
    """Return CycloneDX 1.6 with the hashes by which pip takes the packages."""
    command = [
        BIN / "cyclonedx-py",
        "requirements",
        "--spec-version",
        "1.6",
        "--output-reproducible",
        "requirements.txt",
    ]
    made = subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=True
    )
    bill = json.loads(made.stdout)
    vendored = json.loads(
        (ROOT / "static" / "vendor" / "manifest.json").read_text(encoding="utf-8")
    )
    for package in vendored["packages"]:
        group, _slash, name = package["name"].rpartition("/")
        address = f"pkg:npm/{package['name'].replace('@', '%40')}@{package['version']}"
        bill["components"].append(
            {
                "type": "library",
                "bom-ref": address,
                **({"group": group} if group else {}),
                "name": name,
                "version": package["version"],
                "licenses": [{"expression": package["licence"]}],
                "purl": address,
            }
        )
    fonts = json.loads((ROOT / "media" / "fonts" / "manifest.json").read_text(encoding="utf-8"))
    for font in fonts["fonts"]:
        bill["components"].append(
            {
                "type": "file",
                "bom-ref": f"font:{font['name']}@{font['version']}",
                "name": font["name"],
                "version": font["version"],
                "licenses": [{"expression": font["licence"]}],
            }
        )
    return bill


def python_holes() -> list[str] | None:
    """Query PyPI's advisories on the pinned packages; None when that failed."""
    command = [
        BIN / "pip-audit",
        "-r",
        "requirements.txt",
        "--disable-pip",
        "--progress-spinner",
        "off",
        "-f",
        "json",
    ]
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    if any("skip_reason" in package for package in packages):
        return None
    return [
        f"{package['name']} {package['version']}: {hole['id']}, "
        f"mended in {', '.join(hole['fix_versions']) or 'none yet'}"
        for package in packages
        for hole in package["vulns"]
    ]


def script_holes() -> list[str] | None:
    """Query npm's advisories on the sources of static/vendor; None when that failed."""
    if not shutil.which("npm"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / "scripts" / "vendor" / name, folder)
        command = ["npm", "audit", "--package-lock-only", "--omit=dev", "--json"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    try:
        found = json.loads(done.stdout)["vulnerabilities"]
    except (ValueError, KeyError):
        return None
    return [f"{name}: {hole['severity']}, {hole['range']}" for name, hole in found.items()]


def audit() -> int:
    failed = False
    for what, holes in (
        ("Python packages", python_holes()),
        ("scripts and styles", script_holes()),
    ):
        if holes is None:
            print(f"Known holes of {what}: the list could not be reached, so nobody has looked.")
        else:
            print("\n".join([f"Known holes of {what}: {len(holes)}.", *holes]))
        failed = failed or bool(holes)
    return int(failed)


def main() -> int:
    match sys.argv[1:]:
        case ["list", target]:
            Path(target).write_text(
                json.dumps(bill_of_materials(), indent=1) + "\n", encoding="utf-8"
            )
            return 0
        case ["audit"]:
            return audit()
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
