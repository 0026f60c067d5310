#include <sinter/nn/functional.h>
#include <sinter/nn/init.h>
#include <sinter/nn/layers/conv.h>
#include <sinter/nn/print_internal.h>
#include <sinter/ops/creation.h>

#include <algorithm>
#include <cmath>

namespace sinter::nn {

namespace {

template <class Options>
void check_channels(const char* op, const Options& o) {
  SINTER_CHECK_AS(ValueError, o.in_channels() > 0 && o.out_channels() > 0 && o.groups() > 0, "[",
                  op, "] in_channels, out_channels and groups must be positive; got ",
                  o.in_channels(), ", ", o.out_channels(), " and ", o.groups());
  SINTER_CHECK_AS(ValueError,
                  o.in_channels() % o.groups() == 0 && o.out_channels() % o.groups() == 0, "[", op,
                  "] groups must divide in_channels and out_channels; got ", o.groups(),
                  " groups of ", o.in_channels(), " and ", o.out_channels());
}

template <std::size_t D>
void check_padding(const char* op, const ConvOptions<D>& o) {
  const auto& stride = *o.stride();
  const bool strided = std::any_of(stride.begin(), stride.end(), [](auto s) { return s != 1; });
  SINTER_CHECK_AS(ValueError, !strided || o.padding().kind() != ConvPadding<D>::Kind::same, "[", op,
                  "] padding kSame needs a stride of 1; got ", IntArrayRef(o.stride()));
}

// [first, second, kernel sizes...]
template <std::size_t D>
Tensor empty_weight(std::int64_t first, std::int64_t second, const ExpandingArray<D>& kernel) {
  Dims sizes{first, second};
  for (const std::int64_t k : *kernel) sizes.push_back(k);
  return empty(sizes);
}

// As PyTorch: uniform in +-1 / sqrt(fan in).
void reset_weight_and_bias(const Tensor& weight, const Tensor& bias) {
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined()) return;
  const auto [fan_in, fan_out] = init::_calculate_fan_in_and_fan_out(weight);
  const double bound = fan_in > 0 ? 1 / std::sqrt(static_cast<double>(fan_in)) : 0;
  init::uniform_(bias, -bound, bound);
}

template <std::size_t D>
bool all_equal(const ExpandingArray<D>& values, std::int64_t value) {
  return values == ExpandingArray<D>(value);
}

template <class Options>
void print_head(std::ostream& stream, const char* name, const Options& o) {
  stream << "sinter::nn::" << name << "(" << o.in_channels() << ", " << o.out_channels()
         << ", kernel_size=" << o.kernel_size() << ", stride=" << o.stride();
}

template <class Options>
void print_tail(std::ostream& stream, const Options& o) {
  if (o.groups() != 1) stream << ", groups=" << o.groups();
  if (!o.bias()) stream << ", bias=false";
  if (!o.padding_mode().is(kZeros)) stream << ", padding_mode=" << o.padding_mode().text();
  stream << ")";
}

template <std::size_t D>
void print_conv(std::ostream& stream, const char* name, const ConvOptions<D>& o) {
  using Kind = typename ConvPadding<D>::Kind;
  print_head(stream, name, o);
  if (o.padding().kind() == Kind::valid) stream << ", padding='valid'";
  if (o.padding().kind() == Kind::same) stream << ", padding='same'";
  if (!all_equal(o.padding().numbers(), 0)) stream << ", padding=" << o.padding().numbers();
  if (!all_equal(o.dilation(), 1)) stream << ", dilation=" << o.dilation();
  print_tail(stream, o);
}

// How much a padding mode other than zeros adds around the input, last dimension first.
template <std::size_t D>
std::vector<std::int64_t> border(const ConvOptions<D>& o) {
  std::vector<std::int64_t> out;
  for (std::size_t i = D; i-- > 0;) {
    std::int64_t before = (*o.padding().numbers())[i];
    std::int64_t after = before;
    if (o.padding().kind() == ConvPadding<D>::Kind::same) {
      const std::int64_t total = (*o.dilation())[i] * ((*o.kernel_size())[i] - 1);
      before = total / 2;
      after = total - before;
    }
    out.push_back(before);
    out.push_back(after);
  }
  return out;
}

functional::PadFuncOptions::mode_t pad_mode(ConvPaddingMode mode) {
  if (mode.is(kReflect)) return kReflect;
  return mode.is(kReplicate) ? functional::PadFuncOptions::mode_t(kReplicate)
                             : functional::PadFuncOptions::mode_t(kCircular);
}

// Calls convolve(input, padding) with the padding done beforehand where the mode needs it.
template <std::size_t D, class F>
Tensor pad_and_convolve(const Tensor& input, const ConvOptions<D>& o, F&& convolve) {
  if (o.padding_mode().is(kZeros)) return convolve(input, o.padding());
  const functional::PadFuncOptions padding(border(o));
  return convolve(
      functional::pad(input, functional::PadFuncOptions(padding).mode(pad_mode(o.padding_mode()))),
      ConvPadding<D>(0));
}

}  // namespace

// --- Conv1d.

Conv1dImpl::Conv1dImpl(const Conv1dOptions& options_) : options(options_) { Conv1dImpl::reset(); }

void Conv1dImpl::reset() {
  check_channels("conv1d", options);
  check_padding("conv1d", options);
  weight = register_parameter(
      "weight", empty_weight(options.out_channels(), options.in_channels() / options.groups(),
                             options.kernel_size()));
  bias = register_parameter("bias", options.bias() ? empty({options.out_channels()}) : Tensor());
  reset_parameters();
}

void Conv1dImpl::reset_parameters() { reset_weight_and_bias(weight, bias); }

void Conv1dImpl::pretty_print(std::ostream& stream) const { print_conv(stream, "Conv1d", options); }

Tensor Conv1dImpl::forward(const Tensor& input) {
  return pad_and_convolve(input, options, [&](const Tensor& x, const ConvPadding<1>& padding) {
    return functional::conv1d(x, weight,
                              functional::Conv1dFuncOptions()
                                  .bias(bias)
                                  .stride(options.stride())
                                  .padding(padding)
                                  .dilation(options.dilation())
                                  .groups(options.groups()));
  });
}

// --- Conv2d.

Conv2dImpl::Conv2dImpl(const Conv2dOptions& options_) : options(options_) { Conv2dImpl::reset(); }

void Conv2dImpl::reset() {
  check_channels("conv2d", options);
  check_padding("conv2d", options);
  weight = register_parameter(
      "weight", empty_weight(options.out_channels(), options.in_channels() / options.groups(),
                             options.kernel_size()));
  bias = register_parameter("bias", options.bias() ? empty({options.out_channels()}) : Tensor());
  reset_parameters();
}

void Conv2dImpl::reset_parameters() { reset_weight_and_bias(weight, bias); }

void Conv2dImpl::pretty_print(std::ostream& stream) const { print_conv(stream, "Conv2d", options); }

Tensor Conv2dImpl::forward(const Tensor& input) {
  return pad_and_convolve(input, options, [&](const Tensor& x, const ConvPadding<2>& padding) {
    return functional::conv2d(x, weight,
                              functional::Conv2dFuncOptions()
                                  .bias(bias)
                                  .stride(options.stride())
                                  .padding(padding)
                                  .dilation(options.dilation())
                                  .groups(options.groups()));
  });
}

// --- ConvTranspose2d.

ConvTranspose2dImpl::ConvTranspose2dImpl(const ConvTranspose2dOptions& options_)
    : options(options_) {
  ConvTranspose2dImpl::reset();
}

void ConvTranspose2dImpl::reset() {
  check_channels("conv_transpose2d", options);
  SINTER_CHECK_AS(ValueError, options.padding_mode().is(kZeros),
                  "[conv_transpose2d] padding_mode must be kZeros; got ",
                  options.padding_mode().text());
  weight = register_parameter(
      "weight", empty_weight(options.in_channels(), options.out_channels() / options.groups(),
                             options.kernel_size()));
  bias = register_parameter("bias", options.bias() ? empty({options.out_channels()}) : Tensor());
  reset_parameters();
}

void ConvTranspose2dImpl::reset_parameters() { reset_weight_and_bias(weight, bias); }

void ConvTranspose2dImpl::pretty_print(std::ostream& stream) const {
  print_head(stream, "ConvTranspose2d", options);
  if (!all_equal(options.padding(), 0)) stream << ", padding=" << options.padding();
  if (!all_equal(options.dilation(), 1)) stream << ", dilation=" << options.dilation();
  if (!all_equal(options.output_padding(), 0)) {
    stream << ", output_padding=" << options.output_padding();
  }
  print_tail(stream, options);
}

ExpandingArray<2> ConvTranspose2dImpl::output_padding(
    const Tensor& input, const std::vector<std::int64_t>& output_size) const {
  const std::size_t extra = output_size.size() == 2 ? 0 : output_size.size() - 2;
  SINTER_CHECK_AS(
      ValueError,
      output_size.size() == 2 || static_cast<std::int64_t>(output_size.size()) == input.dim(),
      "[conv_transpose2d] output_size must name 2 or ", input.dim(), " sizes; got ",
      IntArrayRef(output_size));
  ExpandingArray<2> out(0);
  for (std::size_t d = 0; d < 2; ++d) {
    const std::int64_t smallest =
        (input.size(static_cast<std::int64_t>(d) - 2) - 1) * (*options.stride())[d] -
        2 * (*options.padding())[d] + (*options.dilation())[d] * ((*options.kernel_size())[d] - 1) +
        1;
    const std::int64_t rest = output_size[extra + d] - smallest;
    SINTER_CHECK_AS(ValueError, rest >= 0 && rest < (*options.stride())[d],
                    "[conv_transpose2d] output_size[", extra + d, "] must be between ", smallest,
                    " and ", smallest + (*options.stride())[d] - 1, "; got ",
                    output_size[extra + d]);
    (*out)[d] = rest;
  }
  return out;
}

Tensor ConvTranspose2dImpl::forward(const Tensor& input,
                                    const std::optional<std::vector<std::int64_t>>& output_size) {
  return functional::conv_transpose2d(
      input, weight,
      functional::ConvTranspose2dFuncOptions()
          .bias(bias)
          .stride(options.stride())
          .padding(options.padding())
          .output_padding(output_size ? output_padding(input, *output_size)
                                      : options.output_padding())
          .groups(options.groups())
          .dilation(options.dilation()));
}

}  // namespace sinter::nn
