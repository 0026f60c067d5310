// The modules of a graph module as C++ structs: names of types and members.
#pragma once
#include <sinter/graph/graph_module.h>
#include <sinter/graph/leaf_classes.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace sinter::graph {

// Gives out identifiers, each once.
class NameTable {
 public:
  explicit NameTable(std::set<std::string> taken = {}) : taken_(std::move(taken)) {}
  // An identifier made from hint; where that is taken, with the suffix, then a number.
  std::string take(const std::string& hint, const std::string& suffix = "");

 private:
  std::set<std::string> taken_;
};

// A module and what it has registered.
struct ModuleCode {
  struct Member {
    std::string name;        // as it is registered
    std::string identifier;  // of the member
    std::string code;        // of its initializer
    std::string type;
  };
  std::string path;
  const nn::Module* module = nullptr;
  const LeafClass* leaf = nullptr;  // made from options, not written as a struct
  std::string type;                 // "Layer1_0"
  std::vector<Member> members;
  std::vector<std::unique_ptr<ModuleCode>> children;  // each module once
};

// The tree of modules below a graph module.
class ModuleTree {
 public:
  // Throws ValueError for what cannot be written.
  explicit ModuleTree(const GraphModuleImpl& root);

  const ModuleCode& root() const { return root_; }
  // How a method of the module at path `from` writes a module or tensor below: "layer1->conv".
  std::string member(const std::string& from, const std::string& path) const;
  // The identifiers of a module's members.
  std::set<std::string> identifiers(const std::string& path) const;
  // Statements that the constructor of the root makes: what is shared, modes, frozen parameters.
  const std::vector<std::string>& statements() const { return statements_; }
  // The paths of layers that are made from their options.
  const std::set<std::string>& layers() const { return layers_; }
  // Classes of layers that sinter.h does not declare.
  const std::set<std::string>& foreign_classes() const { return foreign_; }

 private:
  void fill(ModuleCode& code);
  void add_tensors(ModuleCode& code, NameTable& names);
  struct Registration {
    std::string name;
    const char* function;
    bool usual = true;  // with gradients, or persistent
  };
  void add_tensor(ModuleCode& code, NameTable& names, const Tensor& tensor,
                  const Registration& call);
  void check_leaf_tensors(const ModuleCode& code);
  void add_children(ModuleCode& code, NameTable& names);
  void add_child(ModuleCode& code, NameTable& names, const std::string& name,
                 const std::shared_ptr<nn::Module>& module);
  void add_modes(const nn::Module& module, const std::string& path, bool training);
  std::string holder_of(const ModuleCode& code) const;
  std::string type_name(const std::string& path, const nn::Module& module);

  const Graph& graph_;
  ModuleCode root_;
  NameTable types_;
  std::set<std::string> persistent_;
  std::set<const nn::Module*> called_;
  std::set<std::string> traced_;
  std::set<std::string> layers_;
  std::map<std::string, const ModuleCode*> by_path_;
  std::unordered_map<const nn::Module*, std::string> modules_;
  std::unordered_map<const TensorImpl*, std::string> tensors_;
  std::vector<std::string> statements_;
  std::set<std::string> foreign_;
};

}  // namespace sinter::graph
