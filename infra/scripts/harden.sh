# Keeps containers from the metadata service and lets the operators in.
# Wants: OPERATOR_KEYS (one a line, may be empty). Safe to run again.
set -euo pipefail

# User data holds the server's host key, and any container could read it there.
cat >/etc/systemd/system/metadata-guard.service <<'UNIT'
[Unit]
Description=Keep containers from the cloud's metadata service
After=docker.service
Requires=docker.service
PartOf=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'iptables -C DOCKER-USER -d 169.254.169.254 -j REJECT 2>/dev/null || iptables -I DOCKER-USER -d 169.254.169.254 -j REJECT'

[Install]
WantedBy=multi-user.target docker.service
UNIT
systemctl daemon-reload
systemctl enable -q metadata-guard.service
systemctl restart metadata-guard.service

keys=/root/.ssh/authorized_keys
begin='# operators of nutri: begin'
end='# operators of nutri: end'
sed -i "/^$begin\$/,/^$end\$/d" "$keys"
printf '%s\n%s\n%s\n' "$begin" "$OPERATOR_KEYS" "$end" >>"$keys"
echo "containers cannot reach the metadata service"
