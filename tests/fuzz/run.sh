#!/usr/bin/env bash
# Installs missing dependencies, builds, and runs libFuzzer to find inputs that break a rule.
#
#   tests/fuzz/run.sh                            all targets, for a minute
#   tests/fuzz/run.sh --seconds 600 models text  these targets, for ten minutes in all
#
# Targets: models validation containment timestamps text. Each starts from the seeds in its source, from
# tests/fuzz/corpus/, and from the inputs that earlier runs found (build/fuzz/corpus/).
#
# An input that breaks a rule is saved in build/fuzz/findings/. After the fix, copy it to
# tests/fuzz/corpus/<target>/, so that every test run replays it.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Shares of the time, in tenths, by the number of rules to break and the time that one input takes.
declare -A share=([models]=3 [validation]=3 [containment]=2 [timestamps]=1 [text]=1)
order=(models validation containment timestamps text)
seconds=60
targets=()
while [[ $# -gt 0 ]]; do
    case $1 in
        --seconds) seconds=${2:?--seconds needs a number} && shift 2 ;;
        *) [[ -n ${share[$1]:-} ]] || { echo "no target '$1'; known: ${order[*]}" >&2 && exit 2; }
            targets+=("$1") && shift ;;
    esac
done
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "--seconds $seconds: needs a whole number above 0" >&2 && exit 2; }
[[ ${#targets[@]} -gt 0 ]] || targets=("${order[@]}")

cmake/install_dependencies.sh core tests fuzz
mkdir -p build
log=build/configure-fuzz.log
cmake --preset fuzz >"$log" 2>&1 || { cat "$log" && exit 1; }
cmake --build --preset fuzz

build=build/fuzz
"$build/tests/fuzz/fuzz_replay" --write-seeds "$build/seeds"
mkdir -p "$build/findings"

# fuzz TARGET SECONDS
fuzz() {
    local target=$1 time=$2 log=$build/$1.log status=0
    local options=(-max_total_time="$time" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
        -verbosity=1 -artifact_prefix="$build/findings/$target-")
    case $target in models | validation | containment) options+=(-dict=tests/fuzz/json.dict) ;; esac
    mkdir -p "$build/corpus/$target"
    "$build/tests/fuzz/fuzz_$target" "${options[@]}" \
        "$build/corpus/$target" "tests/fuzz/corpus/$target" "$build/seeds/$target" >"$log" 2>&1 || status=$?
    local runs
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    if [[ $status -ne 0 ]]; then
        grep -avE '^#[0-9]+[[:space:]]+(NEW|REDUCE|pulse|INITED|RELOAD)' "$log" | tail -n 60
        echo "FOUND in $target after ${runs:-?} inputs; repeat: $build/tests/fuzz/fuzz_replay $target FILE"
        return 1
    fi
    # A fuzzer that did not start must not pass for one that found nothing.
    [[ ${runs:-0} -gt 0 ]] || { cat "$log" && return 1; }
    printf '%-12s %9d inputs in %d s, none of them breaks a rule\n' "$target" "$runs" "$time"
}

# Two at a time if there are two processors: twice the inputs in the same time.
jobs=1
if [[ $(nproc) -gt 1 && ${#targets[@]} -gt 1 ]]; then jobs=2; fi
sum=0
for target in "${targets[@]}"; do sum=$((sum + share[$target])); done
running=()
for target in "${targets[@]}"; do
    if [[ ${#running[@]} -ge $jobs ]]; then wait -n || true; fi
    time=$((seconds * jobs * share[$target] / sum))
    time=$((time > seconds ? seconds : time))
    fuzz "$target" $((time > 0 ? time : 1)) &
    running+=($!)
done
status=0
for pid in "${running[@]}"; do wait "$pid" || status=1; done
exit "$status"
