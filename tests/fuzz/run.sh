#!/usr/bin/env bash
# Installs missing dependencies, builds, and runs libFuzzer to find inputs that break a rule.
#
#   tests/fuzz/run.sh                            all targets, for a minute
#   tests/fuzz/run.sh --seconds 600 models text  these targets, for ten minutes in all
#   tests/fuzz/run.sh --unpack FOLDER            only unpacks the corpus to FOLDER/<target>/
#   tests/fuzz/run.sh --pack FOLDER              only replaces the corpus by FOLDER/<target>/
#
# FOLDER is relative to the root of the repository.
#
# Targets: models validation containment timestamps text. Each starts from the seeds in its source,
# from the corpus (tests/fuzz/corpus.tar.gz), and from the inputs that earlier runs found
# (build/fuzz/corpus/).
#
# An input that breaks a rule is saved in build/fuzz/findings/. After the fix, add it to the corpus,
# so that every test run replays it: unpack the corpus, copy the input to FOLDER/<target>/, and pack
# FOLDER. Before packing, this adds the inputs of earlier runs that reach code which no input of
# FOLDER reaches:
#
#   build/fuzz/tests/fuzz/fuzz_TARGET -merge=1 FOLDER/TARGET build/fuzz/corpus/TARGET
set -euo pipefail
cd "$(dirname "$0")/../.."

# Shares of the time, in tenths, by the number of rules to break and the time that one input takes.
declare -A share=([models]=3 [validation]=3 [containment]=2 [timestamps]=1 [text]=1)
order=(models validation containment timestamps text)
archive=tests/fuzz/corpus.tar.gz

# pack FOLDER: the same inputs give the same bytes.
pack() {
    local target
    for target in "${order[@]}"; do
        [[ -n $(ls "$1/$target") ]] || { echo "no inputs in $1/$target" >&2 && exit 1; }
    done
    tar --create --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
        --mode=u=rwX,go=rX --directory="$1" "${order[@]}" | gzip -9n >"$archive.new"
    mv "$archive.new" "$archive"
}

unpack() {
    mkdir -p "$1"
    tar --extract --gzip --file="$archive" --directory="$1"
}

case ${1:-} in
    --pack)
        pack "${2:?--pack needs a folder}"
        exit
        ;;
    --unpack)
        unpack "${2:?--unpack needs a folder}"
        exit
        ;;
esac

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
        "$build/corpus/$target" "$build/tests/fuzz/corpus/$target" "$build/seeds/$target" \
        >"$log" 2>&1 || status=$?
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
