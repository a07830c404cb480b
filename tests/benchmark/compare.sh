#!/usr/bin/env bash
# Checks whether this tree is slower than an older one: builds both, runs their benchmarks in turn, and
# compares the ratios (see compare.py for the rule). The machine should have no other load.
#
#   tests/benchmark/compare.sh REVISION [--turns N] [ARGUMENT OF run.sh]...
#
#   REVISION   the older tree: a commit, a tag or a branch
#   --turns    the number of runs of each tree (default: 5)
#
# For example: tests/benchmark/compare.sh main~20 --rows T1,T3,T7 --seconds 2
set -euo pipefail

if [[ $# -lt 1 || $1 == -* ]]; then
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
fi
revision=$1
shift
turns=5
if [[ ${1:-} == --turns ]]; then
    turns=${2:?--turns: needs a number}
    shift 2
fi

cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'git worktree remove --force "$folder/old" 2>/dev/null; rm -rf "$folder"' EXIT
git worktree add --quiet --detach "$folder/old" "$revision"

figures=()
for ((turn = 1; turn <= turns; turn++)); do
    for tree in old new; do
        figures+=("$folder/$tree-$turn.json")
        echo "---- $tree, $turn of $turns"
        if [[ $tree == old ]]; then root=$folder/old; else root=.; fi
        "$root/tests/benchmark/run.sh" --samples 1 "$@" --json "${figures[-1]}"
    done
done
python3 -B tests/benchmark/compare.py "${figures[@]}"
