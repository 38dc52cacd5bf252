# The only script that looks at what runs on a host: reads, and changes nothing. POSIX sh and docker; git and sha256sum where they are.
# On standard input, after this text: of each directory that a known service may lie in a line `D<path>`, then a line `F<path>` for each
# file that is tracked. Says lines `key<TAB>value`, `end<TAB>ok` as the last. No environment, no command and no label but compose's own
# is asked for: they hold secrets.
set -uf
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
GIT_OPTIONAL_LOCKS=0 GIT_TERMINAL_PROMPT=0 GIT_NO_LAZY_FETCH=1
export LC_ALL PATH GIT_OPTIONAL_LOCKS GIT_TERMINAL_PROMPT GIT_NO_LAZY_FETCH
tab=$(printf '\t')
newline='
'
say() { printf '%s\t%s\n' "$1" "$2"; }
has() { command -v "$1" >/dev/null 2>&1; }
limit=
if timeout 5 true 2>/dev/null; then limit='timeout 60'; fi

# Whether something is at the path $1: yes, no, hidden where this user may not see it, unknown where it is no path from the top.
there() {
  case $1 in /*) ;; *) printf unknown && return ;; esac
  if [ -e "$1" ] || [ -L "$1" ]; then printf yes && return; fi
  above=${1%/*}
  while [ "$above" ] && ! [ -e "$above" ]; do above=${above%/*}; done
  if [ -x "${above:-/}" ]; then printf no; else printf hidden; fi
}

# Inspect what has the ids of standard input, 100 at a time: $1 is the kind, $2 the format. A field is called as the engine's Go type
# has it (`ID`): by its name in JSON (`Id`) the client takes another way, on which whatever a container has not (`Health`) is an error.
inspect_all() {
  kind=$1 format=$2
  set --
  while read -r id; do
    set -- "$@" "$id"
    if [ $# -ge 100 ]; then inspect "$@"; set --; fi
  done
  if [ $# -gt 0 ]; then inspect "$@"; fi
}
inspect() { # of what is gone by now it says so, in lines without a key, and the others are shown all the same
  $limit docker inspect --type "$kind" --format "$format" "$@" </dev/null 2>&1
}

# What git says of the directory $1, and which of the files $2 (with commas) it does not track.
ask_git() {
  if said=$($limit git -C "$1" -c core.fsmonitor=false status --porcelain=v2 --branch --untracked-files=no \
    --ignore-submodules=all -- . 2>&1 </dev/null); then
    say git repository
    count=0
    while IFS= read -r line; do
      count=$((count + 1))
      if [ "$count" -le 200 ]; then say status "$line"; fi
    done <<EOF
$said
EOF
    IFS=,
    for file in $2; do
      git -C "$1" ls-files --error-unmatch -- "$file" >/dev/null 2>&1 </dev/null || say untracked "$file"
    done
    unset IFS
  else
    case $said in
      *'not a git repository'*) say git none ;;
      *'dubious ownership'*) say git foreign ;;
      *) say git unread ;;
    esac
  fi
}

has git || say lacks git
has sha256sum || say lacks sha256sum
say time "$(date +%s 2>/dev/null)"
say user "$(id -un 2>/dev/null)"
if ! has docker; then
  say lacks docker
elif ! said=$($limit docker version --format '{{.Server.Version}}' 2>&1 </dev/null); then
  while IFS= read -r line; do say engine_error "$line"; done <<EOF
$said
EOF
else
  say engine_version "${said##*"$newline"}"
  stack=com.docker.compose.project
  docker ps --all --quiet --no-trunc </dev/null 2>/dev/null | { count=0 && while read -r id; do count=$((count + 1)); done && say containers "$count"; }
  docker ps --all --quiet --no-trunc </dev/null 2>/dev/null | inspect_all container '{{"container\t" -}}
{"id":{{json .ID -}}
,"name":{{json .Name -}}
,"ref":{{json .Config.Image -}}
,"image":{{json .Image -}}
,"status":{{json .State.Status -}}
,"started":{{json .State.StartedAt -}}
,"exit":{{json .State.ExitCode -}}
,"error":{{json .State.Error -}}
,"oom":{{json .State.OOMKilled -}}
,"restarts":{{json .RestartCount -}}
,"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}""{{end -}}
,"check":[{{with .Config.Healthcheck}}{{range $at, $word := .Test}}{{if eq $at 0}}{{json $word}}{{end}}{{end}}{{end -}}
],"restart":{{json .HostConfig.RestartPolicy.Name -}}
,"auto":{{json .HostConfig.AutoRemove -}}
,"privileged":{{json .HostConfig.Privileged -}}
,"pid":{{json .HostConfig.PidMode -}}
,"network":{{json .HostConfig.NetworkMode -}}
,"capabilities":{{json .HostConfig.CapAdd -}}
,"ports":{{json .HostConfig.PortBindings -}}
,"mounts":{{json .Mounts -}}
,"addresses":[{{range $name, $end := .NetworkSettings.Networks}}[{{json $name}},{{json $end.IPAddress}}],{{end -}}
null],"stack":{{json (index .Config.Labels "com.docker.compose.project") -}}
,"service":{{json (index .Config.Labels "com.docker.compose.service") -}}
,"one_off":{{json (index .Config.Labels "com.docker.compose.oneoff") -}}
,"directory":{{json (index .Config.Labels "com.docker.compose.project.working_dir") -}}
,"files":{{json (index .Config.Labels "com.docker.compose.project.config_files") -}}
,"swarm":{{json (index .Config.Labels "com.docker.swarm.service.name") -}}
}'
  docker image ls --quiet --no-trunc </dev/null 2>/dev/null | inspect_all image '{{"image\t" -}}
{"id":{{json .ID -}}
,"tags":{{json .RepoTags -}}
,"digests":{{json .RepoDigests -}}
,"created":{{json .Created -}}
}'
  docker network ls --format 'network{{"\t"}}{"name":{{json .Name}},"driver":{{json .Driver}}}' </dev/null 2>/dev/null
  docker ps --all --filter "label=$stack" \
    --format "{{.Label \"$stack.working_dir\"}}$tab{{.Label \"$stack.config_files\"}}" </dev/null 2>/dev/null | {
    seen=$newline
    while IFS= read -r line; do
      case $seen in *"$newline$line$newline"*) continue ;; esac
      seen=$seen$line$newline
      directory=${line%%"$tab"*} files=${line#*"$tab"}
      state=$(there "$directory")
      say directory "$state$tab$directory"
      IFS=,
      for file in $files; do say file "$(there "$file")$tab$file"; done
      unset IFS
      if has git && [ "$state" = yes ]; then ask_git "$directory" "$files"; fi
    done
  }
fi

# The files that a known service has in git, and whether they are here. Those that are wait in $@ for one sha256sum.
sum() { # its lines are `hash  name`; a name with a backslash or a line end is written with backslashes, and the line begins with one
  if [ $# -gt 0 ]; then
    (cd "$known" && $limit sha256sum -- "$@" 2>/dev/null </dev/null) | while IFS= read -r line; do say sum "$line"; done
  fi
}
outside() { # the hash of what stands outside the secrets that Calcifer has put into a .env, and two spaces less one
  {
    [ "$block" -lt 2 ] || head -n "$((block - 1))" "$1" | head -c "$(($(head -n "$((block - 1))" "$1" | wc -c) - 1))"
    sed '1,/^# <<< secrets$/d' "$1"
  } 2>/dev/null </dev/null | sha256sum | sed 's/ *-$/ /'
}
if has sha256sum; then
  known=
  set --
  while IFS= read -r line; do
    case $line in
      D*)
        sum "$@"
        set --
        known=${line#D}
        if [ -d "$known" ]; then say known "$known"; else known=; fi
        ;;
      F*)
        if [ "$known" ]; then
          name=${line#F}
          if [ -L "$known/$name" ]; then
            say link "$name"
          elif [ "$name" = .env ] && block=$(sed -n '/^# >>> secrets, put here by Calcifer /=' "$known/.env" 2>/dev/null) && [ "$block" ]; then
            say sum "$(outside "$known/.env") .env"
          elif [ -f "$known/$name" ]; then
            set -- "$@" "$name"
            if [ $# -ge 100 ]; then sum "$@"; set --; fi
          elif [ "$(there "$known/$name")" != hidden ]; then
            say missing "$name"
          fi
        fi
        ;;
    esac
  done
  sum "$@"
fi
say end ok
