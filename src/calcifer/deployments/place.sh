# The only script that writes into a service's directory on a host. POSIX sh with cat, cp, find, flock, mv, readlink, sed, sha256sum,
# tar, xargs -0, awk: those of GNU or of BusyBox. Calcifer sets, in front of this text:
#   mode       ship: standard input is an archive of files, dirs and tree/; place: the version is kept here; settle: forget `unapplied`;
#              compare: say what was edited here since, and change nothing; note: add `record` to the records
#   versions   /opt/calcifer/.versions/<service>        directory   where the service lies
#   commit     40 hexadecimal characters                digest      sha256 over the content of all its files, one after the other
#   aside      yes: what is in the way, or was edited here, is copied to $versions/aside and then gives way
#   enclosed, tag   the secrets of .env: enclosing.sh, which stands in front of this too
#   by         who ships, and for what: one line         most        how many versions are kept
# In $versions: <commit>/ the tree, <commit>.list/ what is in it; deployed, one line `commit time by`; history, the same line for each;
# begun, the commits whose placing may have been interrupted; unapplied, what changed since the containers last followed.
# Says records that end with NUL: A added, C changed, R removed, E edited here and left so, X in the way (then nothing was done), Z the end.
# Names never stand in text: they travel as NUL lists, and what is known of the n-th name is the n-th line of another file.
set -u
LC_ALL=C; EXTRACT_UNSAFE_SYMLINKS=1
export LC_ALL EXTRACT_UNSAFE_SYMLINKS
umask 022
trap '' HUP PIPE
fail() { code=$1; shift; echo "$*" >&2; exit "$code"; }
for program in awk flock sha256sum tar xargs; do
  command -v "$program" >/dev/null || fail 1 "has no $program"
done
flush() { sync -f "$1" 2>/dev/null || sync; }

if [ "$mode" = compare ] && { [ ! -d "$directory" ] || [ ! -s "$versions/deployed" ]; }; then
  printf 'Z\000'
  exit 0
fi
mkdir -p "$versions" "$directory" || fail 1 "cannot make $directory"
directory=$(cd -P "$directory" && pwd -P && echo /) || fail 1 "cannot enter $directory"
directory=${directory%??}
versions=$(cd -P "$versions" && pwd -P) || fail 1 "cannot enter $versions"
part=$versions/$commit.part.$$
for old in "$versions"/*.part.*; do # of those that were cut off
  kill -0 "${old##*.}" 2>/dev/null || rm -rf "$old"
done
work=$part/work
mkdir "$part" "$work" || fail 1 "cannot write into $versions"
trap 'rm -rf "$part"' EXIT

env_receive

# What lies at each name of the list $2 below $1, a line each: - nothing, l HASH a link, f HASH or x HASH a file, d a directory, o other.
states() {
  : >"$work/names"
  hidden=
  if [ "$1" = "$directory" ]; then hidden=$env_outside; fi
  (cd "$1" && hidden=$hidden xargs -0 sh -c '
    for p do
      q=$p behind=
      while :; do
        case $q in */*) q=${q%/*} ;; *) break ;; esac
        if [ -L "./$q" ]; then behind=link; break; fi
      done
      if [ "$behind" ]; then echo -
      elif [ -L "./$p" ]; then set -- $(readlink "./$p" | sha256sum); echo "l $1"
      elif [ "$hidden" = nothing ] && [ "$p" = .env ]; then echo -
      elif [ -f "./$p" ]; then
        if [ -x "./$p" ]; then echo x; else echo f; fi
        if [ "$hidden" ] && [ "$p" = .env ]; then printf "%s\000" "$hidden" >&3; else printf "./%s\000" "$p" >&3; fi
      elif [ -d "./$p" ]; then echo d
      elif [ -e "./$p" ]; then echo o
      else echo -
      fi
    done' sh <"$2" 3>"$work/names" >"$work/kinds") || fail 1 "cannot read $1"
  : >"$work/hashes"
  if [ -s "$work/names" ]; then
    (cd "$1" && xargs -0 sha256sum <"$work/names" >"$work/sums") || fail 1 "has files that this user may not read in $1"
    sed -n 's/^\\\{0,1\}\([0-9a-f]\{64\}\)  .*/\1/p' "$work/sums" >"$work/hashes"
  fi
  awk -v hashes="$work/hashes" '
    /^[xf]$/ { if ((getline hash < hashes) < 1) exit 1; print $1 " " hash; next }
    { print }
    END { if ((getline hash < hashes) > 0) exit 1 }' "$work/kinds" || fail 1 "has names in $1 that its sha256sum cannot spell"
}

# The names of list $1 whose line in $2 has letter $3, each behind the letter if $4 says so.
pick() {
  xargs -0 sh -c '
    letters=$1 prefix=$2; shift 2
    for p do
      read -r letter <&3
      case $letter in [$letters]) if [ "$prefix" ]; then printf "%s%s\000" "$prefix" "$p"; else printf "%s\000" "$p"; fi ;; esac
    done' sh "$3" "${4-}" <"$1" 3<"$2"
}

# Whether a kept or received tree $1 with its lists $2 is whole.
whole() {
  [ -d "$1" ] && [ -s "$2/files" ] && [ -f "$2/dirs" ] || return 1
  (cd "$1" && xargs -0 sh -c '
    for p do
      if [ -L "./$p" ]; then continue; fi
      [ -f "./$p" ] || exit 1
      printf "./%s\000" "$p"
    done' sh <"$2/files" >"$work/names" 2>/dev/null) || return 1
  set -- "$1" "$(cd "$1" && xargs -0 cat /dev/null <"$work/names" 2>/dev/null | sha256sum)"
  [ "${2%% *}" = "$digest" ]
}

if [ "$mode" = ship ]; then
  tar -xof - -C "$part" || fail 75 "did not get the whole archive, or has no room for it"
  mkdir "$part/list" && mv "$part/files" "$part/dirs" "$part/list/" || fail 75 "did not get the whole archive"
  whole "$part/tree" "$part/list" || fail 75 "did not get the files as they were sent"
fi

exec 9>"$versions/lock"
tries=0
until flock -n 9; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || fail 75 "is busy: another deployment of this service has not ended"
  sleep 1
done

deployed=
[ ! -s "$versions/deployed" ] || read -r deployed rest <"$versions/deployed"
if [ "$mode" = settle ]; then
  [ "$deployed" != "$commit" ] || rm -f "$versions/unapplied"
  printf 'Z\000'
  exit 0
fi
if [ "$mode" = note ]; then
  case $(cat "$versions/records" 2>/dev/null; echo .) in *"$record"*) ;; *) # a connection may end between this and its being heard
    printf '%s' "$record" >>"$versions/records" && flush "$versions" || fail 1 "has no room for its records" ;;
  esac
  printf 'Z\000'
  exit 0
fi
env_look
tree=$versions/$commit list=$versions/$commit.list
if [ "$mode" = ship ] && ! whole "$tree" "$list"; then
  rm -rf "$tree" "$list"
  mv "$part/list" "$list" && flush "$versions" && mv "$part/tree" "$tree" || fail 1 "cannot keep the version"
fi
[ "$mode" = compare ] || whole "$tree" "$list" || fail 3 "does not keep version $commit"

# The trees that may lie in the directory: what is deployed, then what was begun since.
bases=
for base in $deployed $(cat "$versions/begun" 2>/dev/null); do
  case $base in *[!0-9a-f]*) fail 1 "has a record that is none: $versions/deployed" ;; esac
  case " $bases " in *" $base "*) ;; *) [ ! -d "$versions/$base.list" ] || [ ! -d "$versions/$base" ] || bases="$bases $base" ;; esac
done

# A line for each name of list $1, by tabs: here, new version, what is deployed, what was begun.
compare() {
  states "$directory" "$1" >"$work/here" || exit 1
  states "$tree" "$1" >"$work/new" || exit 1
  set -- "$1" "$work/here" "$work/new"
  case " $bases " in *" ${deployed:-none} "*) ;; *)
    sed 's/.*/-/' "$work/new" >"$work/base"
    set -- "$@" "$work/base" ;;
  esac
  for base in $bases; do
    states "$versions/$base" "$1" >"$work/base.$base" || exit 1
    set -- "$@" "$work/base.$base"
  done
  shift
  paste "$@"
}
theirs='function ours(  i) { for (i = 3; i <= NF; i++) if ($i == $1) return 1; return 0 }'
if [ "$mode" = compare ]; then # what an interrupted run has put there is no edit
  tree=$versions/$deployed list=$versions/$deployed.list
  if [ -d "$tree" ] && [ -s "$list/files" ]; then
    compare "$list/files" >"$work/table" || exit 1
    begun=
    [ ! -s "$versions/begun" ] || begun=yes
    awk -F '\t' -v begun="$begun" "$theirs"'$1 == $2 || ours() || (begun && $1 == "-") { print "K"; next } { print "E" }' "$work/table" >"$work/puts"
    pick "$list/files" "$work/puts" E E
    if [ ! "$begun" ] && env_edited; then printf 'E.env\000'; fi
  fi
  printf 'Z\000'
  exit 0
fi
# P put, K keep, E edited, D a directory stands there, X in the way, Y gives way
compare "$list/files" >"$work/table" || exit 1
awk -F '\t' -v aside="$aside" "$theirs"'
  $1 == $2 { print "K"; next }
  $1 == "-" || ($1 != "d" && ours()) { print "P"; next }
  $1 == "d" { print "D"; next }
  aside && $1 != "o" { print "Y"; next }
  $3 == $2 { print "E"; next }
  { print "X" }' "$work/table" >"$work/puts"
awk -F '\t' '$3 == $2 && $1 != "-" { print "K"; next } $3 == "-" { print "A"; next } { print "C" }' "$work/table" >"$work/changes"
pick "$list/files" "$work/puts" X X >"$work/obstacles"
pick "$list/files" "$work/puts" E E >"$work/edited"
pick "$list/files" "$work/puts" Y >"$work/yields"
if [ "$enclosed" -gt 0 ] && { [ -L "$directory/.env" ] || { [ -e "$directory/.env" ] && [ ! -f "$directory/.env" ]; }; }; then
  fail 1 "has no plain file at $directory/.env, where secrets go: move it away, then repeat"
fi
if [ "$env_tag" ] && [ ! "$env_sound" ] && [ ! "$aside" ]; then printf 'X.env\000' >>"$work/obstacles"; fi
pick "$list/files" "$work/changes" A A >"$work/changed"
pick "$list/files" "$work/changes" C C >>"$work/changed"
pick "$list/files" "$work/puts" Y C >>"$work/changed"

# Directories of the new version: what stands in their place goes only if it was a version's.
if [ -s "$list/dirs" ]; then
  compare "$list/dirs" >"$work/table" || exit 1
  awk -F '\t' "$theirs"'$1 == "d" || $1 == "-" || ours() { print "K"; next } { print "X" }' "$work/table" >"$work/folders"
  pick "$list/dirs" "$work/folders" X X >>"$work/obstacles"
fi

# What older versions have and the new one has not.
: >"$work/removals"
: >"$work/empty"
for older in $bases; do
  compare "$versions/$older.list/files" >"$work/table" || exit 1
  awk -F '\t' -v aside="$aside" "$theirs"'
    ($2 != "-" && $2 != "d") || $1 == "-" || $1 == "d" { print "K"; next }
    ours() { print "R"; next }
    aside && $1 != "o" { print "Y"; next }
    { print "X" }' "$work/table" >"$work/gone"
  pick "$versions/$older.list/files" "$work/gone" RY >>"$work/removals"
  pick "$versions/$older.list/files" "$work/gone" RY R >>"$work/changed"
  pick "$versions/$older.list/files" "$work/gone" Y >>"$work/yields"
  pick "$versions/$older.list/files" "$work/gone" X X >>"$work/obstacles"
  [ -s "$versions/$older.list/dirs" ] || continue
  compare "$versions/$older.list/dirs" >"$work/table" || exit 1
  awk -F '\t' '$1 == "d" && $2 != "d" { print "R"; next } { print "K" }' "$work/table" >"$work/gone"
  pick "$versions/$older.list/dirs" "$work/gone" R >>"$work/empty"
done

# A directory makes room for a file only where versions alone have put things there.
pick "$list/files" "$work/puts" D >"$work/rooms"
if [ -s "$work/rooms" ]; then
  (cd "$directory" && xargs -0 sh -c '
    versions=$1 bases=$2; shift 2
    for p do
      others=$(find "./$p" -exec sh -c '\''
        versions=$1 bases=$2; shift 2
        for f do
          for base in $bases; do
            if [ -e "$versions/$base/$f" ] || [ -L "$versions/$base/$f" ]; then continue 2; fi
          done
          echo other
        done'\'' sh "$versions" "$bases" {} +)
      [ -z "$others" ] || printf "X%s\000" "$p"
    done' sh "$versions" "$bases" <"$work/rooms" >>"$work/obstacles") || fail 1 "cannot look into $directory"
fi
if [ -s "$work/obstacles" ]; then
  cat "$work/obstacles"
  printf 'Z\000'
  exit 0
fi

if [ "$env_tag" ] && env_listed <"$work/yields"; then
  env_left_out <"$work/yields" >"$work/others" && mv "$work/others" "$work/yields" # its secrets are not kept
  if [ "$env_outside" != nothing ]; then
    kept=$versions/aside/$(date -u +%Y%m%dT%H%M%SZ)-$$
    mkdir -p "$kept" && (umask 077; cat "$env_outside" >"$kept/.env") && flush "$kept" || fail 1 "has no room to keep aside what was edited"
  fi
fi
if [ "$env_tag" != "$tag" ] || { [ "$env_tag" ] && [ ! "$env_sound" ]; }; then printf 'C.env\000' >>"$work/changed"; fi
if [ -s "$work/yields" ]; then
  kept=$versions/aside/$(date -u +%Y%m%dT%H%M%SZ)-$$
  mkdir -p "$kept" && (cd "$directory" && xargs -0 sh -c '
    kept=$1; shift
    for p do
      case $p in */*) mkdir -p "$kept/${p%/*}" || exit 255 ;; esac
      cp -pP "./$p" "$kept/$p" || exit 255
    done' sh "$kept" <"$work/yields") && flush "$kept" || fail 1 "has no room to keep aside what was edited"
fi
echo "$commit" >>"$versions/begun" && cat "$work/changed" >>"$versions/unapplied" || fail 1 "has no room for its records"
flush "$versions"
stage=$directory/.calcifer-placing
rm -rf "$stage"
mkdir "$stage" || fail 1 "cannot write into $directory"
# Copies into the stage, flushed, then renames over the old files: whole or not at all, also after a power cut. One call for the
# files of a folder; the n-th such group lies in $stage/n.
pick "$list/files" "$work/puts" PDY | env_left_out >"$work/placed"
by_folder() {
  echo 0 >"$work/count"
  xargs -0 sh -c '
    step=$1 tree=$2 directory=$3 stage=$4 work=$5; shift 5
    put() {
      if [ ! -s "$work/group" ]; then return 0; fi
      read -r n <"$work/count"
      n=$((n + 1))
      echo "$n" >"$work/count"
      if [ "$step" = copy ]; then
        mkdir "$stage/$n" && cd "$tree/$d" &&
          xargs -0 sh -c '\''to=$1; shift; cp -P "$@" "$to/"'\'' sh "$stage/$n" <"$work/group"
      else
        cd "$stage/$n" && xargs -0 sh -c '\''to=$1; shift; mv -f "$@" "$to/"'\'' sh "$directory/$d" <"$work/group"
      fi && : >"$work/group"
    }
    : >"$work/group"; last=. d=.
    for p do
      case $p in */*) next=${p%/*} ;; *) next=. ;; esac
      if [ "$next" != "$last" ]; then put || exit 255; fi
      d=$next last=$next
      printf "./%s\000" "${p##*/}" >>"$work/group"
    done
    put || exit 255' sh "$1" "$tree" "$directory" "$stage" "$work" <"$work/placed" || fail 1 "cannot write into $directory"
}
if [ -s "$work/placed" ]; then by_folder copy; fi
env_stage
if [ -s "$work/placed" ] || [ "$env_new" ]; then flush "$stage"; fi
if [ -s "$work/removals" ]; then
  (cd "$directory" && xargs -0 sh -c '
    for p do printf "./%s\000" "$p"; done' sh <"$work/removals" | xargs -0 rm -f) || fail 1 "cannot remove files in $directory"
fi
# Folders that older versions had go where they are empty, as git has it; also those whose files an interrupted run removed.
(cd "$directory" && xargs -0 sh -c '
  tree=$1; shift
  for p do
    while [ ! -d "$tree/$p" ] && rmdir "./$p" 2>/dev/null; do
      case $p in */*) p=${p%/*} ;; *) break ;; esac
    done
  done' sh "$tree" <"$work/empty")
if [ -s "$list/dirs" ]; then
  (cd "$directory" && xargs -0 sh -c '
    for p do if [ ! -d "./$p" ]; then mkdir "./$p" || exit 255; fi; done' sh <"$list/dirs") || fail 1 "cannot make directories in $directory"
fi
if [ -s "$work/placed" ]; then by_folder move; fi
env_move
rm -rf "$stage"
flush "$directory"
line="$commit $(date -u +%Y-%m-%dT%H:%M:%SZ) $by"
echo "$line" >"$versions/deployed.new" && flush "$versions" && mv -f "$versions/deployed.new" "$versions/deployed" &&
  echo "$line" >>"$versions/history" && rm -f "$versions/begun" || fail 1 "has no room for its records"
flush "$versions"

kept=$(awk -v most="$most" '{ line[NR] = $1 } END { for (i = NR; i > 0 && n < most; i--) if (!seen[line[i]]++) { n++; print line[i] } }' "$versions/history")
for old in "$versions"/*.list; do
  base=${old##*/} base=${base%.list}
  case "
$kept
" in *"
$base
"*) ;; *) rm -rf "${versions:?}/$base" "$old" ;; esac
done
cat "$work/edited" "$versions/unapplied" 2>/dev/null
printf 'Z\000'
exit 0
