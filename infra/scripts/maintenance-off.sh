# Takes away the maintenance page and its banner without a trace, once the proxy routes past them.
# Where it heeds no file, people are led past the page by labels, and what is in the way is told.
# Wants: HOSTS (one a line), BANNER_PATH, HEADER, PAST (labels, one a line), MARK (a path that is
# there while the page's routes are). Safe to run again.
# Uses: in-the-way.sh
set -euo pipefail

folder=/opt/nutri/maintenance
unit=nutri-maintenance.service
past=nutri-past-the-page

since=$(date +%s)
rm -f /data/coolify/proxy/dynamic/nutri-maintenance.yaml /data/coolify/proxy/nutri-maintenance.new
shown() {
  local heads
  heads=$(curl -sk -m 5 -o /dev/null -D - --resolve "$1:443:127.0.0.1" \
    "https://$1$BANNER_PATH" 2>/dev/null || true)
  grep -qi "^$HEADER:" <<<"$heads"
}
seen_by_users() { local host; for host in $HOSTS; do if shown "$host"; then return; fi; done; return 1; }
in_force() { [ "$(curl -s -m 3 -o /dev/null -w '%{http_code}' "http://127.0.0.1$MARK" || true)" = 418 ]; }
is_past() { [ -n "$(docker ps -q --filter "name=^$past\$" 2>/dev/null)" ]; }
over() { ! in_force && ! seen_by_users; }
until_over() {
  local look
  for look in $(seq 150); do
    if over; then return; fi
    sleep 0.2
    if [ $((look % 25)) = 0 ] && [ -n "$(in_the_way "$since")" ]; then return 1; fi
  done
  return 1
}
go_past() {  # labels are heeded also where no file is; the proxy's own image is always there
  local label look labels=()
  while read -r label; do labels+=(--label "$label"); done <<<"$PAST"
  docker rm -f "$past" >/dev/null 2>&1 || true
  docker run -d --name "$past" --restart unless-stopped --network coolify --no-healthcheck \
    --memory 32m "${labels[@]}" --entrypoint tail \
    "$(docker inspect -f '{{.Image}}' coolify-proxy)" -f /dev/null >/dev/null
  for look in $(seq 150); do
    if ! seen_by_users; then return; fi
    sleep 0.2
  done
  return 1
}

if [ -e "/etc/systemd/system/$unit" ]; then
  if ! until_over; then
    if ! is_past && ! go_past; then
      echo "USERS STILL SEE THE MAINTENANCE PAGE: the proxy goes on showing it" >&2
      say_in_the_way 0
      exit 1
    fi
    echo "users are led past the page by the labels of the container $past, since the proxy"
    echo "goes on having the page's route in force; \`pulumi up\` ends both once that is mended:"
    say_in_the_way 0 2>&1
    exit
  fi
  docker rm -f "$past" >/dev/null 2>&1 || true
  systemctl disable -q --now "$unit"
  rm -f "/etc/systemd/system/$unit"
  systemctl daemon-reload
  systemctl reset-failed "$unit" 2>/dev/null || true
fi
rm -rf "$folder"
rmdir /opt/nutri 2>/dev/null || true
echo "maintenance is off"
