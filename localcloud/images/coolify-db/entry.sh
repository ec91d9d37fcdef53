#!/bin/sh
# Makes the cluster of POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB once, then serves it.
set -eu

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?POSTGRES_PASSWORD is empty: set it to the password of $user}"
  umask 077
  printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
  # Made aside and moved into place with the version file last: a first start that is cut off
  # leaves no cluster that only looks like one.
  find "$PGDATA" -mindepth 1 -delete
  initdb --pgdata="$PGDATA/new" --username="$user" --pwfile=/tmp/password --auth-local=trust \
    --auth-host=scram-sha-256 --encoding=UTF8 --no-sync >/dev/null
  rm /tmp/password
  echo 'host all all all scram-sha-256' >>"$PGDATA/new/pg_hba.conf"
  find "$PGDATA/new" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv {} "$PGDATA" \;
  mv "$PGDATA/new/PG_VERSION" "$PGDATA"
  rmdir "$PGDATA/new"
fi
if [ ! -e "$PGDATA/.database-made" ]; then
  [ "$database" = postgres ] || printf 'CREATE DATABASE "%s"\n' "$database" |
    postgres --single -D "$PGDATA" -j postgres >/dev/null 2>&1 || true
  touch "$PGDATA/.database-made"
fi
unset POSTGRES_PASSWORD
exec postgres -c listen_addresses='*' -c jit=off -c shared_buffers=32MB
