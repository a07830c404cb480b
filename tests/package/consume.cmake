# Builds a project from nothing and runs its program, `consumer`:
#
#   cmake -DPROJECT=<folder> -DBINARY=<scratch> -DCXX=<compiler> [-DOPTIONS=<-D...;-D...>]
#         [-DINSTALL=<build tree of roomstore> [-DCOMPONENTS=<name;...>]] -P consume.cmake
#
# INSTALL: that tree is installed first, into a prefix of this project's own; whole, or these components of it.
file(REMOVE_RECURSE ${BINARY})

function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(INSTALL)
    set(install ${CMAKE_COMMAND} --install ${INSTALL} --prefix ${BINARY}/prefix)
    foreach(component IN LISTS COMPONENTS)
        run(${install} --component roomstore_${component})
    endforeach()
    if(NOT COMPONENTS)
        run(${install})
    endif()
    set(ENV{CMAKE_PREFIX_PATH} ${BINARY}/prefix:$ENV{CMAKE_PREFIX_PATH})
endif()
run(${CMAKE_COMMAND} -S ${PROJECT} -B ${BINARY}/build -G Ninja -DCMAKE_CXX_COMPILER=${CXX} ${OPTIONS})
run(${CMAKE_COMMAND} --build ${BINARY}/build)
run(${BINARY}/build/consumer)
