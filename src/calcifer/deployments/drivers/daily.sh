# The only script that follows the logs of a service on its host: it reads, and ends when the reader does. POSIX sh with dd, docker,
# kill, setsid, sleep; timeout, where it is there. Calcifer sets, in front of this text: project, and `ask`, which runs docker.
# Standard input stays open for as long as somebody reads, and has a byte now and then; at its end, or after a minute without one,
# the engine's program is ended, which would stay otherwise until its next line.
set -u
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
fail() { code=$1; shift; echo "$*" >&2; exit "$code"; }
docker version >/dev/null 2>&1 || fail 75 "has no docker engine that answers"
cd / || exit 1
wait_for_reader=
command -v timeout >/dev/null && wait_for_reader='timeout 60'
exec 3<&0
setsid sh -c "$ask" </dev/null 3<&- 2>&1 &
asked=$!
{
  while said=$($wait_for_reader dd bs=1 count=1 <&3 2>/dev/null) && [ "$said" ]; do :; done
  kill -s TERM -- "-$asked"
  sleep 2
  kill -s KILL -- "-$asked"
} >/dev/null 2>&1 &
watching=$!
exec 3<&-
wait "$asked"
kill "$watching" 2>/dev/null
exit 0
