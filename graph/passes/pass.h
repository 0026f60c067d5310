// Passes: changes of a graph that keep what it computes.
#pragma once
#include <sinter/graph/graph.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace sinter::graph {

// What a pass promises of the results.
enum class Exactness : std::uint8_t {
  exact,  // the same bits as before
  fast    // within the tolerance that the pass declares
};

class Pass {
 public:
  virtual ~Pass() = default;
  // A verb and a noun: "eliminate_dead_code".
  virtual const char* name() const = 0;
  virtual Exactness exactness() const { return Exactness::exact; }
  // Of a fast pass: how far results may move, relative to their size.
  virtual double tolerance() const { return 0; }
  // Changes the graph and returns how many rewrites it made.
  virtual std::size_t run(Graph& graph) = 0;
};

// Runs passes in order, with lint() after each in debug builds. Returns the number of rewrites.
std::size_t run_passes(Graph& graph, const std::vector<std::unique_ptr<Pass>>& passes);

// The passes that graph::compile runs, all exact: eliminate_dead_code, functionalise,
// eliminate_copies, fold_constants, eliminate_common_subexpressions, fuse_pointwise.
std::vector<std::unique_ptr<Pass>> default_passes();
// The same with fast passes among them: fuse_epilogue.
std::vector<std::unique_ptr<Pass>> fast_passes();

// Removes what nothing depends on; calls that write something, and random numbers (whose place in
// the stream counts), stay.
struct EliminateDeadCode : Pass {
  const char* name() const override { return "eliminate_dead_code"; }
  std::size_t run(Graph& graph) override;
};

// Computes one of several equal calls. Calls with random numbers or side effects, and results that
// are written in place, are left alone; so are calls with a write to what they read in between.
struct EliminateCommonSubexpressions : Pass {
  const char* name() const override { return "eliminate_common_subexpressions"; }
  std::size_t run(Graph& graph) override;
};

// Computes what depends on constants only, with the same kernels, and keeps the result as a
// constant of the graph. Results larger than their arguments by more than 1 MiB stay calls.
struct FoldConstants : Pass {
  const char* name() const override { return "fold_constants"; }
  std::size_t run(Graph& graph) override;
};

// Makes in-place calls functional where nobody else sees the memory: their result is then a new
// value, and other passes need not think of order. Writes to inputs, parameters, buffers and
// through views stay what they are.
struct Functionalise : Pass {
  const char* name() const override { return "functionalise"; }
  std::size_t run(Graph& graph) override;
};

// Removes copies of results that nobody else reads or writes.
struct EliminateCopies : Pass {
  const char* name() const override { return "eliminate_copies"; }
  std::size_t run(Graph& graph) override;
};

// Puts neighbouring pointwise calls of one shape into regions, each of which runs in one pass over
// memory.
struct FusePointwise : Pass {
  const char* name() const override { return "fuse_pointwise"; }
  std::size_t run(Graph& graph) override;
};

// On a graph of modules, in evaluation mode: folds batch norm into the convolution before it (Jacob
// et al., "Quantization and training of neural networks for efficient integer-arithmetic-only
// inference", 2018, equation 14): w' = w * gamma / sqrt(var + eps), b' = (b - mean) * gamma /
// sqrt(var + eps) + beta. The convolution is replaced by a copy; one that is called more than once,
// or whose result someone else reads, is left alone. The graph must belong to a GraphModule.
struct FoldConvBatchNorm : Pass {
  const char* name() const override { return "fold_conv_batch_norm"; }
  Exactness exactness() const override { return Exactness::fast; }
  double tolerance() const override { return 1e-5; }
  std::size_t run(Graph& graph) override;
};

// Has a convolution return the ReLU of its result where that alone reads it: oneDNN applies it
// while the result is in registers. Sums are what they were; only the sign of a zero may differ.
struct FuseEpilogue : Pass {
  const char* name() const override { return "fuse_epilogue"; }
  Exactness exactness() const override { return Exactness::fast; }
  double tolerance() const override { return 1e-6; }
  std::size_t run(Graph& graph) override;
};

// Computes the alias classes anew from views and in-place calls.
void renew_alias_classes(Graph& graph);

}  // namespace sinter::graph
