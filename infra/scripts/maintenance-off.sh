# Takes away the maintenance page and its banner without a trace, once the proxy routes past them.
# Wants: HOSTS (one a line), BANNER_PATH, HEADER. Safe to run again.
# Uses: in-the-way.sh
set -euo pipefail

folder=/opt/nutri/maintenance
unit=nutri-maintenance.service

since=$(date +%s)
rm -f /data/coolify/proxy/dynamic/nutri-maintenance.yaml /data/coolify/proxy/nutri-maintenance.new
shown() {
  local heads
  heads=$(curl -sk -m 5 -o /dev/null -D - --resolve "$1:443:127.0.0.1" \
    "https://$1$BANNER_PATH" 2>/dev/null || true)
  grep -qi "^$HEADER:" <<<"$heads"
}
if [ -e "/etc/systemd/system/$unit" ]; then
  for host in $HOSTS; do
    for look in $(seq 150); do
      if ! shown "$host"; then continue 2; fi
      sleep 0.2
      if [ $((look % 25)) = 0 ] && [ -n "$(in_the_way "$since")" ]; then break; fi
    done
    echo "USERS STILL SEE THE MAINTENANCE PAGE of $host: the proxy goes on showing it" >&2
    say_in_the_way "$since"
    exit 1
  done
  systemctl disable -q --now "$unit"
  rm -f "/etc/systemd/system/$unit"
  systemctl daemon-reload
  systemctl reset-failed "$unit" 2>/dev/null || true
fi
rm -rf "$folder"
rmdir /opt/nutri 2>/dev/null || true
echo "maintenance is off"
