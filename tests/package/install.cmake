# Installs components of a build tree and moves them. No installed file may contain the original path.
#
#   cmake -DINSTALL=<build tree of roomstore> -DPREFIX=<where it ends up> [-DCOMPONENTS=<name;...>] -P install.cmake
set(first ${PREFIX}.as_installed)
file(REMOVE_RECURSE ${first} ${PREFIX})
foreach(component IN LISTS COMPONENTS)
    execute_process(
        COMMAND ${CMAKE_COMMAND} --install ${INSTALL} --prefix ${first} --component roomstore_${component}
        OUTPUT_QUIET COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endforeach()
if(NOT COMPONENTS)
    execute_process(
        COMMAND ${CMAKE_COMMAND} --install ${INSTALL} --prefix ${first}
        OUTPUT_QUIET COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endif()
file(RENAME ${first} ${PREFIX})

file(GLOB_RECURSE texts ${PREFIX}/*.cmake ${PREFIX}/*.pc ${PREFIX}/*.hpp)
foreach(text IN LISTS texts)
    file(READ ${text} content)
    foreach(path ${first} ${INSTALL})
        string(FIND "${content}" ${path} position)
        if(NOT position EQUAL -1)
            message(FATAL_ERROR "${text} contains the original path: ${path}")
        endif()
    endforeach()
endforeach()
file(GLOB_RECURSE licenses ${PREFIX}/share/doc/*/LICENSE)
if(NOT licenses)
    message(FATAL_ERROR "no LICENSE in ${PREFIX}/share/doc")
endif()

execute_process(
    COMMAND ${CMAKE_COMMAND} --install ${INSTALL} --prefix ${first} --component core
    RESULT_VARIABLE result ERROR_VARIABLE error OUTPUT_QUIET)
if(result EQUAL 0 OR NOT error MATCHES "there is no component core,.*roomstore_core")
    message(FATAL_ERROR "an unknown component is not refused: ${error}")
endif()
