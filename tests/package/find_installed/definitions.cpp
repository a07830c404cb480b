// What roomstore::roomstore has compiled, for a program that links roomstore::header_only.
#include <roomstore/src.hpp>
