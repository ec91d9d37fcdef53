# Makes a volume in which the image's user can write, before a container has it.
# Wants: IMAGE, VOLUME, FOLDER. Safe to run again: what is on it stays as it is.
set -euo pipefail

in_image() { docker run --rm --network none --volume "$VOLUME:$FOLDER" --entrypoint "$1" "${@:2}"; }

docker image inspect "$IMAGE" >/dev/null 2>&1 || docker pull --quiet "$IMAGE" >/dev/null
docker volume create "$VOLUME" >/dev/null
# Of an empty volume Docker makes what the image has in that folder, with its owner.
code=0
in_image test "$IMAGE" -w "$FOLDER" 2>/dev/null || code=$?
if [ $code -eq 1 ]; then
  user=$(in_image id "$IMAGE" -u) group=$(in_image id "$IMAGE" -g)
  in_image chown --user 0:0 "$IMAGE" "$user:$group" "$FOLDER"
  in_image test "$IMAGE" -w "$FOLDER" || {
    echo "user $user of $IMAGE cannot write in $FOLDER, a volume of its own" >&2
    exit 1
  }
elif [ $code -ne 0 ]; then
  echo "$IMAGE has no \`test\`, so nobody can say whether its user may write in $FOLDER"
fi
