# Tells the proxy what to do with requests from the load balancer, and has the server come back only
# with all replicas healthy. Before a shutdown `nutri-leave` takes the check's file away.
# Wants: ROUTES, HEALTH (files for Traefik), MARKS (a path of each). Safe to run
# again.
# Uses: in-the-way.sh
set -euo pipefail

folder=/data/coolify/proxy
install -d "$folder/dynamic" /usr/local/lib/nutri
since=$(date +%s)
# Written beside the folder first: the proxy must not read half a file.
printf '%s' "$ROUTES" >"$folder/.balancer.yaml"
mv "$folder/.balancer.yaml" "$folder/dynamic/balancer.yaml"
printf '%s' "$HEALTH" >"$folder/balancer-health.yaml"

cat >/usr/local/lib/nutri/balancer-health <<SCRIPT
#!/bin/sh
# Lets the load balancer's check through once no replica is ill.
ill() { docker ps --all --filter label=coolify.name --format '{{.Status}}' | grep -v '(healthy)\$'; }
tries=0
while ill >/dev/null && [ \$tries -lt 120 ]; do tries=\$((tries + 1)); sleep 1; done
cp $folder/balancer-health.yaml $folder/.balancer-health.yaml
mv $folder/.balancer-health.yaml $folder/dynamic/balancer-health.yaml
SCRIPT
chmod 755 /usr/local/lib/nutri/balancer-health

cat >/etc/systemd/system/balancer-health.service <<'UNIT'
[Unit]
Description=Be behind the load balancer while the replicas here are healthy
After=docker.service
Wants=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStartPre=/bin/rm -f /data/coolify/proxy/dynamic/balancer-health.yaml
ExecStart=/usr/local/lib/nutri/balancer-health
TimeoutStartSec=180

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable -q balancer-health.service
systemctl is-active -q balancer-health.service || systemctl start balancer-health.service
cp "$folder/balancer-health.yaml" "$folder/.balancer-health.yaml"
mv "$folder/.balancer-health.yaml" "$folder/dynamic/balancer-health.yaml"
in_force() {
  local mark
  for mark in $MARKS; do
    [ "$(curl -s -m 3 -o /dev/null -w '%{http_code}' "http://127.0.0.1$mark")" = 418 ] || return 1
  done
}
for _ in $(seq 300); do
  if in_force; then echo "the proxy knows the load balancer"; exit; fi
  sleep 0.2
done
echo "the proxy does not take the load balancer's routes" >&2
say_in_the_way "$since"
exit 1
