// Program: a graph of ops as a list of prepared kernel calls over planned memory.
#pragma once
#include <sinter/core/scratch.h>
#include <sinter/core/tensor.h>
#include <sinter/graph/draws.h>
#include <sinter/graph/graph.h>
#include <sinter/graph/memory_plan.h>
#include <sinter/ops/cpu/fused_pointwise.h>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace sinter::graph {

// Memory for the values of programs that run one after another.
struct Arena {
  std::mutex mutex;  // held by the one that runs
  Storage memory;
};

// Runs without dispatch and without allocating: kernels are called one after another with tensors
// that lie in one arena. Inputs are bound, not copied; results get memory of their own in each run.
class Program {
 public:
  // The graph has ops and fused regions only. pinned: memory for as many of its results, from the
  // end, as are kept from run to run (gradients of parameters); null for new memory. Throws
  // NotImplementedError `[compile]
  // ...` for what cannot be planned.
  Program(std::shared_ptr<Graph> graph, std::shared_ptr<Arena> arena,
          const std::vector<Storage>& pinned = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The results but for the pinned ones. Inputs must have the metadata of the graph's. Random
  // numbers are those of draws, and what it lacks is drawn and added. One thread at a time runs
  // a program of an arena; others wait.
  std::vector<Tensor> run(const std::vector<Tensor>& inputs, Draws& draws);
  // How these lie in memory.
  std::vector<TensorMeta> results() const;
  const std::vector<Tensor>& pinned() const { return pinned_; }
  const MemoryReport& memory() const { return report_; }
  const Graph& graph() const { return *graph_; }
  std::size_t num_steps() const { return steps_.size(); }
  // Allocations that the last run made between its first and its last kernel.
  std::int64_t allocations_in_run() const { return allocations_in_run_; }

 private:
  enum class Place : std::uint8_t { arena, input, state, output, pinned };
  // Memory that one or several tensors share.
  struct Slot {
    Place place = Place::arena;
    std::size_t bytes = 0;
    std::size_t first = 0;  // steps
    std::size_t last = 0;
    std::size_t index = 0;   // of the input
    std::size_t offset = 0;  // in the arena
    Tensor owner;            // of state: the parameter or buffer
    bool written = false;    // by a step, where it is state or input
    std::vector<TensorImpl*> headers;
    bool is_unchanging() const { return place == Place::state && !written; }
  };
  // A step's piece of the arena for what its kernel allocates.
  struct Scratch {
    std::size_t own = 0;     // bytes of the running thread
    std::size_t others = 0;  // of each of the others
    std::size_t bytes = 0;   // of all together
    std::size_t offset = 0;
  };
  struct Step {
    enum class Kind : std::uint8_t { kernel, fused, copy } kind = Kind::kernel;
    Node* node = nullptr;
    ops::Kernel kernel = nullptr;
    bool draws = false;  // random numbers
    std::vector<Tensor> in;
    std::vector<const Tensor*> refs;
    std::vector<Tensor> out;
    Attributes attributes;
    std::vector<TensorImpl*> written;  // whose version rises
    Scratch scratch;
    std::unique_ptr<ops::cpu::FusedPointwise> fused;
    std::vector<const TensorImpl*> fused_in;
    std::vector<TensorImpl*> fused_out;
  };

  // --- Building.
  void build(std::size_t pinned);
  void add_node(Node& node);
  void add_call(Node& node);
  void add_fused(Node& node);
  Tensor header(const TensorMeta& meta, std::size_t slot);
  std::size_t new_slot(Place place, std::size_t bytes);
  Tensor argument(const Arg& arg);
  Tensor settled(Value value);
  void use(const Tensor& tensor);
  void add_outputs(std::size_t pinned);
  void reuse_inputs();
  void reuse_input_for(Step& step, std::size_t number, std::size_t output);
  bool can_write_over(const Step& step, std::size_t number, std::size_t input,
                      std::size_t output) const;
  std::optional<std::size_t> arena_slot(const Tensor& tensor) const;
  void merge_slots(std::size_t into, std::size_t from);
  void plan();
  void note_bound();
  void bind_pinned(const std::vector<Storage>& pinned);
  void place_arena(char* memory);
  void measure_scratch();
  void measure_scratch(Step& step);
  bool reads_unchanging(const Step& step) const;
  [[noreturn]] static void cannot_plan(const Node& node, const char* why);
  ops::cpu::FusedSpec fused_spec(const Node& region, std::vector<Tensor>& in) const;

  // --- Running.
  void bind_arena();
  void bind_inputs(const std::vector<Tensor>& inputs);
  void bind_state();
  void bind_outputs();
  void unbind();
  static void bind(Slot& slot, const Storage& storage);
  void run_steps(Draws& draws);
  void give_scratch(const Scratch& scratch);
  void run_step(Step& step);

  std::shared_ptr<Graph> graph_;
  std::vector<Slot> slots_;
  std::vector<Slot*> inputs_, state_, outputs_;  // of these, what every run binds
  std::deque<Step> steps_;                       // their addresses are kept
  std::unordered_map<const Node*, std::vector<Tensor>> values_;
  std::unordered_map<const TensorImpl*, std::size_t> slot_of_;
  std::vector<Tensor> results_;
  std::vector<Tensor> pinned_;
  std::vector<std::int64_t> input_offsets_;
  std::shared_ptr<Arena> arena_;
  char* base_ = nullptr;                               // where in memory the slots are placed now
  std::vector<cpu_allocator::ScratchRegion> regions_;  // of the step that runs, one per thread
  MemoryReport report_;
  std::int64_t allocations_in_run_ = 0;
};

}  // namespace sinter::graph
