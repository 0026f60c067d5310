// The programs of a compiled module or step, by what they were captured for.
#pragma once
#include <sinter/graph/capture_internal.h>
#include <sinter/graph/compile.h>
#include <sinter/graph/program_internal.h>
#include <sinter/nn/optim/optimizer.h>

#include <list>
#include <mutex>
#include <optional>

namespace sinter::graph {

// The mode of a module when it was captured.
struct ModuleMode {
  explicit ModuleMode(nn::Module& of)
      : module(&of), alive(of.weak_from_this()), training(of.is_training()) {}
  bool changed() const { return !alive.expired() && module->is_training() != training; }

  nn::Module* module;
  std::weak_ptr<nn::Module> alive;
  bool training;
};

// What a program was captured for.
struct Signature {
  std::vector<TensorMeta> inputs;
  std::vector<bool> wants_grad;
  int threads = 1;
  bool deterministic = false;
  bool grad_enabled = true;
  std::vector<Tensor> parameters;  // in grad mode, those of the module
  std::vector<bool> trainable;     // which of them require a gradient

  // module: null for a step.
  static Signature of(const std::vector<Tensor>& inputs, const nn::Module* module);
  // Whether it is that of a call with these inputs now.
  bool fits(const std::vector<Tensor>& call) const;
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
    bool fits(const std::vector<Tensor>& call) const;
    // How its modes or its signature differ from another's.
    std::string difference(const Entry& other) const;
    const Program& forward() const;
    const Program* backward() const;
    Signature signature;
    std::vector<ModuleMode> modes;
    std::vector<GuardedNumber> numbers;
    std::unique_ptr<Program> program;
    std::shared_ptr<GradientProgram> gradient;        // instead, where a gradient is wanted
    std::vector<optim::OptimizerParamGroup*> groups;  // whose learning rates the program reads
    std::vector<Tensor> parameters;                   // whose gradients are the pinned results
    GraphModule module = nullptr;                     // keeps what the graph refers to
  };
  // Runs the program for these inputs, captured now where there is none.
  std::vector<Tensor> run_program(const std::vector<Tensor>& inputs);
  virtual Entry capture(const std::vector<Tensor>& inputs) = 0;
  // Memory for the gradient of a parameter: that of the programs that have one; else null.
  Storage gradient_memory(const Tensor& parameter) const;

  detail::Program source_;
  CompileOptions options_;
  std::list<Entry> entries_;                                  // newest first
  std::shared_ptr<Arena> arena_ = std::make_shared<Arena>();  // of all programs
  CompileReport report_;                                      // what the newest entry does not know
  mutable std::mutex mutex_;

 private:
  // The entry for these inputs, now the newest, or nullptr.
  Entry* find(const std::vector<Tensor>& inputs);
  // Keeps a new entry, and reports why it had to be made.
  Entry& insert(Entry entry);
  static std::vector<Tensor> run_entry(Entry& entry, const std::vector<Tensor>& inputs);
};

}  // namespace sinter::graph
