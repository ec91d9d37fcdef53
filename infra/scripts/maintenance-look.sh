# Tells what there is of a maintenance page on the server, and changes nothing.
# Wants: nothing.
set -euo pipefail

section() { printf '@@ %s\n' "$1"; }
section routes; cat /data/coolify/proxy/dynamic/nutri-maintenance.yaml 2>/dev/null || true
section state; cat /opt/nutri/maintenance/state.json 2>/dev/null || true
section served; systemctl is-active nutri-maintenance.service || true
