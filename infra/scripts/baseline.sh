# What every server is set up with before anything else is on it: memory, kernel, limits, security
# updates, SSH, logs, clock, tools. Each part is told by `runbook check baseline`.
# Wants: SYSCTLS (lines `name = value`), SSHD (lines of sshd_config). Safe to run again.
# Uses: apt.sh
set -euo pipefail

container=$(systemd-detect-virt --container || true)
in_container() { [ "$container" != none ] && [ -n "$container" ]; }
put() { # file, content: whether it was another one
  [ "$(cat "$1" 2>/dev/null)" = "$2" ] && return 1
  mkdir -p "${1%/*}"
  printf '%s\n' "$2" >"$1.new"
  mv "$1.new" "$1"
}

apt_install unattended-upgrades htop ncdu jq curl git

# Once: what is newer than the system's image. Later on the timers do it, and `check updates` tells.
# A container's packages come with its image.
upgraded=/var/lib/nutri/upgraded
in_container || [ -e "$upgraded" ] || {
  mkdir -p "${upgraded%/*}"
  if apt_get update && timeout 900 apt-get -q -y -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Options::=--force-confold upgrade >>"$apt_log" 2>&1; then
    touch "$upgraded"
  else
    echo "packages were not upgraded yet; the daily timer goes on: $(tail -n 1 "$apt_log")"
  fi
}
put /etc/apt/apt.conf.d/60-nutri 'APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Automatic-Reboot "false";' || true

# A container has the memory and most of the kernel of the machine around it.
if ! in_container; then
  [ -n "$(swapon --show --noheadings)" ] || {
    [ -e /swapfile ] || { fallocate -l 4G /swapfile.new && chmod 600 /swapfile.new && mkswap /swapfile.new >/dev/null && mv /swapfile.new /swapfile; }
    swapon /swapfile
  }
  grep -q '^/swapfile ' /etc/fstab || [ ! -e /swapfile ] || echo '/swapfile none swap sw 0 0' >>/etc/fstab
  timedatectl set-ntp true
fi
put /etc/sysctl.d/60-nutri.conf "$SYSCTLS" || true
while read -r name _ value; do
  if in_container; then [[ $name = net.ipv4.* || $name = net.core.somaxconn ]] || continue; fi
  sysctl -q -w "$name=$value"
done <<<"$SYSCTLS"

if put /etc/systemd/system.conf.d/60-nutri.conf '[Manager]
DefaultLimitNOFILE=65535:524288'; then
  systemctl daemon-reexec
fi

# First of all files, since of a keyword given twice sshd takes the first.
if put /etc/ssh/sshd_config.d/00-nutri.conf "$SSHD"; then
  sshd -t || { rm /etc/ssh/sshd_config.d/00-nutri.conf; echo "sshd refuses its settings" >&2; exit 1; }
  systemctl reload ssh
fi

if put /etc/systemd/journald.conf.d/60-nutri.conf '[Journal]
SystemMaxUse=500M
MaxRetentionSec=1month'; then
  systemctl restart systemd-journald
fi
echo "memory, kernel, limits, updates, SSH, logs and clock are as they should be"
