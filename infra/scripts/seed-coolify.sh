# Leaves Coolify's settings where its installer finds and keeps them.
# Wants: APP_KEY, DB_PASSWORD, ADDRESS_POOL. Safe to run again: a value that is there stays.
set -euo pipefail
umask 077

source_dir=/data/coolify/source
env_file=$source_dir/.env
mkdir -p "$source_dir"
touch "$env_file"

keep_or_add() {
  grep -q "^$1=." "$env_file" || { sed -i "/^$1=\$/d" "$env_file"; printf '%s=%s\n' "$1" "$2" >>"$env_file"; }
}
keep_or_add APP_KEY "$APP_KEY"
keep_or_add DB_PASSWORD "$DB_PASSWORD"
keep_or_add DOCKER_ADDRESS_POOL_BASE "$ADDRESS_POOL"
keep_or_add DOCKER_ADDRESS_POOL_SIZE 24

# Dashboard, websocket and terminal listen on the server's own loopback address only: Docker
# publishes ports past any firewall of the server, and the cloud's firewall is one careless
# edit away from open.
cat >"$source_dir/docker-compose.custom.yml" <<'YAML'
services:
  coolify:
    ports: !override
      - "127.0.0.1:8000:8080"
  soketi:
    ports: !override
      - "127.0.0.1:6001:6001"
      - "127.0.0.1:6002:6002"
YAML
echo "Coolify's settings are in place"
