#!/bin/sh
# Serves with REDIS_PASSWORD, which stands in no process list.
set -eu
{
  printf 'bind * -::*\ndir /data\nsave 20 1\nloglevel warning\n'
  [ -z "${REDIS_PASSWORD:-}" ] || printf 'requirepass "%s"\n' "$REDIS_PASSWORD"
} >/tmp/redis.conf
chmod 600 /tmp/redis.conf
exec redis-server /tmp/redis.conf
