#include <sinter/ops/registry.h>

#include <unordered_map>
#include <vector>

namespace sinter::ops {

namespace {

// One line per family that exists, in registry.h's order.
using Family = OpTable (*)();
constexpr Family kFamilies[] = {
    pointwise_ops, view_ops,      copy_ops,      creation_ops, random_ops,    shape_ops,
    reduce_ops,    index_ops,     scatter_ops,   sort_ops,     softmax_ops,   loss_ops,
    matmul_ops,    conv_ops,      pool_ops,      quantize_ops, quantized_ops, batch_norm_ops,
    norm_ops,      attention_ops, optimizer_ops,
};

std::vector<const OpDef*> join_families() {
  std::vector<const OpDef*> all;
  for (const Family family : kFamilies) {
    const OpTable table = family();
    all.insert(all.end(), table.begin(), table.end());
  }
  return all;
}

}  // namespace

std::span<const OpDef* const> all_ops() {
  static const std::vector<const OpDef*> all = join_families();
  return all;
}

const OpDef* find_op(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const OpDef*> map;
    for (const OpDef* def : all_ops()) map.emplace(def->name, def);
    return map;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

}  // namespace sinter::ops
