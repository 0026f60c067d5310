#include <sinter/autograd/anomaly.h>
#include <sinter/autograd/custom_function.h>
#include <sinter/autograd/record_internal.h>
#include <sinter/autograd/small_buffer_internal.h>
#include <sinter/autograd/variable_meta_internal.h>

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>

namespace sinter::autograd {

namespace {

bool contains(const std::vector<const TensorImpl*>& list, const TensorImpl* impl) {
  return std::find(list.begin(), list.end(), impl) != list.end();
}

}  // namespace

void SavedValue::throw_kind(const char* wanted) const {
  static constexpr const char* kKinds[] = {"nothing",  "a bool",           "an integer",
                                           "a double", "a string",         "a list of integers",
                                           "a tensor", "a list of tensors"};
  fail<TypeError>("[saved_data] the value must be ", wanted, "; got ", kKinds[value_.index()]);
}

std::string function_name(const char* mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
  std::string name = status == 0 ? text.get() : mangled;
  const std::size_t scope = name.rfind("::");
  if (scope != std::string::npos) name.erase(0, scope + 2);
  return name + "Backward";
}

std::vector<const TensorImpl*> AutogradContext::impls_of(const variable_list& tensors) {
  std::vector<const TensorImpl*> out;
  for (const Tensor& tensor : tensors) out.push_back(tensor.impl());
  return out;
}

void AutogradContext::save_for_backward(variable_list to_save) { to_save_ = std::move(to_save); }

variable_list AutogradContext::get_saved_variables() const {
  SINTER_CHECK(node_ != nullptr && node_->call_ != nullptr,
               "[get_saved_variables] saved variables can be read in backward only; got a call "
               "outside of it");
  return node_->unpack_saved();
}

bool AutogradContext::needs_input_grad(std::size_t argument) const {
  SINTER_CHECK(node_ != nullptr && argument < node_->edges_.size(),
               "[needs_input_grad] the argument must be one of forward; got ", argument);
  if (!node_->edges_[argument].is_valid()) return false;
  return node_->call_ == nullptr || node_->call_->needs(argument);
}

void FunctionNode::add_edge(const Tensor& tensor, bool is_tensor) {
  is_tensor_.push_back(is_tensor);
  arguments_.push_back(tensor.impl());
  edges_.push_back(tensor.defined() ? gradient_edge(tensor) : Edge{});
  wants_grad_ = wants_grad_ || edges_.back().is_valid();
}

bool FunctionNode::is_argument(const TensorImpl* impl) const { return contains(arguments_, impl); }

InputMetadata FunctionNode::input_metadata(std::size_t i) const {
  return {outputs_[i].sizes, outputs_[i].dtype, outputs_[i].device};
}

// outputs are those that forward returned.
void FunctionNode::save_all(const variable_list& outputs) {
  for (const Tensor& tensor : context.to_save_) {
    Saved& saved = saved_.emplace_back();
    if (!tensor.defined()) continue;
    saved.tensor = SavedTensor(*tensor.impl(), name_.c_str());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].is_same(tensor)) saved.output = static_cast<std::int64_t>(i);
    }
    if (saved.output < 0) saved.edge = gradient_edge(tensor);
  }
  context.to_save_.clear();
}

// An output that is an argument gets a header of its own, unless forward changed it in place.
Tensor FunctionNode::connect(const IntrusivePtr<Node>& self, Tensor output, std::uint32_t number) {
  if (!output.defined() || !output.is_floating_point()) return output;
  TensorImpl* impl = output.impl();
  const bool dirty = contains(context.dirty_, impl);
  if (contains(context.non_differentiable_, impl)) return output;
  if (dirty) {
    rebase_in_place(*impl, self, number);
    return output;
  }
  if (is_argument(impl)) {
    output = output.detach();
    impl = output.impl();
  }
  set_history(*impl, self, number);
  return output;
}

void FunctionNode::finish(variable_list& outputs) {
  if (!wants_grad_) {
    context.to_save_.clear();
    return;
  }
  install_recorder();
  context.node_ = this;
  set_edges(edges_.data(), edges_.size());
  set_num_inputs(outputs.size());
  set_sequence_nr(next_sequence_nr());
  for (const Tensor& output : outputs) {
    outputs_.push_back(output.defined() ? output.impl()->meta : TensorMeta());
  }
  for (const Tensor& output : outputs) {
    if (contains(context.dirty_, output.impl())) check_in_place(*output.impl(), name_);
  }
  const variable_list made = outputs;
  const auto self = IntrusivePtr<Node>::share(this);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    outputs[i] = connect(self, std::move(outputs[i]), static_cast<std::uint32_t>(i));
  }
  save_all(made);
  arguments_.clear();
  if (AnomalyMode::is_enabled()) set_forward_trace(capture_forward_trace());
}

variable_list FunctionNode::unpack_saved() const {
  SINTER_CHECK(!released_,
               "[backward] the graph was already freed; call backward with retain_graph=true to go "
               "through it again; got a second pass through ",
               name_);
  variable_list out;
  for (std::size_t i = 0; i < saved_.size(); ++i) {
    const Saved& saved = saved_[i];
    Edge edge = saved.edge;
    if (saved.output >= 0 && call_->create_graph) {
      edge = call_->output != nullptr
                 ? *call_->output
                 : Edge{IntrusivePtr<Node>::share(const_cast<FunctionNode*>(this)),
                        static_cast<std::uint32_t>(saved.output)};
    }
    out.push_back(saved.tensor.unpack(name_.c_str(), "saved", i, *call_, edge));
  }
  return out;
}

void FunctionNode::apply(NodeCall& call) {
  const std::lock_guard lock(mutex_);
  variable_list grads(call.grads.begin(), call.grads.end());
  for (std::size_t i = 0; i < grads.size(); ++i) {
    if (grads[i].defined() || !context.materialize_grads_) continue;
    const Tensor& any = *std::find_if(call.grads.begin(), call.grads.end(),
                                      [](const Tensor& g) { return g.defined(); });
    grads[i] = any.new_zeros(outputs_[i].sizes, outputs_[i].dtype);
  }
  struct Running {
    const NodeCall*& slot;
    const NodeCall* before;
    ~Running() { slot = before; }
  } const running{call_, std::exchange(call_, &call)};
  variable_list results = run_backward(grads);
  SINTER_CHECK(results.size() == edges_.size(), "[", name_,
               "] backward must return one gradient per argument of forward; got ", results.size(),
               " for ", edges_.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    SINTER_CHECK(is_tensor_[i] || !results[i].defined(), "[", name_, "] argument ", i,
                 " of forward is no tensor and has no gradient; got one of ", results[i].sizes());
    call.results[i] = std::move(results[i]);
  }
}

void FunctionNode::release_variables() noexcept {
  const std::lock_guard lock(mutex_);
  for (Saved& saved : saved_) saved.tensor.reset();
  released_ = !saved_.empty();
}

}  // namespace sinter::autograd
