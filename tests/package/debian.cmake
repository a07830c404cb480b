# Makes the Debian package and unpacks it where a consumer looks for it:
#
#   cmake -DCPACK=<program> -DCONFIG=<CPackConfig.cmake> -DDPKG_DEB=<program> -DBINARY=<scratch>
#         -DVERSION=<its version> -DPREFIX=<what /usr becomes> -P debian.cmake
file(REMOVE_RECURSE ${BINARY} ${PREFIX})
execute_process(
    COMMAND ${CPACK} -G DEB --config ${CONFIG} -B ${BINARY} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
file(GLOB package ${BINARY}/libroomstore-dev_${VERSION}_*.deb)
execute_process(
    COMMAND ${DPKG_DEB} --field ${package} Depends OUTPUT_VARIABLE depends COMMAND_ERROR_IS_FATAL ANY)
foreach(needed libasio-dev nlohmann-json3-dev libpq5)
    if(NOT depends MATCHES "${needed} \\(>= ")
        message(FATAL_ERROR "does not depend on ${needed}: ${depends}")
    endif()
endforeach()
if(depends MATCHES "pqxx")
    message(FATAL_ERROR "depends on a libpqxx, which Debian 12 does not have: ${depends}")
endif()
execute_process(COMMAND ${DPKG_DEB} --extract ${package} ${BINARY}/root COMMAND_ERROR_IS_FATAL ANY)
foreach(file share/doc/libroomstore-dev/copyright share/doc/roomstore/LICENSE include/roomstore/version.hpp)
    if(NOT EXISTS ${BINARY}/root/usr/${file})
        message(FATAL_ERROR "${package} holds no ${file}")
    endif()
endforeach()
file(RENAME ${BINARY}/root/usr ${PREFIX})
