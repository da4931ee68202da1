#!/usr/bin/env bash
# Find the pinned wheels of `make pi` for 64-bit Raspberry Pi OS; any that is missing fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=.venv/bin/python
list='import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]
print(*p["dependencies"], *p["optional-dependencies"]["pi"], sep="\n")'
wanted=$(mktemp) found=$(mktemp -d)
trap 'rm -r "$wanted" "$found"' EXIT
$python -c "$list" >"$wanted"
for version in 3.11 3.13; do # of Debian bookworm and trixie
    $python -m pip download --quiet --only-binary=:all: --python-version "$version" \
        --platform manylinux_2_28_aarch64 --platform manylinux2014_aarch64 \
        -c constraints.txt -r "$wanted" -d "$found/$version"
    echo "Python $version on aarch64:"
    ls -1 "$found/$version"
done
