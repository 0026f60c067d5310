// One capture, before it becomes a module.
#pragma once
#include <sinter/core/random.h>
#include <sinter/graph/trace.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sinter::graph {

// The random stream is where it was when this was made.
class KeepRandomState {
 public:
  KeepRandomState() : state_(default_generator().get_state()) {}
  ~KeepRandomState() { default_generator().set_state(state_); }
  KeepRandomState(const KeepRandomState&) = delete;
  KeepRandomState& operator=(const KeepRandomState&) = delete;

 private:
  PhiloxState state_;
};

// A graph whose paths refer to the program's root, and the constants that the root lacks.
struct Traced {
  std::shared_ptr<Graph> graph;
  std::vector<std::pair<std::string, Tensor>> constants;
};
Traced trace_once(const detail::Program& program, const std::vector<TensorMeta>& inputs,
                  const TraceOptions& options);

// The same inputs with another batch size, where their first size is the old one.
std::vector<TensorMeta> with_batch(std::vector<TensorMeta> metas, std::int64_t from,
                                   std::int64_t to);

}  // namespace sinter::graph
