// The recorder: writes down the op and module calls of a thread as nodes of a graph.
#pragma once
#include <sinter/core/fake_read.h>
#include <sinter/graph/fake_mode_internal.h>
#include <sinter/graph/graph.h>
#include <sinter/nn/module_call.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace sinter::graph {

// Recording is what fake mode does, and a node per call. Where it stands on the dispatch stack
// decides what is seen: above autograd the calls of the program, below it those of backward too.
class Recorder : public FakeMode, public nn::detail::CallObserver {
 public:
  explicit Recorder(Graph& graph) : graph_(graph) {}

  // Records calls of this thread while it lives.
  class Session {
   public:
    Session(Recorder& recorder, ops::InterceptorGuard::Where where);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

   private:
    Recorder* outer_;
    nn::detail::CallObserver* outer_observer_;
    ExplainFakeRead outer_explain_;
    ops::InterceptorGuard guard_;
  };
  // That of this thread, or nullptr.
  static Recorder* current();

  // A fake tensor like that one, the next input of the graph.
  Tensor add_input(const std::string& name, const TensorMeta& meta);
  // The value of a tensor. Real tensors that are not known go to unknown().
  Value value_of(const Tensor& tensor);
  // Has a real tensor known under a path: what reads it makes an attr node.
  void name_tensor(const Tensor& tensor, const std::string& path);
  // Has a real tensor known as a constant of the graph.
  void add_constant(const Tensor& tensor);
  // Those constants and their paths.
  const std::vector<std::pair<std::string, Tensor>>& constants() const { return constants_; }
  // Names of modules, and which of them become one node.
  void name_module(const nn::Module& module, const std::string& path, bool leaf);
  // Whether calls become nodes now; inside a module that is one node they do not.
  bool records_ops() const { return in_leaf_ == nullptr; }
  // Whether a real tensor has been written by what was recorded.
  bool writes(const Tensor& tensor) const;
  // Why a tensor has no elements, for messages.
  std::string describe(const TensorImpl& tensor) const;
  // Where in the program and in the model the recorder is: " at net.cpp:12 in layer1".
  std::string place() const;

  // Makes the call of a region a node like this one.
  std::vector<Tensor> call_region(const Node& region, const std::vector<Tensor>& inputs);
  Graph& graph() { return graph_; }

  void handle(ops::OpCall& call) override;
  void before(nn::Module& module, const std::vector<Tensor*>& inputs) override;
  void after(nn::Module& module, const std::vector<Tensor*>& outputs) override;
  void failed(nn::Module& module) noexcept override;

 protected:
  // The value of a real tensor that nobody named. Throws by default, naming the line.
  virtual Value unknown(const Tensor& tensor);
  // Describes the results of a call that is recorded.
  virtual void describe_outputs(ops::OpCall& call) { FakeMode::handle(call); }
  // Makes the attr node of a real tensor.
  Value add_attr(const Tensor& tensor, const std::string& path);

 private:
  struct Call {
    const nn::Module* module;
    std::string path;
    Node* leaf;  // the node that the call is, or nullptr
  };
  void record(ops::OpCall& call);
  void note_writes(const ops::OpCall& call);
  void remember(const Tensor& tensor, Value value);
  Result describe_result(const Tensor& tensor);
  Arg argument(const Tensor& tensor);

  struct Known {
    std::string path;
    bool leaf = false;
  };
  Graph& graph_;
  std::unordered_map<const TensorImpl*, Value> values_;
  std::unordered_map<const StorageImpl*, std::vector<std::pair<TensorMeta, Value>>> by_storage_;
  std::unordered_map<const StorageImpl*, std::uint32_t> alias_classes_;
  std::unordered_map<const TensorImpl*, std::string> tensor_names_;
  std::unordered_map<const nn::Module*, Known> modules_;
  std::vector<std::pair<std::string, Tensor>> constants_;
  std::vector<Call> calls_;
  Node* in_leaf_ = nullptr;  // inside a module that becomes one node
};

}  // namespace sinter::graph
