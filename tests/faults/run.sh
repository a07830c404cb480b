#!/usr/bin/env bash
# Breaks everything for as long as you like, and checks what clients were told:
#
#   tests/faults/run.sh [--seconds 300] [--seed 1]
#
# First against a real server (chaos/), then in the simulation, each for so long. The seed is printed; it
# replays what is drawn, and in the simulation everything that follows from it.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=300
seed=$((RANDOM * 32768 + RANDOM))
while (($# > 0)); do
    case $1 in
        --seconds) seconds=${2:?seconds} ;;
        --seed) seed=${2:?seed} ;;
        *) echo "unknown option $1" >&2 && exit 2 ;;
    esac
    shift 2
done

cmake/install_dependencies.sh core postgres tests
cmake --preset release -DROOMSTORE_BUILD_TESTS=ON >/dev/null
cmake --build --preset release --target faults_chaos simulation
echo "--seconds $seconds --seed $seed"
build/release/tests/faults/chaos/faults_chaos --seconds "$seconds" --seed "$seed"
build/release/tests/faults/simulation/simulation --runs 0 --seconds "$seconds" --seed "$seed"
