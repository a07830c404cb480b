# Runs the vcpkg port with substitutes for vcpkg's functions, written in plain CMake, and uses the result:
#
#   cmake -DPORT=<folder> -DBINARY=<scratch> -DCXX=<compiler> -DPROJECT=<consumer> -DOPTIONS=<its options> -P ...
#
# Sets the variables as vcpkg does for a port without features. Dependencies are those of the machine, not
# vcpkg's.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${BINARY})
set(CURRENT_PACKAGES_DIR ${BINARY}/package)
set(FEATURES core)

function(vcpkg_check_features)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "OUT_FEATURE_OPTIONS" "FEATURES")
    set(options "")
    while(arg_FEATURES)
        list(POP_FRONT arg_FEATURES feature option)
        if(feature IN_LIST FEATURES)
            list(APPEND options -D${option}=ON)
        else()
            list(APPEND options -D${option}=OFF)
        endif()
    endwhile()
    set(${arg_OUT_FEATURE_OPTIONS} ${options} PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
    execute_process(
        COMMAND ${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B ${BINARY}/build -G Ninja -DCMAKE_CXX_COMPILER=${CXX}
                -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR} -DCMAKE_INSTALL_LIBDIR=lib ${arg_OPTIONS}
        OUTPUT_VARIABLE told ERROR_VARIABLE told COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
    if(told MATCHES "not used by the project")
        message(FATAL_ERROR "the port sets an option that does not exist: ${told}")
    endif()
endfunction()

function(vcpkg_cmake_install)
    execute_process(COMMAND ${CMAKE_COMMAND} --build ${BINARY}/build --target install COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
    # vcpkg moves it from there to share/. The changes that it makes to the file are not tested here.
    if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/roomstore-config.cmake)
        message(FATAL_ERROR "no roomstore-config.cmake in ${arg_CONFIG_PATH}")
    endif()
endfunction()

function(vcpkg_fixup_pkgconfig)
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "FILE_LIST" "")
    file(INSTALL ${arg_FILE_LIST} DESTINATION ${CURRENT_PACKAGES_DIR}/share/roomstore)
endfunction()

set(ENV{ROOMSTORE_SOURCE_PATH})
set(consumer ${CMAKE_CURRENT_LIST_DIR}/consume.cmake)
file(MAKE_DIRECTORY ${CURRENT_PACKAGES_DIR}/share)
set(ROOT_OF_PORT ${PORT})
set(PORT roomstore)
include(${ROOT_OF_PORT}/portfile.cmake)

foreach(file include/roomstore/version.hpp share/roomstore/usage share/roomstore/LICENSE)
    if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${file})
        message(FATAL_ERROR "the port did not install ${file}")
    endif()
endforeach()
execute_process(
    COMMAND ${CMAKE_COMMAND} -DPROJECT=${PROJECT} -DBINARY=${BINARY}/consumer -DCXX=${CXX}
            -DPREFIX=${CURRENT_PACKAGES_DIR} "-DOPTIONS=${OPTIONS}" -P ${consumer} COMMAND_ERROR_IS_FATAL ANY)
