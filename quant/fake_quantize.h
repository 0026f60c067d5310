// FakeQuantize: a module that computes as if its tensor were quantized.
#pragma once
#include <sinter/quant/observer.h>

namespace sinter::quant {

struct FakeQuantizeOptions {
  QScheme scheme;
  ObserverOptions observer;
  std::int64_t channels = 1;  // elements along the axis of the scheme
};

// Observes its input while the observer is on, and passes it through quantization and back while
// fake quantization is on; both are at first. Either may be switched by name of the buffers
// observer_enabled and fake_quant_enabled, which are saved with the model.
class FakeQuantizeImpl : public nn::Cloneable<FakeQuantizeImpl> {
 public:
  explicit FakeQuantizeImpl(const FakeQuantizeOptions& options_);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  // Graphs are captured with either on or off: compiled programs are captured again when one is
  // switched.
  Tensor forward(const Tensor& x);

  void enable_observer(bool on = true);
  void enable_fake_quant(bool on = true);
  bool observer_enabled() const;
  bool fake_quant_enabled() const;
  // Takes scale and zero point from the observer. Throws ValueError where nothing was observed.
  void update_params() { set_params(observer->params()); }
  QParams params() const { return {scale, zero_point}; }

  FakeQuantizeOptions options;
  std::shared_ptr<Observer> observer;
  Tensor scale;       // f32 [] or [channels]
  Tensor zero_point;  // i32, likewise

 private:
  void set_params(const QParams& params);

  Tensor observer_enabled_;
  Tensor fake_quant_enabled_;
};
SINTER_MODULE(FakeQuantize);

}  // namespace sinter::quant
