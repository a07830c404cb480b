# Builds the third backend with the installed suite. The backend must pass the suite, and a wrong one must
# fail:
#
#   cmake -DPREFIX=<where roomstore is installed> -DREFERENCE=<its tests> -DSUITE=<a binary of that tree with the
#         whole suite> -DCATCH2=<folder of Catch2's package> -DBINARY=<scratch> -DCXX=<compiler> -P ...
execute_process(
    COMMAND ${CMAKE_COMMAND} -DPROJECT=${CMAKE_CURRENT_LIST_DIR} -DBINARY=${BINARY} -DCXX=${CXX} -DPREFIX=${PREFIX}
            -DOPTIONS=-DREFERENCE=${REFERENCE} -P
            ${CMAKE_CURRENT_LIST_DIR}/../consume.cmake COMMAND_ERROR_IS_FATAL ANY)

# The linker must not leave out a test case, except those that only the backends of this library have to pass.
function(list_cases binary result)
    execute_process(
        COMMAND ${binary} --list-tests ~[own] --verbosity quiet --order lex
        OUTPUT_VARIABLE cases COMMAND_ERROR_IS_FATAL ANY)
    set(${result} "${cases}" PARENT_SCOPE)
endfunction()
list_cases(${SUITE} expected)
list_cases(${BINARY}/build/consumer linked)
if(NOT linked STREQUAL expected OR NOT linked MATCHES "deleting an event can keep its replies")
    message(FATAL_ERROR "the third backend has the test cases:\n${linked}\ninstead of:\n${expected}")
endif()

# A backend that deletes replies that should be kept must fail in the test case about that, without a crash.
execute_process(
    COMMAND ${BINARY}/build/wrong_consumer OUTPUT_VARIABLE told RESULT_VARIABLE result COMMAND_ECHO STDOUT)
message("${told}")
if(result EQUAL 0
   OR NOT told MATCHES "\ndeleting an event can keep its replies\n"
   OR NOT told MATCHES "\ntest cases: +[0-9]+ \\| +[0-9]+ passed \\| +[0-9]+ failed\n")
    message(FATAL_ERROR "the wrong backend ended with ${result}")
endif()

# The missing dependency must be named. If /lib is a link to /usr/lib, CMake finds a package under both paths.
string(REGEX REPLACE "^/usr/" "/" catch2_again "${CATCH2}")
execute_process(
    COMMAND ${CMAKE_COMMAND} -E env CMAKE_PREFIX_PATH=${PREFIX} ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B
            ${BINARY}/without_catch2 -G Ninja -DCMAKE_CXX_COMPILER=${CXX} -DREFERENCE=${REFERENCE}
            "-DCMAKE_IGNORE_PATH=${CATCH2};${catch2_again}"
    ERROR_VARIABLE told RESULT_VARIABLE result COMMAND_ECHO STDOUT)
message("${told}")
if(result EQUAL 0 OR NOT told MATCHES "Catch2")
    message(FATAL_ERROR "without Catch2 the configuration ended with ${result}")
endif()
