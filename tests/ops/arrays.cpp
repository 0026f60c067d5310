#include "arrays.h"

#include <sinter/core/tensor_factory.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/registry.h>

#include <cstddef>
#include <cstring>

#include "op_suite.h"

namespace sinter::testing {

std::vector<DType> floating_dtypes() { return {kFloat32, kFloat64, kFloat16, kBFloat16}; }

std::vector<DType> all_dtypes() {
  return {kFloat32, kFloat64, kFloat16, kBFloat16, kUInt8, kInt8, kInt16, kInt32, kInt64, kBool};
}

Array::Array(Index array_sizes, double value) : sizes(std::move(array_sizes)) {
  std::int64_t n = 1;
  for (const std::int64_t size : sizes) n *= size;
  values.assign(static_cast<std::size_t>(n), value);
}

Array::Array(const Tensor& t) : sizes(t.sizes().vec()), values(to_doubles(t)) {}

std::size_t Array::at(const Index& index) const {
  std::int64_t place = 0;
  for (std::size_t d = 0; d < sizes.size(); ++d) place = place * sizes[d] + index[d];
  return static_cast<std::size_t>(place);
}

Tensor Array::tensor() const {
  const Tensor out = empty_tensor("test", sizes, kFloat64);
  if (!values.empty()) {
    std::memcpy(out.data_ptr(), values.data(), values.size() * sizeof(double));
  }
  return out;
}

void for_each_index(const Index& sizes, const std::function<void(const Index&)>& fn) {
  Index index(sizes.size(), 0);
  for (const std::int64_t size : sizes) {
    if (size == 0) return;
  }
  while (true) {
    fn(index);
    std::size_t d = sizes.size();
    while (d > 0 && ++index[d - 1] == sizes[d - 1]) index[--d] = 0;
    if (d == 0) return;
  }
}

Tensor values(const Index& sizes, std::uint32_t seed) {
  Array out(sizes);
  std::uint32_t state = seed * 2654435761U + 12345U;
  for (double& value : out.values) {
    state = state * 1664525U + 1013904223U;
    value = (static_cast<double>((state >> 16) % 255U) - 127) / 4;
  }
  return out.tensor();
}

std::function<Tensors(const Tensors&)> moves(Index sizes, IndexMap from) {
  return [sizes = std::move(sizes), from = std::move(from)](const Tensors& inputs) -> Tensors {
    const Array x(inputs[0]);
    Array out(sizes);
    for_each_index(sizes, [&](const Index& index) {
      if (const auto source = from(index)) out[index] = x[*source];
    });
    return {out.tensor()};
  };
}

Tensor run_op(const char* name, const Tensors& inputs,
              const std::vector<std::pair<const char*, ops::AttrValue>>& attributes) {
  const ops::OpDef& def = *ops::find_op(name);
  std::vector<ops::AttrsType::Item> items;
  for (const auto& [key, value] : attributes) {
    items.emplace_back();
    items.back().name = key;
    items.back().value = value;
  }
  alignas(std::max_align_t) std::byte attrs[1024];
  def.attrs->restore(attrs, items);
  std::vector<const Tensor*> in;
  for (const Tensor& t : inputs) in.push_back(&t);
  Tensor out;
  ops::OpCall call{def, {in.data(), in.size()}, attrs, {&out, 1}};
  ops::dispatch(call);
  def.attrs->destroy(attrs);
  return out;
}

}  // namespace sinter::testing
