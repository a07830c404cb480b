# GCC 12 has to reject every statement of refused_statements.inc, which it would miscompile:
#
#   cmake -DPROJECT=<this folder> -DPREFIX=<where roomstore is installed> -DBINARY=<scratch> -DCXX=<GCC 12>
#         -P refused.cmake
file(REMOVE_RECURSE ${BINARY})
file(COPY ${PROJECT}/calls.hpp ${PROJECT}/refused.cpp DESTINATION ${BINARY})
set(compile ${CXX} -std=c++20 -DASIO_STANDALONE -I${PREFIX}/include)

function(compile_statement statement result errors)
    file(WRITE ${BINARY}/refused_statements.inc "${statement}\n")
    execute_process(
        COMMAND ${compile} -fsyntax-only ${BINARY}/refused.cpp RESULT_VARIABLE code ERROR_VARIABLE text)
    set(${result} ${code} PARENT_SCOPE)
    set(${errors} "${text}" PARENT_SCOPE)
endfunction()

# The headers are precompiled once. A correct statement shows that nothing else is rejected.
execute_process(COMMAND ${compile} -x c++-header ${BINARY}/calls.hpp -o ${BINARY}/calls.hpp.gch COMMAND_ERROR_IS_FATAL ANY)
compile_statement("STATEMENT(0, co_await store.create_room(room_named(long_id)))" result errors)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "a correct statement was rejected:\n${errors}")
endif()

file(READ ${PROJECT}/refused_statements.inc statements)
string(REGEX MATCHALL "\nSTATEMENT[^\n]+" statements "${statements}")
set(wrong "")
set(count 0)
foreach(statement IN LISTS statements)
    math(EXPR count "${count} + 1")
    compile_statement("${statement}" result errors)
    if(result EQUAL 0 OR NOT errors MATCHES "error: array used as initializer")
        string(APPEND wrong "${statement}\nended with ${result}: ${errors}")
    endif()
endforeach()
if(count LESS 20 OR wrong)
    message(FATAL_ERROR "of ${count} statements these were not rejected as expected:\n${wrong}")
endif()
message(STATUS "${count} statements, all rejected")
