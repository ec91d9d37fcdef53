# Takes the first dump and sees it come back, unless that was done or there is nothing to dump yet.
# Wants: nothing. Safe to run again.
set -euo pipefail

said=$(nutri-dump first)
python3 -c '
import json, sys
told = json.loads(sys.argv[1])
print(told["message"])
' "$said"
