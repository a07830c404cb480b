#!/usr/bin/env bash
# Runs the tests with line coverage, and lists the lines of include/ and src/ that no test ran.
#
#   tests/coverage.sh                      fails below 95 % of the lines
#   tests/coverage.sh --minimum 90 -L unit another bound, other tests (arguments for ctest)
#
# Each line that was not run is shown with its reason from tests/coverage.reasons. With the default tests, a
# line without a reason is a failure too.
#
# A line that no test can reach is marked in the source, with the reason on the same line:
#     // GCOVR_EXCL_LINE: the switch covers every enumerator
#     // GCOVR_EXCL_START: a kernel without getentropy ... // GCOVR_EXCL_STOP
set -euo pipefail
cd "$(dirname "$0")/.."

minimum=95
if [[ ${1:-} == --minimum ]]; then
    minimum=${2:?--minimum needs a number}
    shift 2
fi
usual_tests=
[[ $# -gt 0 ]] || { usual_tests=1 && set -- -L 'unit|contract|concurrency|postgres' -LE mutants; }

without_reason() { grep -rnE 'EXCL_(LINE|START|BR_LINE|BR_START)' include src | grep -vE 'EXCL_[A-Z_]+: .{8}'; }
if without_reason; then
    echo "these lines are excluded without a reason" >&2
    exit 1
fi

preset=coverage
cmake/install_dependencies.sh core coverage
# Deletes the counts of earlier runs.
[[ ! -d build/$preset ]] || find "build/$preset" -name '*.gcda' -delete
ROOMSTORE_PRESET=$preset tests/run.sh "$@"

mkdir -p "build/$preset/report"
report=build/$preset/report/lines
gcovr --root . --object-directory "build/$preset" --filter include/ --filter src/ \
    --exclude-unreachable-branches --sort-percentage --json "$report.json" \
    --txt "$report.txt" --html-details "$report.html" "build/$preset"
cat "$report.txt"
echo "lines with their counts: $report.html"
gcovr --root . --add-tracefile "$report.json" --print-summary --fail-under-line "$minimum" --output /dev/null
tests/coverage_reasons.py "$report.json" tests/coverage.reasons || [[ -z $usual_tests ]]
