# Dependencies of the two libraries. The versions are defined here only: the installed configuration, the
# Debian package and install_dependencies.sh use them, and tests/check_recipes.py compares the recipes in
# packaging/ with them.
set(ROOMSTORE_ASIO_VERSION 1.22.1)
set(ROOMSTORE_JSON_VERSION 3.11)
set(ROOMSTORE_FMT_VERSION 9)
# 8.0 changes the interface that src/postgres/driver is written for.
set(ROOMSTORE_PQXX_VERSION 7.10...<8)


# Like find_package(... REQUIRED), but says how to get what is missing. A macro, since the results of find_package
# are variables of the caller.
macro(roomstore_require package version debian component)
    find_package(${package} ${version} QUIET)
    if(NOT ${package}_FOUND)
        set(found "not found")
        if(${package}_VERSION)
            set(found "version ${${package}_VERSION} is not suitable")
        endif()
        message(
            FATAL_ERROR
                "roomstore needs ${package} ${version}: ${found}. Debian and Ubuntu have it in the package ${debian}; "
                "cmake/install_dependencies.sh ${component} installs it, from another release if this one's is too old.")
    endif()
endmacro()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
roomstore_require(Asio ${ROOMSTORE_ASIO_VERSION} libasio-dev core)
if(NOT TARGET nlohmann_json::nlohmann_json)
    roomstore_require(nlohmann_json ${ROOMSTORE_JSON_VERSION} nlohmann-json3-dev core)
endif()
if(NOT TARGET fmt::fmt)
    find_package(fmt ${ROOMSTORE_FMT_VERSION} QUIET)
endif()

set(ROOMSTORE_POSTGRES_ENABLED OFF)
set(ROOMSTORE_POSTGRES_REASON "ROOMSTORE_WITH_POSTGRES is OFF")
if(ROOMSTORE_WITH_POSTGRES STREQUAL "AUTO")
    find_package(Libpqxx ${ROOMSTORE_PQXX_VERSION} QUIET)
    if(Libpqxx_FOUND AND TARGET fmt::fmt)
        set(ROOMSTORE_POSTGRES_ENABLED ON)
    elseif(NOT Libpqxx_FOUND AND Libpqxx_VERSION)
        set(ROOMSTORE_POSTGRES_REASON
            "libpqxx ${Libpqxx_VERSION} is installed, but ${ROOMSTORE_PQXX_VERSION} is needed")
        message(WARNING "roomstore: without PostgreSQL: ${ROOMSTORE_POSTGRES_REASON}; "
                        "cmake/install_dependencies.sh postgres installs it")
    else()
        set(ROOMSTORE_POSTGRES_REASON
            "libpqxx ${ROOMSTORE_PQXX_VERSION}, libpq or fmt was not found: cmake/install_dependencies.sh postgres")
    endif()
elseif(ROOMSTORE_WITH_POSTGRES)
    if(NOT TARGET fmt::fmt)
        roomstore_require(fmt ${ROOMSTORE_FMT_VERSION} libfmt-dev postgres)
    endif()
    roomstore_require(Libpqxx ${ROOMSTORE_PQXX_VERSION} libpqxx-dev postgres)
    set(ROOMSTORE_POSTGRES_ENABLED ON)
endif()

set(ROOMSTORE_PROMETHEUS_ENABLED OFF)
if(ROOMSTORE_WITH_PROMETHEUS STREQUAL "AUTO")
    find_package(prometheus-cpp CONFIG QUIET)
    if(TARGET prometheus-cpp::core)
        set(ROOMSTORE_PROMETHEUS_ENABLED ON)
    endif()
elseif(ROOMSTORE_WITH_PROMETHEUS)
    find_package(prometheus-cpp CONFIG REQUIRED)
    set(ROOMSTORE_PROMETHEUS_ENABLED ON)
endif()

# From here on ROOMSTORE_BUILD_TESTS is ON or OFF.
set(ROOMSTORE_TESTS_REASON "ROOMSTORE_BUILD_TESTS is OFF")
if(ROOMSTORE_BUILD_TESTS STREQUAL "AUTO")
    find_package(Catch2 3 QUIET)
    find_package(Python3 QUIET COMPONENTS Interpreter)
    if(Catch2_FOUND AND Python3_FOUND)
        set(ROOMSTORE_BUILD_TESTS ON)
    else()
        set(ROOMSTORE_BUILD_TESTS OFF)
        set(ROOMSTORE_TESTS_REASON
            "Catch2 3 or Python 3 was not found: cmake/install_dependencies.sh tests")
    endif()
elseif(ROOMSTORE_BUILD_TESTS)
    roomstore_require(Catch2 3 catch2 tests)
endif()

# Says what is built, and why the rest is not.
function(roomstore_print_summary)
    set(postgres "no (${ROOMSTORE_POSTGRES_REASON})")
    if(ROOMSTORE_POSTGRES_ENABLED)
        set(postgres yes)
    endif()
    set(tests "no (${ROOMSTORE_TESTS_REASON})")
    if(ROOMSTORE_BUILD_TESTS)
        set(tests yes)
    endif()
    set(examples "no (ROOMSTORE_BUILD_EXAMPLES is OFF)")
    if(ROOMSTORE_BUILD_EXAMPLES)
        set(examples yes)
    endif()
    set(prometheus "no (prometheus-cpp was not found, or ROOMSTORE_WITH_PROMETHEUS is OFF)")
    if(ROOMSTORE_PROMETHEUS_ENABLED)
        set(prometheus yes)
    endif()
    message(STATUS "roomstore ${PROJECT_VERSION}, ${CMAKE_BUILD_TYPE}")
    message(STATUS "  memory store   yes")
    message(STATUS "  PostgreSQL     ${postgres}")
    message(STATUS "  Prometheus     ${prometheus}")
    message(STATUS "  tests          ${tests}")
    message(STATUS "  examples       ${examples}")
endfunction()
