# Checks that the shared library exports its store and no internal symbols.
#
#   cmake -DLIBRARY=<the library> -DNM=<program> -P exported_symbols.cmake
execute_process(
    COMMAND ${NM} --dynamic --defined-only --demangle ${LIBRARY}
    OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
foreach(needed "roomstore::PostgresStore::PostgresStore\\(" "roomstore::PostgresStore::schema_sql"
               "roomstore::validate\\(roomstore::PostgresOptions" "typeinfo for roomstore::Error")
    if(NOT symbols MATCHES "${needed}")
        message(FATAL_ERROR "does not export ${needed}")
    endif()
endforeach()
# Checks only its own names: templates of the standard library and of asio with our types are exported,
# because their declarations say so.
string(REGEX MATCHALL "\n[0-9a-f]+ [A-Z] (pqxx::|PQ|fmt::|roomstore::postgres::)[^ \n]*(\\(|\n)" inner "${symbols}")
if(inner)
    message(FATAL_ERROR "exports internal symbols:${inner}")
endif()
