#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

// The tests ask for more memory than there is, to see OutOfMemoryError: the sanitizers' allocators
// must then return null, as others do. Options in the environment come on top.
#if defined(__SANITIZE_ADDRESS__)
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
#elif defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1"; }
#endif
