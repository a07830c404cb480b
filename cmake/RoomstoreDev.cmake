# Settings for the sources of this project only, never for consumers: warnings, sanitizers, compiler cache,
# and the functions that add tests and examples.

add_library(roomstore_dev INTERFACE)
target_compile_options(roomstore_dev INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(ROOMSTORE_WERROR)
    target_compile_options(roomstore_dev INTERFACE -Werror)
endif()

if(ROOMSTORE_SANITIZE)
    list(JOIN ROOMSTORE_SANITIZE "," sanitizers)
    target_compile_options(
        roomstore_dev INTERFACE -fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(roomstore_dev INTERFACE -fsanitize=${sanitizers})
    if("thread" IN_LIST ROOMSTORE_SANITIZE)
        # asio marks some boundaries with stand-alone fences, which ThreadSanitizer does not model.
        target_compile_definitions(roomstore_dev INTERFACE ASIO_DISABLE_FENCED_BLOCK)
        target_compile_options(roomstore_dev INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
    endif()
    if("undefined" IN_LIST ROOMSTORE_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # These two check every access and take a third of the compile time. What they find is also reported
        # by AddressSanitizer or harmless on the tested platforms. The fuzzers, compiled by clang, use them.
        target_compile_options(roomstore_dev INTERFACE -fno-sanitize=null,alignment)
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        # With the sanitizers' checks between accesses to coroutine frames, GCC 12 gives false warnings.
        target_compile_options(roomstore_dev INTERFACE -Wno-maybe-uninitialized)
    endif()
endif()

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(ROOMSTORE_CCACHE ccache)
    mark_as_advanced(ROOMSTORE_CCACHE)
    if(ROOMSTORE_CCACHE)
        set(CMAKE_CXX_COMPILER_LAUNCHER ${ROOMSTORE_CCACHE})
    endif()
endif()

if(PROJECT_IS_TOP_LEVEL)
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
endif()

# Applies the flags above to a target of this project; they never reach an installed target.
function(roomstore_use_dev_flags target)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:roomstore_dev>)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
endfunction()

# roomstore_add_test_library(NAME <target> SOURCES <files>... [LIBS <targets>...])
#
# Code that several test binaries link: the contract suite and test support. An object library, because Catch2
# test cases register themselves in object files that a linker would leave out of an archive.
function(roomstore_add_test_library)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;LIBS")
    add_library(${arg_NAME} OBJECT ${arg_SOURCES})
    target_include_directories(${arg_NAME} PUBLIC ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${arg_NAME} PUBLIC roomstore::roomstore Catch2::Catch2 ${arg_LIBS})
    roomstore_use_dev_flags(${arg_NAME})
endfunction()

# roomstore_add_test(NAME <name> LABELS <labels>... SOURCES <files>... [LIBS <targets>...]
#                    [ARGS <arguments>...] [ENVIRONMENT <VAR=value>...] [TIMEOUT <seconds>]
#                    [OWN_MAIN] [ALONE])
#
# Adds a binary, <name> with dots replaced by underscores, and one ctest entry of that name. There is one
# entry per binary, so that a private server started by the binary serves all of its test cases. OWN_MAIN: the
# sources define main(). ALONE: no other test runs at the same time.
function(roomstore_add_test)
    cmake_parse_arguments(
        PARSE_ARGV 0 arg "OWN_MAIN;ALONE" "NAME;TIMEOUT" "LABELS;SOURCES;LIBS;ARGS;ENVIRONMENT")
    string(REPLACE "." "_" target ${arg_NAME})
    add_executable(${target} ${arg_SOURCES})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    if(arg_OWN_MAIN)
        set(catch2 Catch2::Catch2)
    else()
        set(catch2 Catch2::Catch2WithMain)
    endif()
    target_link_libraries(${target} PRIVATE roomstore::roomstore ${arg_LIBS} ${catch2})
    roomstore_use_dev_flags(${target})
    set(options "")
    if(arg_TIMEOUT)
        list(APPEND options TIMEOUT ${arg_TIMEOUT})
    endif()
    if(arg_ALONE)
        list(APPEND options ALONE)
    endif()
    roomstore_add_test_run(
        NAME ${arg_NAME} TARGET ${target} ${options}
        LABELS ${arg_LABELS} ARGS ${arg_ARGS} ENVIRONMENT ${arg_ENVIRONMENT})
endfunction()

# roomstore_add_test_run(NAME <name> TARGET <binary> LABELS <labels>... [ARGS ...] [ENVIRONMENT ...]
#                        [TIMEOUT <seconds>] [ALONE])
#
# Adds another ctest entry for an existing binary: the same test cases with other arguments or environment.
function(roomstore_add_test_run)
    cmake_parse_arguments(PARSE_ARGV 0 arg "ALONE" "NAME;TARGET;TIMEOUT" "LABELS;ARGS;ENVIRONMENT")
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    add_test(NAME ${arg_NAME} COMMAND ${arg_TARGET} ${arg_ARGS})
    # Catch2 returns 4 if every test case was skipped. ctest then shows "Skipped" instead of "Passed".
    set_tests_properties(
        ${arg_NAME}
        PROPERTIES LABELS "${arg_LABELS}"
                   ENVIRONMENT "${arg_ENVIRONMENT}"
                   TIMEOUT ${arg_TIMEOUT}
                   SKIP_RETURN_CODE 4
                   RUN_SERIAL "${arg_ALONE}")
endfunction()

# roomstore_add_lacking_test(NAME <name> LABELS <labels>... LACKS <what> COMPONENT <of install_dependencies.sh>)
#
# Placeholder for a test that this machine cannot run: shown as "Skipped", with the missing dependency. Fails
# if CI is set in the environment.
function(roomstore_add_lacking_test)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;LACKS;COMPONENT" "LABELS")
    add_test(NAME ${arg_NAME} COMMAND ${CMAKE_COMMAND} "-DLACKS=${arg_LACKS}" -DCOMPONENT=${arg_COMPONENT} -P
                                      ${PROJECT_SOURCE_DIR}/tests/lacking.cmake)
    set_tests_properties(${arg_NAME} PROPERTIES LABELS "${arg_LABELS}" SKIP_REGULAR_EXPRESSION "^skipped: ")
endfunction()

# roomstore_add_example(NAME <name> SOURCES <files>... [LIBS <targets>...] [NO_TEST] [ARGS ...])
#
# Adds an executable example_<name>, and a test with the label `examples` unless NO_TEST is given, which is
# for servers and for programs that another test runs.
function(roomstore_add_example)
    cmake_parse_arguments(PARSE_ARGV 0 arg "NO_TEST" "NAME" "SOURCES;LIBS;ARGS")
    add_executable(example_${arg_NAME} ${arg_SOURCES})
    set_target_properties(example_${arg_NAME} PROPERTIES OUTPUT_NAME ${arg_NAME})
    target_link_libraries(example_${arg_NAME} PRIVATE roomstore::roomstore ${arg_LIBS})
    roomstore_use_dev_flags(example_${arg_NAME})
    if(ROOMSTORE_BUILD_TESTS AND NOT arg_NO_TEST)
        add_test(NAME examples.${arg_NAME} COMMAND example_${arg_NAME} ${arg_ARGS})
        set_tests_properties(examples.${arg_NAME} PROPERTIES LABELS examples TIMEOUT 60)
    endif()
endfunction()
