#include <sinter/core/error.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/graph/argument_internal.h>
#include <sinter/graph/fake_mode_internal.h>
#include <sinter/graph/program_internal.h>
#include <sinter/ops/pointwise_op.h>

namespace sinter::graph {

Program::Program(std::shared_ptr<Graph> graph, std::shared_ptr<Arena> arena,
                 const std::vector<Storage>& pinned)
    : graph_(std::move(graph)), arena_(std::move(arena)) {
  build(pinned.size());
  reuse_inputs();
  note_bound();
  plan();
  measure_scratch();
  plan();
  bind_pinned(pinned);
}

Program::~Program() = default;

void Program::cannot_plan(const Node& node, const char* why) {
  const std::string line = node.location();
  fail<NotImplementedError>("[compile] ", node.name(), why, "; got ", node.target(),
                            line.empty() ? "" : " at " + line);
}

void Program::build(std::size_t pinned) {
  for (Node* node : graph_->nodes()) {
    if (node->is(Kind::output)) {
      add_outputs(pinned);
    } else {
      add_node(*node);
    }
  }
}

std::size_t Program::new_slot(Place place, std::size_t bytes) {
  slots_.push_back({});
  slots_.back().place = place;
  slots_.back().bytes = bytes;
  slots_.back().first = slots_.back().last = steps_.size();
  return slots_.size() - 1;
}

// A tensor in a slot; its storage is set when the slot has one.
Tensor Program::header(const TensorMeta& meta, std::size_t slot) {
  Tensor tensor = make_view({}, meta);
  slots_[slot].headers.push_back(tensor.impl());
  slot_of_[tensor.impl()] = slot;
  return tensor;
}

void Program::use(const Tensor& tensor) {
  const auto found = slot_of_.find(tensor.impl());
  if (found != slot_of_.end()) slots_[found->second].last = steps_.size();
}

void Program::add_node(Node& node) {
  switch (node.kind()) {
    case Kind::input: {
      const TensorMeta& meta = node.result().meta;
      const std::size_t slot = new_slot(Place::input, reached_bytes(meta));
      slots_[slot].index = input_offsets_.size();
      input_offsets_.push_back(meta.offset);
      values_[&node] = {header(meta, slot)};
      return;
    }
    case Kind::attr: {
      Tensor owner = graph_->find_tensor(node.target());
      if (!owner.defined()) cannot_plan(node, " names a tensor that the model has not");
      const std::size_t slot = new_slot(Place::state, reached_bytes(owner.impl()->meta));
      slots_[slot].owner = owner;
      values_[&node] = {header(owner.impl()->meta, slot)};
      return;
    }
    case Kind::op:
      return add_call(node);
    case Kind::graph:
      return add_fused(node);
    default:
      cannot_plan(node, " is no op; lower the graph first");
  }
}

Tensor Program::argument(const Arg& arg) {
  if (arg.is_list()) fail<NotImplementedError>("[compile] a list of arguments; got it for an op");
  return tensor_of(arg, [&](Value value) { return values_.at(value.node).at(value.index); });
}

// The value with its layout settled, as dispatch does before an op that does not follow free
// layouts: where it lies otherwise, a step moves it.
Tensor Program::settled(Value value) {
  Tensor& tensor = values_.at(value.node).at(value.index);
  if (!tensor.impl()->meta.free_layout) return tensor;
  TensorMeta meta = tensor.impl()->meta;
  if (meta.contiguous) {
    tensor.impl()->meta.free_layout = false;
    return tensor;
  }
  use(tensor);
  Step& step = steps_.emplace_back();
  step.kind = Step::Kind::copy;
  step.node = value.node;
  step.in = {tensor};
  meta.set_contiguous(Dims(meta.sizes));
  const std::size_t slot = new_slot(Place::arena, reached_bytes(meta));
  slots_[slot].first = slots_[slot].last = steps_.size() - 1;
  const Tensor moved = header(meta, slot);
  step.out = {moved};
  return tensor = moved;
}

void Program::add_call(Node& node) {
  const ops::OpDef& op = *node.op();
  std::vector<Tensor> in;
  for (const Arg& arg : node.args()) {
    in.push_back(arg.is_value() && !op.any_layout ? settled(arg.value()) : argument(arg));
  }
  if (op.view) {
    use(in[0]);
    const std::size_t slot = slot_of_.at(in[0].impl());
    values_[&node] = {header(node.result().meta, slot)};
    return;
  }
  for (const Tensor& tensor : in) {
    if (tensor.defined()) use(tensor);
  }
  Step step;
  step.node = &node;
  step.attributes = node.attributes();
  if (op.data_dependent) cannot_plan(node, " has results whose sizes depend on elements");
  step.kernel = op.kernel[static_cast<std::size_t>(DeviceType::CPU)];
  if (step.kernel == nullptr) cannot_plan(node, " has no CPU kernel");
  step.draws = op.draw != nullptr;
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < node.num_results(); ++i) {
    if (node.in_place()) {
      out.push_back(in[0]);
      continue;
    }
    const TensorMeta& meta = node.result(i).meta;
    if (!meta.device.is_cpu()) cannot_plan(node, " does not run on the CPU");
    out.push_back(header(meta, new_slot(Place::arena, reached_bytes(meta))));
  }
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!node.writes_arg(i) || !in[i].defined()) continue;
    slots_[slot_of_.at(in[i].impl())].written = true;
    step.written.push_back(in[i].impl());
  }
  values_[&node] = out;
  step.in = std::move(in);
  step.out = std::move(out);
  Step& kept = steps_.emplace_back(std::move(step));
  for (const Tensor& tensor : kept.in) kept.refs.push_back(&tensor);
}

// The program of a region; the numbers in it, which are inputs of one element after the tensors,
// are appended to in.
ops::cpu::FusedSpec Program::fused_spec(const Node& node, std::vector<Tensor>& in) const {
  const Graph& region = *node.region();
  ops::cpu::FusedSpec spec;
  std::unordered_map<const Node*, std::uint16_t> registers;
  for (const Node* input : region.inputs()) {
    // As it lies now: its layout may have been settled since it was recorded.
    const TensorMeta& meta = in[spec.inputs.size()].impl()->meta;
    registers[input] = static_cast<std::uint16_t>(spec.inputs.size());
    spec.inputs.push_back(meta);
  }
  std::vector<const Node*> calls;
  std::size_t first_op = spec.inputs.size();
  for (const Node* call : region.nodes()) {
    if (!call->is(Kind::op)) continue;
    if (call->op()->pointwise == nullptr) cannot_plan(node, " is a region of another kind");
    calls.push_back(call);
    for (const Arg& arg : call->args()) first_op += arg.is_number() ? 1 : 0;
  }
  for (const Node* call : calls) {
    const std::vector<Tensor> fakes = fake_arguments(*call);
    ops::cpu::FusedOp op;
    op.op = call->op();
    op.attributes = call->attributes().data();
    op.compute = ops::compute_dtype(*op.op, ops::TensorPointers(fakes));
    op.result = call->result().meta.dtype;
    for (std::size_t i = 0; i < fakes.size(); ++i) {
      if (call->arg(i).is_number()) {
        op.in.push_back(static_cast<std::uint16_t>(spec.inputs.size()));
        spec.inputs.push_back(fakes[i].impl()->meta);
        in.push_back(fakes[i]);
      } else {
        op.in.push_back(registers.at(call->arg(i).node()));
      }
    }
    registers[call] = static_cast<std::uint16_t>(first_op + spec.ops.size());
    spec.ops.push_back(std::move(op));
  }
  for (const Value result : region.results()) spec.outputs.push_back(registers.at(result.node));
  spec.result = region.results().at(0).meta();
  return spec;
}

void Program::add_fused(Node& node) {
  Step step;
  step.kind = Step::Kind::fused;
  step.node = &node;
  for (const Arg& arg : node.args()) {
    step.in.push_back(argument(arg));
    use(step.in.back());
  }
  step.fused = std::make_unique<ops::cpu::FusedPointwise>(fused_spec(node, step.in));
  for (const Result& result : node.results()) {
    step.out.push_back(header(result.meta, new_slot(Place::arena, reached_bytes(result.meta))));
  }
  for (const Tensor& tensor : step.in) step.fused_in.push_back(tensor.impl());
  for (const Tensor& tensor : step.out) step.fused_out.push_back(tensor.impl());
  values_[&node] = step.out;
  steps_.push_back(std::move(step));
}

void Program::add_outputs(std::size_t pinned) {
  const std::vector<Value> values = graph_->results();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Tensor& tensor = values_.at(values[i].node).at(values[i].index);
    Slot& slot = slots_[slot_of_.at(tensor.impl())];
    const bool pin = i + pinned >= values.size();
    if (slot.place == Place::arena) slot.place = pin ? Place::pinned : Place::output;
    if (pin && slot.place != Place::pinned) {
      cannot_plan(*values[i].node, " is kept from run to run and shares memory with a result");
    }
    slot.last = steps_.size();
    (pin ? pinned_ : results_).push_back(tensor);
  }
}

}  // namespace sinter::graph
