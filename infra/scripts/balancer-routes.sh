# Tells the proxy what to do with requests from the load balancer.
# Wants: ROUTES (a file for Traefik). Safe to run again.
set -euo pipefail

folder=/data/coolify/proxy
mkdir -p "$folder/dynamic"
# Written beside the folder first: the proxy must not read half a file.
printf '%s' "$ROUTES" >"$folder/.balancer.yaml"
mv "$folder/.balancer.yaml" "$folder/dynamic/balancer.yaml"
echo "the proxy knows the load balancer"
