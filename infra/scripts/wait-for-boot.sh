# Waits until the first boot has ended, so that no package manager is busy behind our back.
# Wants: nothing. Safe to run again.
set -euo pipefail

if command -v cloud-init >/dev/null; then
  echo "waiting for the first boot to end (300 s at most)"
  timeout 300 cloud-init status --wait >/dev/null || [ $? -ne 124 ] || {
    echo "cloud-init did not end within 300 s: $(cloud-init status --long | tr '\n' ' ')" >&2
    exit 1
  }
fi
echo "the server has booted: $(uname -nr)"
