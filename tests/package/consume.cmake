# Builds a project from scratch and runs its program, `consumer`:
#
#   cmake -DPROJECT=<folder> -DBINARY=<scratch> -DCXX=<compiler> [-DOPTIONS=<-D...;-D...>]
#         [-DPREFIX=<where roomstore is installed>] [-DINSTALL=<build tree of roomstore>]
#         [-DUNBUILT=<part of a file's name>] -P consume.cmake
#
# UNBUILT: the build must not create a file with such a name.
# INSTALL: all components of that tree are installed first, into a separate prefix for this project.
file(REMOVE_RECURSE ${BINARY})

function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(INSTALL)
    set(PREFIX ${BINARY}/prefix)
    run(${CMAKE_COMMAND} -DINSTALL=${INSTALL} -DPREFIX=${PREFIX} -P ${CMAKE_CURRENT_LIST_DIR}/install.cmake)
endif()
if(PREFIX)
    set(ENV{CMAKE_PREFIX_PATH} ${PREFIX}:$ENV{CMAKE_PREFIX_PATH})
endif()
run(${CMAKE_COMMAND} -S ${PROJECT} -B ${BINARY}/build -G Ninja -DCMAKE_CXX_COMPILER=${CXX} ${OPTIONS})
run(${CMAKE_COMMAND} --build ${BINARY}/build)
if(UNBUILT)
    file(GLOB_RECURSE built ${BINARY}/build/*${UNBUILT}*.a ${BINARY}/build/*${UNBUILT}*.so ${BINARY}/build/*${UNBUILT}*.o)
    if(built)
        message(FATAL_ERROR "built although not requested: ${built}")
    endif()
endif()
run(${BINARY}/build/consumer)
