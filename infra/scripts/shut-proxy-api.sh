# Shuts the API of the proxy to everybody outside its container, and sees that it is shut.
# Wants: ROUTES (a file for Traefik). Safe to run again.
set -euo pipefail

folder=/data/coolify/proxy
# Written beside the folder first: the proxy must not read half a file.
printf '%s' "$ROUTES" >"$folder/nutri-api.new"
mv "$folder/nutri-api.new" "$folder/dynamic/nutri-api.yaml"

answer() {
  curl -s -m 5 -o /dev/null -w '%{http_code}' -H 'Host: traefik-coolify-proxy' \
    http://127.0.0.1/api/rawdata || true
}
for _ in $(seq 150); do
  status=$(answer)
  if [ "$status" = 403 ]; then  # ours; without it there may be no route yet, and 404
    echo "the proxy's API is shut"
    exit
  fi
  sleep 0.2
done
echo "the proxy's API answers $status instead of 403: a file in $folder/dynamic that it cannot read" \
  "keeps it from reading ours; see: docker logs --tail 20 coolify-proxy" >&2
exit 1
