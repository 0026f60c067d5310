#include <sinter/ops/sort.h>

#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/sort_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/sort_attrs.h>

namespace sinter {
namespace ops {

namespace {

void infer_sort(InferContext& c) {
  check_dim(c, c.attrs<SortAttrs>().dim, c.meta(0).dim());
  c.set(0, c.meta(0).sizes, c.meta(0).dtype);
  c.set(1, c.meta(0).sizes, kInt64);
}
void infer_topk(InferContext& c) {
  const auto& attrs = c.attrs<TopkAttrs>();
  Dims sizes = c.meta(0).sizes;
  check_dim(c, attrs.dim, sizes.size());
  const std::int64_t size = sizes.empty() ? 1 : sizes[static_cast<std::size_t>(attrs.dim)];
  SINTER_CHECK_AS(ValueError, attrs.k >= 0 && attrs.k <= size,
                  "[topk] k must lie between 0 and the size of the dimension; got ", attrs.k,
                  " for ", size);
  if (!sizes.empty()) sizes[static_cast<std::size_t>(attrs.dim)] = attrs.k;
  SINTER_CHECK_AS(ValueError, !sizes.empty() || attrs.k == 1,
                  "[topk] of a 0-d tensor takes k = 1; got ", attrs.k);
  c.set(0, sizes, c.meta(0).dtype);
  c.set(1, sizes, kInt64);
}

constexpr Saved save_indices(std::uint64_t) { return {0, 2}; }

// The gradient goes back to where the elements stood.
void put_back(const VjpContext& c, std::int64_t dim) {
  if (!c.grad(0).defined()) return;
  if (c.sizes(0).empty()) return c.set(0, c.grad());
  c.set(0, c.grad().new_zeros(c.sizes(0)).scatter(dim, c.out(1), c.grad()));
}
void vjp_sort(const VjpContext& c) { put_back(c, c.attrs<SortAttrs>().dim); }
void vjp_topk(const VjpContext& c) { put_back(c, c.attrs<TopkAttrs>().dim); }

constexpr OpDef kSort{.name = "sort",
                      .outputs = 2,
                      .attrs = &attrs_type<SortAttrs>,
                      .infer = infer_sort,
                      .kernel = {cpu::sort},
                      .saves = save_indices,
                      .vjp = vjp_sort,
                      .no_onnx = "written as TopK of the whole dimension",
                      .no_cuda = "CUDA kernels come later"};
constexpr OpDef kTopk{.name = "topk",
                      .outputs = 2,
                      .attrs = &attrs_type<TopkAttrs>,
                      .infer = infer_topk,
                      .kernel = {cpu::topk},
                      .saves = save_indices,
                      .vjp = vjp_topk,
                      .onnx = {"TopK", 11},
                      .no_cuda = "CUDA kernels come later"};

}  // namespace

OpTable sort_ops() {
  static constexpr const OpDef* table[] = {&kSort, &kTopk};
  return table;
}

}  // namespace ops

std::tuple<Tensor, Tensor> sort(const Tensor& self, std::int64_t dim, bool descending) {
  const ops::SortAttrs attrs{ops::call_dim("sort", self, dim), descending};
  auto [values, indices] = ops::call_multi<2>(ops::kSort, attrs, self);
  return {std::move(values), std::move(indices)};
}
std::tuple<Tensor, Tensor> sort(const Tensor& self, std::optional<bool>, std::int64_t dim,
                                bool descending) {
  return sort(self, dim, descending);
}
Tensor argsort(const Tensor& self, std::int64_t dim, bool descending) {
  return std::get<1>(sort(self, dim, descending));
}
std::tuple<Tensor, Tensor> topk(const Tensor& self, std::int64_t k, std::int64_t dim, bool largest,
                                bool) {
  const ops::TopkAttrs attrs{k, ops::call_dim("topk", self, dim), largest};
  auto [values, indices] = ops::call_multi<2>(ops::kTopk, attrs, self);
  return {std::move(values), std::move(indices)};
}

std::tuple<Tensor, Tensor> Tensor::sort(std::int64_t dim, bool descending) const {
  return sinter::sort(*this, dim, descending);
}
Tensor Tensor::argsort(std::int64_t dim, bool descending) const {
  return sinter::argsort(*this, dim, descending);
}
std::tuple<Tensor, Tensor> Tensor::topk(std::int64_t k, std::int64_t dim, bool largest,
                                        bool sorted) const {
  return sinter::topk(*this, k, dim, largest, sorted);
}

}  // namespace sinter
