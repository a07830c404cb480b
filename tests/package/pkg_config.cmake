# Compiles a program with what pkg-config says, and runs it:
#
#   cmake -DPACKAGE=<package> -DSOURCE=<program> -DPREFIX=<where roomstore is installed> -DVERSION=<its version>
#         -DPKG_CONFIG=<program> -DBINARY=<scratch> -DCXX=<compiler> -P pkg_config.cmake
file(REMOVE_RECURSE ${BINARY})
file(MAKE_DIRECTORY ${BINARY}/build)
file(GLOB_RECURSE packages ${PREFIX}/*/${PACKAGE}.pc)
cmake_path(GET packages PARENT_PATH folder)
set(ENV{PKG_CONFIG_PATH} ${folder}:/usr/local/lib/pkgconfig:$ENV{PKG_CONFIG_PATH})

execute_process(
    COMMAND ${PKG_CONFIG} --modversion ${PACKAGE}
    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
if(NOT found STREQUAL VERSION)
    message(FATAL_ERROR "${PACKAGE}.pc says '${found}' instead of '${VERSION}'")
endif()
execute_process(
    COMMAND ${PKG_CONFIG} --cflags --libs ${PACKAGE}
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
execute_process(
    COMMAND $ENV{CMAKE_CXX_COMPILER_LAUNCHER} ${CXX} -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c
            ${CMAKE_CURRENT_LIST_DIR}/${SOURCE} -o ${BINARY}/build/consumer.o ${flags}
    COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
execute_process(
    COMMAND ${CXX} ${BINARY}/build/consumer.o -o ${BINARY}/build/consumer ${flags} -Wl,-rpath,${folder}/..
    COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${BINARY}/build/consumer COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
