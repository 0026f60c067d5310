// The loops of softmax, vectorised.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sinter::ops::cpu {

enum class Softmax : std::uint8_t { forward, log_forward, backward, log_backward };

// Lines of n elements; the elements of one line lie `stride` apart. The forward ones read x; the
// backward ones read the gradient from x and the output from y.
template <class T>
struct SoftmaxLines {
  const T* x;
  const T* y;
  T* out;
  std::size_t n;
  std::size_t stride;
  std::size_t width;  // lines side by side
};

// T is float or double. A line with stride 1 (and width 1) is vectorised along itself, others
// across neighbouring lines.
template <class T>
using SoftmaxFn = void (*)(const SoftmaxLines<T>& lines);
template <class T>
SoftmaxFn<T> softmax_loop(Softmax which, bool contiguous_lines);

}  // namespace sinter::ops::cpu
