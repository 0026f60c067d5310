// Views, joining, casts and reductions.
#include <sinter/graph/onnx/import_internal.h>
#include <sinter/ops/ops.h>

#include <algorithm>

namespace sinter::onnx {

namespace {

using List = std::vector<std::int64_t>;

// The list of integers of an input that must be given.
List needed_ints(const NodeReader& r, int i) {
  const auto values = r.known_ints(i);
  SINTER_CHECK_AS(IOError, values,
                  "[onnx] an operator must have the inputs it needs; got no input ", i, " of ",
                  shown(r.node().op_type()));
  return *values;
}

Results reshape(const NodeReader& r) {
  const Tensor& x = r.in(0);
  List sizes = needed_ints(r, 1);
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    if (sizes[d] != 0 || r.int_attr("allowzero", 0) != 0) continue;
    SINTER_CHECK_AS(IOError, static_cast<std::int64_t>(d) < x.dim(),
                    "[onnx] a size that is kept must be there; got dimension ", d, " of ",
                    x.sizes());
    sizes[d] = x.size(static_cast<std::int64_t>(d));
  }
  return {sinter::reshape(x, sizes)};
}

Results flatten(const NodeReader& r) {
  const Tensor& x = r.in(0);
  std::int64_t axis = r.int_attr("axis", 1);
  if (axis < 0) axis += x.dim();
  SINTER_CHECK_AS(IOError, axis >= 0 && axis <= x.dim(), "[onnx] axis is out of range; got ", axis,
                  " for ", x.sizes());
  std::int64_t columns = 1;
  for (std::int64_t d = axis; d < x.dim(); ++d) columns = checked_mul("onnx", columns, x.size(d));
  if (columns == 0) return {sinter::reshape(x, {x.size(0), 0})};
  return {sinter::reshape(x, {axis == 0 ? 1 : -1, columns})};
}

Results transpose(const NodeReader& r) {
  const Tensor& x = r.in(0);
  List dims;
  for (std::int64_t d = x.dim(); d-- > 0;) dims.push_back(d);
  return {x.permute(r.ints_attr("perm").value_or(dims))};
}

Results concat(const NodeReader& r) {
  std::vector<Tensor> parts;
  for (int i = 0; i < r.num_inputs(); ++i) parts.push_back(r.in(i));
  return {cat(parts, r.int_attr("axis", 0))};
}

Results split(const NodeReader& r) {
  const Tensor& x = r.in(0);
  const std::int64_t axis = r.int_attr("axis", 0);
  const auto sizes = r.opset() < 13 ? r.ints_attr("split") : r.known_ints(1);
  if (sizes) return sinter::split(x, IntArrayRef(*sizes), axis);
  const std::int64_t parts = r.node().output_size();
  r.require(parts > 0 && x.dim() > 0, "there must be parts");
  const std::int64_t size = x.size(axis);
  return sinter::split(x, std::max<std::int64_t>(1, size / parts + (size % parts != 0)), axis);
}

Results slice_attrs(const NodeReader& r, const List& starts, const List& ends, const List& axes,
                    const List& steps) {
  SINTER_CHECK_AS(
      IOError,
      starts.size() == ends.size() && axes.size() == starts.size() && steps.size() == starts.size(),
      "[onnx] a slice has a start, an end and a step for each axis; got ", starts.size(), ", ",
      ends.size(), " and ", steps.size());
  Tensor out = r.in(0);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    r.require(steps[i] > 0, "steps must be positive");
    out = sinter::slice(out, axes[i], starts[i], ends[i], steps[i]);
  }
  return {out};
}

Results slice(const NodeReader& r) {
  const bool attrs = r.opset() < 10;
  const List starts = attrs ? r.ints_attr("starts").value_or(List()) : needed_ints(r, 1);
  const List ends = attrs ? r.ints_attr("ends").value_or(List()) : needed_ints(r, 2);
  List all;
  for (std::size_t i = 0; i < starts.size(); ++i) all.push_back(static_cast<std::int64_t>(i));
  const auto axes = attrs ? r.ints_attr("axes") : r.known_ints(3);
  const auto steps = attrs ? std::nullopt : r.known_ints(4);
  return slice_attrs(r, starts, ends, axes.value_or(all), steps.value_or(List(starts.size(), 1)));
}

Results gather(const NodeReader& r) {
  const Tensor& x = r.in(0);
  const std::int64_t axis = r.int_attr("axis", 0);
  if (r.is_known(1) && r.known(1).dim() == 0) {
    if (const auto at = r.known_ints(1)) return {x.select(axis, at->at(0))};
  }
  const Tensor& at = r.in(1);
  const bool first = axis == 0 || axis == -x.dim();
  if (x.dim() == 2 && first && is_floating_point(x.dtype())) return {embedding(x, at)};
  r.require(at.dim() == 1, "indices must be a list, or those of rows of a matrix");
  return {index_select(x, axis, at)};
}

Results expand(const NodeReader& r) {
  const Tensor& x = r.in(0);
  return {x.expand(broadcast_shapes("onnx", x.sizes(), needed_ints(r, 1)))};
}

Results squeeze(const NodeReader& r) {
  const auto dims = r.axes(1, 13);
  return {dims ? sinter::squeeze(r.in(0), *dims) : sinter::squeeze(r.in(0))};
}

Results unsqueeze(const NodeReader& r) {
  auto dims = r.axes(1, 13);
  r.require(dims.has_value(), "axes must be given");
  Tensor out = r.in(0);
  const std::int64_t rank = out.dim() + static_cast<std::int64_t>(dims->size());
  for (std::int64_t& d : *dims) d = d < 0 ? d + rank : d;
  std::sort(dims->begin(), dims->end());
  for (const std::int64_t d : *dims) out = out.unsqueeze(d);
  return {out};
}

Results identity(const NodeReader& r) { return {r.in(0)}; }

Results cast(const NodeReader& r) {
  return {r.in(0).to(dtype_of(static_cast<int>(r.int_attr("to", 0))))};
}

// Without axes, everything; an empty list counts as none.
template <Tensor (*fn)(const Tensor&, IntArrayRef, bool), int since>
Results reduce(const NodeReader& r) {
  const Tensor& x = r.in(0);
  List dims = r.axes(1, since).value_or(List());
  if (dims.empty() && r.int_attr("noop_with_empty_axes", 0) != 0) return {x};
  if (dims.empty()) {
    for (std::int64_t d = 0; d < x.dim(); ++d) dims.push_back(d);
  }
  return {fn(x, dims, r.int_attr("keepdims", 1) != 0)};
}
Tensor sum_of(const Tensor& x, IntArrayRef dims, bool keep) { return sum(x, dims, keep); }
Tensor mean_of(const Tensor& x, IntArrayRef dims, bool keep) { return mean(x, dims, keep); }
Tensor max_of(const Tensor& x, IntArrayRef dims, bool keep) { return amax(x, dims, keep); }
Tensor min_of(const Tensor& x, IntArrayRef dims, bool keep) { return amin(x, dims, keep); }

constexpr Reader kShapes[] = {
    {"Cast", cast},
    {"Concat", concat},
    {"Expand", expand, 0b10},
    {"Flatten", flatten},
    {"Gather", gather},
    {"Identity", identity},
    {"ReduceMax", reduce<max_of, 18>, 0b10},
    {"ReduceMean", reduce<mean_of, 18>, 0b10},
    {"ReduceMin", reduce<min_of, 18>, 0b10},
    {"ReduceSum", reduce<sum_of, 13>, 0b10},
    {"Reshape", reshape, 0b10},
    {"Slice", slice, 0b11110},
    {"Split", split, 0b10},
    {"Squeeze", squeeze, 0b10},
    {"Transpose", transpose},
    {"Unsqueeze", unsqueeze, 0b10},
};

}  // namespace

std::span<const Reader> shape_readers() { return kShapes; }

}  // namespace sinter::onnx
