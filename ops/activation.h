// Activation functions. See pointwise.h for dtypes and errors. Those below without "integers too"
// or "to floating" take floating dtypes only. A name that ends in _ changes x in place.
#pragma once
#include <sinter/core/tensor.h>

#include <string_view>

namespace sinter {

// max(x, 0), integers too. The gradient at 0 is 0.
Tensor relu(const Tensor& x);
Tensor& relu_(Tensor& x);
// min(max(x, 0), 6), integers too.
Tensor relu6(const Tensor& x);
Tensor& relu6_(Tensor& x);
// x where x > 0, else negative_slope * x (Maas et al., 2013).
Tensor leaky_relu(const Tensor& x, const Scalar& negative_slope = 0.01);
Tensor& leaky_relu_(Tensor& x, const Scalar& negative_slope = 0.01);
// scale * x where x > 0, else scale * alpha * (exp(input_scale * x) - 1) (Clevert et al., 2015).
Tensor elu(const Tensor& x, const Scalar& alpha = 1, const Scalar& scale = 1,
           const Scalar& input_scale = 1);
Tensor& elu_(Tensor& x, const Scalar& alpha = 1, const Scalar& scale = 1,
             const Scalar& input_scale = 1);
// elu with the alpha (1.6733) and scale (1.0507) that keep mean 0 and variance 1 (Klambauer et al.,
// 2017).
Tensor selu(const Tensor& x);
Tensor& selu_(Tensor& x);
// max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)) (Barron, 2017). Throws ValueError for alpha 0.
Tensor celu(const Tensor& x, const Scalar& alpha = 1);
Tensor& celu_(Tensor& x, const Scalar& alpha = 1);
// x * Phi(x), with the normal distribution function Phi(x) = (1 + erf(x / sqrt(2))) / 2 ("none"),
// or with (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2 for it ("tanh") (Hendrycks and Gimpel,
// 2016). Any other word throws ValueError.
Tensor gelu(const Tensor& x, std::string_view approximate = "none");
Tensor& gelu_(Tensor& x, std::string_view approximate = "none");
// x * sigmoid(x), also known as swish.
Tensor silu(const Tensor& x);
Tensor& silu_(Tensor& x);
// x * tanh(log(1 + exp(x))) (Misra, 2019).
Tensor mish(const Tensor& x);
Tensor& mish_(Tensor& x);
// log(1 + exp(beta * x)) / beta, and x where beta * x > threshold.
Tensor softplus(const Tensor& x, const Scalar& beta = 1, const Scalar& threshold = 20);
// 1 / (1 + exp(-x)), to floating.
Tensor sigmoid(const Tensor& x);
Tensor& sigmoid_(Tensor& x);
// log(sigmoid(x)), without underflow.
Tensor log_sigmoid(const Tensor& x);
inline Tensor logsigmoid(const Tensor& x) { return log_sigmoid(x); }
// tanh_(x) is x.tanh_().
Tensor& tanh_(Tensor& x);
// x within [min_val, max_val], integers too. The gradient is 0 at the bounds and beyond. Throws
// ValueError unless min_val <= max_val.
Tensor hardtanh(const Tensor& x, const Scalar& min_val = -1, const Scalar& max_val = 1);
Tensor& hardtanh_(Tensor& x, const Scalar& min_val = -1, const Scalar& max_val = 1);
// min(max(x + 3, 0), 6) / 6.
Tensor hardsigmoid(const Tensor& x);
Tensor& hardsigmoid_(Tensor& x);
// x * hardsigmoid(x) (Howard et al., 2019).
Tensor hardswish(const Tensor& x);
Tensor& hardswish_(Tensor& x);
// x / (1 + |x|), to floating.
Tensor softsign(const Tensor& x);
// x - tanh(x), to floating.
Tensor tanhshrink(const Tensor& x);
// x where |x| > lambda, else 0.
Tensor hardshrink(const Tensor& x, const Scalar& lambda = 0.5);
// x - lambda where x > lambda, x + lambda where x < -lambda, else 0. Throws ValueError for a
// negative lambda.
Tensor softshrink(const Tensor& x, const Scalar& lambda = 0.5);
// x where x > threshold, else value, integers too.
Tensor threshold(const Tensor& x, const Scalar& threshold, const Scalar& value);
Tensor& threshold_(Tensor& x, const Scalar& threshold, const Scalar& value);
// max(x, 0) + weight * min(x, 0). weight has one element, or one for each channel (dimension 1 of
// x, or dimension 0 of a 1-d x); else ValueError (He et al., 2015).
Tensor prelu(const Tensor& x, const Tensor& weight);

}  // namespace sinter
