# Installs the pinned Coolify, or brings a half-made one to its end.
# Wants: INSTALLER_URL, VERSION, ROOT_EMAIL, ROOT_PASSWORD, ADDRESS_POOL. Safe to run again.
set -euo pipefail

log=/var/log/coolify-install.log
healthy() { curl -fsS -m 5 http://127.0.0.1:8000/api/health 2>/dev/null | grep -q OK; }
image_tag() { docker inspect -f '{{.Config.Image}}' coolify 2>/dev/null | sed 's/.*://'; }
sql() { docker exec -i coolify-db psql -U coolify -d coolify -v ON_ERROR_STOP=1 -tA; }
has_root_user() { [ "$(echo 'select 1 from users where id = 0' | sql 2>/dev/null)" = 1 ]; }

wait_for() { # what, seconds, command
  local deadline=$((SECONDS + $2))
  until "$3"; do
    [ $SECONDS -lt $deadline ] || { echo "$1: not within $2 s" >&2; return 1; }
    sleep 1
  done
}

# Dashboard, websocket and terminal listen on the server's own loopback address only: Docker
# publishes ports past any firewall of the server, and the cloud's firewall is one careless
# edit away from open.
#
# Compose files are the newest release's, whatever version is pinned. A later one has websocket and
# terminal in Coolify's own container; a service that is overridden there and no more made makes
# the project invalid. So the file is written for what the installer is about to download.
has_service() { # name, compose file on standard input: whether it is made, in no profile
  awk -v wanted="$1:" '
    /^[^ #]/ { top = $1 }
    top == "services:" && /^  [^ #]/ { inside = ($1 == wanted); if (inside) found = 1 }
    inside && /^    profiles:/ { found = 0 }
    END { exit !found }
  '
}

override_ports() { # service, ports
  printf '  %s:\n    ports: !override\n' "$1"
  shift
  printf '      - "127.0.0.1:%s"\n' "$@"
}

keep_to_loopback() {
  local compose custom=/data/coolify/source/docker-compose.custom.yml
  compose=$(curl -fsSL --retry 5 --retry-delay 2 "${INSTALLER_URL%/*}/docker-compose.prod.yml") || {
    echo "no docker-compose.prod.yml beside $INSTALLER_URL (setting nutri:coolifyInstallerUrl)" >&2
    exit 1
  }
  mkdir -p "${custom%/*}"
  {
    echo services:
    if has_service soketi <<<"$compose"; then
      override_ports coolify 8000:8080
      override_ports soketi 6001:6001 6002:6002
    else
      override_ports coolify 8000:8080 6001:6001 6002:6002
    fi
  } >"$custom"
}

# The way back from an upgrade: migrations of Coolify's database only go forward.
keep_database() {
  local running kept
  running=$(image_tag) || return 0  # a first installation
  [ -n "$running" ] && [ "$running" != "$VERSION" ] || return 0
  kept=/data/coolify/nutri-before-$VERSION.sql.gz
  [ -s "$kept" ] || {
    docker exec coolify-db pg_dump -U coolify coolify | gzip >"$kept.half"
    chmod 600 "$kept.half"
    mv "$kept.half" "$kept"
  }
  echo "Coolify's database of $running is kept in $kept"
}

install() {
  keep_database
  echo "installing Coolify $VERSION (log: $log)"
  curl -fsSL --retry 5 --retry-delay 2 "$INSTALLER_URL" -o /root/coolify-install.sh || {
    echo "no installer at $INSTALLER_URL (setting nutri:coolifyInstallerUrl)" >&2
    exit 1
  }
  keep_to_loopback
  # The installer takes these from its environment; USER names the key Coolify logs in with.
  export AUTOUPDATE=false USER=root HOME=/root
  export ROOT_USERNAME=nutri ROOT_USER_EMAIL="$ROOT_EMAIL" ROOT_USER_PASSWORD="$ROOT_PASSWORD"
  export DOCKER_ADDRESS_POOL_BASE="$ADDRESS_POOL" DOCKER_ADDRESS_POOL_SIZE=24
  bash /root/coolify-install.sh "$VERSION" >"$log" 2>&1 </dev/null || {
    echo "the installer failed; its last lines:" >&2
    tail -n 30 "$log" >&2
    exit 1
  }
}

# The exit code of the installer proves nothing, so the result is asked for.
[ "$(image_tag)" = "$VERSION" ] && healthy || install
wait_for "Coolify's API" 180 healthy || { tail -n 30 "$log" >&2; exit 1; }
wait_for "Coolify's first user" 60 has_root_user || {
  # A refused user is only logged; the seeder tries again when the container starts.
  docker restart coolify >/dev/null
  wait_for "Coolify's first user, after a restart" 90 has_root_user || {
    echo "is nutri:coolifyRootEmail ($ROOT_EMAIL) at a domain that resolves?" >&2
    exit 1
  }
}
echo "Coolify $(image_tag) is up"
