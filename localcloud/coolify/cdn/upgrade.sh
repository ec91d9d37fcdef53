#!/bin/bash
# Brings Coolify's containers to a version; called by the installer.
#
#   bash upgrade.sh <version> <helper version> <registry> <skip the backup of .env: true|false>
#
# Progress stands in .upgrade-status as `step|message|time`: step 6 is the end, `error` a failure.
# Whatever an earlier, cut-off run has left of the containers is removed and made again.
set -e -o pipefail

CDN=${CDN:-https://cdn.localcloud.test/coolify}
SOURCE=${SOURCE:-/data/coolify/source}
ENV_FILE=$SOURCE/.env
STATUS_FILE=$SOURCE/.upgrade-status
CUSTOM=$SOURCE/docker-compose.custom.yml
VERSION=${1:-latest}
REGISTRY=${3:-$(sed -n "s/^REGISTRY_URL=//p" "$ENV_FILE" 2>/dev/null | head -n 1 || true)}
NOW=$(date +%Y-%m-%d-%H-%M-%S)
LOG=${LOG:-$SOURCE/upgrade-$NOW.log}
REALTIME=1.0.17

status() { printf '%s|%s|%s\n' "$1" "$2" "$(date -Iseconds)" >$STATUS_FILE; echo "$1 $2" >>"$LOG"; }
env_value() { sed -n "s/^$1=//p" $ENV_FILE | head -n 1; }
fail() { status error "$1"; echo " - ERROR: $1" >&2; exit 1; }

set_env() {
  if grep -q "^$1=" $ENV_FILE; then
    sed -i "s|^$1=.*|$1=$2|" $ENV_FILE
  else
    printf '%s=%s\n' "$1" "$2" >>$ENV_FILE
  fi
}

download() {
  status 1 "Downloading configuration files"
  local file
  for file in docker-compose.yml docker-compose.prod.yml .env.production; do
    curl -fsSL "$CDN/$file" -o "$SOURCE/$file" || fail "Failed to download $file"
  done
}

update_env() {
  status 2 "Updating environment configuration"
  [ "$1" = true ] || cp $ENV_FILE "$ENV_FILE-$NOW"
  awk -F= '!seen[$1]++' $ENV_FILE $SOURCE/.env.production >$ENV_FILE.tmp
  mv $ENV_FILE.tmp $ENV_FILE
  chmod 700 $ENV_FILE
  set_env REGISTRY_URL "$REGISTRY"
  docker network inspect coolify >/dev/null 2>&1 || docker network create --attachable coolify >>"$LOG"
  [ "$(stat -c %u /data/coolify/ssh)" = 9999 ] || chown -R 9999 /data/coolify/ssh
}

images() {
  printf "$REGISTRY/%s\n" library/postgres:15-alpine library/redis:7-alpine \
    "coollabsio/coolify-realtime:$REALTIME" "coollabsio/coolify:$VERSION"
}

pull() {
  status 3 "Pulling Docker images"
  local image pids=() names=() i
  for image in $(images); do
    echo " - Pulling $image"
    docker pull -q "$image" >>"$LOG" 2>&1 &
    pids+=($!)
    names+=("$image")
  done
  for i in "${!pids[@]}"; do
    wait "${pids[$i]}" || fail "Failed to pull ${names[$i]}"
  done
  set_env LATEST_IMAGE "$VERSION"
  set_env COOLIFY_VERSION "$VERSION"
}

# The ports of a service: those of docker-compose.custom.yml when it lists them with `!override`,
# else the given ones and those it adds.
ports() {
  local service=$1
  shift
  local custom override=no
  if [ -f $CUSTOM ]; then
    custom=$(awk -v wanted="$service" '
      { depth = match($0, /[^ ]/) - 1 }
      /^ *(#|$)/ { next }
      depth == 2 && /: *$/ { service = $1; sub(/:$/, "", service); list = 0 }
      depth == 4 { list = (service == wanted && $1 == "ports:"); if (list && /!override/) print "!override" }
      depth > 4 && list && $1 == "-" { port = $2; gsub(/["\047]/, "", port); print port }
    ' $CUSTOM)
    case $custom in '!override'*) override=yes; custom=${custom#'!override'} ;; esac
  fi
  [ $override = yes ] || printf ' --publish %s' "$@"
  local port
  for port in $custom; do printf ' --publish %s' "$port"; done
}

# As compose would: a service has an image in one of the files, or the project is invalid.
check_project() {
  local service
  [ -f $CUSTOM ] || return 0
  for service in $(sed -n 's/^  \([a-z][a-z-]*\): *$/\1/p' $CUSTOM); do
    awk -v wanted="$service" '
      /^  [a-z]/ { inside = ($1 == wanted ":") }
      inside && $1 ~ /^(image|build):$/ { found = 1 }
      END { exit !found }
    ' $SOURCE/docker-compose.yml $SOURCE/docker-compose.prod.yml $CUSTOM && continue
    fail "service \"$service\" has neither an image nor a build context specified: invalid compose project"
  done
}

stop_all() {
  status 4 "Stopping containers"
  local name
  for name in coolify coolify-realtime coolify-redis coolify-db; do
    docker stop "$name" >>"$LOG" 2>&1 || true
    docker rm -f "$name" >>"$LOG" 2>&1 || true
  done
}

run() { docker run --detach --restart always --network coolify "$@" >>"$LOG"; }

start_all() {
  status 5 "Starting new containers"
  local user database
  user=$(env_value DB_USERNAME)
  database=$(env_value DB_DATABASE)
  database=${database:-coolify}
  # Secrets are handed over in the environment, so that no command line holds them.
  POSTGRES_PASSWORD=$(env_value DB_PASSWORD) run --name coolify-db --network-alias postgres \
    --volume coolify-db:/var/lib/postgresql/data \
    --env POSTGRES_USER="$user" --env POSTGRES_DB="$database" --env POSTGRES_PASSWORD \
    --health-cmd "pg_isready -U $user -d $database" \
    --health-interval 5s --health-timeout 2s --health-retries 10 \
    "$REGISTRY/library/postgres:15-alpine"
  REDIS_PASSWORD=$(env_value REDIS_PASSWORD) run --name coolify-redis --network-alias redis \
    --volume coolify-redis:/data --env REDIS_PASSWORD \
    --health-cmd 'redis-cli ping' --health-interval 5s --health-timeout 2s --health-retries 10 \
    "$REGISTRY/library/redis:7-alpine"
  local soketi
  soketi=$(env_value SOKETI_PORT)
  # shellcheck disable=SC2046
  run --name coolify-realtime --network-alias soketi \
    $(ports soketi "${soketi:-6001}:6001" 6002:6002) \
    --health-cmd 'curl -sf http://127.0.0.1:6001/ready && curl -sf http://127.0.0.1:6002/ready' \
    --health-interval 5s --health-timeout 2s --health-retries 10 \
    "$REGISTRY/coollabsio/coolify-realtime:$REALTIME"
  wait_database "$user" "$database"
  local port
  port=$(env_value APP_PORT)
  # shellcheck disable=SC2046
  run --name coolify --add-host host.docker.internal:host-gateway \
    --env-file $ENV_FILE --volume /data/coolify/ssh:/var/www/html/storage/app/ssh \
    $(ports coolify "${port:-8000}:8080") \
    --health-cmd 'curl --fail http://127.0.0.1:8080/api/health || exit 1' \
    --health-interval 2s --health-timeout 2s --health-retries 24 --health-start-period 60s \
    "$REGISTRY/coollabsio/coolify:$VERSION"
}

wait_database() {
  local deadline=$((SECONDS + 60))
  until docker exec coolify-db pg_isready -q -h 127.0.0.1 -U "$1" -d "$2"; do
    [ $SECONDS -lt $deadline ] || fail "The database did not start within 60 s"
    sleep 0.2
  done
}

# Apart from the caller, whose connection may go when Coolify's container does.
recreate() {
  trap 'fail "Failed to start the containers, see $LOG"' ERR
  set -E
  stop_all
  start_all
  status 6 "Upgrade complete"
  trap - ERR
  sleep 10
  rm -f $STATUS_FILE
}

main() {
  if [ "${RECREATE:-}" = yes ]; then
    recreate
    return
  fi
  echo "Upgrading Coolify to $VERSION (log: $LOG)"
  download
  check_project
  update_env "${4:-false}"
  pull
  RECREATE=yes LOG=$LOG nohup bash "$0" "$@" >>"$LOG" 2>&1 </dev/null &
  echo "Containers are being restarted in the background."
}

if [ "${BASH_SOURCE[0]:-$0}" = "$0" ]; then main "$@"; fi
