# What place.sh needs to know of secrets: a block of lines in .env, between marks, that is Calcifer's own. What stands outside is not.
# POSIX sh with cat, cmp, cp, dd, head, sed, sha256sum, tail, wc. Calcifer sets, in front of this text:
#   enclosed   how many bytes of standard input, in front of all else, are the block that .env is to have; 0: it is to have none
#   tag        what the block's first mark says of its values; empty without a block
# In $versions/enclosed: the tag of the block that was put there last. The block itself goes from standard input into a variable, and from
# there into the directory; it is in no argument, no environment, and nowhere in $versions.
env_begin='# >>> secrets, put here by Calcifer '
env_end='# <<< secrets'

env_receive() {
  block=
  [ "$enclosed" -gt 0 ] || return 0
  block=$(dd bs=1 count="$enclosed" 2>/dev/null; echo .)
  block=${block%.}
  [ "$(printf %s "$block" | wc -c)" -eq "$enclosed" ] || fail 75 "did not get all secrets"
}

# Looks at .env in the directory. Sets env_tag, empty without a block; env_sound, empty where somebody edited the block; env_outside, the
# file that has what stands outside, "nothing" where nothing does, empty without a block.
env_look() {
  env_tag= env_sound= env_outside=
  if [ -L "$directory/.env" ] || [ ! -f "$directory/.env" ]; then return 0; fi
  set -- $(sed -n "/^$env_begin/=" "$directory/.env") || fail 1 "has a .env that this user may not read"
  [ $# -gt 0 ] || return 0
  env_first=$1
  [ $# -eq 1 ] || fail 1 "has two blocks of secrets in $directory/.env: remove one"
  set -- $(sed -n "/^$env_end\$/=" "$directory/.env")
  [ $# -eq 1 ] && [ "$1" -gt "$env_first" ] ||
    fail 1 "has a block of secrets in $directory/.env without its end: remove it from its first line on, then repeat"
  last=$1
  set -- $(sed -n "${env_first}s/^$env_begin//p" "$directory/.env")
  env_tag=${1:-none} sum=${2:-none}
  set -- "$(sed -n "$((env_first + 1)),$((last - 1))p" "$directory/.env" | sha256sum)"
  if [ "${1%% *}" = "$sum" ]; then env_sound=yes; fi
  (
    umask 077
    : >"$work/before"
    if [ "$env_first" -gt 1 ]; then # without the line end that was put in front of the block
      head -n "$((env_first - 1))" "$directory/.env" >"$work/upto"
      head -c "$(($(wc -c <"$work/upto") - 1))" "$work/upto" >"$work/before"
    fi
    tail -n "+$((last + 1))" "$directory/.env" >"$work/after"
    cat "$work/before" "$work/after" >"$work/outside"
  ) || fail 1 "has no room"
  env_outside=$work/outside
  if [ "$env_first" -eq 1 ] && [ ! -s "$work/outside" ]; then env_outside=nothing; fi
}

# Whether the block is otherwise than it was left.
env_edited() {
  known=
  [ ! -s "$versions/enclosed" ] || read -r known <"$versions/enclosed"
  [ "$env_tag" != "$known" ] || { [ "$env_tag" ] && [ ! "$env_sound" ]; }
}

# Whether the list on standard input has .env.
env_listed() { [ "$(xargs -0 sh -c 'for p do if [ "$p" = .env ]; then echo yes; fi; done' sh)" ]; }

# The list on standard input without .env, where secrets are put into it or taken out of it.
env_left_out() {
  if [ "$enclosed" -eq 0 ] && [ ! "$env_tag" ]; then cat; return; fi
  xargs -0 sh -c 'for p do if [ "$p" != .env ]; then printf "%s\000" "$p"; fi; done' sh
}

# Makes the new .env in $stage, where it has to be another one. Git has it in $tree, unless an edit of it stays.
env_stage() {
  env_new= env_goes=
  if [ "$enclosed" -eq 0 ] && [ ! "$env_tag" ]; then return 0; fi
  if pick "$list/files" "$work/puts" KPDY | env_listed; then
    base=$tree/.env
    if [ "$enclosed" -eq 0 ]; then
      cp -P "$base" "$stage/.env.new" || fail 1 "cannot write into $directory"
      env_new=yes
      return 0
    fi
  elif env_listed <"$work/removals"; then base=
  elif [ "$env_outside" = nothing ]; then base=
  elif [ "$env_outside" ]; then base=$env_outside
  elif [ -f "$directory/.env" ]; then base=$directory/.env
  else base=
  fi
  if [ "$enclosed" -eq 0 ] && [ ! "$base" ]; then env_goes=yes; return 0; fi
  (
    umask 077
    if [ "$base" ] && [ -f "$directory/.env" ]; then cp -p "$directory/.env" "$stage/.env.new" || exit 1; fi
    if [ "$base" ] && [ -x "$base" ]; then mode=0700; else mode=0600; fi
    : >>"$stage/.env.new" && chmod "$mode" "$stage/.env.new" || exit 1
    {
      if [ "$base" = "$work/outside" ]; then cat "$work/before" || exit 1; elif [ "$base" ]; then cat "$base" || exit 1; fi
      if [ "$enclosed" -gt 0 ] && [ "$base" ] && { [ "$base" != "$work/outside" ] || [ "$env_first" -gt 1 ]; }; then echo; fi
      printf %s "$block"
      if [ "$base" = "$work/outside" ]; then cat "$work/after" || exit 1; fi
    } >"$stage/.env.new"
  ) || fail 1 "cannot write into $directory"
  if cmp -s "$stage/.env.new" "$directory/.env" && [ ! "$(find "$directory/.env" -perm -040 -o -perm -004)" ]; then
    rm -f "$stage/.env.new"
  else
    env_new=yes
  fi
}

env_move() {
  if [ "$env_new" ]; then mv -f "$stage/.env.new" "$directory/.env" || fail 1 "cannot write into $directory"; fi
  if [ "$env_goes" ]; then rm -f "$directory/.env"; fi
  if [ "$tag" ]; then
    (umask 077; printf '%s\n' "$tag" >"$versions/enclosed.new") && mv -f "$versions/enclosed.new" "$versions/enclosed"
  else
    rm -f "$versions/enclosed"
  fi || fail 1 "has no room for its records"
}
