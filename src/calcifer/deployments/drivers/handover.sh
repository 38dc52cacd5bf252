# The only script that lets one version of Calcifer take the place of another. It runs on the host and goes on without either.
# POSIX sh with cp, mkdir, mv, rm, sed, sleep, docker and compose. Calcifer sets, in front of this text: directory; project;
#   versions  /opt/calcifer/.versions/<service>, where `handover` keeps the compose files of the version that serves
# The new version is built, then tried beside the one that serves, on a copy of the database. Only then does it take its place; where it
# is not well within the deadline, the one before comes back, by its own image and compose files, and its database where the
# new one has changed the structure of it. Exit code 0 where the new version serves, 1 where the one before does.
set -u
umask 077
service=calcifer patience=90
kept=$versions/handover before=$project-before
# An image that compose has built says whose it is: its labels would make what is made from it a container of the service.
apart="--label com.docker.compose.project= --label com.docker.compose.service="
say() { echo "handover: $*"; }
compose() { docker compose --project-name "$project" --project-directory "$directory" "$@"; }
ours() {
  docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \
    --filter "label=com.docker.compose.service=$service" --filter label=com.docker.compose.oneoff=False | sed -n 1p
}
# The compose files in the directory $1, in compose's own order: the first of these names counts, and its override after it.
files() {
  for name in compose.yaml compose.yml docker-compose.yml docker-compose.yaml; do
    [ -f "$1/$name" ] || continue
    echo "$1/$name"
    for file in "$1/${name%.*}.override.yaml" "$1/${name%.*}.override.yml"; do
      [ ! -f "$file" ] || echo "$file"
    done
    return
  done
}
remember() {
  rm -rf "$kept/files.part" && mkdir -p "$kept/files.part" || return
  files . | while IFS= read -r file; do cp "$file" "$kept/files.part/" || exit; done
  rm -rf "$kept/files" && mv "$kept/files.part" "$kept/files"
}
finish() {
  [ "$1" = 0 ] || docker tag "$old_image" "$ref"
  docker rm --force "$before" "$project-try" >/dev/null 2>&1
  exit "$1"
}
# docker, with the environment of the container $1; secrets are in it, and it lies in no file.
in_environment() {
  from=$1
  shift
  docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$from" | docker "$@"
}
# Whether the server is well: 0 as soon as it is, 1 once it cannot be or the deadline has passed.
well() {
  waited=0
  while [ "$waited" -lt "$patience" ]; do
    found=$(ours)
    set -- $(docker inspect --format '{{.State.Status}} {{.RestartCount}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}' "$found" 2>/dev/null)
    case "$*" in
      "running 0 healthy") return 0 ;;
      "running 0 none") [ "$waited" -lt 10 ] || return 0 ;;
      "running 0 starting") ;;
      "created 0 "*) ;;
      *) say "The server is ${*:-not there}, in this order: state, restarts, health."; return 1 ;;
    esac
    waited=$((waited + 1))
    sleep 1
  done
  say "After $patience seconds the server is not healthy."
  return 1
}
cd "$directory" || exit 1
old=$(ours)
if [ -z "$old" ]; then
  compose up --detach --build --quiet-pull --remove-orphans && remember
  exit
fi
old_image=$(docker inspect --format '{{.Image}}' "$old") && ref=$(docker inspect --format '{{.Config.Image}}' "$old") || exit 1
compose build "$service" || { docker tag "$old_image" "$ref"; say "It cannot be built. The version that was there serves on."; exit 1; }
wanted=$(compose config --images "$service" 2>/dev/null | sed -n 1p)
asked=$(compose config --hash "$service" | sed 's/.* //')
has=$(docker inspect --format '{{index .Config.Labels "com.docker.compose.config-hash"}}' "$old")
if [ "$asked" = "$has" ] && [ "$(docker image inspect --format '{{.Id}}' "$wanted")" = "$old_image" ]; then
  compose up --detach --no-build --remove-orphans && remember
  exit
fi

say "The new version is tried beside the one that serves, on a copy of the database."
docker rm --force "$project-try" "$before" >/dev/null 2>&1
if ! timeout -k 10 180 docker compose --project-name "$project" run --rm --no-deps --no-TTY --name "$project-try" \
  "$service" python3 -m calcifer.handover try </dev/null; then
  say "It does not start, and was not let in. The version that was there serves on."
  finish 1
fi

# A container that never runs: it holds the image, the mounts and the environment of the version that serves.
rm -f "$kept/env" # older versions of this had a file for it
if ! in_environment "$old" create --name "$before" $apart --volumes-from "$old" --env-file /dev/stdin "$old_image" true >/dev/null; then
  say "The version that serves could not be remembered, and serves on."
  finish 1
fi
by_old() {
  in_environment "$before" run --rm $apart --network none --volumes-from "$before" --env-file /dev/stdin "$old_image" \
    python3 -m calcifer.handover "$@"
}
say "The old version stops, and its database is kept."
docker stop --time 20 "$old" >/dev/null
if ! by_old keep; then
  docker start "$old" >/dev/null
  say "The database could not be kept. The version that was there serves again."
  finish 1
fi
say "The new version takes over."
if compose up --detach --no-build --quiet-pull --remove-orphans && well; then
  remember
  finish 0
fi

say "The new version is not well. What it said last:"
docker logs --tail 15 "$(ours)" 2>&1
docker stop --time 20 "$(ours)" >/dev/null 2>&1
by_old put-back
docker tag "$old_image" "$ref"
set --
for file in $(cd "$kept" && files files); do # these names have no blanks
  set -- "$@" --file "$kept/$file"
done
compose "$@" up --detach --no-build --remove-orphans
if well; then say "The version before serves again."; else say "The version before does not serve either."; fi
finish 1
