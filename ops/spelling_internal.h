// What tables of spellings are written with.
#pragma once
#include <sinter/ops/ops.h>
#include <sinter/ops/spelling.h>

namespace sinter::ops {

inline Returned returned(const Tensor& tensor) { return {{tensor}, false}; }
template <class... T>
Returned returned(const std::tuple<T...>& tensors) {
  return std::apply([](const T&... t) { return Returned{{t...}, true}; }, tensors);
}

}  // namespace sinter::ops

// A row: the op, and a call of it, which is both compiled and kept as text.
#define SINTER_SPELLING(op, ...)                                         \
  {                                                                      \
    op, #__VA_ARGS__, [](CallParts& c) { return returned(__VA_ARGS__); } \
  }
// The same for a call that may return its input.
#define SINTER_SPELLING_OR_INPUT(op, ...)                                      \
  {                                                                            \
    op, #__VA_ARGS__, [](CallParts& c) { return returned(__VA_ARGS__); }, true \
  }
