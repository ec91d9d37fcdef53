# Has the proxy ask again for certificates it did not get: it does so when its configuration changes.
# Not more often than the vendor bears, who shuts a name out after five failures within an hour.
# Wants: HOSTS (one a line), MOST (times an hour that this asks). Safe to run again.
set -euo pipefail

folder=${FOLDER:-/data/coolify/proxy}
kept="$folder/nutri-asked"
now=$(date +%s)
hour=$((now - 3600))

said=$(docker logs --since 1h coolify-proxy 2>&1 | sed 's/\x1b\[[0-9;]*m//g' |
  grep -F 'Unable to obtain ACME certificate' || true)
failed=0
for host in $HOSTS; do
  of_host=$(grep -F "\"$host\"" <<<"$said" || true)
  if [ -z "$of_host" ]; then continue; fi
  last=$(tail -1 <<<"$of_host" | sed -E 's/.* error="?//; s/"? ACME CA=.*//; s/.*(acme: error)/\1/')
  echo "$host: $(wc -l <<<"$of_host") failures within the hour, the last: ${last:0:300}"
  # What the vendor counts: validations, not that it did not answer.
  times=$(grep -cF 'invalid authorization' <<<"$of_host" || true)
  if [ "$times" -gt "$failed" ]; then failed=$times; fi
done

touch "$kept"
awk -v hour="$hour" '$1 > hour' "$kept" >"$kept.new"
mv "$kept.new" "$kept"
asked=$(wc -l <"$kept")
if grep -q rateLimited <<<"$said"; then
  echo "not asked again: the vendor's limit is reached; \`pulumi up\` in an hour"
elif [ "$failed" -ge 4 ] || [ "$asked" -ge "$MOST" ]; then
  echo "not asked again: asked $asked times and refused $failed times within the hour, and with the" \
    "fifth refusal the name is shut out; mend the cause, then \`pulumi up\` in an hour"
else
  echo "$now" >>"$kept"
  # A router that nobody reaches: a change is all that it takes. Written beside the folder first.
  printf 'http:\n  routers:\n    nutri-ask: {rule: "Host(`ask-%s.invalid`)", entryPoints: [http], service: noop@internal}\n' \
    "$now" >"$folder/nutri-ask.new"
  mv "$folder/nutri-ask.new" "$folder/dynamic/nutri-ask.yaml"
  echo "the proxy asks again ($((asked + 1)) of $MOST times within an hour)"
fi
