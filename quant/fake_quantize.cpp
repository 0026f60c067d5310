#include <sinter/autograd/grad_mode.h>
#include <sinter/graph/capture.h>
#include <sinter/ops/creation.h>
#include <sinter/quant/fake_quantize.h>

#include <ostream>

namespace sinter::quant {

FakeQuantizeImpl::FakeQuantizeImpl(const FakeQuantizeOptions& options_) : options(options_) {
  FakeQuantizeImpl::reset();
}

void FakeQuantizeImpl::reset() {
  const Dims sizes = options.scheme.axis ? Dims{options.channels} : Dims{};
  scale = register_buffer("scale", ones(sizes, kFloat32));
  zero_point = register_buffer("zero_point", zeros(sizes, kInt32));
  observer_enabled_ = register_buffer("observer_enabled", ones({}, kBool));
  fake_quant_enabled_ = register_buffer("fake_quant_enabled", ones({}, kBool));
  observer = make_observer(options.scheme, options.observer, options.channels);
  register_module<Observer>("observer", observer);
}

void FakeQuantizeImpl::enable_observer(bool on) {
  const NoGradGuard no_grad;
  observer_enabled_.fill_(on);
}
void FakeQuantizeImpl::enable_fake_quant(bool on) {
  const NoGradGuard no_grad;
  fake_quant_enabled_.fill_(on);
}

bool FakeQuantizeImpl::observer_enabled() const {
  return graph::guarded_number<bool>(observer_enabled_);
}
bool FakeQuantizeImpl::fake_quant_enabled() const {
  return graph::guarded_number<bool>(fake_quant_enabled_);
}

void FakeQuantizeImpl::set_params(const QParams& params) {
  const NoGradGuard no_grad;
  scale.copy_(params.scale);
  zero_point.copy_(params.zero_point);
}

Tensor FakeQuantizeImpl::forward(const Tensor& x) {
  const bool observed = observer_enabled() && observer->observe(x);
  if (!fake_quant_enabled()) return x;
  if (observed) set_params(observer->chosen());
  // The parameters of this call: a later one may change the buffers before the backward pass.
  return quant::fake_quantize(x, {scale.clone(), zero_point.clone()}, options.scheme);
}

void FakeQuantizeImpl::pretty_print(std::ostream& stream) const {
  const QScheme& s = options.scheme;
  stream << "sinter::quant::FakeQuantize(" << sinter::name(s.dtype) << ", quant_min=" << s.quant_min
         << ", quant_max=" << s.quant_max << (s.symmetric ? ", symmetric" : ", affine");
  if (s.axis) stream << ", axis=" << *s.axis;
  stream << ")";
}

}  // namespace sinter::quant
