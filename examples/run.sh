#!/usr/bin/env bash
# Installs missing packages, builds the chat server, and runs a conversation of two IRC clients on it:
#
#   examples/run.sh                    compares the conversation with the store; returns 0 if both agree
#   examples/run.sh --serve [PORT]     runs the server until Ctrl-C, on port 6667 by default
#
# With --store postgresql://... both forms keep the conversation in that database; the first one then also
# checks that it survives a restart of the server. Without it, everything is kept in memory. The first
# build takes a few minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,9s/^#\( \|$\)//p' "examples/$(basename "$0")"; }

wrong_usage() {
    echo "examples/run.sh: $1" >&2
    usage >&2
    exit 2
}

serve=
port=6667
store=memory
while [[ $# -gt 0 ]]; do
    case $1 in
        --serve)
            serve=yes
            if [[ ${2:-} =~ ^[0-9]+$ ]]; then
                port=$2
                shift
            fi
            ;;
        --store)
            [[ -n ${2:-} ]] || wrong_usage "--store needs a value"
            store=$2
            shift
            ;;
        --help)
            usage
            exit
            ;;
        *) wrong_usage "unknown argument: $1" ;;
    esac
    shift
done

components=(core examples)
build=build/examples
postgres=OFF
if [[ $store != memory ]]; then
    components+=(postgres)
    build=build/examples-postgres
    postgres=ON
fi

cmake/install_dependencies.sh "${components[@]}"
mkdir -p "$build"
# Prints output only on failure or if there is something to build.
cmake --preset release -B "$build" -DROOMSTORE_BUILD_TESTS=OFF -DROOMSTORE_WITH_POSTGRES=$postgres \
    >"$build/configure.log" 2>&1 || { cat "$build/configure.log" && exit 1; }
cmake --build "$build" --target example_chat_server

server=$build/examples/chat_server/chat_server
if [[ -n $serve ]]; then
    exec "$server" --port "$port" --store "$store"
fi
exec python3 -B examples/chat_server/test/scenario.py --server "$server" --store "$store"
