"""Prints, as one line of JSON, the packages of the Python it runs in, and which are incomplete.

A process that is killed while pip unpacks a package leaves one that looks installed. The RECORD
file names every file with its size, so a missing or short file shows.
"""

import csv
import json
import os
import platform
import shutil
import sys
from importlib import metadata


def damage(distribution):
    """Why the package can't be trusted, or None."""
    record = distribution.read_text("RECORD")
    if not record:
        return "it has no list of its files"
    base = distribution.locate_file("")
    for row in csv.reader(record.splitlines()):
        if len(row) != 3 or not row[0] or row[0].endswith(".pyc"):
            continue
        name, _, size = row
        # Moved aside by us after the installation.
        if name in moved:
            continue
        try:
            found = os.stat(os.path.join(base, name)).st_size
        except OSError:
            return name + " is missing"
        if size and found != int(size):
            return name + " is cut short"
    return None


given = json.loads(sys.argv[1])
moved = set(given["moved"])
packages = [
    {
        # Without the file that has the name, the folder's own: `torch-2.4.1.dist-info`.
        "name": distribution.metadata["Name"] or distribution._path.name.split("-")[0],
        "version": distribution.metadata["Version"] or "unknown",
        "info": str(distribution._path),
        "damage": damage(distribution),
    }
    for distribution in metadata.distributions(path=[p for p in sys.path if p.startswith(sys.prefix)])
]
print(
    json.dumps(
        {
            "python": platform.python_version(),
            "prefix": sys.prefix,
            "packages": packages,
            "missing": [name for name in given["programs"] if shutil.which(name) is None],
        }
    )
)
