#include <sinter/autograd/grad_mode.h>
#include <sinter/core/error.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/graph/fake_mode_internal.h>
#include <sinter/graph/graph.h>
#include <sinter/graph/infer_internal.h>
#include <sinter/graph/module_call_internal.h>

namespace sinter::graph {

namespace {

Tensor fake_of(const Arg& arg) {
  if (arg.is_none()) return {};
  if (arg.is_number()) return wrapped_number(arg.number());
  return make_fake(arg.value().meta());
}

std::vector<Tensor> fakes_of(const Node& node) {
  std::vector<Tensor> out;
  for (const Arg& arg : node.args()) out.push_back(fake_of(arg));
  return out;
}

std::vector<Tensor> fake_op(const Node& node, std::vector<Tensor> in) {
  const ops::OpDef& op = *node.op();
  std::vector<const Tensor*> refs;
  for (const Tensor& tensor : in) refs.push_back(&tensor);
  const std::size_t count =
      op.outputs >= 0 ? static_cast<std::size_t>(op.outputs) : node.num_results();
  std::vector<Tensor> out(count);
  if (node.in_place()) {
    SINTER_CHECK_AS(ValueError, !in.empty() && in[0].defined() && count > 0,
                    "[graph] an in-place call needs a tensor to write; got none for ", node.name());
    out[0] = in[0];
  }
  ops::OpCall call{{op, {refs.data(), refs.size()}, node.attributes().data(), out},
                   node.in_place()};
  ops::dispatch_fake(call);
  return out;
}

std::vector<Tensor> fake_results(const Node& node) {
  if (node.is(Kind::op)) return fake_op(node, fakes_of(node));
  FakeMode fakes;
  const ops::InterceptorGuard guard(fakes, ops::InterceptorGuard::Where::above_autograd);
  return call_module(*node.module(), fakes_of(node));
}

}  // namespace

std::vector<Result> inferred_results(const Node& node) {
  if (node.is(Kind::input) || node.is(Kind::attr) || node.is(Kind::output)) return node.results();
  std::vector<Result> out;
  if (node.is(Kind::graph)) {
    for (const Value value : node.region()->results()) {
      out.push_back({value.meta(), node.graph().new_alias_class()});
    }
    return out;
  }
  for (const Tensor& tensor : fake_results(node)) {
    out.push_back({tensor.impl()->meta, node.graph().new_alias_class()});
  }
  if (node.aliases_input() && !out.empty()) {
    const Value source = node.arg(0).value();
    out[0].alias_class = source.node->result(source.index).alias_class;
  }
  return out;
}

void infer_results(Node& node) { node.set_results(inferred_results(node)); }

}  // namespace sinter::graph
