// The definitions that roomstore::roomstore contains, for a program that links
// roomstore::header_only.
#include <roomstore/src.hpp>
