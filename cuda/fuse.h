// Pointwise programs written as text, compiled at run time, and run as one kernel.
#pragma once
#include <sinter/core/callable.h>
#include <sinter/core/tensor.h>
#include <sinter/cuda/symbol.h>

#include <memory>
#include <span>
#include <string>

namespace sinter::cuda {

// What a program computes for one element: a composition of formulas, F::f<Symbol>(x).
using FusedBody = Callable<ops::Symbol(std::span<const ops::Symbol>)>;

// The CUDA source of a program of so many f32 inputs.
std::string fused_source(std::size_t inputs, const FusedBody& body);

// A compiled program. It gives the bits that its formulas give one by one: nothing is contracted.
class FusedPointwise {
 public:
  // Compiles for a device. Throws Error with NVRTC's log when the source does not compile.
  FusedPointwise(int device, std::size_t inputs, const FusedBody& body);
  ~FusedPointwise();
  FusedPointwise(const FusedPointwise&) = delete;
  FusedPointwise& operator=(const FusedPointwise&) = delete;

  // All inputs must be f32 on the program's device, row-major, and of one shape: ValueError
  // otherwise.
  Tensor operator()(std::span<const Tensor> inputs) const;
  const std::string& source() const { return source_; }

 private:
  struct Compiled;
  std::string source_;
  std::size_t inputs_;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace sinter::cuda
