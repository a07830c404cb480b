# What the shared library shows: its store, and nothing of what it is made of.
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
# Only names of its own: templates of the standard library and of asio over our types are exported, as their
# declarations say.
string(REGEX MATCHALL "\n[0-9a-f]+ [A-Z] (pqxx::|PQ|fmt::|roomstore::postgres::)[^ \n]*(\\(|\n)" inner "${symbols}")
if(inner)
    message(FATAL_ERROR "exports its inside:${inner}")
endif()
