# The only script that asks a host what it runs of a service: reads, and changes nothing. POSIX sh with sed, sort, docker and compose.
# Calcifer sets, in front of this text: directory; project, empty where compose itself is to say it; versions, beside it.
# Says lines `key<TAB>value`, `end<TAB>ok` as the last. Nothing of it has a value of the environment or of a variable.
set -u
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
say() { printf '%s\t%s\n' "$1" "$2"; }
each() { while IFS= read -r line; do say "$1" "$line"; done; }
fail() { code=$1; shift; echo "$*" >&2; exit "$code"; }

[ ! -s "$versions/deployed" ] || say deployed "$(sed -n '1s/ .*//p' "$versions/deployed")"
[ ! -s "$versions/unapplied" ] || say unapplied yes
if cd "$directory" 2>/dev/null; then
  say directory "$(pwd -P)"
  said=$({ docker compose config --format json && echo calcifer-read; } 2>&1) # it has values: no line of it is said but these two
  case $said in
    *calcifer-read) own=$(printf '%s\n' "$said" | sed -n 's/^  "name": "\([a-z0-9_-]*\)",*$/\1/p' | sed -n 1p) ;;
    *) own='' && say broken "$(printf '%s\n' "$said" | sed '/^[[:space:]]*$/d' | sed -n '$p')" ;;
  esac
  say own "$own"
  project=${project:-$own}
  docker compose -p "$project" config --hash '*' 2>/dev/null | each hash
fi
say project "$project"
# Of its health the list tells: the key is not there in each container, and a template that asks for it may fail.
list=$(docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" --format '{{.ID}} {{.Status}}' 2>/dev/null) ||
  fail 75 "has no docker engine that answers"
if [ "$list" ]; then
  printf '%s\n' "$list" | each status
  found=$(docker inspect --format '{"id":{{json .ID}},"name":{{json .Name}},"service":{{json (index .Config.Labels "com.docker.compose.service")}},"hash":{{json (index .Config.Labels "com.docker.compose.config-hash")}},"oneoff":{{json (index .Config.Labels "com.docker.compose.oneoff")}},"directory":{{json (index .Config.Labels "com.docker.compose.project.working_dir")}},"image":{{json .Image}},"ref":{{json .Config.Image}},"status":{{json .State.Status}},"exit_code":{{.State.ExitCode}},"started":{{json .State.StartedAt}},"restarts":{{.RestartCount}},"policy":{{json .HostConfig.RestartPolicy.Name}},"mounts":{{json .Mounts}}}' $(printf '%s\n' "$list" | sed 's/ .*//') 2>/dev/null)
  printf '%s\n' "$found" | each container
  for ref in $(printf '%s\n' "$found" | sed -n 's/.*"ref":"\([^"[:space:]]*\)".*/\1/p' | sort -u); do
    docker image inspect --format "$ref "'{{.ID}} {{json .RepoDigests}}' "$ref" 2>/dev/null | each image
  done
fi
say now "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
say end ok
