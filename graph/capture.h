// For code that runs eagerly as well as while a graph is captured.
#pragma once
#include <sinter/core/tensor.h>

#include <cstdint>
#include <cstring>

namespace sinter::graph {

namespace detail {
// The bytes of the number, noted as a guard of the program that is being captured.
std::uint64_t guarded_bits(const Tensor& number, DType dtype);
}  // namespace detail

// The number in a tensor of one element, for code that branches on it: a switch that is saved with
// a model. While a graph is captured it is known too; the graph has what follows from it. Programs
// of compile() and compile_step() are captured again when it has changed. Throws TypeError where
// the tensor has another dtype or number of elements, and Error where the program that is being
// captured writes it.
template <class T>
T guarded_number(const Tensor& number) {
  const std::uint64_t bits = detail::guarded_bits(number, dtype_of<T>);
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Throws Error with this message and the line of the program where a graph of ops is being
// captured: for what a graph cannot hold. Does nothing in eager code, nor inside a module that
// becomes one node.
void refuse_capture(const char* message);

}  // namespace sinter::graph
