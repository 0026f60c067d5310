// Whether this build must see every allocation: memory checkers find nothing in recycled blocks.
#pragma once

namespace sinter::detail {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kRecycleMemory = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
inline constexpr bool kRecycleMemory = false;
#else
inline constexpr bool kRecycleMemory = true;
#endif
#else
inline constexpr bool kRecycleMemory = true;
#endif

}  // namespace sinter::detail

// Thread-local pointers of the allocators: reached by one instruction also from a shared library.
#if defined(__GNUC__) && defined(__ELF__)
#define SINTER_FAST_TLS [[gnu::tls_model("initial-exec")]] constinit thread_local
#else
#define SINTER_FAST_TLS constinit thread_local
#endif
