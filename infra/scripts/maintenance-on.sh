# Puts the maintenance page and its banner before the services, and sees that the proxy serves them.
# Wants: PROGRAM, STATE, ROUTES (texts), HOSTS (one a line), SHUT (hosts of these that show the
# page), MODE, BANNER_PATH, HEADER. Safe to run again.
# Uses: in-the-way.sh
set -euo pipefail

folder=/opt/nutri/maintenance
unit=nutri-maintenance.service
dynamic=/data/coolify/proxy/dynamic

put() {  # put FILE TEXT: whole or not at all; fails where the file is like that already
  if [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; then return 1; fi
  printf '%s\n' "$2" >"$1.new"
  mv "$1.new" "$1"
}

install -d -m 755 /opt/nutri "$folder"
put "$folder/state.json" "$STATE" || true
changed=no
if put "$folder/serve.py" "$PROGRAM"; then changed=yes; fi
service='[Unit]
Description=The maintenance page of nutri
After=docker.service
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/bin/python3 /opt/nutri/maintenance/serve.py docker0 8503 /opt/nutri/maintenance/state.json
User=nobody
Group=nogroup
NoNewPrivileges=yes
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target'
if put "/etc/systemd/system/$unit" "$service"; then changed=yes; systemctl daemon-reload; fi
systemctl enable -q "$unit"
if [ "$changed" = yes ]; then systemctl restart "$unit"; else systemctl start "$unit"; fi

marked() {
  local heads
  heads=$(curl -sk -m 5 -o /dev/null -D - "$@" 2>/dev/null | tr -d '\r' || true)
  grep -qix "$HEADER: $MODE" <<<"$heads"
}
by_proxy() { marked --resolve "$1:443:127.0.0.1" "https://$1$2"; }
until_so() {  # until_so WORDS COMMAND...: two minutes at most, for a proxy that is still starting
  words=$1; shift
  for look in $(seq 600); do
    if "$@"; then return; fi
    sleep 0.2
    if [ $((look % 50)) = 0 ] && [ -n "${since:-}" ] && [ -n "$(in_the_way "$since")" ]; then break; fi
  done
  echo "$words" >&2
  if [ -n "${since:-}" ]; then
    # Else it would be shown some day, when whatever is in the way has gone.
    rm -f "$dynamic/nutri-maintenance.yaml"
    say_in_the_way "$since"
  fi
  systemctl --no-pager --lines=5 status "$unit" >&2 || true
  exit 1
}

bridge=$(ip -4 -o addr show docker0 | sed -E 's|.* inet ([0-9.]+)/.*|\1|')
until_so "the maintenance page does not answer on the server itself" \
  marked "http://$bridge:8503$BANNER_PATH"

since=$(date +%s)
# Written outside the folder that the proxy watches: it must never see half of it.
printf '%s\n' "$ROUTES" >/data/coolify/proxy/nutri-maintenance.new
mv /data/coolify/proxy/nutri-maintenance.new "$dynamic/nutri-maintenance.yaml"
docker rm -f nutri-past-the-page >/dev/null 2>&1 || true  # it leads past any page
for host in $HOSTS; do
  until_so "the proxy does not show the banner of $host" \
    by_proxy "$host" "$BANNER_PATH"
done
for host in $SHUT; do
  until_so "the proxy does not show the page of $host" \
    by_proxy "$host" /
done
echo "maintenance is $MODE"
