#include <sinter/autograd/checkpoint.h>
#include <sinter/autograd/record_internal.h>

namespace sinter::autograd {

namespace {

class GeneratorScope {
 public:
  explicit GeneratorScope(PhiloxState state) : before_(default_generator().get_state()) {
    default_generator().set_state(state);
  }
  ~GeneratorScope() { default_generator().set_state(before_); }
  GeneratorScope(const GeneratorScope&) = delete;
  GeneratorScope& operator=(const GeneratorScope&) = delete;

 private:
  PhiloxState before_;
};

std::uint32_t version_of(const TensorImpl& impl) {
  return impl.storage ? impl.storage->version() : 0;
}

}  // namespace

CheckpointFrame::CheckpointFrame(const variable_list& inputs, Rerun rerun)
    : rerun_(std::move(rerun)), random_(default_generator().get_state()) {
  for (const Tensor& input : inputs) {
    inputs_.push_back(input.defined() ? SavedTensor(*input.impl(), "checkpoint") : SavedTensor());
    wants_grad_.push_back(input.defined() && input.requires_grad());
  }
}

std::uint32_t CheckpointFrame::put(const TensorImpl& impl) {
  if (!recomputing_) {
    expected_.push_back({impl.meta.sizes, impl.meta.dtype});
    return static_cast<std::uint32_t>(expected_.size() - 1);
  }
  SINTER_CHECK(next_ < expected_.size(),
               "[checkpoint] the function must save as many tensors when it runs again; got more "
               "than ",
               expected_.size());
  const Expected& expected = expected_[next_];
  SINTER_CHECK(impl.meta.sizes == expected.sizes && impl.meta.dtype == expected.dtype,
               "[checkpoint] the function must compute the same tensors when it runs again; got ",
               impl.meta.dtype, " ", IntArrayRef(impl.meta.sizes), " for ", expected.dtype, " ",
               IntArrayRef(expected.sizes));
  values_[next_] = {TensorImpl::shallow_copy(impl), version_of(impl)};
  return static_cast<std::uint32_t>(next_++);
}

variable_list CheckpointFrame::unpack_inputs(bool keep) const {
  variable_list out;
  const NodeCall call{.grads = {}, .results = {}, .keep_graph = keep};
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    Tensor input = inputs_[i].unpack("checkpoint", "input", i, call, {});
    if (input.defined()) input = input.detach();
    if (wants_grad_[i]) input.set_requires_grad(true);
    out.push_back(std::move(input));
  }
  return out;
}

void CheckpointFrame::recompute(bool keep) {
  const variable_list inputs = unpack_inputs(keep);
  values_.assign(expected_.size(), {});
  next_ = 0;
  recomputing_ = true;
  struct Done {
    bool& recomputing;
    ~Done() { recomputing = false; }
  } const done{recomputing_};
  const InferenceMode recorded(false);
  const GeneratorScope generator(random_);
  const SinkScope scope(this);
  rerun_(inputs);
  SINTER_CHECK(next_ == expected_.size(),
               "[checkpoint] the function must save as many tensors when it runs again; got ",
               next_, " for ", expected_.size());
}

IntrusivePtr<TensorImpl> CheckpointFrame::take(std::uint32_t number, bool keep) {
  const std::lock_guard lock(mutex_);
  if (values_.empty() || !values_[number].header) recompute(keep);
  const Value& value = values_[number];
  const std::uint32_t now = version_of(*value.header);
  SINTER_CHECK(now == value.version, "[checkpoint] a tensor saved for backward (",
               value.header->meta.dtype, " ", IntArrayRef(value.header->meta.sizes),
               ") was changed in place since: version ", now, ", expected ", value.version);
  IntrusivePtr<TensorImpl> header = value.header;
  if (!keep) values_[number].header.reset();
  return header;
}

}  // namespace sinter::autograd
