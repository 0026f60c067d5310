#include <sinter/core/error.h>
#include <sinter/graph/argument_internal.h>
#include <sinter/graph/fake_mode_internal.h>
#include <sinter/graph/graph.h>
#include <sinter/graph/infer_internal.h>
#include <sinter/graph/module_call_internal.h>

namespace sinter::graph {

std::vector<Tensor> fake_arguments(const Node& node) {
  std::vector<Tensor> out;
  for (const Arg& arg : node.args()) {
    out.push_back(tensor_of(arg, [](Value value) { return make_fake(value.meta()); }));
  }
  return out;
}

namespace {

std::vector<Tensor> fake_op(const Node& node, const std::vector<Tensor>& in) {
  const ops::OpDef& op = *node.op();
  const ops::TensorPointers refs(in);
  const std::size_t count =
      op.outputs >= 0 ? static_cast<std::size_t>(op.outputs) : node.num_results();
  std::vector<Tensor> out(count);
  if (node.in_place()) {
    SINTER_CHECK_AS(ValueError, !in.empty() && in[0].defined() && count > 0,
                    "[graph] an in-place call needs a tensor to write; got none for ", node.name());
    out[0] = in[0];
  }
  ops::OpCall call{{op, refs, node.attributes().data(), out}, node.in_place()};
  ops::dispatch_fake(call);
  return out;
}

std::vector<Tensor> fake_results(const Node& node) {
  if (node.is(Kind::op)) return fake_op(node, fake_arguments(node));
  FakeMode fakes;
  const ops::InterceptorGuard guard(fakes, ops::InterceptorGuard::Where::above_autograd);
  return call_module(*node.module(), fake_arguments(node));
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
