# Lets Coolify, on the first server, log in here, keeps Docker's networks off the private one,
# and bounds the logs of containers as on the first server.
# Wants: COOLIFY_KEY (a line of authorized_keys), ADDRESS_POOL. Safe to run again.
set -euo pipefail

keys=/root/.ssh/authorized_keys
begin='# coolify of nutri: begin'
end='# coolify of nutri: end'
mkdir -p -m 700 /root/.ssh
touch "$keys"
sed -i "/^$begin\$/,/^$end\$/d" "$keys"
printf '%s\n%s\n%s\n' "$begin" "$COOLIFY_KEY" "$end" >>"$keys"

# Before Docker is installed, so that it never takes an address of Hetzner's networks.
daemon=/etc/docker/daemon.json
mkdir -p /etc/docker
if [ ! -s "$daemon" ]; then
  cat >"$daemon" <<JSON
{
  "log-driver": "json-file",
  "log-opts": {"max-size": "10m", "max-file": "3"},
  "default-address-pools": [{"base": "$ADDRESS_POOL", "size": 24}]
}
JSON
  if command -v docker >/dev/null; then systemctl restart docker; fi
fi
echo "Coolify may log in"
