#include "roomstore/src.hpp"
