#include <sinter/autograd/anomaly.h>
#include <sinter/graph/interpreter.h>
#include <sinter/graph/location_internal.h>
#include <sinter/graph/recorder_internal.h>

#include <algorithm>
#include <utility>

namespace sinter::graph {

namespace {

constinit thread_local Recorder* current_recorder = nullptr;

std::string explain(const TensorImpl& tensor) { return current_recorder->describe(tensor); }

std::shared_ptr<const autograd::ForwardTrace> trace_here() {
  return autograd::capture_forward_trace();
}

}  // namespace

// --- Sessions.

Recorder* Recorder::current() { return current_recorder; }

Recorder::Session::Session(Recorder& recorder, ops::InterceptorGuard::Where where)
    : outer_(std::exchange(current_recorder, &recorder)),
      outer_observer_(std::exchange(nn::detail::call_observer, &recorder)),
      outer_explain_(std::exchange(explain_fake_read, &explain)),
      guard_(recorder, where) {}

Recorder::Session::~Session() {
  explain_fake_read = outer_explain_;
  nn::detail::call_observer = outer_observer_;
  current_recorder = outer_;
}

// --- Values.

Result Recorder::describe_result(const Tensor& tensor) {
  const TensorImpl& impl = *tensor.impl();
  const auto [at, fresh] = alias_classes_.try_emplace(impl.storage.get());
  if (fresh) at->second = graph_.new_alias_class();
  return {impl.meta, at->second};
}

void Recorder::remember(const Tensor& tensor, Value value) {
  const TensorImpl& impl = *keep_alive(tensor).impl();
  values_[&impl] = value;
  auto& others = by_storage_[impl.storage.get()];
  for (auto& [meta, known] : others) {
    if (!meta.same_layout(impl.meta)) continue;
    known = value;
    return;
  }
  others.emplace_back(impl.meta, value);
}

Tensor Recorder::add_input(const std::string& name, const TensorMeta& meta) {
  Tensor fake = make_fake(meta);
  Node* at = graph_.first();
  while (at != nullptr && at->is(Kind::input)) at = at->next();
  const Graph::InsertionPoint point(graph_, at);
  Node* node = graph_.add_node(Kind::input, name, name, {}, {describe_result(fake)});
  remember(fake, node->value());
  return fake;
}

Value Recorder::add_attr(const Tensor& tensor, const std::string& path) {
  const Tensor fake = fake_of(tensor);
  // Parameters come after the inputs, before anything that runs.
  Node* at = graph_.first();
  while (at != nullptr && (at->is(Kind::input) || at->is(Kind::attr))) at = at->next();
  const Graph::InsertionPoint point(graph_, at);
  Node* node = graph_.add_node(Kind::attr, path, path, {}, {describe_result(fake)});
  remember(fake, node->value());
  values_[keep_alive(tensor).impl()] = node->value();
  return node->value();
}

Value Recorder::value_of(const Tensor& tensor) {
  const Tensor fake = fake_of(tensor);
  for (const TensorImpl* impl : {tensor.impl(), fake.impl()}) {
    const auto found = values_.find(impl);
    if (found != values_.end()) return found->second;
  }
  // The same elements behind another header: detached, or saved for backward.
  const auto others = by_storage_.find(fake.impl()->storage.get());
  if (others != by_storage_.end()) {
    for (const auto& [meta, value] : others->second) {
      if (meta.same_layout(fake.impl()->meta)) return value;
    }
    // Its layout was settled since.
    const auto& [meta, value] = others->second.front();
    if (meta.free_layout && meta.sizes == fake.impl()->meta.sizes) return value;
  }
  const auto name = tensor_names_.find(tensor.impl());
  return name != tensor_names_.end() ? add_attr(tensor, name->second) : unknown(tensor);
}

Value Recorder::unknown(const Tensor& tensor) {
  fail(
      "[trace] a tensor that is neither an argument nor a parameter or buffer of the model is "
      "used",
      place(), "; register it as a buffer, pass it as an argument, or make it a constant with ",
      "graph::captured_constant(); got ", tensor.dtype(), " ", tensor.sizes());
}

bool Recorder::writes(const Tensor& tensor) const {
  const auto found = values_.find(tensor.impl());
  return found != values_.end() && !found->second.node->is(Kind::attr);
}

void Recorder::name_tensor(const Tensor& tensor, const std::string& path) {
  tensor_names_.emplace(keep_alive(tensor).impl(), path);
}

void Recorder::add_constant(const Tensor& tensor) {
  SINTER_CHECK_AS(ValueError, tensor.defined() && !tensor.impl()->fake(),
                  "[captured_constant] only a tensor with elements can be a constant",
                  tensor.defined() ? place() : std::string());
  const auto taken = [&](const std::string& path) {
    return std::any_of(tensor_names_.begin(), tensor_names_.end(),
                       [&](const auto& item) { return item.second == path; });
  };
  std::string path;
  for (std::size_t i = constants_.size(); path.empty() || taken(path); ++i) {
    path = str("_constant", i);
  }
  if (tensor_names_.emplace(keep_alive(tensor).impl(), path).second) {
    constants_.emplace_back(path, tensor);
  }
}

void Recorder::name_module(const nn::Module& module, const std::string& path, bool leaf) {
  modules_.emplace(&module, Known{path, leaf});
}

std::string Recorder::place() const {
  const auto trace = autograd::capture_forward_trace();
  std::string out;
  if (const std::string line = user_line(*trace); !line.empty()) out += " at " + line;
  if (!calls_.empty() && !calls_.back().path.empty()) out += " in module " + calls_.back().path;
  return out;
}

std::string Recorder::describe(const TensorImpl& tensor) const {
  const auto found = values_.find(&tensor);
  std::string made;
  if (found != values_.end()) {
    made = ", the result of " + found->second.node->name();
    const std::string line = found->second.node->location();
    if (!line.empty()) made += " (" + line + ")";
  }
  return str(": values are not known while a graph is captured; it was read", place(), made,
             "; compute with where() instead of branching, or make a constant with ",
             "graph::captured_constant()");
}

// --- Ops.

Arg Recorder::argument(const Tensor& tensor) {
  if (!tensor.defined()) return {};
  if (tensor.impl()->wrapped_number) return tensor.item();
  return value_of(tensor);
}

void Recorder::handle(ops::OpCall& call) {
  if (in_leaf_ == nullptr) return record(call);
  note_writes(call);
  FakeMode::handle(call);
}

void Recorder::record(ops::OpCall& call) {
  Arg::List args;
  for (std::size_t i = 0; i < call.in.size(); ++i) args.push_back(argument(call.in[i]));
  describe_outputs(call);
  std::vector<Result> results;
  for (const Tensor& out : call.out) {
    results.push_back(out.defined() ? describe_result(fake_of(out)) : Result{});
  }
  Node* node = graph_.add_recorded(call.def, Attributes(*call.def.attrs, call.attributes),
                                   std::move(args), call.in_place, std::move(results));
  node->provenance().trace = trace_here();
  if (!calls_.empty()) node->provenance().module_path = calls_.back().path;
  for (std::size_t i = 0; i < call.out.size(); ++i) {
    if (!call.out[i].defined()) continue;
    const Value value{node, static_cast<std::uint32_t>(i)};
    remember(fake_of(call.out[i]), value);
    values_[keep_alive(call.out[i]).impl()] = value;
  }
}

// A module that becomes one node writes what it writes as part of it.
void Recorder::note_writes(const ops::OpCall& call) {
  if (call.def.draw != nullptr) in_leaf_->set_uses_rng(true);
  const auto is_state = [&](const Tensor& tensor) {
    return tensor.defined() && !tensor.impl()->fake() && !tensor.impl()->wrapped_number;
  };
  if (call.in_place && is_state(call.in[0])) in_leaf_->set_writes_state(true);
  for (std::size_t i = 0; i < call.in.size() && i < 64; ++i) {
    if (((call.def.writes >> i) & 1U) != 0 && is_state(call.in[i]))
      in_leaf_->set_writes_state(true);
  }
}

std::vector<Tensor> Recorder::call_region(const Node& region, const std::vector<Tensor>& inputs) {
  if (in_leaf_ != nullptr) return Interpreter(*region.region()).run(inputs);
  Arg::List args;
  for (const Tensor& input : inputs) args.push_back(argument(input));
  Node* node = graph_.add_region(region.region(), std::move(args), region.target());
  std::vector<Tensor> outputs;
  {
    // Its ops are described but not recorded.
    struct InLeaf {
      Node*& leaf;
      ~InLeaf() { leaf = nullptr; }
    } const in_leaf{in_leaf_};
    in_leaf_ = node;
    outputs = Interpreter(*region.region()).run(inputs);
  }
  std::vector<Result> results;
  for (const Tensor& out : outputs) results.push_back(describe_result(fake_of(out)));
  node->set_results(std::move(results));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    remember(fake_of(outputs[i]), {node, static_cast<std::uint32_t>(i)});
  }
  return outputs;
}

// --- Modules.

void Recorder::before(nn::Module& module, const std::vector<Tensor*>& inputs) {
  const auto known = modules_.find(&module);
  Call call{&module, known != modules_.end() ? known->second.path : std::string(), nullptr};
  if (in_leaf_ == nullptr && known != modules_.end() && known->second.leaf) {
    Arg::List args;
    for (const Tensor* input : inputs) args.push_back(argument(*input));
    call.leaf = graph_.add_node(Kind::module, call.path, call.path, std::move(args), {});
    call.leaf->provenance().trace = trace_here();
    if (!calls_.empty()) call.leaf->provenance().module_path = calls_.back().path;
    in_leaf_ = call.leaf;
  }
  calls_.push_back(std::move(call));
}

void Recorder::after(nn::Module& module, const std::vector<Tensor*>& outputs) {
  (void)module;
  const Call call = std::move(calls_.back());
  calls_.pop_back();
  if (call.leaf == nullptr) return;
  in_leaf_ = nullptr;
  std::vector<Result> results;
  for (const Tensor* out : outputs) results.push_back(describe_result(fake_of(*out)));
  call.leaf->set_results(std::move(results));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    remember(fake_of(*outputs[i]), {call.leaf, static_cast<std::uint32_t>(i)});
  }
}

void Recorder::failed(nn::Module& module) noexcept {
  (void)module;
  if (calls_.back().leaf == in_leaf_) in_leaf_ = nullptr;
  calls_.pop_back();
}

}  // namespace sinter::graph
