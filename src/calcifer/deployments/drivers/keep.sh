# The only script that keeps images on a host, so that going back needs no registry, and that gives back names which they lost.
# POSIX sh with awk, grep, docker. Calcifer sets, in front of this text:
#   mode     keep: keep what standard input names, and no other of the service; restore: give back names that lead nowhere
#   service  the service          repository  under which name images are kept
# Standard input, a line each: keep `name id`, restore `ref id`.
# Kept is an image by a tag, which `docker image prune` and `docker system prune` leave alone, and by a container that is never
# started, for `docker image prune --all` takes every tag that no container stands behind. Says how many it kept, or gave back.
set -u
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
fail() { code=$1; shift; echo "$*" >&2; exit "$code"; }
docker version >/dev/null 2>&1 || fail 75 "has no docker engine that answers"
count=0

if [ "$mode" = restore ]; then
  while read -r ref id; do
    [ "$id" ] || continue
    docker image inspect "$ref" >/dev/null 2>&1 && continue
    docker tag "$id" "$ref" >/dev/null 2>&1 && count=$((count + 1))
  done
  echo "$count"
  exit 0
fi

wanted=$(cat)
hold() {
  docker tag "$2" "$repository:$1" 2>/dev/null || return 1
  docker container inspect "$prefix$1" >/dev/null 2>&1 && return 0
  # What the image calls a volume would become one, filled with a copy, for each container.
  set -- "$1" "$2" $(docker image inspect --format '{{range $path, $_ := .Config.Volumes}}{{$path}} {{end}}' "$2" 2>/dev/null |
    awk '{ for (n = 1; n <= NF; n++) if ($n ~ /^\/[A-Za-z0-9._\/-]+$/) print "--tmpfs=" $n }')
  name=$1 image=$2
  shift 2
  # An image that compose has built says whose it is: its labels would make this one a container of the service.
  docker create --name "$prefix$name" --label "calcifer.kept=$service" \
    --label com.docker.compose.project= --label com.docker.compose.service= --network none --restart no --entrypoint /kept "$@" \
    "$image" kept >/dev/null 2>&1
}
prefix=calcifer-kept.
there=$(docker ps --all --filter "label=calcifer.kept=$service" --format '{{.Names}}') || fail 75 "does not tell its containers"
tags=$(docker image ls --format '{{.Tag}}' "$repository" 2>/dev/null | grep "^$service\\.D[0-9]")
while read -r name id; do
  [ "$id" ] || continue
  hold "$name" "$id" && count=$((count + 1))
done <<END
$wanted
END
is_wanted() { printf '%s\n' "$wanted" | grep -q "^$1 "; }
for one in $there; do
  is_wanted "${one#"$prefix"}" || docker rm --volumes "$one" >/dev/null 2>&1
done
for one in $tags; do
  is_wanted "$one" || docker rmi "$repository:$one" >/dev/null 2>&1
done
echo "$count"
