# in_the_way SINCE: the file of the proxy's folder that it cannot read, and why. While there is one,
# the proxy heeds no change of any file.
in_the_way() {
  docker logs --since "$1" coolify-proxy 2>&1 | sed 's/\x1b\[[0-9;]*m//g' |
    sed -nE 's|.*watcher callback.*error="?/traefik/dynamic/([^"]*).*|/data/coolify/proxy/dynamic/\1|p' |
    tail -n 1
}
say_in_the_way() {  # say_in_the_way SINCE: on standard error, with what to do
  local what
  what=$(in_the_way "$1")
  if [ -n "$what" ]; then
    echo "in the way is $what" >&2
    echo "mend that file or move it out of the folder, then the same command again" >&2
  else
    echo "see: docker logs coolify-proxy" >&2
  fi
}
