#!/usr/bin/env bash
# Measures the speed of the stores and, in the same run and in turn with them, of yardsticks: pgbench and
# COPY on a private PostgreSQL server with its default settings (synced to disk, on a Unix-domain socket), a
# mutex and a vector in memory. Prints a table and the number of targets that were met. Only the ratios can
# be compared between machines.
#
#   tests/benchmark/run.sh [--short] [--rows T1,T3] [--seconds S] [--samples N]
#                          [--json FILE] [--svg FILE] [--require]
#
#   --short    tiny counts and one sample: only checks that every row works
#   --rows     the rows to run, of T1 .. T15, E1 and E2 (default: all)
#   --seconds  the length of a sample (default: 3)
#   --samples  the number of samples of each contestant (default: 5); the table shows the median
#   --json     writes the table, all samples, and facts about the machine
#   --svg      draws the cost of operations in large rooms and with many rooms (row T8)
#   --require  a missed target is a failure
#
# Without --require, it fails only if something does not work. The server's files are in TMPDIR (/tmp); the
# results depend much on how fast that disk syncs.
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
