// Dispatch: every op call goes check -> infer -> interceptors -> kernel.
#pragma once
#include <sinter/ops/op_def.h>

#include <array>
#include <cassert>
#include <concepts>

namespace sinter::ops {

// One call of an op, on its way through dispatch: in the end the kernel sees it as it is. Outputs
// are undefined until the call has run, but for out[0] of an in-place call.
struct OpCall : KernelContext {
  bool in_place = false;  // out[0] is in[0]
};

// Sees the calls of its thread before (or instead of) the kernel. While handle() runs, the
// interceptor is off, so a call that it dispatches goes to the next one.
class Interceptor {
 public:
  virtual ~Interceptor() = default;
  virtual void handle(OpCall& call) = 0;

 private:
  friend struct DispatchState;
  friend class InterceptorGuard;
  friend void dispatch(OpCall& call);
  friend void dispatch_below_autograd(OpCall& call);
  Interceptor* outer_ = nullptr;
};

// Per thread: who looks at op calls, and whether gradients are recorded.
struct DispatchState {
  Interceptor* above = nullptr;  // sees calls before autograd does
  Interceptor* below = nullptr;  // sees what autograd lets through, backward ops included
  bool grad_enabled = true;
  bool inference = false;
};
extern constinit thread_local DispatchState dispatch_state_;
inline DispatchState& dispatch_state() { return dispatch_state_; }

// Pushes an interceptor on this thread for a scope, above or below autograd.
class InterceptorGuard {
 public:
  enum class Where : std::uint8_t { above_autograd, below_autograd };
  InterceptorGuard(Interceptor& interceptor, Where where);
  ~InterceptorGuard();
  InterceptorGuard(const InterceptorGuard&) = delete;
  InterceptorGuard& operator=(const InterceptorGuard&) = delete;

 private:
  Interceptor*& head() const;
  Where where_;
};

// Autograd's entry: called instead of dispatch_below_autograd when an input requires a gradient and
// recording is on. Installed by autograd when a tensor first asks for gradients.
using AutogradHook = void (*)(OpCall& call);
void set_autograd_hook(AutogradHook hook);
AutogradHook autograd_hook();

// Runs a call. Throws what infer throws; NotImplementedError `[op] no kernel for device ...`;
// ValueError when inputs live on different devices, or a written tensor overlaps itself or another
// input.
void dispatch(OpCall& call);
void dispatch_below_autograd(OpCall& call);
// Checks a call and describes its outputs as fake tensors; no kernel runs, nobody else sees it. An
// in-place call, or one that writes inputs, needs them to be fake.
void dispatch_fake(OpCall& call);

// A struct of attributes.
template <class A>
concept Attributes = requires {
  A::fields;
};

// Runs an op with one output.
template <Attributes A, std::same_as<Tensor>... T>
Tensor call(const OpDef& def, const A& attrs, const T&... inputs) {
  assert(def.attrs == &attrs_type<A>);
  const std::array<const Tensor*, sizeof...(T)> in{&inputs...};
  Tensor out;
  OpCall op{def, {in.data(), in.size()}, &attrs, {&out, 1}};
  dispatch(op);
  return out;
}
template <std::same_as<Tensor>... T>
Tensor call(const OpDef& def, const T&... inputs) {
  return call(def, NoAttrs{}, inputs...);
}

// Runs an op with N outputs.
template <std::size_t N, Attributes A, std::same_as<Tensor>... T>
std::array<Tensor, N> call_multi(const OpDef& def, const A& attrs, const T&... inputs) {
  assert(def.attrs == &attrs_type<A>);
  const std::array<const Tensor*, sizeof...(T)> in{&inputs...};
  std::array<Tensor, N> out;
  OpCall op{def, {in.data(), in.size()}, &attrs, out};
  dispatch(op);
  return out;
}

// Runs an op without outputs, for what it writes.
template <Attributes A, std::same_as<Tensor>... T>
void call_writing(const OpDef& def, const A& attrs, const T&... inputs) {
  assert(def.attrs == &attrs_type<A>);
  const std::array<const Tensor*, sizeof...(T)> in{&inputs...};
  OpCall op{def, {in.data(), in.size()}, &attrs, {}};
  dispatch(op);
}

// Runs an op on a list of tensors (cat, stack, index).
template <Attributes A>
Tensor call_list(const OpDef& def, const A& attrs, std::span<const Tensor> inputs) {
  const TensorPointers in(inputs);
  Tensor out;
  OpCall op{{def, in, &attrs, {&out, 1}}};
  dispatch(op);
  return out;
}

// Runs an op in place: the result replaces the elements of self. rest are the inputs after self.
template <Attributes A, std::same_as<Tensor>... T>
Tensor& call_in_place(const OpDef& def, const A& attrs, Tensor& self, const T&... rest) {
  assert(def.attrs == &attrs_type<A>);
  const std::array<const Tensor*, 1 + sizeof...(T)> in{&self, &rest...};
  OpCall op{def, {in.data(), in.size()}, &attrs, {&self, 1}, true};
  dispatch(op);
  return self;
}
template <std::same_as<Tensor>... T>
Tensor& call_in_place(const OpDef& def, Tensor& self, const T&... rest) {
  return call_in_place(def, NoAttrs{}, self, rest...);
}

// The message prefix of a call: "add", or "add_" in place.
std::string op_label(const OpDef& def, bool in_place);

}  // namespace sinter::ops
