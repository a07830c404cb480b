#include "support/hostile_names.hpp"

#include <sstream>
#include <string_view>

namespace roomstore::test {

std::string hostile_names_sql() {
    // Only functions in the language internal take arguments of every type, and trigger_in always
    // fails, whatever its arguments. The twin of an aggregate or a window function is a plain
    // function: a call of it as an aggregate or window function fails earlier.
    return R"(
BEGIN;
SET LOCAL search_path = pg_catalog;
CREATE SCHEMA hostile;
GRANT USAGE ON SCHEMA hostile TO PUBLIC;
DO $$
DECLARE
    twin record;
BEGIN
    FOR twin IN
        SELECT typname AS name FROM pg_type
        WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r')
            AND typcategory <> 'A'
    LOOP
        EXECUTE format('CREATE TYPE hostile.%I AS ENUM (''hostile'')', twin.name);
        EXECUTE format('CREATE FUNCTION hostile.cast_to(pg_catalog.%1$I, OUT hostile.%1$I) '
                       'LANGUAGE internal AS ''trigger_in''', twin.name);
        EXECUTE format('CREATE FUNCTION hostile.cast_from(hostile.%1$I, OUT pg_catalog.%1$I) '
                       'LANGUAGE internal AS ''trigger_in''', twin.name);
        EXECUTE format('CREATE CAST (pg_catalog.%1$I AS hostile.%1$I) '
                       'WITH FUNCTION hostile.cast_to(pg_catalog.%1$I) AS IMPLICIT', twin.name);
        EXECUTE format('CREATE CAST (hostile.%1$I AS pg_catalog.%1$I) '
                       'WITH FUNCTION hostile.cast_from(hostile.%1$I) AS IMPLICIT', twin.name);
    END LOOP;
    FOR twin IN
        -- What follows ORDER BY are arguments too.
        SELECT proname AS name, pg_get_function_result(oid) AS result,
               regexp_replace(regexp_replace(pg_get_function_arguments(oid),
                                             '^(VARIADIC "any" )?ORDER BY ', ''),
                              ' ORDER BY ', ', ') AS arguments
        FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace
            -- Those who implement types and access methods cannot be called in SQL.
            AND NOT proargtypes::oid[] && '{cstring,internal}'::regtype[]::oid[]
    LOOP
        EXECUTE format('CREATE FUNCTION hostile.%I(%s) RETURNS %s '
                       'LANGUAGE internal AS ''trigger_in''',
                       twin.name, twin.arguments, twin.result);
    END LOOP;
    FOR twin IN
        SELECT oprname AS name, oprresult AS result_id, format_type(oprresult, NULL) AS result,
               concat_ws(', ', CASE WHEN oprleft <> 0 THEN format_type(oprleft, NULL) END,
                         format_type(oprright, NULL)) AS arguments,
               CASE WHEN oprleft <> 0 THEN 'LEFTARG = ' || format_type(oprleft, NULL) || ', ' END
                   AS left_argument,
               format_type(oprright, NULL) AS right_argument
        FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprright <> 0
    LOOP
        EXECUTE format('CREATE OR REPLACE FUNCTION hostile.operator_%s(%s) RETURNS %s '
                       'LANGUAGE internal AS ''trigger_in''',
                       twin.result_id, twin.arguments, twin.result);
        EXECUTE format('CREATE OPERATOR hostile.%s (%s RIGHTARG = %s, '
                       'FUNCTION = hostile.operator_%s)',
                       twin.name, twin.left_argument, twin.right_argument, twin.result_id);
    END LOOP;
    FOR twin IN
        SELECT opcname AS name, amname AS method, format_type(opcintype, NULL) AS type
        FROM pg_opclass JOIN pg_am ON pg_am.oid = opcmethod
        WHERE opcnamespace = 'pg_catalog'::regnamespace
    LOOP
        EXECUTE format('CREATE OPERATOR CLASS hostile.%I FOR TYPE %s USING %s AS STORAGE %2$s',
                       twin.name, twin.type, twin.method);
    END LOOP;
    FOR twin IN
        SELECT relname AS name FROM pg_class
        WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')
    LOOP
        EXECUTE format('CREATE TABLE hostile.%I ()', twin.name);
        EXECUTE format('GRANT SELECT ON hostile.%I TO PUBLIC', twin.name);
    END LOOP;
    FOR twin IN
        SELECT DISTINCT collname AS name FROM pg_collation
        WHERE collnamespace = 'pg_catalog'::regnamespace AND collname <> 'default'
    LOOP
        EXECUTE format('CREATE COLLATION hostile.%I (LOCALE = ''POSIX'')', twin.name);
    END LOOP;
END $$;
COMMIT;
)";
}

std::string find_hostile_call(const std::string& server_log) {
    // A twin was called, was given a value, or was chosen where its kind of object is not valid
    // (class 42 in Appendix A of the manual).
    constexpr std::string_view signs[] = {
        "cannot accept a value of type trigger", "enum hostile.", "ERROR:  42"};
    std::istringstream lines(server_log);
    for (std::string line; std::getline(lines, line);) {
        for (const auto sign : signs) {
            if (line.find(sign) != line.npos) return line;
        }
    }
    return {};
}

}  // namespace roomstore::test
