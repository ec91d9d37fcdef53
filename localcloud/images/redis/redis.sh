#!/bin/sh
# Runs the Redis as its trouble says: `store serve` is the container's process, `store load` is for
# `docker exec`. Troubles: none, down (nobody listens), password (it is refused), frozen (nobody
# answers).
set -eu

CONFIG=/etc/store
RUN=/run/store
PID=$RUN/redis.pid

trouble() { cat "$CONFIG/trouble"; }

alive() { [ -s "$PID" ] && kill -0 "$(cat "$PID")" 2>/dev/null; }

listens() { bash -c '</dev/tcp/127.0.0.1/6379' 2>/dev/null; }

until_true() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { echo "store: not ready" >&2; exit 1; }
    sleep 0.1
  done
}

write_password() {
  password=$(cat "$CONFIG/password")
  [ "$(trouble)" != password ] || password="another-$password"
  (umask 077 && printf 'requirepass "%s"\n' "$password" >"$RUN/password.conf")
}

end() {
  alive || return 0
  kill -CONT "$(cat "$PID")"
  kill "$(cat "$PID")"
  tries=0
  while alive && [ "$tries" -lt 50 ]; do tries=$((tries + 1)); sleep 0.1; done
  if alive; then kill -KILL "$(cat "$PID")"; fi
}

begin() {
  write_password
  redis-server "$CONFIG/redis.conf" --daemonize yes --pidfile "$PID" --logfile "$RUN/log" >/dev/null
  until_true listens
}

# The Redis as the trouble says; its data stays.
load() {
  mkdir -p "$RUN"
  end
  [ "$(trouble)" = down ] || begin
  [ "$(trouble)" != frozen ] || kill -STOP "$(cat "$PID")"
}

case "${1-}" in
  serve)
    rm -f "$PID"
    load
    trap 'end; exit 0' TERM INT
    while :; do sleep 3600 & wait $! || true; done
    ;;
  load) load ;;
  *) echo "store: words: serve, load" >&2; exit 1 ;;
esac
