// Views, joining, casts and reductions.
#include <sinter/graph/onnx/export_internal.h>

#include <limits>

namespace sinter::onnx {

namespace {

using List = std::vector<std::int64_t>;

void view(NodeWriter& w) { w.result("Reshape", {w.in(0), w.ints(w.reshape_sizes("sizes"))}); }

void permute(NodeWriter& w) {
  List dims = w.list("dims");
  for (auto& d : dims) d = d < 0 ? d + static_cast<std::int64_t>(dims.size()) : d;
  w.result("Transpose", {w.in(0)}, {{"perm", dims}});
}

void expand(NodeWriter& w) {
  List sizes = w.out_meta().sizes.operator IntArrayRef().vec();
  // ONNX broadcasts both ways, so that a batch that is there already stays with size 1.
  for (const graph::BatchItem& item : w.node().batch_items()) {
    const std::size_t added = sizes.size() - w.rank();
    w.require(item.index >= added && w.meta(0).sizes[item.index - added] == sizes[item.index],
              "nothing may be repeated for each item of the batch");
    sizes[item.index] = 1;
  }
  w.result("Expand", {w.in(0), w.ints(sizes)});
}

void squeeze(NodeWriter& w) {
  List dims;
  for (std::int64_t d : w.list("dims")) {
    d = d < 0 ? d + static_cast<std::int64_t>(w.rank()) : d;
    if (w.meta(0).sizes[static_cast<std::size_t>(d)] == 1) dims.push_back(d);
  }
  if (dims.empty()) return w.alias(w.in(0));
  w.result("Squeeze", {w.in(0), w.ints(dims)});
}

void unsqueeze(NodeWriter& w) {
  w.result("Unsqueeze", {w.in(0), w.ints({w.attr<std::int64_t>("dim")})});
}

void slice(NodeWriter& w) {
  std::int64_t dim = w.attr<std::int64_t>("dim");
  dim = dim < 0 ? dim + static_cast<std::int64_t>(w.rank()) : dim;
  const std::int64_t size = w.meta(0).sizes[static_cast<std::size_t>(dim)];
  std::int64_t end = w.attr<std::int64_t>("end");
  w.require(!w.grows("start"), "the start of a slice may not grow with the batch");
  if (w.grows("end")) {
    w.require(end >= size, "a slice of the batch must go to its end");
    end = std::numeric_limits<std::int64_t>::max();
  }
  w.result("Slice", {w.in(0), w.ints({w.attr<std::int64_t>("start")}), w.ints({end}), w.ints({dim}),
                     w.ints({w.attr<std::int64_t>("step")})});
}

void select(NodeWriter& w) {
  const std::int64_t index = w.attr<std::int64_t>("index");
  const std::string at = w.number(static_cast<double>(index), kInt64);
  w.result("Gather", {w.in(0), at}, {{"axis", w.attr<std::int64_t>("dim")}});
}

void clone(NodeWriter& w) { w.alias(w.in(0)); }

void cast(NodeWriter& w) {
  w.result("Cast", {w.in(0)}, {{"to", std::int64_t{onnx_dtype(w.out_meta().dtype)}}});
}

void cat(NodeWriter& w) {
  Names inputs;
  for (std::size_t i = 0; i < w.node().num_args(); ++i) {
    w.require(w.meta(i).dim() == w.out_meta().dim(), "all inputs must have the same dimensions");
    inputs.push_back(w.in_as(i, w.out_meta().dtype));
  }
  w.result("Concat", inputs, {{"axis", w.attr<std::int64_t>("dim")}});
}

// The axes of ReduceSum are an input since opset 13, those of the others since 18.
void reduce_sum(NodeWriter& w) {
  w.result("ReduceSum", {w.in_as(0, w.out_meta().dtype), w.ints(w.list("dims"))},
           {{"keepdims", w.attr<bool>("keepdim")}});
}

template <const char* type>
void reduce(NodeWriter& w) {
  w.require(!w.list("dims").empty() || w.rank() == 0, "a dimension must be reduced");
  w.result(type, {w.in_as(0, w.out_meta().dtype)},
           {{"axes", w.list("dims")}, {"keepdims", w.attr<bool>("keepdim")}});
}

constexpr char kMean[] = "ReduceMean";
constexpr char kProd[] = "ReduceProd";
constexpr char kMax[] = "ReduceMax";
constexpr char kMin[] = "ReduceMin";
constexpr char kLogSumExp[] = "ReduceLogSumExp";

void copy(NodeWriter& w) { w.refuse("a copy into other memory has no form there"); }

constexpr Converter kShapes[] = {
    {"view", view, true},
    {"permute", permute},
    {"expand", expand, true},
    {"squeeze", squeeze},
    {"unsqueeze", unsqueeze},
    {"slice", slice, true},
    {"select", select},
    {"clone", clone},
    {"cast", cast},
    {"copy", copy},
    {"cat", cat},
    {"sum", reduce_sum},
    {"mean", reduce<kMean>},
    {"prod", reduce<kProd>},
    {"amax", reduce<kMax>},
    {"amin", reduce<kMin>},
    {"logsumexp", reduce<kLogSumExp>},
};

}  // namespace

std::span<const Converter> shape_converters() { return kShapes; }

}  // namespace sinter::onnx
