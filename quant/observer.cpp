#include <sinter/autograd/grad_mode.h>
#include <sinter/core/error.h>
#include <sinter/graph/capture.h>
#include <sinter/ops/copy.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/view.h>
#include <sinter/quant/observer.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <vector>

namespace sinter::quant {

// --- What observers share.

void Observer::register_range() {
  const Dims sizes = scheme.axis ? Dims{channels} : Dims{};
  min_val = register_buffer("min_val", zeros(sizes, kFloat32));
  max_val = register_buffer("max_val", zeros(sizes, kFloat32));
  batches = register_buffer("batches", zeros({}, kInt64));
}

bool Observer::has_observed() const { return batches.item<std::int64_t>() > 0; }

bool Observer::observe(const Tensor& x) {
  if (x.numel() == 0) return false;
  const NoGradGuard no_grad;
  const Tensor elements = x.dim() == 0 ? x.view({1}) : x;
  Dims dims;
  for (std::int64_t d = 0; d < elements.dim(); ++d) {
    if (!scheme.axis || d != *scheme.axis) dims.push_back(d);
  }
  const Tensor low = amin(elements, dims);
  const Tensor high = amax(elements, dims);
  if (low.impl()->fake() && reads_elements()) {
    graph::refuse_capture(
        "[observer] this observer reads elements, and cannot be part of a graph of ops; take "
        "another one, or turn it off before (enable_observers)");
    return false;
  }
  update(elements, low.to(kFloat32), high.to(kFloat32));
  batches.add_(1);
  return true;
}

Tensor Observer::forward(const Tensor& x) {
  observe(x);
  return x;
}

QParams Observer::params() const {
  SINTER_CHECK_AS(ValueError, has_observed(),
                  "[observer] parameters need observed tensors; got none: run the model on ",
                  "examples first");
  return chosen();
}

// --- Ranges.

MinMaxObserverImpl::MinMaxObserverImpl(const QScheme& scheme_, const ObserverOptions& options_,
                                       std::int64_t channels_)
    : Cloneable(scheme_, options_, channels_) {
  MinMaxObserverImpl::reset();
}

void MinMaxObserverImpl::update(const Tensor&, const Tensor& low, const Tensor& high) {
  const Tensor first = batches.eq(0);
  min_val.copy_(where(first, low, minimum(min_val, low)));
  max_val.copy_(where(first, high, maximum(max_val, high)));
}

void MinMaxObserverImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::quant::MinMaxObserver()";
}

MovingAverageMinMaxObserverImpl::MovingAverageMinMaxObserverImpl(const QScheme& scheme_,
                                                                 const ObserverOptions& options_,
                                                                 std::int64_t channels_)
    : Cloneable(scheme_, options_, channels_) {
  MovingAverageMinMaxObserverImpl::reset();
}

void MovingAverageMinMaxObserverImpl::update(const Tensor&, const Tensor& low, const Tensor& high) {
  if (options.averaging == 1) {
    min_val.copy_(low);
    max_val.copy_(high);
    return;
  }
  const Tensor first = batches.eq(0);
  const auto moved = [&](const Tensor& average, const Tensor& now) {
    return where(first, now, average + (now - average) * options.averaging);
  };
  min_val.copy_(moved(min_val, low));
  max_val.copy_(moved(max_val, high));
}

void MovingAverageMinMaxObserverImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::quant::MovingAverageMinMaxObserver(averaging=" << options.averaging << ")";
}

// --- Histograms.

namespace {

constexpr std::int64_t kSplit = 16;
constexpr int kClips = 100;
constexpr double kLeastClip = 0.3;

// The bin of a number in [low, high], as torch.histc counts.
std::int64_t bin_of(double x, double low, double high, std::int64_t bins) {
  const auto bin = static_cast<std::int64_t>((x - low) * static_cast<double>(bins) / (high - low));
  return std::clamp<std::int64_t>(bin, 0, bins - 1);
}

}  // namespace

HistogramObserverImpl::HistogramObserverImpl(const QScheme& scheme_,
                                             const ObserverOptions& options_)
    : Cloneable(scheme_, options_, 1) {
  SINTER_CHECK_AS(ValueError, !scheme.axis, "[observer] a histogram is for one scale; got an axis");
  SINTER_CHECK_AS(ValueError, options.bins > 0, "[observer] bins must be positive; got ",
                  options.bins);
  HistogramObserverImpl::reset();
}

void HistogramObserverImpl::reset() {
  register_range();
  histogram = register_buffer("histogram", zeros({options.bins}, kFloat64));
}

void HistogramObserverImpl::grow(double low, double high) {
  const double old_low = min_val.item<double>(), old_high = max_val.item<double>();
  const double width = (old_high - old_low) / static_cast<double>(options.bins * kSplit);
  std::vector<double> counts(static_cast<std::size_t>(options.bins), 0);
  const double* old = histogram.data_ptr<double>();
  for (std::int64_t part = 0; part < options.bins * kSplit; ++part) {
    const double middle = old_low + (static_cast<double>(part) + 0.5) * width;
    counts[static_cast<std::size_t>(bin_of(middle, low, high, options.bins))] +=
        old[part / kSplit] / static_cast<double>(kSplit);
  }
  std::copy(counts.begin(), counts.end(), histogram.data_ptr<double>());
}

void HistogramObserverImpl::update(const Tensor& x, const Tensor& low, const Tensor& high) {
  const bool first = !has_observed();
  double least = low.item<double>(), most = high.item<double>();
  SINTER_CHECK_AS(ValueError, std::isfinite(least) && std::isfinite(most),
                  "[observer] elements must be finite; got ", least, " to ", most);
  if (!first) {
    least = std::min(least, min_val.item<double>());
    most = std::max(most, max_val.item<double>());
  }
  if (least == most) most = std::nextafter(static_cast<float>(least), HUGE_VALF);
  if (!first && (least != min_val.item<double>() || most != max_val.item<double>())) {
    grow(least, most);
  }
  min_val.fill_(least);
  max_val.fill_(most);
  const Tensor elements = x.to(kFloat32).contiguous();
  const float* data = elements.const_data_ptr<float>();
  double* counts = histogram.data_ptr<double>();
  for (std::int64_t i = 0; i < elements.numel(); ++i) {
    counts[bin_of(static_cast<double>(data[i]), least, most, options.bins)] += 1;
  }
}

double HistogramObserverImpl::squared_error(const QParams& params) const {
  const double low = min_val.item<double>(), scale = params.scale.item<double>();
  const double width = (max_val.item<double>() - low) / static_cast<double>(options.bins);
  const auto zero = params.zero_point.item<double>();
  const auto quant_min = static_cast<double>(scheme.quant_min);
  const auto quant_max = static_cast<double>(scheme.quant_max);
  const double* counts = histogram.const_data_ptr<double>();
  double sum = 0;
  for (std::int64_t i = 0; i < options.bins; ++i) {
    if (counts[i] == 0) continue;
    const double x = low + (static_cast<double>(i) + 0.5) * width;
    const double q = std::clamp(std::nearbyint(x / scale) + zero, quant_min, quant_max);
    const double error = (q - zero) * scale - x;
    sum += counts[i] * error * error;
  }
  return sum;
}

QParams HistogramObserverImpl::chosen() const {
  QParams best;
  double least = std::numeric_limits<double>::infinity();
  for (int i = kClips; i >= 1; --i) {
    const double ratio = kLeastClip + (1 - kLeastClip) * static_cast<double>(i - 1) / (kClips - 1);
    const QParams params = choose_params(min_val * ratio, max_val * ratio, scheme);
    const double error = squared_error(params);
    if (error >= least) continue;
    least = error;
    best = params;
  }
  return best;
}

void HistogramObserverImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::quant::HistogramObserver(bins=" << options.bins << ")";
}

std::shared_ptr<Observer> make_observer(const QScheme& scheme, const ObserverOptions& options,
                                        std::int64_t channels) {
  switch (options.kind) {
    case ObserverKind::min_max:
      return MinMaxObserver(scheme, options, channels).ptr();
    case ObserverKind::moving_average:
      return MovingAverageMinMaxObserver(scheme, options, channels).ptr();
    case ObserverKind::histogram:
      break;
  }
  return HistogramObserver(scheme, options).ptr();
}

}  // namespace sinter::quant
