# Restores the newest dump into the empty database of a new stack; leaves one with data as it is.
# Wants: DATABASE (where it is; another one has this run again). Safe to run again, also after it
# was cut off: it is one transaction.
set -euo pipefail

said=$(nutri-dump restore-once)
python3 -c '
import json, sys
told = json.loads(sys.argv[1])
if told["done"]:
    dump = told["dump"]
    for passed in told["passed_over"]:
        print("passed over:", passed)
    for lost in told["not_restored"]:
        print("not restored:", lost)
    print("restored", told["rows"], "rows of", dump["at"], "in", told["seconds"], "s")
else:
    print(told["message"])
' "$said"
