# Waits until Coolify has Docker and its proxy running here.
# Wants: nothing. Safe to run again.
set -euo pipefail

deadline=$((SECONDS + 300))
until [ "$(docker inspect -f '{{.State.Health.Status}}' coolify-proxy 2>/dev/null)" = healthy ]; do
  [ $SECONDS -lt $deadline ] || {
    echo "coolify-proxy does not run within 300 s:" >&2
    docker ps -a --filter name=coolify-proxy >&2 || true
    exit 1
  }
  sleep 1
done
echo "Docker and Coolify's proxy run"
