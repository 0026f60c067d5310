// Observers: watch tensors go by, and choose quantization parameters for them.
#pragma once
#include <sinter/nn/cloneable.h>
#include <sinter/nn/module_holder.h>
#include <sinter/quant/qscheme.h>

#include <cstdint>
#include <memory>

namespace sinter::quant {

// How ranges are found.
enum class ObserverKind : std::uint8_t {
  min_max,         // least and greatest element ever seen
  moving_average,  // moving averages of each batch's least and greatest element
  histogram        // the range that loses least, from a histogram of all elements
};

struct ObserverOptions {
  ObserverKind kind = ObserverKind::moving_average;
  // Of moving averages: average += averaging * (new - average). 1 looks at the last batch only.
  double averaging = 0.01;
  std::int64_t bins = 2048;  // of the histogram
};

// What all observers are. Its statistics are buffers: they are saved with the model.
class Observer : public nn::Module {
 public:
  // channels: elements along the axis of the scheme; not used without one.
  Observer(const QScheme& scheme_, const ObserverOptions& options_, std::int64_t channels_)
      : scheme(scheme_), options(options_), channels(channels_) {}

  // Takes the elements of x into account; returns whether there were any. Captured in a graph, it
  // is ops like any others, but for observers that read elements: those throw Error then.
  bool observe(const Tensor& x);
  // Observes and returns x.
  Tensor forward(const Tensor& x);
  // Whether something was observed.
  bool has_observed() const;
  // The parameters for what was observed. Throws ValueError where that is nothing, or not finite.
  QParams params() const;
  // The same where something has been observed for sure; it can be captured in a graph.
  virtual QParams chosen() const { return choose_params(min_val, max_val, scheme); }
  // Whether it looks at single elements, so that it cannot become part of a graph of ops.
  virtual bool reads_elements() const { return false; }

  QScheme scheme;
  ObserverOptions options;
  std::int64_t channels;
  Tensor min_val;  // [] or [channels]
  Tensor max_val;
  Tensor batches;  // i64 []: observed so far

 protected:
  void register_range();
  // Called without recording gradients. low and high are x's.
  virtual void update(const Tensor& x, const Tensor& low, const Tensor& high) = 0;
};

class MinMaxObserverImpl : public nn::Cloneable<MinMaxObserverImpl, Observer> {
 public:
  explicit MinMaxObserverImpl(const QScheme& scheme_, const ObserverOptions& options_ = {},
                              std::int64_t channels_ = 1);
  void reset() override { register_range(); }
  void pretty_print(std::ostream& stream) const override;

 protected:
  void update(const Tensor& x, const Tensor& low, const Tensor& high) override;
};
SINTER_MODULE(MinMaxObserver);

// The first batch sets the range, later ones move it.
class MovingAverageMinMaxObserverImpl
    : public nn::Cloneable<MovingAverageMinMaxObserverImpl, Observer> {
 public:
  explicit MovingAverageMinMaxObserverImpl(const QScheme& scheme_,
                                           const ObserverOptions& options_ = {},
                                           std::int64_t channels_ = 1);
  void reset() override { register_range(); }
  void pretty_print(std::ostream& stream) const override;

 protected:
  void update(const Tensor& x, const Tensor& low, const Tensor& high) override;
};
SINTER_MODULE(MovingAverageMinMaxObserver);

// Counts elements in equal bins over the range seen so far. When the range grows, old bins are
// split in 16 and their parts counted where their middles lie. The parameters are those with the
// least mean square error among the range times 0.3 to 1, in 100 steps. One scale only.
class HistogramObserverImpl : public nn::Cloneable<HistogramObserverImpl, Observer> {
 public:
  explicit HistogramObserverImpl(const QScheme& scheme_, const ObserverOptions& options_ = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  QParams chosen() const override;
  bool reads_elements() const override { return true; }

  Tensor histogram;  // f64 [bins]

 protected:
  void update(const Tensor& x, const Tensor& low, const Tensor& high) override;

 private:
  void grow(double low, double high);
  double squared_error(const QParams& params) const;
};
SINTER_MODULE(HistogramObserver);

// An observer of the kind that options name.
std::shared_ptr<Observer> make_observer(const QScheme& scheme, const ObserverOptions& options,
                                        std::int64_t channels = 1);

}  // namespace sinter::quant
