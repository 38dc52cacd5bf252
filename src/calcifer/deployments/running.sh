# The only script that starts something lasting on a host, and finds it again: it goes on where the connection, or Calcifer, ends.
# POSIX sh with cat, find, flock, mv, setsid, sync, tail, tr, wc. Calcifer sets, in front of this text:
#   mode      run: begin what standard input says, if it has not begun, and tell of it to its end; stop: end it
#   versions  /opt/calcifer/.versions/<service>     run      a word that names it
#   offset    how much of its output is known       most     up to how many bytes of its output are told
# In $versions/runs/$run: script, out, begun, pid, rc; who runs it holds a lock on alive. Says its output, NUL as '?', then NUL and
# what became of it: E and the exit code, or L where it ended without saying how (the host was restarted, or somebody killed it).
set -u
LC_ALL=C
export LC_ALL
umask 077
fail() { code=$1; shift; echo "$*" >&2; exit "$code"; }
for program in flock setsid; do
  command -v "$program" >/dev/null || fail 1 "has no $program"
done
at=$versions/runs/$run
mkdir -p "$at" || fail 1 "cannot make $at"
# Until it ends, or for a moment: by the lock where this flock can wait for a while (that of BusyBox cannot).
pause='sleep 0.2'
if flock -w 0.1 "$versions/runs/wait" true 2>/dev/null; then pause=wait_for_lock; fi
wait_for_lock() { (exec 7<>"$at/alive" && flock -w 0.2 7); true; }
is_alive() { (exec 7<>"$at/alive" && ! flock -n 7); }

if [ "$mode" = stop ]; then
  pid=$(cat "$at/pid" 2>/dev/null)
  for signal in TERM KILL; do
    [ "$pid" ] && is_alive && kill -s "$signal" -- "-$pid" 2>/dev/null
    tries=0
    while is_alive && [ "$tries" -lt 50 ]; do tries=$((tries + 1)); $pause 2>/dev/null || { sleep 1; tries=$((tries + 4)); }; done
  done
  if is_alive; then fail 75 "does not let go of run $run"; fi
  printf '\000L'
  exit 0
fi

exec 8>"$versions/runs/lock" && flock 8 || fail 75 "cannot lock $versions/runs"
if [ ! -e "$at/rc" ] && [ ! -e "$at/begun" ]; then
  find "$versions/runs" -mindepth 1 -maxdepth 1 -type d -mtime +30 ! -name "$run" -exec rm -rf {} + 2>/dev/null
  cat >"$at/script" && : >"$at/out" && exec 7<>"$at/alive" && flock -n 7 || fail 1 "cannot write into $at"
  echo "$run" >"$at/begun" && { sync -f "$at" 2>/dev/null || sync; } || fail 1 "has no room for its records"
  setsid sh -c '
    trap "" HUP
    echo $$ >"$1/pid"
    sh "$1/script" >"$1/out" 2>&1
    echo $? >"$1/rc.part" && mv "$1/rc.part" "$1/rc"' sh "$at" </dev/null >/dev/null 2>&1 8>&- &
  exec 7>&-
fi
exec 8>&-

sent=$offset
while :; do
  ended=
  is_alive || ended=yes
  size=$(wc -c <"$at/out")
  if [ "$size" -gt "$sent" ] && [ "$sent" -lt "$most" ]; then
    tail -c +$((sent + 1)) "$at/out" | head -c $((size - sent)) | tr '\000' '?' || exit 1
    sent=$size
  fi
  if [ "$ended" ]; then
    if [ -s "$at/rc" ]; then printf '\000E%s' "$(cat "$at/rc")"; else printf '\000L'; fi
    exit 0
  fi
  $pause 2>/dev/null || sleep 1
done
