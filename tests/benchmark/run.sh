#!/usr/bin/env bash
# Measures how fast the stores are, beside yardsticks that are measured in the same run, in turn with
# ours: pgbench and COPY on a private PostgreSQL server with the settings that it ships with (synced to
# disk, on a socket), a mutex and a vector in memory. Prints a table and how many targets were met. Only
# the ratios mean something on another machine.
#
#   tests/benchmark/run.sh [--short] [--rows T1,T3] [--seconds S] [--samples N]
#                          [--json FILE] [--svg FILE] [--require]
#
#   --short    tiny counts, one sample: shows that every row works, not how fast anything is
#   --rows     only these, of T1 .. T10, E1 and E2
#   --seconds  the length of a sample (3)
#   --samples  of each contestant (5); the table shows the median
#   --json     the table with all samples, and facts about the machine
#   --svg      what operations cost in large rooms and among many, as a picture (row T8)
#   --require  a missed target is a failure
#
# Otherwise it fails only where something did not work. The server's files are in TMPDIR (/tmp): how
# fast that disk syncs decides much.
set -euo pipefail

report=()
benchmark=()
while [[ $# -gt 0 ]]; do
    case $1 in
        --short) benchmark+=("$1") ;;
        --require) report+=("$1") ;;
        --rows | --seconds | --samples | --json | --svg)
            [[ $# -ge 2 ]] || { echo "$1: needs a value" >&2 && exit 2; }
            case $1 in
                --json | --svg) report+=("$1" "$(realpath -m -- "$2")") ;;
                *) benchmark+=("$1" "$2") ;;
            esac
            shift
            ;;
        *)
            sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2
            exit 2
            ;;
    esac
    shift
done

cd "$(dirname "$0")/../.."
cmake/install_dependencies.sh core examples postgres tests
if [[ -n ${ROOMSTORE_PQXX_PREFIX:-} ]]; then
    export CMAKE_PREFIX_PATH=$ROOMSTORE_PQXX_PREFIX${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}
fi
mkdir -p build
log=build/configure-benchmark.log
cmake --preset release -DROOMSTORE_BUILD_TESTS=ON -DROOMSTORE_BUILD_EXAMPLES=ON \
    -DROOMSTORE_WITH_POSTGRES=ON >"$log" 2>&1 || { cat "$log" && exit 1; }
cmake --build --preset release --target roomstore_benchmark example_chat_server

exec python3 -B tests/benchmark/report.py "${report[@]}" --run \
    build/release/tests/benchmark/roomstore_benchmark --yardstick tests/benchmark/yardstick \
    --chat-server build/release/examples/chat_server/chat_server "${benchmark[@]}"
