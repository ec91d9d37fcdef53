# Has the server be left before it stops: nobody new is let in, and what is under way ends.
# Wants: PROGRAM (a zip application, in base64), GRACE (seconds for what is under way), TURN_AWAY
# (seconds in which a load balancer turns away). Safe to run again.
set -euo pipefail

folder=/usr/local/lib/nutri
install -d -m 755 "$folder"
base64 -d <<<"$PROGRAM" >"$folder/drain.pyz.new"
mv "$folder/drain.pyz.new" "$folder/drain.pyz"

# Stopped before Docker is; at a start the door is opened, however the server went down.
cat >/etc/systemd/system/nutri-leave.service <<UNIT
[Unit]
Description=Let nobody new in before a shutdown, and let what is under way end
After=docker.service
Wants=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/rm -f /data/coolify/proxy/dynamic/nutri-leaving.yaml
ExecStop=/usr/bin/python3 -B $folder/drain.pyz leave $GRACE
TimeoutStopSec=$((GRACE + TURN_AWAY + 30))

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable -q nutri-leave.service
systemctl start nutri-leave.service
echo "what is under way has $GRACE s before a shutdown"
