#include <sinter/nn/functional.h>
#include <sinter/nn/layers/pooling.h>
#include <sinter/nn/print_internal.h>

namespace sinter::nn {

MaxPool2dImpl::MaxPool2dImpl(const MaxPool2dOptions& options_) : options(options_) {}
void MaxPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::MaxPool2d(kernel_size=" << options.kernel_size()
         << ", stride=" << options.stride() << ", padding=" << options.padding()
         << ", dilation=" << options.dilation()
         << ", ceil_mode=" << detail::word(options.ceil_mode()) << ")";
}
Tensor MaxPool2dImpl::forward(const Tensor& input) {
  return functional::max_pool2d(input, options);
}

AvgPool2dImpl::AvgPool2dImpl(const AvgPool2dOptions& options_) : options(options_) {}
void AvgPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::AvgPool2d(kernel_size=" << options.kernel_size()
         << ", stride=" << options.stride() << ", padding=" << options.padding() << ")";
}
Tensor AvgPool2dImpl::forward(const Tensor& input) {
  return functional::avg_pool2d(input, options);
}

AdaptiveAvgPool2dImpl::AdaptiveAvgPool2dImpl(const AdaptiveAvgPool2dOptions& options_)
    : options(options_) {}
void AdaptiveAvgPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::AdaptiveAvgPool2d(output_size=" << options.output_size() << ")";
}
Tensor AdaptiveAvgPool2dImpl::forward(const Tensor& input) {
  return functional::adaptive_avg_pool2d(input, options);
}

}  // namespace sinter::nn
