// GraphModule: a module whose forward() is a graph.
#pragma once
#include <sinter/graph/graph.h>
#include <sinter/nn/containers/any_module.h>
#include <sinter/nn/module_holder.h>

#include <memory>
#include <string>
#include <vector>

namespace sinter::graph {

// A module that only holds others: it stands for one whose forward() the graph has.
class SubmodulesImpl : public nn::Module {
 public:
  using Module::Module;
};
SINTER_MODULE(Submodules);

// A module that runs a graph. Parameters, buffers and submodules are those of the module it was
// captured from, under their paths, so both share them and have one state_dict. It trains, saves
// and moves between devices as any module; passes edit its graph.
class GraphModuleImpl : public nn::Module {
 public:
  // The graph refers to modules and tensors by their paths below this module, which the caller adds
  // (see mirror).
  explicit GraphModuleImpl(std::shared_ptr<Graph> graph, std::string name = "GraphModule");
  // What clone() starts from: a copy of the graph that refers to this module.
  GraphModuleImpl(const GraphModuleImpl& other);
  GraphModuleImpl& operator=(const GraphModuleImpl&) = delete;
  ~GraphModuleImpl() override = default;

  Graph& graph() { return *graph_; }
  const Graph& graph() const { return *graph_; }
  // Puts another graph in its place, for the same module.
  void set_graph(std::shared_ptr<Graph> graph);

  // Runs the graph (with an Interpreter): its results for one input each. Any batch size will do
  // where graph().batch() says so; other sizes must be those of capture where the program depends
  // on them. Throws ValueError for another number of inputs.
  std::vector<Tensor> run(const std::vector<Tensor>& inputs);
  // The same for a graph with one result. Throws ValueError where it has several.
  template <class... T>
  Tensor forward(const T&... inputs) {
    return only_result(run({inputs...}));
  }
  nn::AnyValue any_forward(std::vector<nn::AnyValue>& arguments);

  // Registers what module has under the same names here: tensors by handle, submodules that the
  // graph calls as they are, others as modules that hold what they hold.
  void mirror(nn::Module& module);
  // Puts a module at a path, in the place of the one there or as a new one; its holder must exist.
  // Throws IndexError where it does not.
  void set_module(const std::string& path, std::shared_ptr<nn::Module> module);
  // Registers a tensor at the top under a name made from this one that is not taken, and returns
  // the name.
  std::string add_buffer(const std::string& name_hint, const Tensor& tensor);
  std::string add_parameter(const std::string& name_hint, const Tensor& tensor);
  // Takes out submodules that neither the graph nor anything below uses.
  void remove_unused_modules();

  // The module as C++ source: a struct with SINTER_MODULE for each module that was traced through,
  // which registers what that one has, layers with their options; each struct has the forward()
  // that was captured, with a line per node, its dtype, sizes and origin. In namespace generated;
  // the last struct is the whole. A module whose calls differ from each other, or that calls
  // modules from outside, has no forward(): what it does is written out in its callers. Fused
  // regions are written out too. Compiled and captured again, the source gives this graph (but for
  // fusion). Throws ValueError `[code] ...` for what has no C++: calls of a class that is not in
  // leaf_classes.h, layers that share tensors, calls that share random numbers.
  std::string code() const;
  // Writes a folder that builds by itself: model.h (the code), main.cpp (runs the model on zeros),
  // CMakeLists.txt, weights.safetensors and graph.json; the folder is made where there is none.
  // Each file is replaced at once or not at all. Throws what code() throws, IOError where a file
  // cannot be written.
  void to_folder(const std::string& path) const;

  // How often the graph calls the module at this path.
  std::size_t call_count(const std::string& path) const;

  void pretty_print(std::ostream& stream) const override;

 private:
  static Tensor only_result(std::vector<Tensor> results);

  std::shared_ptr<Graph> graph_;
};
SINTER_MODULE(GraphModule);

}  // namespace sinter::graph
