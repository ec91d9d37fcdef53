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

echo "Coolify's settings are in place"
