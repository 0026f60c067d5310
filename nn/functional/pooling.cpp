#include <sinter/nn/functional.h>
#include <sinter/ops/pool.h>

namespace sinter::nn::functional {

Tensor max_pool2d(const Tensor& input, const MaxPool2dFuncOptions& o) {
  return sinter::max_pool2d(input, o.kernel_size(), o.stride(), o.padding(), o.dilation(),
                            o.ceil_mode());
}

Tensor avg_pool2d(const Tensor& input, const AvgPool2dFuncOptions& o) {
  return sinter::avg_pool2d(input, o.kernel_size(), o.stride(), o.padding(), o.ceil_mode(),
                            o.count_include_pad(), o.divisor_override());
}

Tensor adaptive_avg_pool2d(const Tensor& input, const AdaptiveAvgPool2dFuncOptions& options) {
  Dims sizes;
  for (std::int64_t d = 0; d < 2; ++d) {
    const auto& wanted = (*options.output_size())[static_cast<std::size_t>(d)];
    sizes.push_back(wanted ? *wanted : input.size(d - 2));
  }
  return sinter::adaptive_avg_pool2d(input, sizes);
}

}  // namespace sinter::nn::functional
