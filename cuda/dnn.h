// Convolutions by cuDNN's graph API, behind one function.
#pragma once
#include <sinter/core/dims.h>
#include <sinter/core/dtype.h>
#include <sinter/cuda/launch.h>

#include <array>
#include <cstdint>

namespace sinter::cuda {

// Which of the three tensors of y = conv(x, w) is computed from the other two.
enum class ConvDirection : std::uint8_t { forward, backward_data, backward_weight };

// A 4-d tensor in device memory: [n, c, h, w] or [out, in / groups, h, w], strides in elements.
struct DnnTensor {
  std::array<std::int64_t, 4> sizes{}, strides{};
  void* data = nullptr;
};

// Groups follow from the channels of x and w.
struct Convolution {
  ConvDirection direction = ConvDirection::forward;
  DType dtype = kFloat32;
  DnnTensor x, w, y;
  std::array<std::int64_t, 2> before{}, after{}, stride{1, 1}, dilation{1, 1};  // before: padding
};

// No size may be 0. Products are summed in f32 (f64 for f64). Plans are kept, for each problem.
// Throws NotImplementedError when cuDNN has no engine for the problem, Error
// `[cuda] cudnn... failed; got STATUS: text` for what else the library refuses.
void convolve(const Launch& launch, const Convolution& problem);

}  // namespace sinter::cuda
