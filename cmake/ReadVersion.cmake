# roomstore_read_version(<header> <variable>): reads the version from the public header. It is defined only
# there, so that sources, packages and the build system cannot disagree.
function(roomstore_read_version header variable)
    file(STRINGS ${header} lines REGEX "^#define ROOMSTORE_VERSION_(MAJOR|MINOR|PATCH) ")
    foreach(part MAJOR MINOR PATCH)
        if(NOT "${lines}" MATCHES "ROOMSTORE_VERSION_${part} ([0-9]+)")
            message(FATAL_ERROR "roomstore: ${header} does not define ROOMSTORE_VERSION_${part}")
        endif()
        list(APPEND parts ${CMAKE_MATCH_1})
    endforeach()
    list(JOIN parts "." version)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
    set(${variable} ${version} PARENT_SCOPE)
endfunction()
