#!/bin/bash
# Installs Coolify, as the double plays it, on the machine this runs on; run again, it upgrades.
#
#   bash install.sh [version]
#
# Environment: ROOT_USERNAME, ROOT_USER_EMAIL, ROOT_USER_PASSWORD (the first user, all three or
# none), AUTOUPDATE=false, DOCKER_ADDRESS_POOL_BASE, DOCKER_ADDRESS_POOL_SIZE (16 to 28),
# DOCKER_POOL_FORCE_OVERRIDE=true, REGISTRY_URL, USER (names the SSH key and with it the user of
# the localhost server). What stands in /data/coolify/source/.env already is kept.
#
# It takes the same input, leaves the same files and names and ends with the same exit codes as
# Coolify's own installer, odd ones included: not being root, or being on a system it does not
# know, ends with 0. It differs in this: Docker 20.10 is new enough (Coolify wants 24), Docker
# comes from the system's own packages, and `docker run` does the work of compose.
set -e -o pipefail

CDN=${CDN:-https://cdn.localcloud.test/coolify}
DEFAULT_REGISTRY=docker.localcloud.test
MIN_DOCKER=20
HOME_DIR=${HOME_DIR:-/data/coolify}
SOURCE=$HOME_DIR/source
ENV_FILE=$SOURCE/.env
STATUS_FILE=$SOURCE/.upgrade-status
DAEMON_JSON=/etc/docker/daemon.json
NOW=$(date +%Y%m%d-%H%M%S)
VERSION=$(printf '%s' "${1:-}" | tr '[:upper:]' '[:lower:]')
VERSION=${VERSION#v}

section() { printf '\n%s Step %s\n' "$(date '+%F %T')" "$1"; }
fail() { echo " - ERROR: $1" >&2; exit 1; }
env_value() { sed -n "s/^$1=//p" "$ENV_FILE" 2>/dev/null | head -n 1; }

check_system() {
  if [ "$EUID" -ne 0 ]; then
    echo "Run this script as root."
    exit 0
  fi
  local id
  id=$(sed -n 's/^ID=//p' /etc/os-release | tr -d '"')
  case $id in
    debian | ubuntu) ;;
    *) echo "This script does not support $id."; exit 0 ;;
  esac
}

make_folders() {
  section "1/9: folders and disk"
  local free
  free=$(df -BG --output=avail / | tail -n 1 | tr -dc 0-9)
  [ "$free" -ge 20 ] || echo " - WARNING: only $free GB of disk are free, 20 are recommended."
  mkdir -p $HOME_DIR/{source,applications,databases,backups,services,sentinel,images} \
    $HOME_DIR/ssh/{keys,mux} $HOME_DIR/proxy/dynamic
  own_folders
}

own_folders() {
  chown -R 9999:root $HOME_DIR
  chmod -R 700 $HOME_DIR
}

install_packages() {
  section "2/9: packages"
  local tool
  for tool in curl wget git jq openssl; do
    command -v "$tool" >/dev/null && continue
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends curl wget git jq openssl
    break
  done
  VERSIONS=$(curl -fsSL "$CDN/versions.json") || fail "no answer from $CDN"
  VERSION=${VERSION:-$(jq -r .coolify.v4.version <<<"$VERSIONS")}
}

check_ssh() {
  section "3/9: SSH server"
  command -v sshd >/dev/null || apt-get install -y -qq --no-install-recommends openssh-server
  systemctl is-active -q ssh || systemctl enable -q --now ssh
  local root
  root=$(sshd -T 2>/dev/null | sed -n 's/^permitrootlogin //p')
  echo " - PermitRootLogin is ${root:-unknown}."
  case $root in no | forced-commands-only) echo " - WARNING: Coolify needs root by key." ;; esac
}

install_docker() {
  section "4/9: Docker"
  if [ -x /snap/bin/docker ]; then fail "Docker from snap is not supported; remove it."; fi
  if ! command -v dockerd >/dev/null; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends docker.io iptables
  fi
  local have
  have=$(docker version --format '{{.Server.Version}}' 2>/dev/null || true)
  [ -n "$have" ] || fail "the Docker engine does not answer."
  [ "${have%%.*}" -ge $MIN_DOCKER ] || fail "Docker $have is too old, $MIN_DOCKER or newer is needed."
  echo " - Docker $have is installed."
}

choose_pool() {
  local given=${DOCKER_ADDRESS_POOL_BASE:+yes}${DOCKER_ADDRESS_POOL_SIZE:+yes}
  POOL_BASE=${DOCKER_ADDRESS_POOL_BASE:-}
  POOL_SIZE=${DOCKER_ADDRESS_POOL_SIZE:-}
  if [ -z "$given" ]; then
    POOL_BASE=$(env_value DOCKER_ADDRESS_POOL_BASE)
    POOL_SIZE=$(env_value DOCKER_ADDRESS_POOL_SIZE)
  fi
  [[ $POOL_BASE =~ ^[0-9]+(\.[0-9]+){3}/[0-9]+$ ]] || POOL_BASE=10.0.0.0/8
  [[ $POOL_SIZE =~ ^[0-9]+$ && $POOL_SIZE -ge 16 && $POOL_SIZE -le 28 ]] || POOL_SIZE=24
}

configure_docker() {
  echo "Checking Docker's configuration"
  choose_pool
  mkdir -p /etc/docker
  if jq -e '.["default-address-pools"][0].base' $DAEMON_JSON >/dev/null 2>&1; then
    local now
    now=$(jq -r '.["default-address-pools"][0] | "\(.base) \(.size)"' $DAEMON_JSON)
    if [ "$now" = "$POOL_BASE $POOL_SIZE" ] || [ "${DOCKER_POOL_FORCE_OVERRIDE:-}" != true ]; then
      echo " - Docker keeps its address pool ($now)."
      return
    fi
  fi
  # Not merged: a file without a pool is written over, and a copy is left beside it.
  [ ! -f $DAEMON_JSON ] || cp $DAEMON_JSON "$DAEMON_JSON.original-$NOW"
  jq -n --arg base "$POOL_BASE" --argjson size "$POOL_SIZE" '{
    "log-driver": "json-file",
    "log-opts": {"max-size": "10m", "max-file": "3"},
    "default-address-pools": [{"base": $base, "size": $size}]
  }' >$DAEMON_JSON
  echo " - Docker gets the address pool $POOL_BASE in nets of /$POOL_SIZE and is restarted."
  systemctl restart docker
}

download() {
  section "5/9: files from $CDN"
  local file
  for file in docker-compose.yml docker-compose.prod.yml .env.production upgrade.sh; do
    curl -fsSL "$CDN/$file" -o "$SOURCE/$file" || fail "$CDN/$file could not be downloaded."
  done
}

merge_env() {
  section "6/9: $ENV_FILE"
  if [ -f "$ENV_FILE" ]; then
    cp "$ENV_FILE" "$ENV_FILE-$NOW"
    # The first line of a key wins, and what was there comes first.
    awk -F= '!seen[$1]++' "$ENV_FILE" "$SOURCE/.env.production" >"$ENV_FILE.tmp"
    mv "$ENV_FILE.tmp" "$ENV_FILE"
  else
    cp "$SOURCE/.env.production" "$ENV_FILE"
  fi
}

# Sets a key that is empty or missing. As in the original the value passes through sed, so a `&`
# or a `|` in it does harm.
fill() {
  if grep -q "^$1=$" "$ENV_FILE"; then
    sed -i "s|^$1=$|$1=$2|" "$ENV_FILE"
  elif ! grep -q "^$1=" "$ENV_FILE"; then
    printf '%s=%s\n' "$1" "$2" >>"$ENV_FILE"
  fi
}

fill_env() {
  section "7/9: values of $ENV_FILE"
  fill APP_ID "$(openssl rand -hex 16)"
  fill APP_KEY "base64:$(openssl rand -base64 32)"
  fill DB_PASSWORD "$(openssl rand -base64 32)"
  fill REDIS_PASSWORD "$(openssl rand -base64 32)"
  fill PUSHER_APP_ID "$(openssl rand -hex 32)"
  fill PUSHER_APP_KEY "$(openssl rand -hex 32)"
  fill PUSHER_APP_SECRET "$(openssl rand -hex 32)"
  if [ -n "$ROOT_USERNAME" ] && [ -n "$ROOT_USER_EMAIL" ] && [ -n "$ROOT_USER_PASSWORD" ]; then
    fill ROOT_USERNAME "$ROOT_USERNAME"
    fill ROOT_USER_EMAIL "$ROOT_USER_EMAIL"
    fill ROOT_USER_PASSWORD "$ROOT_USER_PASSWORD"
  fi
  if [ "$AUTOUPDATE" = false ]; then fill AUTOUPDATE false; fi
  fill DOCKER_ADDRESS_POOL_BASE "$POOL_BASE"
  fill DOCKER_ADDRESS_POOL_SIZE "$POOL_SIZE"
  REGISTRY=${REGISTRY_URL:-$(env_value REGISTRY_URL)}
  REGISTRY=${REGISTRY:-$DEFAULT_REGISTRY}
}

make_key() {
  section "8/9: SSH key of localhost"
  local keys=~/.ssh/authorized_keys key=$HOME_DIR/ssh/keys/id.$USER@host.docker.internal
  install -d -m 700 ~/.ssh
  [ -f "$keys" ] || install -m 600 /dev/null "$keys"
  if [ "$(docker volume ls -q --filter name=coolify-db | wc -l)" -eq 0 ]; then
    rm -f "$key" "$key.pub"
    ssh-keygen -q -t ed25519 -N '' -C coolify -f "$key"
    sed -i /coolify/d "$keys"
    cat "$key.pub" >>"$keys"
    rm "$key.pub"
  fi
  own_folders
}

run_upgrade() {
  section "9/9: Coolify $VERSION"
  rm -f "$STATUS_FILE"
  local helper
  helper=$(jq -r .coolify.helper.version <<<"$VERSIONS")
  bash $SOURCE/upgrade.sh "$VERSION" "$helper" "$REGISTRY" true
}

wait_upgrade() {
  local deadline=$((SECONDS + 180)) step message
  while [ $SECONDS -lt $deadline ]; do
    IFS='|' read -r step message _ <"$STATUS_FILE" 2>/dev/null || step=
    case $step in
      6) echo " - $message."; return ;;
      error) fail "the upgrade failed: $message. See $SOURCE/upgrade-*.log" ;;
    esac
    sleep 0.3
  done
  fail "the upgrade did not end within 180 s. See $SOURCE/upgrade-*.log"
}

wait_healthy() {
  local deadline=$((SECONDS + 60)) health
  while [ $SECONDS -lt $deadline ]; do
    health=$(docker inspect --format '{{.State.Health.Status}}' coolify 2>/dev/null || true)
    if [ "$health" = healthy ]; then
      echo " - Coolify $VERSION is ready."
      return
    fi
    sleep 0.3
  done
  docker logs -n 50 coolify 2>&1 || true
  fail "Coolify did not become healthy within 60 s."
}

main() {
  check_system
  make_folders
  exec > >(tee -a "$SOURCE/installation-$NOW.log") 2>&1
  install_packages
  check_ssh
  install_docker
  configure_docker
  download
  merge_env
  fill_env
  make_key
  run_upgrade
  wait_upgrade
  wait_healthy
}

# Not when it is only read in; piped into bash it has no name of its own.
if [ "${BASH_SOURCE[0]:-$0}" = "$0" ]; then main; fi
