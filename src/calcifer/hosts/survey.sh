# The only script that looks at a host: reads, and changes nothing. POSIX sh, with sed and what the host has.
# Calcifer sets, in front of this text: directory, where services lie. Says lines `key<TAB>value`, `end<TAB>ok` as the last.
set -u
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
say() { printf '%s\t%s\n' "$1" "$2"; }
each() { while IFS= read -r line; do say "$1" "$line"; done; }
has() { command -v "$1" >/dev/null 2>&1; }
say time "$(date +%s)"

limit=
if timeout 5 true 2>/dev/null; then limit='timeout 10'; fi
say user "$(id -un 2>/dev/null)"
say uid "$(id -u)"
say hostname "$(uname -n)"
say kernel "$(uname -sr)"
say arch "$(uname -m)"
say os "$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null)"
say os_like "$(sed -n 's/^ID=//p;s/^ID_LIKE=//p' /etc/os-release 2>/dev/null | tr '\n' ' ')"
if [ -d /run/systemd/system ]; then say systemd yes; fi
say cpus "$(getconf _NPROCESSORS_ONLN 2>/dev/null || sed -n '/^processor[[:space:]]*:/p' /proc/cpuinfo 2>/dev/null | wc -l)"
say memory_kb "$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo 2>/dev/null)"

# Of $1: `device kb used kb-free percent place`; a directory that is not there yet is as its nearest parent. No process more than
# is needed here and below: with fifty hosts that is what a check takes.
free() { df -Pk "$1" 2>/dev/null | { IFS= read -r line && IFS= read -r line && printf '%s\n' "$line"; }; }
set -- /
if [ -r /proc/mounts ]; then
  while read -r device place kind rest; do
    case $device:$kind in
      /dev/loop*:squashfs | *:iso9660) continue ;;
      /*:* | *:zfs) ;;
      *) continue ;;
    esac
    case $place in *\\*) place=$(printf '%b' "$place") ;; esac
    if [ $# -le 50 ]; then set -- "$@" "$place"; fi
  done </proc/mounts
fi
df -Pk "$@" 2>/dev/null | sed 1d | each disk
parent=$directory
while [ ! -d "$parent" ] && [ "$parent" ]; do parent=${parent%/*}; done
parent=${parent:-/}
say stacks "$(free "$parent")"
if [ -w "$parent" ]; then say stacks_writable yes; fi

if has docker; then
  say docker "$(command -v docker)"
  # One call of the client tells all where all is well: each takes a tenth of a second.
  tab=$(printf '\t')
  said=$($limit docker info --format "{{.ServerVersion}}$tab{{.DockerRootDir}}$tab{{range .ClientInfo.Plugins}}{{if eq .Name \"compose\"}}{{.Version}}{{end}}{{end}}" 2>/dev/null | sed -n '$p')
  version=${said%%"$tab"*} root='' compose=''
  case $said in *"$tab"*"$tab"*) root=${said#*"$tab"} compose=${root#*"$tab"} root=${root%%"$tab"*} ;; *) version='' ;; esac
  if [ "$version" ] || said=$($limit docker version --format '{{.Server.Version}}' 2>&1); then
    say engine_version "${version:-$(printf '%s\n' "$said" | sed -n '$p')}"
    root=${root:-$($limit docker info --format '{{.DockerRootDir}}' 2>/dev/null | sed -n '$p')}
    say engine_root "$root"
    if [ "$root" ]; then say engine_disk "$(free "$root")"; fi
  else # why is said on standard error, somewhere between what the client says of itself
    why=$(printf '%s\n' "$said" | sed -n -e '/annot connect/p' -e '/ermission denied/p' | sed -n 1p)
    say engine_error "${why:-$(printf '%s\n' "$said" | sed '/^[[:space:]]*$/d' | sed -n '$p')}"
    case $why in *'ermission denied'*) say engine_denied yes ;; esac
  fi
  if [ "$compose" ] || { said=$($limit docker compose version --short 2>&1) && compose=$(printf '%s\n' "$said" | sed -n '$p'); }; then
    say compose_version "${compose#v}"
  fi
fi
for tool in awk cat cp find flock mv readlink sed sha256sum sync tar xargs; do
  has "$tool" || say lacks "$tool"
done
if has ip; then
  ip -o addr show 2>/dev/null | sed -n 1,300p | each address
  { ip -d -o link show 2>/dev/null || ip -o link show 2>/dev/null; } | sed -n 1,300p | each link
fi
if [ -r /proc/net/wireless ]; then sed -n 's/^ *\([^ :|]*\): .*/\1/p' /proc/net/wireless | each wireless; fi
say end ok
