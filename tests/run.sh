#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests. Arguments go to ctest:
#
#   tests/run.sh                          whether the library works here: the labels unit, contract, postgres,
#                                         chat and examples
#   tests/run.sh --all                    everything, which takes several times as long
#   tests/run.sh -L contract              one label: unit, contract, mutants, differential, postgres, faults,
#                                         chat, examples, package, style, benchmark
#   tests/run.sh -R contract.memory -V    one test, with its output
#
# Installs what the labels selected by -L and -LE need, and builds what the selected tests need. ROOMSTORE_PRESET names a preset of CMakePresets.json
# other than dev (release, asan, tsan). If CI is set in the environment, a test with a missing dependency fails
# instead of being skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${ROOMSTORE_PRESET:-dev}
if [[ $# -eq 0 ]]; then
    set -- -L '^(unit|contract|postgres|chat|examples)$' -LE '^(differential|mutants|faults|package|timing)$'
elif [[ $1 == --all ]]; then
    shift
fi
# leaves LABEL ARGUMENT...: whether ctest with these arguments may run tests with that label.
leaves() {
    local label=$1 option=
    shift
    for argument in "$@"; do
        case $option in
            -L | --label-regex) [[ $label =~ $argument ]] || return 1 ;;
            -LE | --label-exclude) [[ $label =~ $argument ]] && return 1 ;;
        esac
        option=$argument
    done
    return 0
}

components=(core examples postgres metrics tests)
# Outside CI, one version of PostgreSQL is enough.
if [[ -n ${CI:-} ]] && leaves contract "$@"; then components+=(servers); fi
if leaves package "$@"; then components+=(package); fi
if leaves style "$@"; then components+=(docs checks); fi
[[ $preset == tsan ]] && components+=(tsan)
cmake/install_dependencies.sh "${components[@]}"

# A libpqxx that the script installed in a prefix chosen by the caller.
if [[ -n ${ROOMSTORE_PQXX_PREFIX:-} ]]; then
    export CMAKE_PREFIX_PATH=$ROOMSTORE_PQXX_PREFIX${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}
fi
mkdir -p build
log=build/configure-$preset.log
cmake --preset "$preset" -DROOMSTORE_BUILD_TESTS=ON >"$log" 2>&1 || { cat "$log" && exit 1; }
if [[ $# -eq 0 ]]; then
    cmake --build --preset "$preset"
else
    list=$(tests/needed_targets.py "build/$preset" "$@")
    read -r -d '' -a targets <<<"$list" || true
    if [[ ${#targets[@]} -gt 0 ]]; then cmake --build --preset "$preset" --target "${targets[@]}"; fi
fi

run=()
# ThreadSanitizer of GCC 12 cannot map its shadow memory if the kernel randomises more bits.
if [[ $preset == tsan && $(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28) -gt 28 ]]; then
    run=(setarch --addr-no-randomize)
fi
export CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$(nproc)}
exec "${run[@]}" ctest --preset "$preset" --no-tests=error "$@"
