# Sets up dumps of the database: the program, its secrets, its timers, the repository.
# Wants: PROGRAM, CONFIG, RESTIC_PASSWORD, IDENTITY, KNOWN_HOSTS, SCHEDULE, PROOF_SCHEDULE, MAY_INIT.
# Safe to run again.
# Uses: apt.sh
set -euo pipefail
umask 077

apt_install restic
apt_has postgresql-client-15 || apt_install postgresql-client

etc=/etc/nutri/dumps
mkdir -p "$etc" /usr/local/lib/nutri /var/lib/nutri/dumps
put() { printf '%s' "$2" >"$etc/.new"; mv "$etc/.new" "$etc/$1"; }
put config.json "$CONFIG"
put password "$RESTIC_PASSWORD"
put identity "$IDENTITY"
put known_hosts "$KNOWN_HOSTS
"
base64 -d <<<"$PROGRAM" >/usr/local/lib/nutri/.dumps.new
mv /usr/local/lib/nutri/.dumps.new /usr/local/lib/nutri/dumps.pyz
cat >/usr/local/sbin/nutri-dump <<'SH'
#!/bin/sh
exec /usr/bin/python3 -I -B /usr/local/lib/nutri/dumps.pyz "$@"
SH
chmod 755 /usr/local/sbin/nutri-dump

# An older pg_dump refuses a newer server, so that the server's own version has to be here.
major=$(nutri-dump major)
[ -x "/usr/lib/postgresql/$major/bin/pg_dump" ] || apt_install "postgresql-client-$major" || {
  apt_install postgresql-common
  /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y >>"$apt_log" 2>&1
  apt_install "postgresql-client-$major"
}

unit() { # name, description, command, schedule
  cat >"/etc/systemd/system/$1.service" <<UNIT
[Unit]
Description=$2
Wants=network-online.target
After=network-online.target docker.service

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/nutri-dump $3
Environment=HOME=/root
TimeoutStartSec=6h
Nice=10
UNIT
  cat >"/etc/systemd/system/$1.timer" <<UNIT
[Unit]
Description=$2, on time

[Timer]
OnCalendar=$4
Persistent=true

[Install]
WantedBy=timers.target
UNIT
}
systemd-analyze calendar "$SCHEDULE" >/dev/null || {
  echo "nutri:dumpSchedule: '$SCHEDULE' is no time systemd knows, such as '*-*-* 01:15:00 UTC'" >&2
  exit 1
}
unit nutri-dump "Dump of nutri's database" now "$SCHEDULE"
unit nutri-dump-verify "Proof that a dump of nutri's database comes back" verify "$PROOF_SCHEDULE"
chmod 644 /etc/systemd/system/nutri-dump*
systemctl daemon-reload
systemctl enable -q --now nutri-dump.timer nutri-dump-verify.timer
systemctl restart nutri-dump.timer nutri-dump-verify.timer

[ "$MAY_INIT" = no ] || nutri-dump init >/dev/null
echo "dumps are set up for PostgreSQL $major"
