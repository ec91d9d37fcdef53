# Logs the server in to the app's registry, as Coolify's deployments use it.
# Wants: REGISTRY, USERNAME, PASSWORD. Safe to run again.
set -euo pipefail

said=$(printf '%s' "$PASSWORD" | docker login --username "$USERNAME" --password-stdin "$REGISTRY" 2>&1) || {
  echo "$REGISTRY refuses the login (settings nutri:registryUsername, nutri:registryPassword): $said" >&2
  exit 1
}
echo "logged in to $REGISTRY"
