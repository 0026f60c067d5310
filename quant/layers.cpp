#include <sinter/autograd/grad_mode.h>
#include <sinter/graph/capture.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/quantize.h>
#include <sinter/quant/layers.h>

#include <ostream>

namespace sinter::quant {

void ParamBuffers::register_in(nn::Module& module, const std::string& prefix) {
  scale = module.register_buffer(prefix + "scale", ones({}, kFloat32));
  zero_point = module.register_buffer(prefix + "zero_point", zeros({}, kInt32));
}

void ParamBuffers::set(const QuantParams& params) {
  const NoGradGuard no_grad;
  scale.fill_(params.scale);
  zero_point.fill_(params.zero_point);
}

QuantParams ParamBuffers::get() const {
  return {static_cast<double>(graph::guarded_number<float>(scale)),
          graph::guarded_number<std::int32_t>(zero_point)};
}

// --- Between real numbers and bytes.

QuantizeImpl::QuantizeImpl(DType dtype_, const QuantParams& params) : dtype(dtype_) {
  QuantizeImpl::reset();
  output.set(params);
}
Tensor QuantizeImpl::forward(const Tensor& x) {
  return quantize(x, output.scale, output.zero_point, dtype);
}
void QuantizeImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::quant::Quantize(" << sinter::name(dtype) << ")";
}

DeQuantizeImpl::DeQuantizeImpl(const QuantParams& params) {
  DeQuantizeImpl::reset();
  input.set(params);
}
Tensor DeQuantizeImpl::forward(const Tensor& x) {
  return dequantize(x, input.scale, input.zero_point);
}
void DeQuantizeImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::quant::DeQuantize()";
}

// --- Weighted layers.

namespace {

void print_output(std::ostream& stream, const QOutputOptions& o) {
  stream << ", " << sinter::name(o.dtype) << (o.relu ? ", relu)" : ")");
}

template <std::size_t D>
Dims dims_of(const ExpandingArray<D>& values) {
  return Dims(IntArrayRef(values));
}

}  // namespace

QConv2dImpl::QConv2dImpl(const QConv2dOptions& options_) : options(options_) {
  QConv2dImpl::reset();
}

void QConv2dImpl::reset() {
  const nn::Conv2dOptions& o = options.conv;
  const Dims kernel = dims_of(o.kernel_size());
  const Dims sizes{o.out_channels(), o.in_channels() / o.groups(), kernel[0], kernel[1]};
  weight = register_buffer("weight", zeros(sizes, kInt8));
  weight_scale = register_buffer("weight_scale", ones({o.out_channels()}, kFloat32));
  bias = register_buffer("bias", zeros({o.out_channels()}, kInt32));
  input.register_in(*this, "input_");
  output.register_in(*this, "output_");
}

Tensor QConv2dImpl::forward(const Tensor& x) {
  const nn::Conv2dOptions& o = options.conv;
  return quantized_conv2d(
      x, input.get(), {weight, weight_scale, bias},
      {output.get(), options.output.dtype, options.output.relu},
      {dims_of(o.stride()), dims_of(o.padding().numbers()), dims_of(o.dilation()), o.groups()});
}

void QConv2dImpl::pretty_print(std::ostream& stream) const {
  const nn::Conv2dOptions& o = options.conv;
  stream << "sinter::quant::QConv2d(" << o.in_channels() << ", " << o.out_channels()
         << ", kernel_size=" << o.kernel_size() << ", stride=" << o.stride();
  print_output(stream, options.output);
}

QLinearImpl::QLinearImpl(const QLinearOptions& options_) : options(options_) {
  QLinearImpl::reset();
}

void QLinearImpl::reset() {
  weight = register_buffer("weight", zeros({options.out_features, options.in_features}, kInt8));
  weight_scale = register_buffer("weight_scale", ones({options.out_features}, kFloat32));
  bias = register_buffer("bias", zeros({options.out_features}, kInt32));
  input.register_in(*this, "input_");
  output.register_in(*this, "output_");
}

Tensor QLinearImpl::forward(const Tensor& x) {
  return quantized_linear(x, input.get(), {weight, weight_scale, bias},
                          {output.get(), options.output.dtype, options.output.relu});
}

void QLinearImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::quant::QLinear(in_features=" << options.in_features
         << ", out_features=" << options.out_features;
  print_output(stream, options.output);
}

// --- Addition.

QAddImpl::QAddImpl(const QOutputOptions& options_) : options(options_) { QAddImpl::reset(); }

void QAddImpl::reset() {
  a.register_in(*this, "a_");
  b.register_in(*this, "b_");
  output.register_in(*this, "output_");
}

Tensor QAddImpl::forward(const Tensor& left, const Tensor& right) {
  return quantized_add(left, a.get(), right, b.get(), {output.get(), options.dtype, options.relu});
}

void QAddImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::quant::QAdd(" << sinter::name(options.dtype)
         << (options.relu ? ", relu)" : ")");
}

// --- Pooling.

QAvgPool2dImpl::QAvgPool2dImpl(const nn::AvgPool2dOptions& options_) : options(options_) {
  QAvgPool2dImpl::reset();
}

void QAvgPool2dImpl::reset() {
  input.register_in(*this, "input_");
  output.register_in(*this, "output_");
}

Tensor QAvgPool2dImpl::forward(const Tensor& x) {
  return quantized_avg_pool2d(
      x, input.get(), output.get(),
      {dims_of(options.kernel_size()), dims_of(options.stride()), dims_of(options.padding()),
       options.ceil_mode(), options.count_include_pad()});
}

void QAvgPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::quant::QAvgPool2d(kernel_size=" << options.kernel_size()
         << ", stride=" << options.stride() << ", padding=" << options.padding() << ")";
}

QGlobalAvgPool2dImpl::QGlobalAvgPool2dImpl() { QGlobalAvgPool2dImpl::reset(); }

void QGlobalAvgPool2dImpl::reset() {
  input.register_in(*this, "input_");
  output.register_in(*this, "output_");
}

Tensor QGlobalAvgPool2dImpl::forward(const Tensor& x) {
  return quantized_global_avg_pool2d(x, input.get(), output.get());
}

void QGlobalAvgPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::quant::QGlobalAvgPool2d()";
}

}  // namespace sinter::quant
