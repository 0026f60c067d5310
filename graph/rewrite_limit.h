// A limit on the number of rewrites, for finding the one that goes wrong by bisection.
#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace sinter::graph {

// Whether one more rewrite may be made, which is then counted. Everything that changes graphs asks
// before each single change: replace_pattern and all passes share one counter. The environment
// variable SINTER_REWRITE_LIMIT=n stops them after n rewrites and has the last one that was made
// named on stderr, so that a wrong rewrite is found by halving n. Throws ValueError where the
// variable is no number. Safe to call from several threads.
bool allow_rewrite(std::string_view pass, std::string_view node);
// The rewrites made so far.
std::size_t rewrites_made();
// Sets the limit in place of the variable's (nullopt: none) and starts counting again.
void set_rewrite_limit(std::optional<std::size_t> limit);

}  // namespace sinter::graph
