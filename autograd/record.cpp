#include <sinter/autograd/copy_slices_internal.h>
#include <sinter/autograd/grad_mode.h>
#include <sinter/autograd/op_node_internal.h>
#include <sinter/autograd/record_internal.h>
#include <sinter/autograd/variable_meta_internal.h>

namespace sinter::autograd {

namespace {

using ops::OpCall;

void check_differentiable(const ops::OpDef& def) {
  SINTER_CHECK(def.vjp != nullptr || def.no_vjp != nullptr, "[", def.name,
               "] the op has neither a vjp nor a no_vjp that says why; got an input that requires "
               "grad");
}

bool any_floating(std::span<const Tensor> outputs) {
  for (const Tensor& out : outputs) {
    if (out.defined() && is_floating_point(out.impl()->meta.dtype)) return true;
  }
  return false;
}

// Kernels may call ops themselves, which are not to be recorded. A view op has no kernel.
void run_unrecorded(OpCall& call) {
  if (call.def.view) return ops::dispatch_below_autograd(call);
  const NoGradGuard guard;
  ops::dispatch_below_autograd(call);
}

void record_functional(OpCall& call) {
  run_unrecorded(call);
  if (call.def.vjp == nullptr || !any_floating(call.out)) return;
  IntrusivePtr<OpNode> op = OpNode::create(call);
  op->save_outputs(call.out);
  auto node = IntrusivePtr<Node>::adopt(op.detach());
  for (std::size_t i = call.out.size(); i-- > 0;) {
    if (!call.out[i].defined()) continue;
    TensorImpl& out = *call.out[i].impl();
    if (!is_floating_point(out.meta.dtype)) continue;
    set_history(out, node, static_cast<std::uint32_t>(i));
  }
}

// Inputs are saved before the kernel runs: self as a copy, and others so that it is noticed when
// they share its memory.
void record_in_place(OpCall& call) {
  const Tensor self = call.out[0];
  if (!self.defined()) return run_unrecorded(call);  // which throws
  check_in_place(*self.impl(), ops::op_label(call.def, true));
  if (!self.is_floating_point()) return run_unrecorded(call);
  IntrusivePtr<OpNode> op = OpNode::create(call);
  run_unrecorded(call);
  op->save_outputs(call.out);
  rebase_in_place(*self.impl(), IntrusivePtr<Node>::adopt(op.detach()), 0);
}

void record(OpCall& call) {
  check_differentiable(call.def);
  if (call.in_place) {
    record_in_place(call);
  } else {
    record_functional(call);
  }
}

void check_view(TensorImpl& view, const std::string& op) {
  TensorImpl& base = *view.view_base;
  SINTER_CHECK(!view.detached_view, "[", op,
               "] a view that was made under no_grad, or of another dtype, cannot be changed in "
               "place while gradients are recorded; make the view outside of no_grad, or change it "
               "under no_grad; got a view of ",
               base.meta.dtype, " ", IntArrayRef(base.meta.sizes));
  SINTER_CHECK(!base.requires_grad || current_grad_fn(base) != nullptr, "[", op,
               "] a view of a leaf tensor that requires grad cannot be changed in place; use "
               "no_grad or clone it; got a view of ",
               base.meta.dtype, " ", IntArrayRef(base.meta.sizes));
}

}  // namespace

void install_recorder() { ops::set_autograd_hook(record); }

void check_in_place(TensorImpl& impl, const std::string& op) {
  if (impl.view_base) check_view(impl, op);
  SINTER_CHECK(
      !impl.requires_grad || current_grad_fn(impl) != nullptr, "[", op,
      "] a leaf tensor that requires grad cannot be changed in place; use no_grad or clone "
      "it; got ",
      impl.meta.dtype, " ", IntArrayRef(impl.meta.sizes));
}

void rebase_in_place(TensorImpl& impl, IntrusivePtr<Node> node, std::uint32_t output_nr) {
  if (!impl.view_base || impl.detached_view)
    return rebase_history(impl, std::move(node), output_nr);
  TensorImpl& base = *impl.view_base;
  auto slices = IntrusivePtr<Node>::adopt(
      new CopySlices(gradient_edge(base), std::move(node), base.meta, impl.meta));
  rebase_history(base, std::move(slices), 0);
  impl.requires_grad = true;
  current_grad_fn(impl);
}

}  // namespace sinter::autograd
