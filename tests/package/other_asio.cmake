# A program that uses another asio than the installed library was compiled with must not link:
#
#   cmake -DPROJECT=<find_installed> -DPREFIX=<where roomstore is installed> -DBINARY=<scratch> -DCXX=<compiler>
#         -DOPTIONS=<-D...;-D...> -P other_asio.cmake
file(REMOVE_RECURSE ${BINARY})
set(ENV{CMAKE_PREFIX_PATH} ${PREFIX}:$ENV{CMAKE_PREFIX_PATH})
execute_process(
    COMMAND ${CMAKE_COMMAND} -S ${PROJECT} -B ${BINARY}/build -G Ninja -DCMAKE_CXX_COMPILER=${CXX} ${OPTIONS}
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(
    COMMAND ${CMAKE_COMMAND} --build ${BINARY}/build
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0 OR NOT output MATCHES "undefined reference to `?roomstore::detail::compiled_with_asio_[0-9]+")
    message(FATAL_ERROR "the build ended with ${result}:\n${output}")
endif()
