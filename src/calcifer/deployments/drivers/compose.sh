# The only script that asks a host what it runs of a service: reads, and changes nothing. POSIX sh with sed, sort, docker and compose.
# Calcifer sets, in front of this text: directory; project, empty where compose itself is to say it; versions, beside it;
#   wanted  which of these are told: files (what compose makes of them) hashes containers images
# Says lines `key<TAB>value`, `end<TAB>ok` as the last. Nothing of it has a value of the environment or of a variable.
set -uf
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
say() { printf '%s\t%s\n' "$1" "$2"; }
each() { while IFS= read -r line; do say "$1" "$line"; done; }
fail() { code=$1; shift; echo "$*" >&2; exit "$code"; }

wants() { case " $wanted " in *" $1 "*) ;; *) return 1 ;; esac; }

files() {
  said=$({ docker compose config --format json && echo calcifer-read; } 2>&1 </dev/null) # it has values: no line of it is said but these two
  case $said in
    *calcifer-read) own=$(printf '%s\n' "$said" | sed -n 's/^  "name": "\([a-z0-9_-]*\)",*$/\1/p' | sed -n 1p) ;;
    *) own='' && say broken "$(printf '%s\n' "$said" | sed '/^[[:space:]]*$/d' | sed -n '$p')" ;;
  esac
  say own "$own"
}

# Of its health the list tells: the key is not there in each container, and a template that asks for it may fail.
containers() {
  list=$(docker ps --all --no-trunc --filter "label=com.docker.compose.project=$project" --format '{{.ID}} {{.Status}}' 2>/dev/null) ||
    fail 75 "has no docker engine that answers"
  [ "$list" ] || return 0
  printf '%s\n' "$list" | each status
  found=$(docker inspect --format '{"id":{{json .ID}},"name":{{json .Name}},"service":{{json (index .Config.Labels "com.docker.compose.service")}},"hash":{{json (index .Config.Labels "com.docker.compose.config-hash")}},"oneoff":{{json (index .Config.Labels "com.docker.compose.oneoff")}},"directory":{{json (index .Config.Labels "com.docker.compose.project.working_dir")}},"image":{{json .Image}},"ref":{{json .Config.Image}},"status":{{json .State.Status}},"exit_code":{{.State.ExitCode}},"started":{{json .State.StartedAt}},"restarts":{{.RestartCount}},"policy":{{json .HostConfig.RestartPolicy.Name}},"mounts":{{json .Mounts}}}' $(printf '%s\n' "$list" | sed 's/ .*//') 2>/dev/null)
  printf '%s\n' "$found" | each container
  wants images || return 0
  set -- $(printf '%s\n' "$found" | sed -n 's/.*"ref":"\([^"[:space:]]*\)".*/\1/p' | sort -u)
  [ $# -gt 0 ] || return 0
  what='{{.ID}} {{json .RepoDigests}}'
  if found=$(docker image inspect --format "$what" "$@" 2>/dev/null) && [ "$(printf '%s\n' "$found" | wc -l)" -eq $# ]; then
    printf '%s\n' "$found" | while IFS= read -r line; do say image "$1 $line" && shift; done
  else # one is gone: one by one
    for ref; do docker image inspect --format "$what" "$ref" 2>/dev/null | while IFS= read -r line; do say image "$ref $line"; done; done
  fi
}

[ ! -s "$versions/deployed" ] || say deployed "$(sed -n '1s/ .*//p' "$versions/deployed")"
[ ! -s "$versions/unapplied" ] || say unapplied yes
if cd "$directory" 2>/dev/null; then
  say directory "$(pwd -P)"
  if [ -z "$project" ]; then
    files
    project=$own wanted=$(printf '%s' "$wanted" | sed 's/files//')
  fi
else
  wanted=$(printf '%s' "$wanted" | sed 's/files//; s/hashes//')
fi
say project "$project"
# What takes the time is the engine's client, so these run side by side; what is said on the left waits in its pipe.
{ ! wants files || files; } </dev/null | {
  { ! wants hashes || docker compose -p "$project" config --hash '*' 2>/dev/null | each hash; } </dev/null | {
    ! wants containers || containers </dev/null || exit
    cat
  } || exit
  cat
} || exit
say now "$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)"
say end ok
