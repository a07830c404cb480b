#error "the memory store must not need this header"
