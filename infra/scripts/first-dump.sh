# Takes the first dump, unless there is one or nothing to dump yet.
# Wants: nothing. Safe to run again.
set -euo pipefail

said=$(nutri-dump first)
python3 -c '
import json, sys
told = json.loads(sys.argv[1])
print(told.get("message") or "dumped {rows} rows of {tables} tables".format(**told))
' "$said"
