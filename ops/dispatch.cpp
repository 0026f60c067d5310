#include <sinter/core/backend.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/device_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/pointwise_op.h>

#include <algorithm>
#include <atomic>
#include <utility>

namespace sinter::ops {

constinit thread_local DispatchState dispatch_state_;

namespace {

std::atomic<AutogradHook> g_autograd_hook{nullptr};

// The device the call runs on: that of the first tensor that is not a C++ number.
Device call_device(const OpCall& call) {
  Device device;
  bool found = false;
  for (std::size_t i = 0; i < call.in.size(); ++i) {
    if (!call.in.defined(i)) continue;
    const TensorImpl& impl = *call.in[i].impl();
    // A 0-d CPU tensor goes with tensors of any device, as a number does.
    if (impl.wrapped_number || (impl.meta.dim() == 0 && impl.meta.device.is_cpu())) continue;
    if (found && !(impl.meta.device == device) && !call.def.mixed_devices) {
      fail<ValueError>("[", op_label(call.def, call.in_place),
                       "] tensors must be on one device; got ", device, " and ", impl.meta.device);
    }
    if (!found) device = impl.meta.device;
    found = true;
  }
  return device;
}

void settle_inputs(const OpCall& call) {
  for (std::size_t i = 0; i < call.in.size(); ++i) {
    if (call.in.defined(i) && call.in.meta(i).free_layout) call.in[i].impl()->settle();
  }
}

bool any_fake(const OpCall& call) {
  for (std::size_t i = 0; i < call.in.size(); ++i) {
    if (call.in.defined(i) && call.in[i].impl()->fake()) return true;
  }
  return false;
}

void check_inputs(const OpCall& call) {
  if (call.def.arity >= 0 && static_cast<std::size_t>(call.def.arity) != call.in.size()) {
    fail("[", call.def.name, "] takes ", static_cast<int>(call.def.arity), " tensors; got ",
         call.in.size());
  }
  if (call.in_place && call.in.size() == 0) {
    fail("[", op_label(call.def, true), "] an in-place call takes a tensor; got none");
  }
  for (std::size_t i = 0; i < call.in.size(); ++i) {
    if (call.in.defined(i)) [[likely]]
      continue;
    if (((call.def.optional_inputs >> std::min<std::size_t>(i, 63)) & 1U) != 0) continue;
    fail("[", op_label(call.def, call.in_place), "] input ", i, " is an undefined tensor");
  }
}

void infer_into(const OpCall& call, Device device, TensorMeta** metas) {
  for (std::size_t i = 0; i < call.out.size(); ++i) {
    call.out[i] = Tensor(IntrusivePtr<TensorImpl>::adopt(TensorImpl::create()));
    metas[i] = &call.out[i].impl()->meta;
    metas[i]->device = device;
  }
  InferContext context{call.def, call.in, call.attributes, {metas, call.out.size()}};
  call.def.infer(context);
}

// Creates headers for the outputs and lets infer describe them.
void infer_outputs(const OpCall& call, Device device) {
  TensorMeta* few[4];
  if (call.out.size() <= 4) return infer_into(call, device, few);
  std::vector<TensorMeta*> many(call.out.size());
  infer_into(call, device, many.data());
}

void allocate_outputs(const OpCall& call, bool fake) {
  for (Tensor& out : call.out) {
    TensorImpl& impl = *out.impl();
    impl.storage = fake ? StorageImpl::create_fake(impl.meta.nbytes(), impl.meta.device)
                        : StorageImpl::create(impl.meta.nbytes(), impl.meta.device);
  }
}

Kernel kernel_for(const OpCall& call, Device device) {
  if (!device.is_cpu()) backend(device);  // says so when the whole backend is missing
  const Kernel kernel = find_kernel(call.def, device.type());
  if (kernel == nullptr) [[unlikely]] {
    fail<NotImplementedError>("[", op_label(call.def, call.in_place),
                              "] has no kernel for this device; got ", device);
  }
  return kernel;
}

void run_view(OpCall& call, Device device) {
  auto view = IntrusivePtr<TensorImpl>::adopt(TensorImpl::create());
  view->meta.device = device;
  TensorMeta* const metas[] = {&view->meta};
  InferContext context{call.def, call.in, call.attributes, metas};
  call.def.infer(context);
  TensorImpl& source = *call.in[0].impl();
  view->storage = source.storage;
  view->inference = source.inference;
  view->view_base = source.view_base ? source.view_base : IntrusivePtr<TensorImpl>::share(&source);
  view->detached_view = source.detached_view || !dispatch_state().grad_enabled ||
                        view->meta.dtype != source.meta.dtype;
  call.out[0] = Tensor(std::move(view));
}

// First and one-past-last byte of its storage that a tensor can touch.
std::pair<std::int64_t, std::int64_t> byte_range(const TensorImpl& impl) {
  const auto element = static_cast<std::int64_t>(element_size(impl.meta.dtype));
  const std::int64_t first = impl.meta.offset * element;
  std::int64_t span = 1;
  for (std::size_t d = 0; d < impl.meta.dim(); ++d) {
    span += (impl.meta.sizes[d] - 1) * impl.meta.strides[d];
  }
  return {first, first + span * element};
}

// An input that shares memory with the written tensor, element for element elsewhere.
bool overlaps(const TensorImpl& written, const TensorImpl& input) {
  if (!(written.storage == input.storage) || written.meta.same_layout(input.meta)) return false;
  if (written.meta.numel == 0 || input.meta.numel == 0) return false;
  const auto [wb, we] = byte_range(written);
  const auto [ib, ie] = byte_range(input);
  return wb < ie && ib < we;
}

void check_may_write(const OpCall& call, const TensorImpl& impl) {
  if (impl.inference && !dispatch_state().inference) [[unlikely]] {
    fail("[", op_label(call.def, call.in_place),
         "] a tensor made in inference mode cannot be changed in place outside of it; got one of ",
         IntArrayRef(impl.meta.sizes), "; clone() it first");
  }
  if (impl.wrapped_number) {
    fail<ValueError>("[", op_label(call.def, call.in_place), "] cannot write to a C++ number");
  }
  if (!impl.meta.contiguous && impl.meta.may_overlap()) {
    fail<ValueError>("[", op_label(call.def, call.in_place),
                     "] cannot write a tensor in which several elements share one address; got "
                     "sizes ",
                     IntArrayRef(impl.meta.sizes), " with strides ", IntArrayRef(impl.meta.strides),
                     "; clone() it first");
  }
}

// Calls fn with the number of each input that the op declares to write and that was given.
template <class F>
void for_each_written(const OpCall& call, F&& fn) {
  std::uint64_t bits = call.def.writes;
  for (std::size_t i = 0; bits != 0; ++i, bits >>= 1) {
    if ((bits & 1) != 0 && call.in.defined(i)) fn(i);
  }
}

void check_written_inputs(const OpCall& call) {
  for_each_written(call, [&](std::size_t i) {
    const TensorImpl& written = *call.in[i].impl();
    check_may_write(call, written);
    for (std::size_t k = 0; k < call.in.size(); ++k) {
      if (k == i || !call.in.defined(k)) continue;
      const TensorImpl& other = *call.in[k].impl();
      if (written.storage && written.storage == other.storage && written.meta.numel != 0 &&
          (written.meta.same_layout(other.meta) || overlaps(written, other))) {
        fail<ValueError>("[", call.def.name, "] writes input ", i,
                         ", which must not share memory with another; got such an input ", k,
                         "; clone() it first");
      }
    }
  });
}

void check_written_need_no_gradient(const OpCall& call) {
  for_each_written(call, [&](std::size_t i) {
    if (!call.in[i].impl()->wants_grad()) return;
    fail("[", call.def.name, "] writes input ", i,
         ", which must not require a gradient while operations are recorded; got one that does; "
         "use NoGradGuard");
  });
}

// Describes the outputs without computing them.
void run_fake(OpCall& call, Device device) {
  if (call.def.data_dependent) {
    fail<NotImplementedError>("[", call.def.name,
                              "] has an output whose size depends on elements, which a fake "
                              "tensor has not; use where() or masked_fill()");
  }
  infer_outputs(call, device);
  allocate_outputs(call, true);
  for_each_written(call, [&](std::size_t i) {
    if (const Storage& storage = call.in[i].impl()->storage) storage->bump_version();
  });
}

void run_functional(OpCall& call, Device device) {
  const Kernel kernel = kernel_for(call, device);
  if (call.def.writes != 0) check_written_inputs(call);
  if (any_fake(call)) {
    run_fake(call, device);
  } else {
    if (!call.def.data_dependent) {
      infer_outputs(call, device);
      allocate_outputs(call, false);
    }
    kernel(call);
    for_each_written(call, [&](std::size_t i) { call.in[i].impl()->storage->bump_version(); });
  }
  if (dispatch_state().inference) [[unlikely]] {
    for (const Tensor& out : call.out) out.impl()->inference = true;
  }
}

void check_writable(const OpCall& call) {
  if (!call.def.in_place) fail<NotImplementedError>("[", call.def.name, "] has no in-place form");
  check_may_write(call, *call.out[0].impl());
}

void check_in_place_result(const OpCall& call, const TensorMeta& result) {
  const TensorMeta& self = call.out[0].impl()->meta;
  if (!(result.sizes == self.sizes)) {
    fail<ValueError>("[", op_label(call.def, true),
                     "] the result must have the shape of self; got ", IntArrayRef(result.sizes),
                     " for self of ", IntArrayRef(self.sizes));
  }
  const bool castable = category(result.dtype) <= category(self.dtype);
  if (!castable || (call.def.pointwise == nullptr && result.dtype != self.dtype)) {
    fail<TypeError>("[", op_label(call.def, true), "] the result of type ", result.dtype,
                    " cannot be stored in self of type ", self.dtype);
  }
}

// An in-place call whose inputs partly overlap self computes from a copy of them; inputs that are
// dense, where PyTorch refuses, are refused.
void run_in_place(OpCall& call, Device device) {
  check_writable(call);
  TensorImpl& self = *call.out[0].impl();
  TensorMeta result;
  result.device = device;
  TensorMeta* metas[] = {&result};
  InferContext context{call.def, call.in, call.attributes, metas};
  call.def.infer(context);
  check_in_place_result(call, result);
  if (self.fake()) {
    if (self.storage) self.storage->bump_version();
    return;
  }
  const Kernel kernel = kernel_for(call, device);

  bool overlap = false;
  for (std::size_t i = 1; i < call.in.size(); ++i) {
    overlap = overlap || (call.in.defined(i) && overlaps(self, *call.in[i].impl()));
  }
  if (!overlap) {
    kernel(call);
  } else {
    std::vector<Tensor> copies(call.in.size());
    std::vector<const Tensor*> in(call.in.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      in[i] = call.in.data()[i];
      if (i == 0 || !call.in.defined(i) || !overlaps(self, *call.in[i].impl())) continue;
      const TensorMeta& meta = call.in.meta(i);
      if (meta.non_overlapping_and_dense() && self.meta.non_overlapping_and_dense()) {
        fail<ValueError>("[", op_label(call.def, true),
                         "] an input partly overlaps the written tensor; clone() it first");
      }
      copies[i] = call.in[i].clone();
      in[i] = &copies[i];
    }
    kernel({call.def, {in.data(), in.size()}, call.attributes, call.out});
  }
  self.storage->bump_version();
}

}  // namespace

std::string op_label(const OpDef& def, bool in_place) {
  return in_place ? std::string(def.name) + "_" : def.name;
}

void set_autograd_hook(AutogradHook hook) {
  g_autograd_hook.store(hook, std::memory_order_release);
}
AutogradHook autograd_hook() { return g_autograd_hook.load(std::memory_order_acquire); }

InterceptorGuard::InterceptorGuard(Interceptor& interceptor, Where where) : where_(where) {
  interceptor.outer_ = std::exchange(head(), &interceptor);
}
InterceptorGuard::~InterceptorGuard() { head() = head()->outer_; }
Interceptor*& InterceptorGuard::head() const {
  DispatchState& state = dispatch_state();
  return where_ == Where::above_autograd ? state.above : state.below;
}

namespace {
// Puts back what it took when the scope ends.
struct Restore {
  Interceptor*& slot;
  Interceptor* value;
  ~Restore() { slot = value; }
};

// Whether all inputs are given, on the CPU and of settled layout: the case that needs no more
// checks.
bool all_plain(const OpCall& call) {
  if (static_cast<std::size_t>(call.def.arity) != call.in.size()) return false;
  for (std::size_t i = 0; i < call.in.size(); ++i) {
    const TensorImpl* impl = call.in[i].impl();
    if (impl == nullptr || impl->meta.free_layout || !impl->meta.device.is_cpu()) return false;
  }
  return call.def.place == nullptr;
}

// Checks the inputs, and finds the device of the call.
Device prepare(const OpCall& call) {
  if (all_plain(call)) [[likely]] {
    return Device();
  }
  check_inputs(call);
  const Device device =
      call.def.place != nullptr ? call.def.place(call.attributes) : call_device(call);
  if (!call.def.any_layout) settle_inputs(call);
  return device;
}

void run(OpCall& call) {
  if (call.def.pointwise != nullptr && !dispatch_state().inference &&
      cpu::run_aligned_pointwise(call)) {
    return;
  }
  const Device device = prepare(call);
  if (call.in_place) return run_in_place(call, device);
  if (call.def.view) return run_view(call, device);
  run_functional(call, device);
}

bool wants_gradient(const OpCall& call, const DispatchState& state) {
  if (!state.grad_enabled) return false;
  for (std::size_t i = 0; i < call.in.size(); ++i) {
    const TensorImpl* impl = call.in[i].impl();
    if (impl != nullptr && impl->wants_grad()) return true;
  }
  if (!call.in_place || call.in.size() == 0) return false;
  // Writing a view that gradients do not follow: autograd refuses it.
  const TensorImpl* self = call.in[0].impl();
  return self != nullptr && self->detached_view && self->view_base->requires_grad;
}
}  // namespace

void dispatch_fake(OpCall& call) {
  const Device device = prepare(call);
  if (call.in_place) return run_in_place(call, device);
  if (call.def.view) return run_view(call, device);
  if (call.def.writes != 0) check_written_inputs(call);
  run_fake(call, device);
}

void dispatch_below_autograd(OpCall& call) {
  DispatchState& state = dispatch_state();
  if (state.below == nullptr) [[likely]]
    return run(call);
  const Restore restore{state.below, state.below};
  state.below = restore.value->outer_;
  restore.value->handle(call);
}

void dispatch(OpCall& call) {
  DispatchState& state = dispatch_state();
  if (state.above != nullptr) [[unlikely]] {
    const Restore restore{state.above, state.above};
    state.above = restore.value->outer_;
    return restore.value->handle(call);
  }
  if (wants_gradient(call, state)) {
    if (call.def.writes != 0) check_written_need_no_gradient(call);
    if (call.def.outputs != 0) return autograd_hook()(call);
  }
  dispatch_below_autograd(call);
}

}  // namespace sinter::ops
