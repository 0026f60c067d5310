// The programs of a compiled module or step, by what they were captured for.
#pragma once
#include <sinter/graph/compile.h>
#include <sinter/graph/program_internal.h>
#include <sinter/nn/optim/optimizer.h>

#include <list>
#include <mutex>
#include <optional>

namespace sinter::graph {

// The mode of a module when it was captured.
struct ModuleMode {
  std::weak_ptr<nn::Module> module;
  bool training;
};

// What a program was captured for.
struct Signature {
  std::vector<TensorMeta> inputs;
  std::vector<bool> wants_grad;
  int threads = 1;
  bool deterministic = false;
  bool grad_enabled = true;
  std::vector<bool> trainable;  // in grad mode: which parameters of the module require a gradient

  static Signature of(const std::vector<Tensor>& inputs);
  // In one line, the first difference to another signature; empty where there is none.
  std::string difference(const Signature& other) const;
};

class GradientProgram;

class Specialisations {
 public:
  Specialisations(detail::Program source, const CompileOptions& options)
      : source_(std::move(source)), options_(options) {}
  virtual ~Specialisations() = default;
  Specialisations(const Specialisations&) = delete;
  Specialisations& operator=(const Specialisations&) = delete;

  virtual std::vector<Tensor> run(const std::vector<Tensor>& inputs) = 0;
  CompileReport report() const;
  std::string graph_text() const;

 protected:
  struct Entry {
    Signature signature;
    std::vector<ModuleMode> modes;
    std::unique_ptr<Program> program;
    std::shared_ptr<GradientProgram> gradient;        // instead, where a gradient is wanted
    std::vector<optim::OptimizerParamGroup*> groups;  // whose learning rates the program reads
    std::vector<Tensor> parameters;                   // whose gradients are the pinned results
    GraphModule module = nullptr;                     // keeps what the graph refers to
  };
  // The entry for these inputs, now the newest; nullptr: reason_ says why there is none.
  Entry* find(const Signature& signature);
  Entry& insert(Entry entry);
  std::vector<Tensor> run_entry(Entry& entry, const std::vector<Tensor>& inputs);
  static std::vector<Tensor> run_program(Entry& entry, const std::vector<Tensor>& inputs);
  static const Program& program_of(const Entry& entry);

  detail::Program source_;
  CompileOptions options_;
  std::list<Entry> entries_;  // newest first
  CompileReport report_;
  mutable std::mutex mutex_;
};

}  // namespace sinter::graph
