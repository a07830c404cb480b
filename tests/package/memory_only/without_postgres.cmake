# Configures, builds and installs roomstore as on a machine without libpqxx, libpq and fmt, then builds a
# consumer: cmake -DSOURCE=<roomstore> -DBINARY=<scratch> -DCXX=<compiler> -P ...
#
# find_package is disabled for them, and headers that do not compile precede theirs in the search path.
file(REMOVE_RECURSE ${BINARY})
set(options
    -DCMAKE_CXX_FLAGS=-I${CMAKE_CURRENT_LIST_DIR}/hidden
    -DCMAKE_DISABLE_FIND_PACKAGE_Libpqxx=ON
    -DCMAKE_DISABLE_FIND_PACKAGE_PostgreSQL=ON
    -DCMAKE_DISABLE_FIND_PACKAGE_fmt=ON)

function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${CMAKE_COMMAND} -S ${SOURCE} -B ${BINARY}/library -G Ninja -DCMAKE_CXX_COMPILER=${CXX} ${options}
    -DROOMSTORE_BUILD_TESTS=OFF -DROOMSTORE_BUILD_EXAMPLES=OFF)
run(${CMAKE_COMMAND} --build ${BINARY}/library)
# Not by run(), which would split the list of options.
execute_process(
    COMMAND ${CMAKE_COMMAND} -DPROJECT=${CMAKE_CURRENT_LIST_DIR} -DBINARY=${BINARY}/consumer -DCXX=${CXX}
            -DINSTALL=${BINARY}/library "-DOPTIONS=${options}" -P ${CMAKE_CURRENT_LIST_DIR}/../consume.cmake
            COMMAND_ERROR_IS_FATAL ANY)
# The package is specific to an architecture, because its CMake configuration and .pc files are in a directory
# that other architectures do not search.
find_program(DPKG dpkg)
find_program(DPKG_DEB dpkg-deb)
if(DPKG AND DPKG_DEB)
    run(${CMAKE_CPACK_COMMAND} -G DEB --config ${BINARY}/library/CPackConfig.cmake -B ${BINARY}/debian)
    file(GLOB package ${BINARY}/debian/*.deb)
    execute_process(
        COMMAND ${DPKG_DEB} --field ${package} Architecture OUTPUT_VARIABLE is COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${DPKG} --print-architecture OUTPUT_VARIABLE here COMMAND_ERROR_IS_FATAL ANY)
    if(NOT is STREQUAL here)
        message(FATAL_ERROR "${package} is for ${is}, but was built on ${here}")
    endif()
endif()
foreach(component postgres contract_tests)
    if(EXISTS ${BINARY}/consumer/prefix/include/roomstore/${component})
        message(FATAL_ERROR "the headers of ${component}, which was not built, were installed")
    endif()
endforeach()
