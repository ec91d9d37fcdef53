# The package manager, waited for while somebody else holds one of its locks: a first boot that
# upgrades, say. DPkg::Lock::Timeout covers dpkg's lock alone, and not that of the lists.
export DEBIAN_FRONTEND=noninteractive
apt_log=/var/log/nutri-apt.log
apt_wait=${APT_WAIT_SECONDS:-600}

apt_get() {
  local deadline=$((SECONDS + apt_wait))
  until apt-get -q -o DPkg::Lock::Timeout=60 "$@" >"$apt_log" 2>&1; do
    grep -Eq 'Could not get lock|Unable to (lock|acquire)' "$apt_log" || return 1
    [ $SECONDS -lt $deadline ] || { echo "apt-get $1: its lock was held for $apt_wait s" >&2; return 1; }
    sleep 2
  done
}

apt_has() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'; }

apt_install() { # packages that are not there yet
  local name missing=()
  for name in "$@"; do apt_has "$name" || missing+=("$name"); done
  [ "${#missing[@]}" -gt 0 ] || return 0
  apt_get update || true # the lists that are there may do
  apt_get -y install --no-install-recommends "${missing[@]}" || {
    echo "${missing[*]}: cannot be installed:" >&2
    tail -n 5 "$apt_log" >&2
    return 1
  }
}
