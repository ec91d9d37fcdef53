#!/bin/sh
# Runs the database of one project; `database serve` is the container's process, the other words
# are for `docker exec`. Everything that has to survive a restart is in the data folder.
set -eu

# Not $PGDATA: PostgreSQL sets that for the commands it calls.
DATA=/var/lib/postgresql/data
MAJOR=${POSTGRES_MAJOR:?}
TEMPLATE=/var/lib/postgresql/template-$MAJOR
ARCHIVE=$DATA/archive
BASE=$DATA/base
CLUSTER=$DATA/cluster
SHARE=/usr/share/database
HALTED=$DATA/halted
HOLDS=$DATA/holds
POOLERS="session transaction"
export PATH="/usr/lib/postgresql/$MAJOR/bin:$PATH" PGHOST=/run/postgresql

fail() { printf 'database: %s\n' "$*" >&2; exit 1; }

admin() { psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username=supabase_admin "$@" postgres; }

signal_pooler() { [ -e "/tmp/$1.pid" ] && kill -"$2" "$(cat "/tmp/$1.pid")" 2>/dev/null; }

pool_is_up() { for one in $POOLERS; do signal_pooler "$one" 0 || return 1; done; }

# The direct host has IPv6 alone, where the container has it; the poolers have IPv4.
direct_address() { grep -q . /proc/net/if_inet6 2>/dev/null && printf '::' || true; }

# Waits for what the words after it ask.
until_true() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || fail "not ready: $(tail -n 5 "$DATA/postgres.log")"
    sleep 0.2
  done
}

accepts() { pg_isready --quiet --timeout=2; }

# A project that is halted needs nothing to answer.
serves() { [ -e "$HALTED" ] || { accepts && pool_is_up; }; }

start() {
  rm -f "$HALTED"
  pg_ctl --pgdata="$CLUSTER" status >/dev/null ||
    pg_ctl --pgdata="$CLUSTER" --wait --timeout=60 --log="$DATA/postgres.log" \
      -o "-c listen_addresses=$(direct_address)" start >/dev/null ||
    fail "PostgreSQL does not start: $(tail -n 5 "$DATA/postgres.log")"
  until_true accepts  # `pg_ctl` takes a recovery for ready
  for one in $POOLERS; do
    signal_pooler "$one" 0 || pgbouncer --daemon --quiet "$SHARE/$one.ini"
  done
}

# As when the vendor takes a project away: connections break, both ports refuse.
stop() {
  release
  for one in $POOLERS; do
    signal_pooler "$one" KILL || true
    rm -f "/tmp/$one.pid"
  done
  pg_ctl --pgdata="$CLUSTER" status >/dev/null &&
    pg_ctl --pgdata="$CLUSTER" --mode=fast --wait --timeout=60 stop >/dev/null
  return 0
}

serve() {
  if [ ! -d "$CLUSTER" ]; then
    rm -rf "$CLUSTER.new" "$BASE"
    mkdir -p "$ARCHIVE"
    printf '"supabase_admin" ""\n' >"$DATA/pgbouncer.users"
    echo 'default_pool_size = 15' >"$DATA/pgbouncer.pool"
    cp -a "$TEMPLATE" "$BASE"
    cp -a "$TEMPLATE" "$CLUSTER.new"
    mv "$CLUSTER.new" "$CLUSTER"
  fi
  rm -f "$CLUSTER/postmaster.pid" "$HOLDS"
  for one in $POOLERS; do rm -f "/tmp/$one.pid"; done
  [ -e "$HALTED" ] || start
  trap 'stop; exit 0' TERM INT
  while :; do sleep 3600 & wait $! || true; done
}

make_template() {
  initdb --pgdata="$TEMPLATE" --username=supabase_admin --auth-local=trust \
    --auth-host=scram-sha-256 --encoding=UTF8 --no-sync >/dev/null
  echo 'host all all all scram-sha-256' >>"$TEMPLATE/pg_hba.conf"
  echo "include '$SHARE/postgresql.conf'" >>"$TEMPLATE/postgresql.conf"
  pg_ctl --pgdata="$TEMPLATE" --wait -o '-c archive_mode=off -c listen_addresses=' start >/dev/null
  admin --file="$SHARE/roles.sql"
  admin --file="$SHARE/platform.sql"
  pg_ctl --pgdata="$TEMPLATE" --wait stop >/dev/null
}

# Reads the password of `postgres` from standard input.
password() {
  [ ! -e "$HALTED" ] || return 0
  read -r new
  printf "ALTER ROLE postgres PASSWORD '%s'\n" "$(printf %s "$new" | sed "s/'/''/g")" | admin
  (umask 077 && printf '*:*:*:postgres:%s\n' "$(printf %s "$new" | sed 's/[\\:]/\\&/g')" \
    >"$DATA/pgpass")
}

seed() {
  [ ! -e "$HALTED" ] || return 0
  [ "$(admin --tuples-only --no-align --command="SELECT to_regclass('public.users')")" ] ||
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username=postgres --file="$SHARE/nutri.sql" \
      postgres
}

pool() {
  sed -i "s/^default_pool_size = .*/default_pool_size = $1/" "$DATA/pgbouncer.pool"
  for one in $POOLERS; do signal_pooler "$one" HUP || true; done
}

# Each holds a connection inside a transaction, until it is released. Usage: hold NUMBER PORT
hold() {
  number=0
  [ "$2" = 5432 ] && host=/run/postgresql || host=127.0.0.1  # past every pooler
  while [ "$number" -lt "$1" ]; do
    number=$((number + 1))
    # A process of its own group, so that it outlives the `docker exec` that made it.
    setsid sh -c "(echo 'BEGIN; SELECT 1;'; exec sleep 86400) | PGPASSFILE='$DATA/pgpass' \
      PGAPPNAME=stuck-job exec psql --no-psqlrc --quiet --host='$host' --port='$2' \
      --username=postgres postgres" >/dev/null 2>&1 </dev/null &
    echo $! >>"$HOLDS"
  done
}

release() {
  [ -e "$HOLDS" ] || return 0
  while read -r group; do kill -KILL "-$group" 2>/dev/null || true; done <"$HOLDS"
  rm -f "$HOLDS"
}

# A pooler that could not log in refuses its next client, before it tries again.
admits() {
  [ -e "$HALTED" ] || PGPASSFILE="$DATA/pgpass" psql --no-psqlrc --quiet --host=127.0.0.1 \
    --port=5432 --username=postgres --command='SELECT 1' postgres >/dev/null 2>&1
}

archive() {
  [ -e "$ARCHIVE/$2" ] || { cp "$1" "$ARCHIVE/$2.part" && mv "$ARCHIVE/$2.part" "$ARCHIVE/$2"; }
}

# Takes the database back to a moment: the first copy, and the log kept since, up to then.
# Usage: restore-to 'YYYY-MM-DD HH:MM:SS UTC'
restore_to() {
  # A transaction after the moment, without which the recovery would not know that it is there.
  admin --command='SELECT txid_current()' --command='SELECT pg_switch_wal()' >/dev/null
  stop
  # What was not archived yet is taken along.
  for file in "$CLUSTER"/pg_wal/0*; do archive "$file" "$(basename "$file")"; done
  rm -rf "$CLUSTER.new"
  cp -a "$BASE" "$CLUSTER.new"
  {
    echo "restore_command = 'cp $ARCHIVE/%f %p'"
    echo "recovery_target_time = '$1'"
    echo "recovery_target_action = 'promote'"
  } >>"$CLUSTER.new/postgresql.auto.conf"
  touch "$CLUSTER.new/recovery.signal"
  rm -rf "$CLUSTER"
  mv "$CLUSTER.new" "$CLUSTER"
  start
}

case "${1-}" in
  serve) serve ;;
  make-template) make_template ;;
  start) start ;;
  stop) touch "$HALTED"; stop ;;
  ready) until_true serves ;;
  password) password ;;
  seed) seed ;;
  pool) pool "$2" ;;
  hold) hold "$2" "$3" ;;
  release) release; until_true admits ;;
  archive) archive "$2" "$3" ;;
  restore-to) restore_to "$2" ;;
  *) fail "words: serve, ready, start, stop, password, seed, pool, hold, release, restore-to" ;;
esac
