#!/bin/bash
# Gives this server a disk of its own size: a file system in a file, over the folders that grow.
#
#   server-disk MEBIBYTES   makes it, moves what there is onto it, and starts Docker again
#   server-disk             puts it in its place again; the unit below does at each boot
set -euo pipefail

IMAGE=/var/lib/docker/server-disk.ext4
PLACE=/mnt/server-disk
FOLDERS=(/var/lib/docker /data /var/log /var/cache /var/tmp)
LOOP_DEVICES=64

nodes() { # a container's /dev has none of them
  local n
  [ -e /dev/loop-control ] || mknod -m 600 /dev/loop-control c 10 237
  for ((n = 0; n < LOOP_DEVICES; n++)); do
    [ -e "/dev/loop$n" ] || mknod -m 600 "/dev/loop$n" b 7 "$n"
  done
}

mounted() { mountpoint -q "$PLACE"; }

attach() {
  local folder
  mkdir -p "$PLACE"
  mounted || mount -o loop "$IMAGE" "$PLACE"
  for folder in "${FOLDERS[@]}"; do
    mount --bind "$PLACE$folder" "$folder"
  done
}

make() { # MiB
  local folder
  truncate -s "$1M" "$IMAGE"
  mkfs.ext4 -q -F -m 0 "$IMAGE"
  mkdir -p "$PLACE"
  mount -o loop "$IMAGE" "$PLACE"
  for folder in "${FOLDERS[@]}"; do
    mkdir -p "$PLACE$folder"
    rsync --archive --acls --xattrs --hard-links --devices --specials --exclude "/${IMAGE##*/}" \
      "$folder/" "$PLACE$folder/"
  done
}

unit() {
  cat >/etc/systemd/system/server-disk.service <<'UNIT'
[Unit]
Description=The server's disk, of a size of its own
Before=docker.service docker.socket containerd.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/server-disk
[Install]
WantedBy=multi-user.target
RequiredBy=docker.service
UNIT
  systemctl daemon-reload
  systemctl enable -q server-disk
}

nodes
if [ $# = 0 ]; then
  attach
elif mounted; then
  echo "it has a disk of its own size already" >&2
  exit 1
else
  systemctl stop docker.socket docker
  make "$1"
  attach
  unit
  systemctl restart systemd-journald
  systemctl start docker
fi
