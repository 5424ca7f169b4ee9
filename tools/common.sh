# Shared by the scripts beside it; sourced, never run. Bash 4.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$(basename "$0")
# Compiled once, whatever folder a checkout stands in.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

say() { printf '%s: %s\n' "$program" "$*"; }

# One line that says what is wrong and what to do; then the end.
fail() {
  printf '%s: %s\n' "$program" "$*" >&2
  exit 1
}

wrong_usage() {
  printf '%s: unknown argument %s; see %s --help\n' "$program" "$1" "$0" >&2
  exit 2
}

# Passes on what a build prints: of its progress a line every ten seconds, and what is wrong.
show_progress() {
  local line next=0
  while IFS= read -r line; do
    if [[ $line == '-- '* ]]; then
      continue
    elif [[ $line != '['+([0-9])/* ]]; then
      printf '%s\n' "$line"
    elif ((SECONDS >= next)); then
      printf '%s\n' "${line:0:100}"
      next=$((SECONDS + 10))
    fi
  done
}
shopt -s extglob

# build PRESET [TARGET…]: configures when that has not been done, then builds.
build() {
  local preset=$1 folder=$root/build/$1 log
  shift
  mkdir -p "$folder"
  log=$folder/configure.log
  if [[ ! -f $folder/build.ninja ]]; then
    say "configuring $preset"
    (cd "$root" && cmake --preset "$preset") >"$log" 2>&1 ||
      fail "cmake failed; read $log, or remove $folder and run again"
  fi
  say "building $preset${*:+: $*}"
  if [[ -t 1 ]]; then
    (cd "$folder" && NINJA_STATUS='[%f/%t] ' ninja "$@")
  else
    (cd "$folder" && NINJA_STATUS='[%f/%t] ' ninja "$@") | show_progress
  fi || fail "the build of $preset failed; the compiler's message stands above"
}
