// The shape of one 2-d convolution, and the kernels that compute it and its gradients.
#pragma once
#include <sinter/core/dtype.h>

#include <cstdint>

namespace sinter::ops::cpu {

// x [n, c, h, w] convolved with weight [o, c / groups, kh, kw] gives y [n, o, oh, ow]. What is not
// covered by y at the end of x is not read.
struct ConvShape {
  std::int64_t n, c, h, w;
  std::int64_t o, oh, ow;
  std::int64_t kh, kw;
  std::int64_t stride_h, stride_w;
  std::int64_t pad_top, pad_left;
  std::int64_t dilation_h, dilation_w;
  std::int64_t groups;

  bool operator==(const ConvShape&) const = default;
  std::int64_t group_inputs() const { return c / groups; }
  std::int64_t group_outputs() const { return o / groups; }
  std::int64_t taps() const { return kh * kw; }
  std::int64_t weight_numel() const { return o * group_inputs() * taps(); }
  // Multiply-adds.
  double work() const {
    return static_cast<double>(n * oh * ow) * static_cast<double>(weight_numel());
  }
};

// Sinter's own kernels, by matrix products. Activations are NHWC, weights row-major [o, c / groups,
// kh, kw]. T is float or double; results do not depend on the number of threads.
template <class T>
void gemm_convolution(const ConvShape& s, const T* x, const T* weight, const T* bias, T* y);
// The gradient with respect to x; bias (c numbers, or null) is added for transposed convolutions.
template <class T>
void gemm_convolution_data(const ConvShape& s, const T* dy, const T* weight, const T* bias, T* dx);
template <class T>
void gemm_convolution_weight(const ConvShape& s, const T* x, const T* dy, T* dweight);

// The same for convolutions with one input and one output channel in each group: loops over
// channels.
inline bool is_depthwise(const ConvShape& s) { return s.groups == s.c && s.o == s.c; }
template <class T>
void depthwise_convolution(const ConvShape& s, const T* x, const T* weight, const T* bias, T* y);
template <class T>
void depthwise_convolution_data(const ConvShape& s, const T* dy, const T* weight, const T* bias,
                                T* dx);
template <class T>
void depthwise_convolution_weight(const ConvShape& s, const T* x, const T* dy, T* dweight);

}  // namespace sinter::ops::cpu
