#!/usr/bin/env bash
# Try in a Debian root with nothing but Python what the README has a Pi do. Needs root, debootstrap.
# usage: hardware/install/check.sh [bookworm|trixie] [arm64]   arm64 elsewhere needs qemu-user-static
set -euo pipefail
cd "$(dirname "$0")/../.."
suite=${1:-bookworm}
machine=${2:-$(dpkg --print-architecture)}
base=build/debian-$suite-$machine

if [ "${3:-}" != inside ]; then
    if [ ! -e "$base.ready" ]; then
        rm -rf "$base"
        debootstrap --arch="$machine" --variant=minbase \
            --include=python3,python3-venv,make,ca-certificates "$suite" "$base"
        touch "$base.ready"
    fi
    exec unshare --mount --pid --fork --kill-child "$0" "$suite" "$machine" inside
fi

# Mounts and processes made from here on end with this script.
root=$(mktemp -d)
trap 'umount --lazy --recursive "$root/dev" "$root/proc"; rm -rf --one-file-system "$root"' EXIT
cp -a "$base/." "$root"
cp /etc/resolv.conf "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
mount --types proc proc "$root/proc"
mount --rbind /dev "$root/dev"
chroot "$root" useradd --create-home --shell /bin/bash pi
mkdir "$root/home/pi/twinarm"
git archive HEAD | tar -x -C "$root/home/pi/twinarm"
chroot "$root" chown -R pi: /home/pi
chroot "$root" runuser -u pi -- env HOME=/home/pi PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
    bash -euc 'cd ~/twinarm && exec hardware/install/try.sh'
