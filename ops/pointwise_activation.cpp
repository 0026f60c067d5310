#include <sinter/ops/pointwise.h>
#include <sinter/ops/pointwise_def_internal.h>

namespace sinter {

using ops::call;
using ops::call_in_place;
namespace formula = ops::formula;

Tensor relu(const Tensor& x) { return call(ops::kUnaryDef<formula::Relu>, x); }
Tensor sigmoid(const Tensor& x) { return call(ops::kUnaryDef<formula::Sigmoid>, x); }
Tensor leaky_relu(const Tensor& x, const Scalar& negative_slope) {
  return call(ops::kUnaryDef<formula::LeakyRelu>, ops::SlopeAttrs{negative_slope.to_double()}, x);
}

#define SINTER_UNARY(name, F)                                 \
  Tensor Tensor::name() const { return sinter::name(*this); } \
  Tensor& Tensor::name##_() { return call_in_place(ops::kUnaryDef<formula::F>, *this); }
SINTER_UNARY(relu, Relu)
SINTER_UNARY(sigmoid, Sigmoid)
#undef SINTER_UNARY

}  // namespace sinter
