# What a test says that lacks something here: cmake -DLACKS=<what> -DCOMPONENT=<name> -P lacking.cmake
set(remedy "cmake/install_dependencies.sh ${COMPONENT} installs it; configure again then")
if(DEFINED ENV{CI})
    message(FATAL_ERROR "not found: ${LACKS}. ${remedy}")
endif()
message("skipped: ${LACKS} was not found. ${remedy}")
