// Draws: the pieces of the random stream that one run of a graph takes.
#pragma once
#include <sinter/core/random.h>

#include <cstdint>
#include <map>
#include <tuple>

namespace sinter {
namespace ops {
struct DrawAttrs;
}
namespace graph {

class Node;

// Each run takes new pieces of default_generator()'s stream, in the order of the calls, as the
// eager program does. Calls that were captured with one piece (dropout and its gradient) share one
// in every run.
class Draws {
 public:
  // Gives a node's attributes their piece for this run. numel is the number of elements of the
  // node's first input, or -1 where it has none or the sizes are those of capture.
  void renew(const Node& node, ops::DrawAttrs& attrs, std::int64_t numel = -1);

 private:
  // By the captured piece: seed, offset and size. An empty one begins where the next one does.
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>, PhiloxState> taken_;
};

}  // namespace graph
}  // namespace sinter
