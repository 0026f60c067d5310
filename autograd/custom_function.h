// Function: an operation with a backward pass of one's own.
//
//   struct Scale : sinter::autograd::Function<Scale> {
//     static Tensor forward(AutogradContext* ctx, const Tensor& x, double factor) {
//       ctx->saved_data["factor"] = factor;
//       return x * factor;
//     }
//     static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
//       return {grads[0] * ctx->saved_data["factor"].toDouble(), Tensor()};
//     }
//   };
//   Tensor y = Scale::apply(x, 2.0);
//
// As torch::autograd::Function.
#pragma once
#include <sinter/autograd/grad_mode.h>
#include <sinter/autograd/node.h>
#include <sinter/autograd/saved_tensor.h>
#include <sinter/autograd/saved_value.h>

#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <unordered_map>
#include <vector>

namespace sinter::autograd {

class FunctionNode;

// What forward leaves for backward.
class AutogradContext {
 public:
  // Values that are no tensors to be differentiated.
  std::unordered_map<std::string, SavedValue> saved_data;

  // Keeps tensors for backward: inputs or outputs of forward, or others. To be called once, from
  // forward.
  void save_for_backward(variable_list to_save);
  // They, in backward. Throws Error `[function name] a tensor saved for backward ... was changed in
  // place` for one that was, and `[backward] the graph was already freed; ...` on a second pass.
  variable_list get_saved_variables() const;
  // Declares inputs that forward changes in place (and returns). To be called from forward.
  void mark_dirty(const variable_list& inputs) { dirty_ = impls_of(inputs); }
  // Declares outputs that want no gradient. To be called from forward.
  void mark_non_differentiable(const variable_list& outputs) {
    non_differentiable_ = impls_of(outputs);
  }
  // Whether backward gets zeros (the default) or undefined tensors for outputs without gradient.
  void set_materialize_grads(bool value) { materialize_grads_ = value; }
  // In backward: whether the gradient of this argument of forward will be used.
  bool needs_input_grad(std::size_t argument) const;

 private:
  friend class FunctionNode;
  static std::vector<const TensorImpl*> impls_of(const variable_list& tensors);

  variable_list to_save_;
  std::vector<const TensorImpl*> dirty_;
  std::vector<const TensorImpl*> non_differentiable_;
  bool materialize_grads_ = true;
  FunctionNode* node_ = nullptr;
};

// The node of one call of a Function. An argument that is no tensor counts as one without gradient.
class FunctionNode : public Node {
 public:
  std::string name() const override { return name_; }
  InputMetadata input_metadata(std::size_t i) const override;
  void apply(NodeCall& call) override;
  void release_variables() noexcept override;

  // Tells the node of an argument of forward.
  void add_argument(const Tensor& tensor) { add_edge(tensor, true); }
  void add_argument(const std::optional<Tensor>& tensor) {
    add_edge(tensor.value_or(Tensor()), true);
  }
  void add_argument(const variable_list& tensors) {
    for (const Tensor& tensor : tensors) add_argument(tensor);
  }
  template <class T>
  void add_argument(const T&) {
    add_edge(Tensor(), false);
  }
  // Whether forward is to be recorded: some argument wants a gradient.
  bool wants_grad() const { return wants_grad_; }
  // After forward: saves what it asked for and connects its outputs.
  void finish(variable_list& outputs);

  AutogradContext context;

 protected:
  explicit FunctionNode(std::string name) : Node(nullptr, 0, 0), name_(std::move(name)) {}
  virtual variable_list run_backward(const variable_list& grads) = 0;

 private:
  friend class AutogradContext;
  struct Saved {
    SavedTensor tensor;
    Edge edge;
    std::int64_t output = -1;  // its number when it is an output of the function
  };
  void add_edge(const Tensor& tensor, bool is_tensor);
  variable_list unpack_saved() const;
  void save_all(const variable_list& outputs);
  Tensor connect(const IntrusivePtr<Node>& self, Tensor output, std::uint32_t number);
  bool is_argument(const TensorImpl* impl) const;

  std::string name_;
  std::vector<Edge> edges_;
  std::vector<bool> is_tensor_;
  std::vector<const TensorImpl*> arguments_;
  std::vector<TensorMeta> outputs_;
  std::vector<Saved> saved_;
  const NodeCall* call_ = nullptr;  // the run in progress
  bool wants_grad_ = false;
  bool released_ = false;
  std::recursive_mutex mutex_;  // one run at a time
};

// "MyScaleBackward" from the mangled name of a type.
std::string function_name(const char* mangled);

// Derive as struct F : Function<F> with static forward(AutogradContext*, args...), which returns a
// Tensor or a variable_list, and static variable_list backward(AutogradContext*, variable_list),
// which returns one gradient per argument of forward (undefined for those that are no tensors; one
// per element for a list).
template <class F>
struct Function {
  // Calls forward, unrecorded, and connects its outputs to backward when an argument wants a
  // gradient and recording is on.
  template <class... Args>
  static auto apply(Args&&... args) {
    struct Call final : FunctionNode {
      Call() : FunctionNode(function_name(typeid(F).name())) {}
      variable_list run_backward(const variable_list& grads) override {
        return F::backward(&context, grads);
      }
    };
    auto* call = new Call;
    const auto owner = IntrusivePtr<Node>::adopt(call);
    if (GradMode::is_enabled()) (call->add_argument(args), ...);
    auto result = [&] {
      const NoGradGuard no_grad;
      return F::forward(&call->context, std::forward<Args>(args)...);
    }();
    if constexpr (std::is_same_v<decltype(result), Tensor>) {
      variable_list outputs{std::move(result)};
      call->finish(outputs);
      return std::move(outputs[0]);
    } else {
      call->finish(result);
      return result;
    }
  }
};

}  // namespace sinter::autograd
