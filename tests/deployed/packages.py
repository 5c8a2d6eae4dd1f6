"""Weighs what `sam build` made of each function: packages.py BUILD.

Lambda fetches a package at a cold start, and maps what is in it. So its size is bounded, as `sam package` zips it.
"""

import io
import json
import sys
import zipfile
from pathlib import Path

# Bytes.
MOST = 3_750_000
# What these link beside the others is what they are for: the client of S3, and pictures what reads and writes three
# formats of images.
MOST_OF = {"DocumentsFunction": 4_500_000, "PicturesFunction": 4_250_000}


def zipped(folder):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(file, file.relative_to(folder))
    return package.getbuffer().nbytes


def main():
    [build] = sys.argv[1:]
    sizes = {file.parent.name: zipped(file.parent) for file in Path(build).glob("*/bootstrap")}
    print(json.dumps(dict(sorted(sizes.items()))))
    large = [f"{name} has {size} bytes" for name, size in sizes.items() if size > MOST_OF.get(name, MOST)]
    if not sizes:
        sys.exit(f"there is no package in {build}")
    if large:
        sys.exit("too large a package: " + ", ".join(large))


if __name__ == "__main__":
    main()
